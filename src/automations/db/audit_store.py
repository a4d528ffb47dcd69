"""Who did what, as far as whoever the connection acts for may know."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("audit")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is None filters nothing. `since` is included, `until` is not."""

    account: UUID | None = None
    automation_id: UUID | None = None
    action: str | None = None
    actor: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditStore:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def page(self, chosen: AuditFilter, *, limit: int, after: int | None = None) -> str:
        """A JSON list, the newest first; `after`: id of the last one of the page before."""
        with translated():
            found: str = await self.connection.fetchval(SQL["page"], *astuple(chosen), limit, after)
        return found
