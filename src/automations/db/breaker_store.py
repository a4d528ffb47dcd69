"""Breakers that are open, and how a person lifts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("breakers")


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """More than `starts` within `minutes` by changes of the record; since `opened_at` it starts nothing more."""

    automation_id: UUID
    automation: str
    record_id: UUID
    account_id: UUID
    opened_at: datetime
    starts: int
    minutes: int


class BreakerStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def open(self, account: UUID | None) -> list[OpenBreaker]:
        """Newest first, at most 1,000; `account` None: of all."""
        with translated():
            rows = await self.connection.fetch(SQL["open"], account)
        return [OpenBreaker(**row) for row in rows]

    async def page(
        self, *, account: UUID | None, automation_id: UUID | None, limit: int, after: tuple[datetime, str] | None
    ) -> str:
        """Those that are open, newest first, as PostgreSQL wrote them; `after`: `opened_at`, `id` of the last one."""
        opened_at, last = after or (None, None)
        with translated():
            found: str = await self.connection.fetchval(SQL["page"], account, automation_id, limit, opened_at, last)
        return found

    async def lift(self, automation_id: UUID, record_id: UUID | None) -> int:
        """How many were open."""
        with translated():
            return int(await self.connection.fetchval(SQL["lift"], automation_id, record_id))
