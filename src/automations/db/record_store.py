"""Agents, leads, conversations and messages as the caller sees them: JSON as PostgreSQL wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("records")

Table = Literal["agents", "leads", "conversations", "messages"]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """`items`: a JSON list. `next`: created_at and id of the last one, as PostgreSQL writes them; None: it is all."""

    items: str
    next: tuple[str | None, str] | None


class RecordStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses: `Unusable` for
    columns and values that a row cannot have, `NotAllowed`, `NotFound` for what the row would belong to."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def page(
        self,
        table: Table,
        equal: Mapping[str, str],
        *,
        search: str | None,
        account: UUID | None,
        limit: int,
        after: tuple[str | None, str] | None = None,
    ) -> RecordPage:
        """The newest first. `equal`: by column; `after`: `next` of the page before."""
        at, last = after or (None, None)
        with translated():
            row = await self.connection.fetchrow(SQL["list"], table, dict(equal), search, account, limit, at, last)
        assert row is not None
        return RecordPage(row["items"], None if row["next_id"] is None else (row["next_at"], row["next_id"]))

    async def get(self, table: Table, record_id: str) -> str | None:
        with translated():
            found: str | None = await self.connection.fetchval(SQL["get"], table, record_id)
        return found

    async def create(self, table: Table, values: Mapping[str, Any]) -> str:
        with translated():
            made: str = await self.connection.fetchval(SQL["create"], table, json.dumps(values))
        return made

    async def update(self, table: Table, record_id: str, values: Mapping[str, Any]) -> str | None:
        """None: there is no such row."""
        with translated():
            found: str | None = await self.connection.fetchval(SQL["update"], table, record_id, json.dumps(values))
        return found

    async def delete(self, table: Table, record_id: str) -> bool:
        """Whether it was there."""
        with translated():
            gone: bool = await self.connection.fetchval(SQL["delete"], table, record_id)
        return gone
