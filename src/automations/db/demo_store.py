"""The demo account's rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("demo")


class DemoStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def begin(self) -> bool:
        """Inside a transaction: one loader at a time, nothing fires; whether the database is empty."""
        with translated():
            await self.connection.execute(SQL["alone"])
            await self.connection.execute(SQL["quietly"])
            return bool(await self.connection.fetchval(SQL["is_empty"]))

    async def agent(self, agent_id: UUID, account: UUID, name: str) -> None:
        with translated():
            await self.connection.execute(SQL["agent"], agent_id, account, name)

    async def person(self, account: UUID, name: str, email: str) -> None:
        with translated():
            await self.connection.execute(SQL["person"], account, name, email)

    async def leads(self, rows: list[dict[str, Any]], account: UUID, agent_id: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["leads"], rows, account, agent_id)

    async def conversations(self, rows: list[dict[str, Any]], agent_id: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["conversations"], rows, agent_id)

    async def messages(self, rows: list[dict[str, Any]]) -> None:
        with translated():
            await self.connection.execute(SQL["messages"], rows)

    async def changes(self, rows: list[dict[str, Any]]) -> None:
        """These fire."""
        with translated():
            await self.connection.execute(SQL["aloud"])
            await self.connection.execute(SQL["changes"], rows)
