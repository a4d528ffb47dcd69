"""The change journal, as `explain` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("explain")


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `held`: [{automation_id, reason}] of those that matched and were held back. `record_key`: the id of a
    row of a watched table, as text."""

    id: int
    account_id: UUID
    source: str
    operation: str
    record_id: UUID | None
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    changed: list[str] | None
    actor: UUID | None
    occurred_at: datetime
    execution_id: UUID | None
    held: list[dict[str, Any]]
    record_key: str | None = None


@dataclass(frozen=True, slots=True)
class StartedRun:
    id: UUID
    automation_id: UUID
    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An automation as it is now; `published_at` is when what runs now was published."""

    id: UUID
    name: str
    status: str
    enabled: bool
    trigger_type: str
    trigger_config: dict[str, Any]
    updated_at: datetime
    published_at: datetime | None


class JournalStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def event(self, event_id: int, account: UUID | None) -> Event | None:
        with translated():
            row = await self.connection.fetchrow(SQL["event"], event_id, account)
        return None if row is None else Event(**row)

    async def events_of_record(self, record_id: UUID, account: UUID | None, limit: int) -> list[Event]:
        """Newest first."""
        with translated():
            rows = await self.connection.fetch(SQL["events_of_record"], record_id, account, limit)
        return [Event(**row) for row in rows]

    async def page(
        self,
        *,
        account: UUID | None,
        source: str | None,
        operation: str | None,
        record_id: UUID | None,
        limit: int,
        before: int | None,
    ) -> str:
        """The newest first, as PostgreSQL wrote them."""
        with translated():
            found: str = await self.connection.fetchval(
                SQL["page"], account, source, operation, record_id, limit, before
            )
        return found

    async def watched_record(self, source: str, key: str) -> UUID | None:
        """The `record_id` of a row of a watched table; None where the table is not watched."""
        with translated():
            record: UUID | None = await self.connection.fetchval(SQL["watched_record"], source, key)
        return record

    async def runs_of(self, event: Event) -> list[StartedRun]:
        with translated():
            rows = await self.connection.fetch(SQL["runs_of_event"], event.id, event.account_id, event.occurred_at)
        return [StartedRun(**row) for row in rows]

    async def candidates(self, account: UUID, automation_id: UUID | None) -> list[Candidate]:
        with translated():
            rows = await self.connection.fetch(SQL["candidates"], account, automation_id)
        return [Candidate(**row) for row in rows]

    async def why_stopped(self, account: UUID, automation_id: UUID) -> str | None:
        """The reason in the audit log for a paused automation or one in error."""
        with translated():
            row = await self.connection.fetchrow(SQL["why_stopped"], account, automation_id)
        reason = row["details"].get("reason") if row is not None else None
        return None if reason is None else str(reason)

    async def lead_account(self, lead_id: UUID) -> UUID | None:
        with translated():
            account: UUID | None = await self.connection.fetchval(SQL["lead_account"], lead_id)
        return account

    async def is_kept_for(self, account: UUID) -> bool:
        """Whether changes of the account are journalled at all."""
        with translated():
            row = await self.connection.fetchrow(SQL["journal_state"], account)
        return row is not None and row["journal"] != "off" and row["fire"] != "off" and bool(row["has_automations"])


class JournalOfUsers(JournalStore):
    """The same as a signed-in user reads it: without watched tables, whose own policies may hide some of their rows."""

    async def event(self, event_id: int, account: UUID | None) -> Event | None:
        with translated():
            row = await self.connection.fetchrow(SQL["event_of_user"], event_id, account)
        return None if row is None else Event(**row)

    async def events_of_record(self, record_id: UUID, account: UUID | None, limit: int) -> list[Event]:
        with translated():
            rows = await self.connection.fetch(SQL["events_of_record_of_user"], record_id, account, limit)
        return [Event(**row) for row in rows]

    async def watched_record(self, source: str, key: str) -> UUID | None:
        return None
