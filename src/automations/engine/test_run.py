"""A test run: the flow for real, on one connection, rolled back at the end; only its record stays.

One step after another, each database step in a savepoint. Waits do not wait, a step with a pinned output answers with
that, outside steps fill in their config and answer with a sample, no other automation is started, nothing is notified
(a rolled-back transaction notifies nobody). The record is written on another connection, whole and final, so that no
worker and no statistic sees it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from automations.db.connection import Connection, connected
from automations.db.named_queries import queries
from automations.db.run_store import RunStore
from automations.engine.advance import Advancer, end_now
from automations.engine.commits import finish_row
from automations.engine.flow_versions import LoadedFlow
from automations.engine.operations import OperationBatch, TrialRecords
from automations.engine.run import Rendered, Run, StepDone, TimerFired
from automations.engine.step_context import StepContext
from automations.engine.step_runner import RowLocked, StepRunner
from automations.flow.commands import RunStep
from automations.flow.outcomes import DEFAULT_HANDLE, ERROR_HANDLE, Continue, Fail, JsonObject, Outcome

ENGINE_ROLE = "service_role"
LIMIT_SECONDS = 30.0
LOCK_TIMEOUT = "1s"


@dataclass(frozen=True, slots=True)
class TestStart:
    """What a test run starts with; `trigger` is the `trigger_data` that a real run would have."""

    __test__ = False

    automation_id: UUID
    account_id: UUID
    trigger_type: str
    trigger: JsonObject
    lead_id: UUID | None = None
    conversation_id: UUID | None = None
    triggered_by: UUID | None = None


async def run_test(dsn: str, loaded: LoadedFlow, start: TestStart, steps: StepRunner) -> UUID:
    """The id of the record in `automation_executions` (`test_mode` true)."""
    execution_id = uuid4()
    began = steps.clock()
    state, commands = loaded.machine.start(start.trigger, seed=str(execution_id))
    run = Run(
        id=execution_id,
        epoch=0,
        automation_id=start.automation_id,
        account_id=start.account_id,
        loaded=loaded,
        trigger=start.trigger,
        state=state,
        started_at=began,
        held_since=time.monotonic(),
        lead_id=start.lead_id,
        conversation_id=start.conversation_id,
        test_mode=True,
        solo=True,
    )
    run.commands.extend(commands)
    async with connected(dsn, role=ENGINE_ROLE, application_name="automations test") as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await _TestDriver(RunStore(connection), steps).drive(run)
                await connection.execute("set constraints all immediate")
        except TimeoutError:
            end_now(run, f"the test took longer than {LIMIT_SECONDS:g} seconds")
        except asyncpg.PostgresError as error:
            end_now(run, f"the database refuses the result: {error}")
        finally:
            await _rolled_back(connection, transaction)
    async with connected(dsn, role=ENGINE_ROLE, application_name="automations test") as connection:
        await _write_record(connection, run, start, began, steps.clock())
    return execution_id


async def _rolled_back(connection: Connection, transaction: Any) -> None:
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError):
        # Closing the connection takes it back just as well.
        connection.terminate()


async def _write_record(connection: Connection, run: Run, start: TestStart, began: datetime, ended: datetime) -> None:
    """Without its lead and conversation where somebody has them locked, or has deleted them in the meantime."""
    await connection.execute("select set_config('lock_timeout', $1, false)", LOCK_TIMEOUT)
    try:
        await _insert_record(connection, run, start, began, ended)
    except (asyncpg.LockNotAvailableError, asyncpg.ForeignKeyViolationError):
        alone = replace(start, lead_id=None, conversation_id=None)
        await _insert_record(connection, run, alone, began, ended)


async def _insert_record(connection: Connection, run: Run, start: TestStart, began: datetime, ended: datetime) -> None:
    row = finish_row(run)
    await connection.execute(
        queries("runs")["insert_test_record"],
        run.id,
        start.automation_id,
        start.trigger_type,
        start.trigger,
        row.status,
        row.nodes,
        row.variables,
        row.error,
        row.error_node_id,
        began,
        ended,
        min(2_147_483_647, int((ended - began).total_seconds() * 1000)),
        start.triggered_by,
        start.lead_id,
        start.conversation_id,
        start.account_id,
        row.output,
    )


class _TestDriver:
    def __init__(self, store: RunStore, steps: StepRunner) -> None:
        self._store = store
        self._steps = steps
        self._advancer = Advancer(steps)
        self._called: dict[str, Any] = {}
        self._turns: Counter[str] = Counter()

    async def drive(self, run: Run) -> None:
        while run.finish is None:
            await self._advancer.advance(run)
            if run.finish is not None:
                return
            for command in _taken(run.renders):
                run.in_flight += 1
                values, error = await self._steps.render(run, command)
                run.inbox.append(Rendered(command, values, error))
            for command in _taken(run.database):
                outcome, record = await self._database_step(run, command)
                self._advancer.settle(run, command, outcome, record)
            for command in _taken(run.externals):
                run.in_flight += 1
                run.inbox.append(await self._outside_step(run, command))
            if not run.inbox and not run.commands:
                self._skip_waits(run)

    async def _database_step(self, run: Run, command: RunStep) -> tuple[Outcome, dict[str, Any]]:
        batch = OperationBatch(self._store, lock_timeout=LOCK_TIMEOUT)
        records = TrialRecords(run, batch, self._called, self._turns)
        limit = run.loaded.flow.nodes[command.node_id].timeout_seconds
        answer: list[tuple[Outcome, dict[str, Any]]] = []

        async def attempt() -> None:
            batch.limit(limit)
            answer.append(await self._steps.attempt(run, command, records, timeout=limit))

        savepoint = self._store.connection.transaction()
        await savepoint.start()
        try:
            await batch.gather([attempt])
        except RowLocked:
            await savepoint.rollback()
            failure = Fail("a row that this step needs is locked by another transaction", code="locked")
            outcome = self._steps.kept(run, command, failure)
            return outcome, self._steps.entry(run, command, outcome)
        except BaseException:
            await savepoint.rollback()
            raise
        if isinstance(answer[0][0], Fail):
            await savepoint.rollback()
        else:
            await savepoint.commit()
        return answer[0]

    async def _outside_step(self, run: Run, command: RunStep) -> StepDone:
        """Nothing leaves the house in a test: the step answers as its type says it would, with a config filled in."""
        step = run.loaded.steps[command.node_id]
        handle = next((name for name in step.node.handles if name != ERROR_HANDLE), DEFAULT_HANDLE)

        async def rehearsed(config: Any, context: StepContext) -> Outcome:
            sample = step.node_type.sample_output(step.node.config)
            return Continue(output=await step.node_type.rehearse(config, context, sample), handle=handle)

        is_real = step.node_type.runs_in_tests
        outcome, record = await self._steps.attempt(
            run, command, timeout=step.node.timeout_seconds, perform=None if is_real else rehearsed
        )
        return StepDone(command, outcome, record if is_real else {**record, "sample": True})

    def _skip_waits(self, run: Run) -> None:
        for key in list(run.signals):
            run.signals.pop(key)
            run.timers.pop(key, None)
            run.commands.extend(run.loaded.machine.signal_arrived(run.state, key, None))
        for key in list(run.timers):
            run.inbox.append(TimerFired(key))


def _taken(commands: list[RunStep]) -> list[RunStep]:
    taken = commands.copy()
    commands.clear()
    return taken
