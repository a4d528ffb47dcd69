"""Rows of the account for database steps: the `Records` port over one transaction that serves many runs.

Operations of all runs that wait at the same moment go to the database together, in one statement.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from automations.db.run_store import TOO_SLOW, OperationResult, RunStore
from automations.engine.approvals import BatchApprovals
from automations.engine.child_runs import BatchRuns, TrialRuns
from automations.engine.run import Run
from automations.engine.step_runner import RowLocked, TurnsTaken
from automations.engine.turns import OTHERS_TURNS, Turns
from automations.errors import StepError
from automations.flow.outcomes import Json, JsonObject
from automations.flow.ports import Approvals, RecordTable, Runs
from automations.flow.record_changes import Assignment, Changed, RecordChange
from automations.flow.record_tables import is_known

# lock_not_available, deadlock_detected, serialization_failure: somebody else's transaction, not this step's fault.
LOCKED = frozenset({"55P03", "40P01", "40001"})

# How many operations of one transaction may meet a lock; what is left then comes back in transactions of its own.
# We wait at most 5 ms for each, while somebody may be waiting for our runs (see run_operations in operations.sql).
LOCK_WAITS = 3

# Each row looks its run up in a text as long as the batch: beyond this, longer statements cost more than they save.
BULK_AT_MOST = 32

EXPLANATIONS = {
    "42501": ("not_allowed", "the account may not do this: {message}"),
    "23503": ("foreign_key", "it refers to something that is not there: {message}"),
    "23505": ("duplicate", "there is such a record already: {message}"),
    "23514": ("check", "the database refuses the value: {message}"),
    "23502": ("missing_value", "a value is missing: {message}"),
    "22P02": ("wrong_type", "a value has the wrong type: {message}"),
    TOO_SLOW: ("timeout", "{message}"),
    "AU020": ("no_table", "{message}"),
    "AU021": ("no_column", "{message}"),
    "AU022": ("record_not_found", "{message}"),
    "AU028": ("protected_column", "{message}"),
    "AU029": ("wrong_type", "{message}"),
    "AU004": ("not_found", "{message}"),
    "AU006": ("not_startable", "{message}"),
    "AU025": ("loop", "{message}"),
    "AU026": ("too_deep", "{message}"),
}


HINTS = {
    "not_startable": "Publish, resume or enable that automation, then retry the run.",
    "loop": "Automations that start each other in a circle would never end; take one of the starts out.",
    "too_deep": "Put some of these automations into one flow.",
}


def database_failure(code: str, message: str) -> StepError:
    """An SQLSTATE and its text as the flow's author should read them."""
    name, text = EXPLANATIONS.get(code, ("database", "the database refused it: {message}"))
    return StepError(text.format(message=message), code=name, hint=HINTS.get(name), retryable=code == TOO_SLOW)


