"""One transaction for many runs: their database steps, checkpoints and ends commit together.

Order: lock the runs (fencing), do the database steps, write. Whoever loses its row lock or its epoch is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from automations.db.json_text import JsonText
from automations.db.run_store import FinishRow, RunStore, StepRow, WaitRow
from automations.engine.advance import Advancer
from automations.engine.operations import BatchRecords, OperationBatch
from automations.engine.recording import nodes_executed
from automations.engine.run import Run
from automations.engine.step_runner import RowLocked, StepRunner, TurnsTaken
from automations.flow.outcomes import Fail

MAX_ROUNDS = 50


class RedoAlone(Exception):
    """A step failed after its write: only a transaction of its own can take the write back."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"run {run.id} must be done again alone")
        self.run = run


@dataclass(slots=True)
class Committed:
    """What a commit did. `lost`: no longer ours, or locked; the caller asks which. `blocked`: a step met a lock."""

    written: list[Run] = field(default_factory=list)
    finished: list[Run] = field(default_factory=list)
    parked: list[Run] = field(default_factory=list)
    blocked: list[Run] = field(default_factory=list)
    lost: list[Run] = field(default_factory=list)


class Committer:
    def __init__(self, owner: int, advancer: Advancer, steps: StepRunner) -> None:
        self._owner = owner
        self._advancer = advancer
        self._steps = steps

    async def commit(self, store: RunStore, runs: Sequence[Run]) -> Committed:
        """Raises what the database raises; then nothing of it happened, and the runs in memory are worthless."""
        if all(_only_ends(run) for run in runs):
            return await self._end(store, runs)
        result = Committed()
        async with store.connection.transaction():
            held = await store.hold(self._owner, [run.id for run in runs], [run.epoch for run in runs])
            live = [run for run in runs if run.id in held]
            result.lost = [run for run in runs if run.id not in held]
            if any(run.database for run in live):
                await self._database_steps(store, live)
            for run in live:
                if run.blocked:
                    result.blocked.append(run)
                elif run.finish is not None:
                    result.finished.append(run)
                elif run.is_idle and (run.timers or run.signals):
                    result.parked.append(run)
                else:
                    result.written.append(run)
            await self._write(store, result)
        for run in live:
            run.stored.update(
                key for key, row in run.dirty.items() if not row.folded and not key.startswith("/") and key[-1] != "/"
            )
            run.dirty.clear()
            run.fold_keys.clear()
            run.fold_loops.clear()
            run.new_waits.clear()
            run.checkpoint_due = False
        return result

    async def _end(self, store: RunStore, runs: Sequence[Run]) -> Committed:
        """Runs that have nothing to write but their end need no transaction of several statements."""
        ended = await store.finish_held(self._owner, [run.epoch for run in runs], [finish_row(run) for run in runs])
        return Committed(
            finished=[run for run in runs if run.id in ended], lost=[run for run in runs if run.id not in ended]
        )

    async def _database_steps(self, store: RunStore, runs: Sequence[Run]) -> None:
        batch = OperationBatch(store)
        makers: list[Callable[[], Coroutine[Any, Any, None]]] = [
            partial(self._work_through, run, batch, store) for run in runs if run.database
        ]
        await batch.gather(makers)

    async def _work_through(self, run: Run, batch: OperationBatch, store: RunStore) -> None:
        rounds = 0
        while run.database and not run.blocked and rounds < MAX_ROUNDS:
            rounds += 1
            command = run.database.pop(0)
            limit = run.loaded.flow.nodes[command.node_id].timeout_seconds
            if limit is not None and not run.solo:
                # It may hold its transaction open until its limit. Nobody else's rows stay locked for that: it comes
                # back in a transaction of its own, as a step that met a lock does.
                run.database.insert(0, command)
                run.blocked = True
                return
            records = BatchRecords(run, batch)
            try:
                if run.solo:
                    batch.limit(limit)
                    outcome, record = await self._alone(run, command, records, store, limit)
                else:
                    outcome, record = await self._steps.attempt(run, command, records)
                    if isinstance(outcome, Fail) and records.wrote:
                        raise RedoAlone(run)
            except RowLocked as locked:
                run.database.insert(0, command)
                run.blocked = True
                run.takes_turns = isinstance(locked, TurnsTaken)
                return
            self._advancer.settle(run, command, outcome, record)
            await self._advancer.work_off(run)

    async def _alone(self, run: Run, command: Any, records: BatchRecords, store: RunStore, limit: float | None) -> Any:
        savepoint = store.connection.transaction()
        await savepoint.start()
        try:
            outcome, record = await self._steps.attempt(run, command, records, timeout=limit)
        except BaseException:
            await savepoint.rollback()
            raise
        if isinstance(outcome, Fail):
            # Also where it is not known whether a write was under way when the time was over.
            await savepoint.rollback()
        else:
            await savepoint.commit()
        return outcome, record

    async def _write(self, store: RunStore, result: Committed) -> None:
        for run in (*result.written, *result.parked, *result.blocked):
            for command in run.externals:
                self._advancer.note_started(run, command)
        going_on = (*result.written, *result.parked, *result.blocked)
        # A run that completed needs no checkpoints any more, but for the record of its loops; one that failed can be
        # taken up from its failed step.
        rows = [row for run in (*going_on, *result.finished) for row in step_rows(run)]
        if rows:
            await store.write_steps(rows)
        keys = [(run.id, key) for run in (*going_on, *result.finished) for key in run.fold_keys]
        loops = [(run.id, prefix) for run in (*going_on, *result.finished) for prefix in run.fold_loops]
        if keys or loops:
            await store.fold_steps(keys, loops)
        ended = [(run, key) for run in going_on for key in run.ended_waits if _outcome_is_written(run, key)]
        if ended:
            await store.end_waits([(run.id, key) for run, key in ended])
            for run, key in ended:
                run.ended_waits.discard(key)
        waits = [_wait_row(run, key) for run in going_on for key in run.new_waits]
        if waits:
            await store.register_waits(waits)
        if result.finished:
            await store.finish([finish_row(run) for run in result.finished])
        if result.parked:
            await store.park([run.id for run in result.parked], [run.next_timer for run in result.parked])


