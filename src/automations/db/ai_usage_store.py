"""What AI steps have used of the budgets of their accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("ai_usage")


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens of the day (UTC) so far: counted, and set aside for calls under way. `free_at`: when the next begins."""

    granted: bool
    day: date
    used: int
    set_aside: int
    free_at: datetime


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """`own_limit` None: the account has that of the installation."""

    account_id: UUID
    day: date
    calls: int
    input_tokens: int
    output_tokens: int
    reserved: int
    own_limit: int | None


class AiUsageStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def reserve(self, account: UUID, tokens: int, limit: int) -> Reservation:
        with translated():
            row = await self.connection.fetchrow(SQL["reserve"], account, tokens, limit)
        assert row is not None
        return Reservation(**row)

    async def settle(self, account: UUID, day: date, set_aside: int, *, input_tokens: int, output_tokens: int) -> None:
        with translated():
            await self.connection.execute(SQL["settle"], account, day, set_aside, input_tokens, output_tokens)

    async def since(self, account: UUID | None, days: int) -> list[DayOfUse]:
        """At most 1,000, newest first; `account` None: of all. `days` 1: only today."""
        with translated():
            return [DayOfUse(**row) for row in await self.connection.fetch(SQL["since"], account, days)]

    async def listed(self, account: UUID, days: int) -> str:
        """JSON [{day, calls, input_tokens, output_tokens, reserved}], newest first; at most 366 days."""
        with translated():
            found: str = await self.connection.fetchval(SQL["listed"], account, days)
        return found
