"""How the installation is doing, in figures that cost little to ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("figures")
# Nothing is counted beyond this.
MOST: Final = 50_000


@dataclass(frozen=True, slots=True)
class Figures:
    """`oldest_due`, `oldest_pending`: seconds, None where nothing is due. `accepted`: runs of the last minute,
    `claimed` those of them that have begun; `ended`: runs that ended in it, by status. Counts stop at `MOST`."""

    oldest_due: float | None
    oldest_pending: float | None
    pending: int
    running: int
    held: int
    accepted: int
    claimed: int
    ended: dict[str, int]
    workers: int
    connections: int
    most_connections: int


class FiguresStore:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def figures(self) -> Figures:
        """As service_role. Raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""
        with translated():
            return Figures(**await self.connection.fetchval(SQL["figures"], MOST))
