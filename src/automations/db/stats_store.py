"""Figures over spans of time, as PostgreSQL wrote them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("stats")


class StatsStore:
    """Of what the role of the connection may see. `account` None: of all that it may."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def runs(self, since: datetime, until: datetime, *, account: UUID | None, automation_id: UUID | None) -> str:
        with translated():
            found: str = await self.connection.fetchval(SQL["runs"], account, automation_id, since, until)
        return found

    async def automations(self, since: datetime, until: datetime, *, account: UUID | None, busiest: int) -> str:
        with translated():
            found: str = await self.connection.fetchval(SQL["automations"], account, since, until, busiest)
        return found

    async def now(self) -> datetime:
        with translated():
            value: datetime = await self.connection.fetchval(SQL["clock"])
        return value