def _only_ends(run: Run) -> bool:
    return run.finish is not None and not run.database and not run.fold_loops and not step_rows(run)


def _outcome_is_written(run: Run, key: str) -> bool:
    """Whether what came of a wait is in this commit, or was in an earlier one. Until then the wait and what it was told
    stay: a step that goes on behind a locked row or an unfinished template would have neither after a crash."""
    step = run.state.steps.get(key)
    return step is None or step.status != "running" or key in run.dirty


def _wait_row(run: Run, key: str) -> WaitRow:
    command = run.signals[key]
    return WaitRow(run.id, key, run.account_id, command.signal, command.condition, command.since or run.started_at)


def step_rows(run: Run) -> list[StepRow]:
    """What is written of its steps: of a run that has ended otherwise than failed, only what its loops did."""
    whole = run.finish is None or run.finish.status == "failed"
    return [
        StepRow(
            run.id,
            key,
            run.account_id,
            row.node_id,
            row.status,
            row.attempt,
            row.outcome,
            row.record,
            row.due_at,
            row.folded,
        )
        for key, row in run.dirty.items()
        if whole or key[0] != "/"
    ]


def finish_row(run: Run) -> FinishRow:
    finish = run.finish
    assert finish is not None
    return FinishRow(
        run.id,
        finish.status,
        nodes_executed(run.loaded.flow, run.state, run.entries),
        run.loaded.machine.variables(run.state),
        finish.output,
        finish.error,
        finish.error_node_id,
    )


def failed_row(run_id: UUID, error: str, error_node_id: str | None = None) -> FinishRow:
    """The end of a run that never got as far as its flow."""
    return FinishRow(run_id, "failed", JsonText("[]"), {}, None, error, error_node_id)
