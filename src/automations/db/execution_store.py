"""Runs as people ask for them: lists, one whole, steps, and the actions that the database offers to users."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from automations.db.automation_store import Named
from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import of_code, translated
from automations.errors import AutomationsError, NotAllowed, NotFound, Unusable

SQL = queries("executions")

OPEN = ("pending", "running")
FINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What is None or empty does not matter. `account` None: of all accounts.

    `unretried`: without runs that have a retry already; for `count` and `matching_ids` only.
    """

    account: UUID | None = None
    automation_id: UUID | None = None
    statuses: tuple[str, ...] = ()
    lead_id: UUID | None = None
    since: datetime | None = None
    tests: bool = True
    unretried: bool = False

    @property
    def arguments(self) -> tuple[Any, ...]:
        statuses = list(self.statuses) or None
        return (self.account, self.automation_id, statuses, self.lead_id, self.since)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list; `steps` counts those that ran so far. `called`: by the run `parent_id`, else it retries that.

    `waiting`: it has begun and no worker has it; `due_at` is when it wakes, None where only a signal wakes it.
    """

    id: UUID
    automation_id: UUID
    automation: str
    account_id: UUID
    trigger_type: str
    status: str
    error: str | None
    error_node_id: str | None
    started_at: datetime
    run_started_at: datetime | None
    completed_at: datetime | None
    duration_ms: int | None
    test_mode: bool
    triggered_by: UUID | None
    lead_id: UUID | None
    conversation_id: UUID | None
    event_id: int | None
    parent_id: UUID | None
    seq: int
    event: str | None
    table: str | None
    called: bool
    waiting: bool
    due_at: datetime | None
    steps: int

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run, whole. `held`: a worker has it now."""

    id: UUID
    automation_id: UUID
    automation: str
    account_id: UUID
    trigger_type: str
    trigger_data: Any
    status: str
    nodes_executed: Any
    variables: Any
    output: Any
    error: str | None
    error_node_id: str | None
    started_at: datetime
    run_started_at: datetime | None
    completed_at: datetime | None
    duration_ms: int | None
    test_mode: bool
    triggered_by: UUID | None
    lead_id: UUID | None
    conversation_id: UUID | None
    event_id: int | None
    parent_id: UUID | None
    version_id: UUID | None
    depth: int
    due_at: datetime | None
    held: bool
    takeovers: int
    seq: int
    automation_enabled: bool
    automation_status: str
    ancestors: list[UUID] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run stands for whoever waits for its answer.

    `parked`: no worker has it, and it waits for something else than the end of a run that it called; `wakes_in`
    seconds, None for a signal. `epoch` moves whenever a worker takes it.
    """

    status: str
    output: Any
    error: str | None
    epoch: int
    parked: bool
    wakes_in: float | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class StartedOne:
    """What a start in bulk did for one record; `error` None: `run_id` is its run."""

    run_id: UUID | None
    error: AutomationsError | None


@dataclass(frozen=True, slots=True)
class StartedAs:
    """`execution_id` None: another version is published than the one whose form the input was checked against, and this
    is its trigger.
    """

    execution_id: UUID | None
    account: UUID
    version: UUID
    trigger_type: str | None
    trigger_config: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """`record` is an entry of `nodes_executed`."""

    key: str
    record: dict[str, Any]


class ExecutionStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @asynccontextmanager
    async def step(self) -> AsyncIterator[None]:
        """A transaction, or within one a savepoint."""
        with translated():
            async with self.connection.transaction():
                yield

    async def latest(self, chosen: RunFilter, *, limit: int, after_seq: int | None = None) -> list[RunRow]:
        """Newest first."""
        with translated():
            rows = await self.connection.fetch(SQL["list"], *chosen.arguments, after_seq, chosen.tests, limit)
        return [RunRow(**row) for row in rows]

    async def some(self, ids: Sequence[UUID]) -> list[RunRow]:
        """Oldest first; those that are gone are left out."""
        with translated():
            return [RunRow(**row) for row in await self.connection.fetch(SQL["some"], ids)]

    async def count(self, chosen: RunFilter) -> int:
        with translated():
            return int(await self.connection.fetchval(SQL["count"], *chosen.arguments, chosen.tests, chosen.unretried))

    async def matching_ids(self, chosen: RunFilter, *, limit: int, after_seq: int = 0) -> list[tuple[UUID, int]]:
        """(id, seq), oldest first."""
        with translated():
            rows = await self.connection.fetch(
                SQL["matching_ids"], *chosen.arguments, chosen.tests, limit, after_seq, chosen.unretried
            )
        return [(row["id"], row["seq"]) for row in rows]

    async def newest_seq(self) -> int:
        with translated():
            return int(await self.connection.fetchval(SQL["newest_seq"]))

    async def find(self, account: UUID | None, low: UUID, high: UUID) -> list[UUID]:
        with translated():
            return [row["id"] for row in await self.connection.fetch(SQL["find"], account, low, high)]

    async def find_record(
        self, kind: Literal["lead", "conversation"], account: UUID | None, ids: tuple[UUID, UUID] | None, text: str
    ) -> list[Named]:
        """By a range of ids; a lead also by its exact e-mail address or name."""
        low, high = ids or (None, None)
        with translated():
            if kind == "lead":
                rows = await self.connection.fetch(SQL["find_lead"], account, low, high, text)
            else:
                rows = await self.connection.fetch(SQL["find_conversation"], account, low, high)
        return [Named(**row) for row in rows]

    async def get(self, execution_id: UUID) -> RunDetail | None:
        with translated():
            row = await self.connection.fetchrow(SQL["get"], execution_id)
        return None if row is None else RunDetail(**row)

    async def status(self, execution_id: UUID) -> str | None:
        with translated():
            found: str | None = await self.connection.fetchval(SQL["status"], execution_id)
        return found

    async def steps(self, execution_id: UUID, *, after: str | None = None, limit: int = 1000) -> list[StepRecord]:
        """A page, in the order in which they were written; `after` is the key of the last one of the page before."""
        with translated():
            rows = await self.connection.fetch(SQL["steps"], execution_id, after, limit)
        return [StepRecord(**row) for row in rows]

    async def start(
        self,
        automation_id: UUID,
        *,
        given: dict[str, Any],
        lead_id: UUID | None,
        conversation_id: UUID | None,
        key: str | None,
    ) -> UUID:
        with translated():
            started: UUID = await self.connection.fetchval(
                SQL["start"], automation_id, given, lead_id, conversation_id, key
            )
        return started

    async def start_as(
        self,
        role: str,
        claims: str,
        automation_id: UUID,
        *,
        version: UUID | None,
        given: dict[str, Any],
        lead_id: UUID | None,
        conversation_id: UUID | None,
        key: str | None,
    ) -> StartedAs:
        """With the rights of those claims, and committed: not within a transaction."""
        with translated():
            row = await self.connection.fetchrow(
                SQL["start_as"], role, claims, automation_id, version, given, lead_id, conversation_id, key
            )
        return StartedAs(**row)

    async def start_many(
        self,
        automation_id: UUID,
        *,
        given: dict[str, Any],
        leads: Sequence[UUID | None],
        conversations: Sequence[UUID | None],
        keys: Sequence[str | None],
    ) -> list[StartedOne]:
        """One for each place of the (equally long) lists, in their order; all in one transaction."""
        with translated():
            rows = await self.connection.fetch(SQL["start_many"], automation_id, given, leads, conversations, keys)
        return [
            StartedOne(
                row["execution_id"],
                None if row["error_code"] is None else of_code(row["error_code"], row["error_message"]),
            )
            for row in rows
        ]

    async def matching_leads(
        self, account: UUID, condition: dict[str, Any], *, limit: int, after: UUID | None = None
    ) -> list[UUID]:
        """Leads that the account sees and that meet a condition tree over their columns, by id."""
        with translated():
            rows = await self.connection.fetch(SQL["matching_leads"], account, condition, after, limit)
        return [row["id"] for row in rows]

    async def lead_columns(self) -> list[str]:
        """In the order of the table."""
        with translated():
            return [row["name"] for row in await self.connection.fetch(SQL["lead_columns"])]

    async def progress(self, execution_id: UUID) -> Progress | None:
        return (await self.progress_of([execution_id])).get(execution_id)

    async def progress_of(self, ids: Sequence[UUID]) -> dict[UUID, Progress]:
        """Without those that are not there."""
        with translated():
            rows = await self.connection.fetch(SQL["progress"], ids)
        return {
            row["id"]: Progress(
                row["status"], row["output"], row["error"], row["epoch"], row["parked"], row["wakes_in"]
            )
            for row in rows
        }

    async def pause(self, _execution_id: UUID, seconds: float) -> None:
        """Between two questions after a run."""
        await asyncio.sleep(seconds)

    async def cancel(self, execution_id: UUID, reason: str | None) -> str:
        """The status afterwards: `cancelled`, or what it had ended as before."""
        with translated():
            status: str = await self.connection.fetchval(SQL["cancel"], execution_id, reason)
        return status

    async def send_signal(
        self, name: str, *, run_id: UUID | None, correlation: str | None, payload: Any, account: UUID | None
    ) -> int:
        """How many waits it has woken now; it is kept for those that are reached later."""
        with translated():
            woken: int = await self.connection.fetchval(SQL["signal"], name, run_id, correlation, payload, account)
        return woken

    async def delete(self, execution_id: UUID) -> None:
        """The record of a run and all that hangs on it. `NotFound`; `NotAllowed` where the caller may only read it."""
        with translated():
            row = await self.connection.fetchrow(SQL["delete"], execution_id)
        if row["gone"]:
            return
        if row["seen"]:
            raise NotAllowed(
                "your role in this account only allows reading",
                hint="Ask an owner or admin of the account for the role member or above.",
            )
        raise NotFound("there is no such run", hint="Check the id, and who is signed in.")

    async def retry(self, execution_id: UUID, *, start_from: str | None = None, version: int | None = None) -> UUID:
        """The new run. `start_from`: start (None), failed, or a step's id; `version`: a number."""
        with translated():
            again: UUID = await self.connection.fetchval(SQL["retry"], execution_id, start_from, version)
        return again

    async def record(self, kind: Literal["lead", "conversation"], record_id: UUID, account: UUID) -> Any | None:
        """The row as JSON; None when the account has no such record."""
        with translated():
            return await self.connection.fetchval(SQL[f"{kind}_record"], record_id, account)

    async def watched_record(self, source: str, key: str, account: UUID) -> Any:
        """A row of a watched table as JSON. `Unusable` says why a step of the account would not find it."""
        with translated():
            async with self.connection.transaction():
                row = await self.connection.fetchrow(SQL["watched_record"], source, key, account)
        if row is None or row["error_code"] is not None:
            raise Unusable(
                "there is no answer" if row is None else str(row["error_message"]),
                hint="`automations watch` lists the tables; steps see what `authenticated` may see of their account.",
            )
        return row["result"]