class OperationBatch:
    """Runs coroutines side by side; whenever all of them wait for the database, one round trip serves them all."""

    def __init__(self, store: RunStore, *, lock_timeout: str = "5ms") -> None:
        self._store = store
        self._turns = Turns(store)
        self._lock_timeout = lock_timeout
        self._lock_waits = LOCK_WAITS
        self._limit: float | None = None
        self._deadline = 0.0
        self._calm = asyncio.Event()
        self._calm.set()
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[OperationResult]]] = []
        self._running = 0
        self._settled = asyncio.Event()

    def limit(self, seconds: float | None) -> None:
        """The database ends what takes longer than so many seconds from now; for a batch of one step only."""
        self._limit = seconds
        self._deadline = asyncio.get_running_loop().time() + (seconds or 0)

    async def ask(self, operation: dict[str, Any]) -> OperationResult:
        future: asyncio.Future[OperationResult] = asyncio.get_running_loop().create_future()
        asked = (operation, future)
        self._waiting.append(asked)
        self._running -= 1
        if self._running == 0:
            self._settled.set()
        try:
            return await future
        except asyncio.CancelledError:
            # A time limit of the step. What is asked already keeps the connection busy: whoever catches this will
            # want it for a rollback.
            if asked in self._waiting:
                self._waiting.remove(asked)
                self._running += 1
            await self._calm.wait()
            raise

    async def gather(self, makers: list[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Run all to their end; the first error is raised once the others have been stopped."""
        if not makers:
            return
        self._running = len(makers)
        self._settled.clear()
        tasks = [asyncio.create_task(self._tracked(make)) for make in makers]
        try:
            while True:
                await self._settled.wait()
                self._settled.clear()
                for task in tasks:
                    if task.done() and task.exception() is not None:
                        raise task.exception() or AssertionError
                if self._running:
                    # The one that was waiting was cancelled before it was asked for anything.
                    continue
                if not self._waiting:
                    # The last one has said that it ends, and ends now.
                    await asyncio.gather(*tasks)
                    return
                asked, self._waiting = self._waiting, []
                self._calm.clear()
                try:
                    results = await self._perform([operation for operation, _ in asked])
                finally:
                    self._calm.set()
                # Counted as running before they wake, or the first to wake would seem to be the last.
                self._running += len(asked)
                for (_, future), result in zip(asked, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _perform(self, operations: list[dict[str, Any]]) -> list[OperationResult]:
        """Writes of one shape together, the rest (and shapes that failed together) each in a savepoint of its own."""
        if self._limit is not None:
            return await self._perform_within(operations, self._limit)
        results: list[OperationResult | None] = [None] * len(operations)
        for i, answer in (await self._turns.denied(operations)).items():
            results[i] = answer
        for positions in same_shape(operations):
            if self._lock_waits <= 0:
                break
            answers = await self._store.run_bulk_write(
                [operations[i] for i in positions], lock_timeout=self._lock_timeout
            )
            self._count_locks(answers)
            if len(answers) == len(positions) and answers[0].error_code in (None, "AU022"):
                for i, answer in zip(positions, answers, strict=True):
                    results[i] = answer
        left = [i for i, result in enumerate(results) if result is None]
        if left:
            answers = await self._store.run_operations(
                [operations[i] for i in left], lock_timeout=self._lock_timeout, lock_waits=max(0, self._lock_waits)
            )
            self._count_locks(answers)
            for i, answer in zip(left, answers, strict=True):
                results[i] = answer
        return [result for result in results if result is not None]

    def _count_locks(self, answers: list[OperationResult]) -> None:
        self._lock_waits -= sum(1 for answer in answers if answer.error_code in LOCKED)

    async def _perform_within(self, operations: list[dict[str, Any]], limit: float) -> list[OperationResult]:
        left = self._deadline - asyncio.get_running_loop().time()
        results = await self._store.run_within(operations, lock_timeout=self._lock_timeout, seconds=left)
        text = f"took longer than {limit:g} seconds"
        return [replace(one, error_message=text) if one.error_code == TOO_SLOW else one for one in results]

    async def _tracked(self, make: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await make()
        finally:
            self._running -= 1
            if self._running == 0:
                self._settled.set()


class BatchRecords:
    """`Records` of one step, and its `Runs`. `wrote` says that its write is in the transaction."""

    def __init__(self, run: Run, batch: OperationBatch) -> None:
        self._run = run
        self._batch = batch
        self.wrote = False

    def runs_of(self, step_key: str) -> Runs:
        return BatchRuns(step_key, self._ask, self._write)

    def approvals_of(self, step_key: str, attempt: int) -> Approvals:
        return BatchApprovals(step_key, attempt, self._write)

    async def create(self, table: RecordTable, values: JsonObject) -> JsonObject:
        return await self._write({"operation": "create", "table": table, "values": values})

    async def update(self, table: RecordTable, record_id: str, values: JsonObject) -> JsonObject:
        return await self._write(
            {"operation": "update", "table": table, "id": _record_id(table, record_id), "values": values}
        )

    async def change(self, table: RecordTable, record_id: str, change: RecordChange) -> Changed:
        operation = {
            "operation": "change",
            "table": table,
            "id": _record_id(table, record_id),
            "values": change.values,
        }
        if change.tags is not None:
            operation["tags"] = asdict(change.tags)
        if change.assign is not None:
            operation["assign"] = self._assignment(change.assign)
        answer: Any = await self._write(operation)
        return Changed(answer["row"], bool(answer["assigned"]))

    def _assignment(self, assign: Assignment) -> dict[str, Any]:
        return {
            "column": assign.column,
            "among": assign.among,
            "only_if_unassigned": assign.only_if_unassigned,
            "another": assign.another,
            "automation_id": str(self._run.automation_id),
            "node_id": assign.turns_of,
        }

    async def find(
        self, table: RecordTable, *, condition: JsonObject | None, order_by: str | None, descending: bool, limit: int
    ) -> list[JsonObject]:
        found: list[JsonObject] = await self._ask(
            {
                "operation": "find",
                "table": table,
                "condition": condition,
                "keys": implied_keys(condition),
                "order_by": order_by,
                "descending": descending,
                "limit": limit,
            }
        )
        return found

    async def _write(self, operation: dict[str, Any]) -> JsonObject:
        if self.wrote:
            raise StepError(
                "a step makes at most one write",
                code="second_write",
                hint="Make two node types of it, or one statement.",
            )
        row: JsonObject = await self._ask(operation)
        self.wrote = True
        return row

    async def _ask(self, operation: dict[str, Any]) -> Any:
        operation["execution_id"] = str(self._run.id)
        operation["account_id"] = str(self._run.account_id)
        answer = await self._batch.ask(operation)
        if answer.error_code is None:
            return answer.result
        if answer.error_code in LOCKED:
            raise RowLocked(answer.error_message)
        if answer.error_code == OTHERS_TURNS:
            raise TurnsTaken(answer.error_message)
        raise database_failure(answer.error_code, answer.error_message or "")


class TrialRecords(BatchRecords):
    """Of a step in a test run: rows are written for real (and rolled back), runs are not started, no turn is taken."""

    def __init__(self, run: Run, batch: OperationBatch, started: dict[str, Any], turns: Counter[str]) -> None:
        super().__init__(run, batch)
        self._started = started
        self._turns = turns

    async def change(self, table: RecordTable, record_id: str, change: RecordChange) -> Changed:
        changed = await super().change(table, record_id, change)
        if change.assign is not None and change.assign.turns_of is not None and changed.assigned:
            self._turns[change.assign.turns_of] += 1
        return changed

    def _assignment(self, assign: Assignment) -> dict[str, Any]:
        ahead = 0 if assign.turns_of is None else self._turns[assign.turns_of]
        return {**super()._assignment(assign), "ahead": ahead}

    def runs_of(self, step_key: str) -> Runs:
        return TrialRuns(BatchRuns(step_key, self._ask, self._write), self._started)


def same_shape(operations: list[dict[str, Any]]) -> list[list[int]]:
    """Positions of writes that one statement can do: two or more of one account, table and set of columns."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    records: dict[tuple[Any, ...], set[Any]] = {}
    for i, operation in enumerate(operations):
        values = operation.get("values")
        if operation["operation"] not in ("create", "update") or not values or not is_known(operation["table"]):
            continue
        shape = (operation["operation"], operation["table"], operation["account_id"], frozenset(values))
        record = operation.get("id", i)
        if record in records.setdefault(shape, set()):
            continue
        records[shape].add(record)
        groups.setdefault(shape, []).append(i)
    return [
        positions[start : start + BULK_AT_MOST]
        for positions in groups.values()
        for start in range(0, len(positions), BULK_AT_MOST)
        if len(positions) - start > 1
    ]


def _record_id(table: RecordTable, text: str) -> str:
    """Of a watched table it may be of any type; the database tells."""
    if not is_known(table):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        raise StepError(f"{text!r} is not the id of a record", code="wrong_type") from None


def implied_keys(condition: Json) -> dict[str, str]:
    """`{column: uuid}` that every match must have: equalities at the top of the tree, or under `all`."""
    if not isinstance(condition, dict):
        return {}
    leaves = condition.get("all")
    found: dict[str, str] = {}
    for leaf in leaves if isinstance(leaves, list) else [condition]:
        if not isinstance(leaf, dict) or leaf.get("operator") != "equals" or leaf.get("ignore_case"):
            continue
        field, value = leaf.get("field"), leaf.get("value")
        if isinstance(field, str) and isinstance(value, str):
            try:
                if str(UUID(value)) == value:
                    found[field] = value
            except ValueError:
                continue
    return found
