"""The runs in a worker's memory: from taken to committed, and the steps that run outside of transactions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from automations.db.connection import CONNECTION_LOST as LOST
from automations.db.connection import PASSING
from automations.db.run_store import FinishRow, RunStore
from automations.engine.advance import Advancer, end_now
from automations.engine.bounds import described
from automations.engine.commits import Committed, Committer, RedoAlone, failed_row, finish_row
from automations.engine.flow_versions import FlowVersions
from automations.engine.loading import load_run, outside_facts, with_facts
from automations.engine.run import Happening, Rendered, Run, SignalArrived, StepDone, TimerFired
from automations.engine.step_runner import StepRunner
from automations.errors import FlowInvalid
from automations.flow.commands import Finish, RunStep
from automations.flow.outcomes import Fail

if TYPE_CHECKING:
    from automations.engine.worker import WorkerOptions

log = structlog.get_logger(__name__)

# A locked row: tried again after 5 ms, doubling to a second; for a minute, then the step fails.
LOCKED_FIRST_SECONDS = 0.005
LOCKED_AT_MOST_SECONDS = 1.0
LOCKED_TRIES = 66
# Turns are held for as long as a commit takes: tried again after 10 ms, doubling to 160 ms; for a minute, too.
TURN_FIRST_SECONDS = 0.01
TURN_AT_MOST_SECONDS = 0.16
TURN_TRIES = 380
# A transaction that was cancelled or chosen as a deadlock's victim is done again so many times.
PASSING_TRIES = 5


class Performer:
    def __init__(self, owner: int, versions: FlowVersions, steps: StepRunner, options: WorkerOptions) -> None:
        self.owner = owner
        self._versions = versions
        self._steps = steps
        self._options = options
        self._advancer = Advancer(steps)
        self._committer = Committer(owner, self._advancer, steps)
        self.runs: dict[UUID, Run] = {}
        self._ready: deque[Run] = deque()
        self._has_ready = asyncio.Event()
        self._changed = asyncio.Event()
        self._committing = 0
        self._timers: set[asyncio.TimerHandle] = set()

    # Room

    @property
    def free(self) -> int:
        """Runs that only wait for something outside take no place: a slow service must not keep others from running."""
        waiting = sum(1 for run in self.runs.values() if run.in_flight and not run.queued)
        return min(self._options.concurrency - (len(self.runs) - waiting), self._options.outside_at_most - waiting)

    def full_accounts(self) -> list[UUID]:
        """Those that have their share of the places for runs that wait outside, so that others find some."""
        share = max(1, self._options.outside_at_most // 4)
        waiting = Counter(run.account_id for run in self.runs.values() if run.in_flight and not run.queued)
        return [account for account, runs in waiting.items() if runs >= share]

    @property
    def is_idle(self) -> bool:
        return not self.runs

    async def room(self) -> None:
        """Until there is room for a fair batch: claiming one by one would cost a claim per run."""
        wanted = min(self._options.claim_batch, self._options.concurrency) // 2 or 1
        while self.free < wanted:
            await self._change()

    async def emptied(self) -> None:
        while self.runs:
            await self._change()

    async def between_commits(self, seconds: float) -> None:
        """Until nothing is being committed, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._committing or self._ready:
                    await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # Taking and queueing

    async def take(self, row: Any, epoch: int, store: RunStore, *, alone: bool = False) -> None:
        """A claimed row becomes a run at work."""
        run = await self._load(row, epoch, store)
        if run is not None:
            self._admit(run, alone=alone)

    async def _load(self, row: Any, epoch: int, store: RunStore) -> Run | None:
        """None when the run cannot be run; then it has been ended."""
        try:
            return await load_run(row, epoch, self._versions, store)
        except FlowInvalid as error:
            await self._refuse(row, error, store, epoch)
        except (*LOST, *PASSING):
            raise
        except Exception as error:
            # Say, checkpoints that another program wrote. It must end this run, not the worker with everybody else's.
            log.exception("a run cannot be loaded", execution_id=str(row["id"]))
            await self.end_unread(row["id"], epoch, store, error)
        return None

    def _admit(self, run: Run, *, alone: bool) -> None:
        before = self.runs.get(run.id)
        if before is not None:
            # Claimed again by the worker that held it: its lease ran out in between.
            self.drop(before)
        run.solo = alone
        self.runs[run.id] = run
        self._enqueue(run)

    async def end_unread(self, run_id: UUID, epoch: int, store: RunStore, error: Exception) -> None:
        """The run is there and ours, but what is stored of it cannot be read."""
        async with store.connection.transaction():
            if await store.hold(self.owner, [run_id], [epoch]):
                await store.finish([failed_row(run_id, f"the stored run cannot be read: {described(error)}")])

    async def _refuse(self, row: Any, error: FlowInvalid, store: RunStore, epoch: int) -> None:
        """The flow cannot be run: its run says why, and the automation stops until somebody mends it."""
        reason = f"the flow is not valid: {error.message}"
        problem = error.problems[0] if error.problems else None
        async with store.connection.transaction():
            if await store.hold(self.owner, [row["id"]], [epoch]):
                await store.finish([failed_row(row["id"], reason, problem.node_id if problem else None)])
                await store.mark_invalid(row["automation_id"], row["version_id"], reason)

    def _enqueue(self, run: Run) -> None:
        if run.queued or run.dropped:
            return
        run.queued = True
        self._ready.append(run)
        self._has_ready.set()

    def deliver(self, run: Run, happening: Happening) -> None:
        run.inbox.append(happening)
        self._enqueue(run)

    def deliver_signals(self, signals: Sequence[tuple[UUID, str, Any]]) -> None:
        for run_id, key, payload in signals:
            run = self.runs.get(run_id)
            if run is not None:
                self.deliver(run, SignalArrived(key, payload))

    # Committing

    async def commit_loop(self, store: RunStore) -> None:
        while True:
            if not self._ready:
                self._has_ready.clear()
                await self._has_ready.wait()
                continue
            batch = self._next_batch()
            needing = []
            for run in batch:
                if run.stale:
                    await self._go_on_redoing(store, run)
                    continue
                await self._advance(run)
                self._start_renders(run)
                if self._needs_commit(run):
                    needing.append(run)
                else:
                    self._set_aside(run)
            if needing:
                self._committing += 1
                try:
                    await self._commit(store, needing)
                finally:
                    self._committing -= 1
                    self._changed.set()

    async def _advance(self, run: Run) -> None:
        try:
            await self._advancer.advance(run)
        except Exception as error:
            # Our bug; it must end this run, not the worker with everybody else's.
            log.exception("a run cannot go on", execution_id=str(run.id))
            end_now(run, f"internal error: {described(error)}")

    def _next_batch(self) -> list[Run]:
        batch: list[Run] = []
        while self._ready and len(batch) < self._options.claim_batch:
            if self._ready[0].solo and batch:
                break
            run = self._ready.popleft()
            if run.dropped:
                run.queued = False
                continue
            batch.append(run)
            if run.solo:
                break
        return batch

    def _needs_commit(self, run: Run) -> bool:
        if run.finish is not None or run.database or run.externals or run.checkpoint_due:
            return True
        if run.is_idle and not (run.timers or run.signals):
            # The machine left nothing to do and no end: our bug, which must not become a run that never ends.
            run.finish = Finish("failed", error="internal error: the run had nothing left to do and did not end")
            return True
        return run.is_idle

    def _set_aside(self, run: Run) -> None:
        """Something outside is under way; whatever it brings queues the run again."""
        run.queued = False
        self._changed.set()
        self._arm_timers(run)
        if run.inbox:
            self._enqueue(run)

    async def _commit(self, store: RunStore, runs: list[Run]) -> None:
        try:
            result = await self._committer.commit(store, runs)
        except LOST as error:
            if not isinstance(error, ValueError):
                raise
            # asyncpg's word for a value that it cannot encode: the run's fault, not the connection's.
            await self._one_by_one(store, runs, error)
            return
        except RedoAlone as error:
            log.info("a step failed after its write; done again alone", execution_id=str(error.run.id))
            await self._redo(store, runs)
            return
        except Exception as error:
            await self._one_by_one(store, runs, error)
            return
        await self._after_commit(store, result)

    async def _one_by_one(self, store: RunStore, runs: list[Run], error: Exception) -> None:
        if len(runs) > 1 or not runs[0].solo:
            log.warning("a shared transaction failed; its runs are done one by one", reason=str(error)[:300])
        elif not isinstance(error, PASSING) or runs[0].tries >= PASSING_TRIES:
            await self._give_up(store, runs[0], error)
            return
        await self._redo(store, runs)

    async def _after_commit(self, store: RunStore, result: Committed) -> None:
        self._changed.set()
        for run in (*result.finished, *result.parked):
            self.drop(run)
        if result.finished and self._options.on_ended is not None:
            self._options.on_ended({run.id: run.finish for run in result.finished if run.finish is not None})
        for run in result.written:
            run.queued = False
            run.tries = run.turn_tries = 0
            self._start_renders(run)
            self._start_externals(run)
            self._arm_timers(run)
            if run.inbox or run.database or run.commands:
                self._enqueue(run)
        for run in result.blocked:
            self._start_externals(run)
            if run.tries >= LOCKED_TRIES or run.turn_tries >= TURN_TRIES:
                self._fail_locked(run)
            self._try_again_later(run)
        if result.lost:
            ids = [run.id for run in result.lost]
            ours = await store.still_held(self.owner, ids, [run.epoch for run in result.lost])
            for run in result.lost:
                if run.id in ours:
                    self._try_again_later(run)
                else:
                    self.drop(run)

    def _try_again_later(self, run: Run) -> None:
        """A lock is in the way. The run keeps what it has decided and commits alone when it comes back.

        Alone, so that nobody waits with it. Who only waits for turns comes back with all the others that do: one by one
        they would find them taken again and again.
        """
        if run.takes_turns:
            delay = min(TURN_FIRST_SECONDS * 2 ** min(run.turn_tries, 10), TURN_AT_MOST_SECONDS)
            run.turn_tries += 1
        else:
            delay = min(LOCKED_FIRST_SECONDS * 2 ** min(run.tries, 10), LOCKED_AT_MOST_SECONDS)
            run.tries += 1
            run.solo = True
        run.blocked = False
        run.takes_turns = False

        def again() -> None:
            run.queued = False
            self._enqueue(run)

        self._later(delay, again)

    def _fail_locked(self, run: Run) -> None:
        command = run.database.pop(0)
        outcome = Fail(
            "a row that this step needs has been locked by another transaction for a minute",
            code="locked",
            retryable=True,
        )
        run.turn_tries = 0
        kept = self._steps.kept(run, command, outcome)
        self._advancer.settle(run, command, kept, self._steps.entry(run, command, kept))
        run.tries = 0

    async def _redo(self, store: RunStore, runs: list[Run]) -> None:
        """Nothing of the transaction happened; the runs in memory are ahead of the database. Load them anew.

        What was called outside has been called, whatever became of the transaction: its outcome is carried over, and
        a call that is still under way is waited for first.
        """
        for run in runs:
            run.stale = True
            if run.in_flight:
                run.queued = False
                if run.inbox:
                    self._enqueue(run)
        calm = [run for run in runs if not run.in_flight]
        rows = {row["id"]: row for row in await store.load([run.id for run in calm], begun=True)}
        for run in calm:
            self.drop(run)
            row = rows.get(run.id)
            again = None if row is None else await self._load(with_facts(row, run), run.epoch, store)
            if again is not None:
                again.tries = run.tries + 1
                again.dirty.update(outside_facts(run))
                again.checkpoint_due = bool(again.dirty)
                self._admit(again, alone=True)

    async def _go_on_redoing(self, store: RunStore, run: Run) -> None:
        """A call of a run that is to be loaded anew has ended."""
        run.queued = False
        while run.inbox:
            happening = run.inbox.popleft()
            if isinstance(happening, StepDone | Rendered):
                run.in_flight -= 1
            if isinstance(happening, StepDone):
                self._advancer.note_outcome(run, happening.command, happening.outcome, happening.entry)
        if not run.in_flight:
            await self._redo(store, [run])

    async def _give_up(self, store: RunStore, run: Run, error: Exception) -> None:
        log.exception("a run cannot be committed", execution_id=str(run.id), exc_info=error)
        self.drop(run)
        text = f"the database refused this run: {described(error)}"
        for row in (await self._given_up(store, run, text), failed_row(run.id, text)):
            try:
                async with store.connection.transaction():
                    if await store.hold(self.owner, [run.id], [run.epoch]):
                        await store.finish([row])
                return
            except Exception as refused:
                # With all that it did the record was refused, too: then without.
                if isinstance(refused, LOST) and not isinstance(refused, ValueError):
                    raise
                log.warning("the record of a run was refused", execution_id=str(run.id), reason=str(refused)[:300])

    async def _given_up(self, store: RunStore, run: Run, text: str) -> FinishRow:
        """The end of a run as far as it is committed; the step that it broke at is the one that fails."""
        rows = await store.load([run.id], begun=True)
        again = await self._load(with_facts(rows[0], run), run.epoch, store) if rows else None
        if again is None:
            return failed_row(run.id, text)
        end_now(again, text)
        return finish_row(again)

    # Outside of transactions

    def _start_renders(self, run: Run) -> None:
        renders, run.renders = run.renders, []
        for command in renders:
            run.in_flight += 1
            self._spawn(run, self._render(run, command))

    def _start_externals(self, run: Run) -> None:
        externals, run.externals = run.externals, []
        for command in externals:
            run.in_flight += 1
            self._spawn(run, self._call(run, command))

    async def _render(self, run: Run, command: RunStep) -> None:
        values, error = await self._steps.render(run, command)
        self.deliver(run, Rendered(command, values, error))

    async def _call(self, run: Run, command: RunStep) -> None:
        timeout = run.loaded.flow.nodes[command.node_id].timeout_seconds or self._options.max_run_seconds
        outcome, record = await self._steps.attempt(run, command, timeout=timeout)
        self.deliver(run, StepDone(command, outcome, record))

    def _spawn(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        run.tasks.add(task)
        task.add_done_callback(run.tasks.discard)

    def _arm_timers(self, run: Run) -> None:
        """While other branches are at work a timer fires in memory; a run with nothing else is parked instead."""
        now = self._steps.clock()
        for key, due in run.timers.items():
            if key not in run.armed:
                run.armed.add(key)
                self._later((due - now).total_seconds(), partial(self.deliver, run, TimerFired(key)))

    def _later(self, delay: float, action: Any) -> None:
        def fire() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(max(0.0, delay), fire)
        self._timers.add(handle)

    # Ends

    def drop(self, run: Run) -> None:
        run.dropped = True
        for task in run.tasks:
            task.cancel()
        if self.runs.get(run.id) is run:
            del self.runs[run.id]
            self._changed.set()

    def overdue(self, now: float) -> list[Run]:
        return [run for run in self.runs.values() if now - run.held_since > self._options.max_run_seconds]

    def expire(self, run: Run) -> None:
        """A run that has been at work for too long is ended; what it still does outside is not waited for."""
        end_now(run, f"the run was at work for more than {self._options.max_run_seconds:g} seconds")
        self._enqueue(run)

    async def drain(self, seconds: float) -> None:
        """Let what is at work come to a commit, at most so long."""
        deadline = time.monotonic() + seconds
        while self.runs and time.monotonic() < deadline:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    await self._change()
            except TimeoutError:
                break

    def drop_all(self) -> None:
        for handle in self._timers:
            handle.cancel()
        for run in list(self.runs.values()):
            self.drop(run)
