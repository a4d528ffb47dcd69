"""Versions of automations: what was published, and when. One method is one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("versions")


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in a list. `origin`: `publish`, or `sql` for one that a change of the row by plain SQL made.

    `steps` counts nodes, the trigger included; `created_by` None: not a signed-in person.
    """

    id: UUID
    number: int
    trigger_type: str
    steps: int
    note: str | None
    origin: str
    created_by: UUID | None
    created_at: datetime
    is_published: bool


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """A version with its flow."""

    id: UUID
    number: int
    trigger_type: str
    trigger_config: dict[str, Any]
    nodes: list[Any]
    edges: list[Any]
    note: str | None
    origin: str
    created_by: UUID | None
    created_at: datetime
    is_published: bool


class VersionStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def of(self, automation_id: UUID, *, limit: int, below: int | None = None) -> list[VersionRow]:
        """Newest first; `below`: those with a smaller number."""
        with translated():
            rows = await self.connection.fetch(SQL["list"], automation_id, below, limit)
        return [VersionRow(**row) for row in rows]

    async def by_number(self, automation_id: UUID, number: int) -> VersionDetail | None:
        with translated():
            row = await self.connection.fetchrow(SQL["by_number"], automation_id, number)
        return None if row is None else VersionDetail(**row)
