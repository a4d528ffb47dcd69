"""The engine's statements, typed. One method is one round trip; transactions are the caller's."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg

from automations.db.connection import Connection
from automations.db.json_text import JsonText, encode_json
from automations.db.named_queries import queries

SQL = queries("runs")


StepRowStatus = Literal["started", "completed", "failed", "stopped", "waiting"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """An answer of the claim: `run` and `alone` are taken; `signal`: a run of ours has one; the others are hints."""

    kind: Literal["run", "alone", "drain", "more", "scan", "signal", "woken"]
    execution_id: UUID | None
    epoch: int | None
    account_id: UUID


@dataclass(frozen=True, slots=True)
class StepRow:
    """A checkpoint as it is written: `outcome` and `record` are JSON values, `due_at` is set while it waits."""

    execution_id: UUID
    key: str
    account_id: UUID
    node_id: str
    status: StepRowStatus
    attempt: int
    outcome: Any
    record: Any
    due_at: datetime | None = None
    folded: bool = False


@dataclass(frozen=True, slots=True)
class WaitRow:
    """What a step waits for; `since`: from when events count."""

    execution_id: UUID
    key: str
    account_id: UUID
    topic: str
    condition: Any
    since: datetime


@dataclass(frozen=True, slots=True)
class FinishRow:
    execution_id: UUID
    status: str
    nodes: JsonText
    variables: Any
    output: Any
    error: str | None
    error_node_id: str | None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """`error_code` is an SQLSTATE; None: it worked and `result` holds the row(s)."""

    result: Any
    error_code: str | None
    error_message: str | None


TOO_SLOW = "57014"
"""SQLSTATE of a statement that was cancelled; here, because it ran into its time limit."""


class RunStore:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def claim(
        self,
        owner: int,
        limit: int,
        lease: timedelta,
        *,
        after: UUID | None,
        idle: bool,
        full: Sequence[UUID] = (),
    ) -> list[Claimed]:
        """`full`: accounts that are left out."""
        rows = await self.connection.fetch(SQL["claim"], owner, limit, lease, after, idle, list(full))
        return [Claimed(*row) for row in rows]

    async def load(self, ids: Sequence[UUID], *, begun: bool = False) -> list[Any]:
        """`begun`: with their checkpoints although this is their first claim."""
        return list(await self.connection.fetch(SQL["load"], ids, begun))

    async def seconds_until_next_due(self) -> float | None:
        value: float | None = await self.connection.fetchval(SQL["next_due"])
        return value

    async def hold(self, owner: int, ids: Sequence[UUID], epochs: Sequence[int]) -> set[UUID]:
        return {row[0] for row in await self.connection.fetch(SQL["hold"], owner, ids, epochs)}

    async def still_held(self, owner: int, ids: Sequence[UUID], epochs: Sequence[int]) -> set[UUID]:
        return {row[0] for row in await self.connection.fetch(SQL["still_held"], owner, ids, epochs)}

    async def run_operations(
        self, operations: Sequence[dict[str, Any]], *, lock_timeout: str = "5ms", lock_waits: int = 1
    ) -> list[OperationResult]:
        """Each in a savepoint. After `lock_waits` of them have met a lock, the rest are answered as locked, untried."""
        rows = await self.connection.fetch(SQL["run_operations"], operations, lock_timeout, lock_waits)
        return [OperationResult(*row) for row in rows]

    async def run_within(
        self, operations: Sequence[dict[str, Any]], *, lock_timeout: str, seconds: float
    ) -> list[OperationResult]:
        """`run_operations` under a time limit: beyond it nothing of them happened, and each answers `TOO_SLOW`."""
        milliseconds = max(1, math.ceil(seconds * 1000))
        begun = time.monotonic()
        savepoint = self.connection.transaction()
        await savepoint.start()
        try:
            before = await self.connection.fetchval(SQL["limit_statements"], f"{milliseconds}ms")
            results = await self.run_operations(operations, lock_timeout=lock_timeout)
            await self.connection.fetchval(SQL["limit_statements"], before)
        except asyncpg.QueryCanceledError:
            await savepoint.rollback()
            if time.monotonic() - begun < 0.9 * milliseconds / 1000:
                # Somebody else cancelled it, and that is not the step's failure.
                raise
            return [OperationResult(None, TOO_SLOW, "the statement was cancelled")] * len(operations)
        except BaseException:
            await savepoint.rollback()
            raise
        await savepoint.commit()
        return results

    async def run_bulk_write(
        self, operations: Sequence[dict[str, Any]], *, lock_timeout: str = "5ms"
    ) -> list[OperationResult]:
        """Operations of one account, one kind, one table and one set of columns, no record twice.

        One result each; or a single one with an error: nothing happened, do them one by one.
        """
        first = operations[0]
        rows = await self.connection.fetch(
            SQL["run_bulk_write"],
            first["operation"],
            first["table"],
            first["account_id"],
            [operation["execution_id"] for operation in operations],
            [operation.get("id") for operation in operations],
            [operation["values"] for operation in operations],
            lock_timeout,
        )
        return [OperationResult(*row) for row in rows]

    async def may_take_turns(self, steps: Sequence[tuple[str, str]]) -> list[bool]:
        """For each (automation, node id), until the end of the transaction."""
        automations, nodes = [one for one, _ in steps], [node for _, node in steps]
        return [row[0] for row in await self.connection.fetch(SQL["may_take_turns"], automations, nodes)]

    async def write_steps(self, rows: Sequence[StepRow]) -> None:
        await self.connection.execute(
            SQL["write_steps"],
            [row.execution_id for row in rows],
            [row.key for row in rows],
            [row.account_id for row in rows],
            [row.node_id for row in rows],
            [row.status for row in rows],
            [row.attempt for row in rows],
            [None if row.outcome is None else JsonText(encode_json(row.outcome)) for row in rows],
            [None if row.record is None else JsonText(encode_json(row.record)) for row in rows],
            [row.due_at for row in rows],
            [row.folded for row in rows],
        )

    async def fold_steps(self, keys: Sequence[tuple[UUID, str]], loops: Sequence[tuple[UUID, str]]) -> None:
        """`keys` are of single steps, `loops` what the keys of a whole loop begin with."""
        await self.connection.execute(SQL["fold_steps"], *_pairs(keys), *_pairs(loops))

    async def register_waits(self, rows: Sequence[WaitRow]) -> None:
        """What has happened already wakes its run at once."""
        await self.connection.execute(
            SQL["register_waits"],
            [row.execution_id for row in rows],
            [row.key for row in rows],
            [row.account_id for row in rows],
            [row.topic for row in rows],
            [None if row.condition is None else JsonText(encode_json(row.condition)) for row in rows],
            [row.since for row in rows],
        )

    async def end_waits(self, keys: Sequence[tuple[UUID, str]]) -> None:
        await self.connection.execute(SQL["end_waits"], *_pairs(keys))

    async def settle_waits(self, limit: int) -> int:
        """How many waits were looked at again, because a writer may have missed them."""
        return int(await self.connection.fetchval(SQL["settle_waits"], limit))

    async def signals(self, ids: Sequence[UUID]) -> list[tuple[UUID, str, Any]]:
        """(run, step key, payload) of what has arrived for these runs."""
        return [(row[0], row[1], row[2]) for row in await self.connection.fetch(SQL["signals"], ids)]

    async def finish(self, rows: Sequence[FinishRow]) -> None:
        await self.connection.execute(SQL["finish"], *_columns(rows))

    async def finish_held(self, owner: int, epochs: Sequence[int], rows: Sequence[FinishRow]) -> set[UUID]:
        """`hold` and `finish` in one statement and one commit; the ids that have ended now."""
        return {row[0] for row in await self.connection.fetch(SQL["finish_held"], owner, epochs, *_columns(rows))}

    async def park(self, ids: Sequence[UUID], dues: Sequence[datetime | None]) -> None:
        await self.connection.execute(SQL["park"], ids, dues)

    async def renew(self, owner: int, ids: Sequence[UUID], lease: timedelta) -> set[UUID]:
        return {row[0] for row in await self.connection.fetch(SQL["renew"], owner, ids, lease)}

    async def release(self, owner: int) -> int:
        return int(await self.connection.fetchval(SQL["release"], owner))

    async def release_absent(self) -> int:
        return int(await self.connection.fetchval(SQL["release_absent"]))

    async def version(self, version_id: UUID) -> Any | None:
        return await self.connection.fetchrow(SQL["version"], version_id)

    async def mark_invalid(self, automation_id: UUID, version_id: UUID | None, reason: str) -> None:
        await self.connection.execute(SQL["mark_invalid"], automation_id, version_id, reason)

    async def hold_presence(self, owner: int) -> None:
        await self.connection.execute(SQL["hold_presence"], owner)

    async def fold_stats(self) -> None:
        await self.connection.execute(SQL["fold_stats"])

    async def start_owed_failure_runs(self) -> None:
        await self.connection.execute(SQL["start_owed_failure_runs"])

    async def forget_live_changes(self) -> None:
        await self.connection.execute(SQL["forget_live_changes"])

    async def cleanup(self, limit: int) -> int:
        return int(await self.connection.fetchval(SQL["cleanup"], limit))


def _pairs(pairs: Sequence[tuple[UUID, str]]) -> tuple[list[UUID], list[str]]:
    return [run_id for run_id, _ in pairs], [text for _, text in pairs]


def _columns(rows: Sequence[FinishRow]) -> list[list[Any]]:
    return [
        [row.execution_id for row in rows],
        [row.status for row in rows],
        [row.nodes for row in rows],
        [row.variables for row in rows],
        [None if row.output is None else JsonText(encode_json(row.output)) for row in rows],
        [row.error for row in rows],
        [row.error_node_id for row in rows],
    ]
