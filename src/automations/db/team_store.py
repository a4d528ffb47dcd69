"""Teams of accounts and invitations to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("team")

TeamRole = Literal["owner", "admin", "member", "viewer"]


@dataclass(frozen=True, slots=True)
class Membership:
    """`role` None: the team is managed elsewhere, and nobody told us."""

    account_id: UUID
    role: str | None


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody of an account to whom mail can be sent."""

    name: str | None
    email: str


class TeamStore:
    """What the role of the connection may see and do. Every method raises what `db.sql_errors` makes of refusals, and
    `Conflict` where the team is managed elsewhere."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def my_accounts(self) -> list[Membership]:
        """The caller's own account first."""
        with translated():
            rows = await self.connection.fetch(SQL["my_accounts"])
        return [Membership(**row) for row in rows]

    async def page(self, account: UUID, *, limit: int, after: tuple[datetime, UUID] | None = None) -> str:
        """Members, the newest first, as JSON; `after`: created_at and id of the last one of the page before."""
        with translated():
            await self.connection.execute(SQL["require_own_team"])
            found: str = await self.connection.fetchval(SQL["list"], account, limit, *(after or (None, None)))
        return found

    async def people(self, account: UUID | None) -> str:
        """JSON [{id, name, email}]: who is known by more than an id, in one account or in all of the caller's."""
        with translated():
            found: str = await self.connection.fetchval(SQL["people"], account)
        return found

    async def mail_addresses(self, account: UUID, people: Collection[UUID]) -> dict[UUID, Correspondent]:
        """Of those among `people` who belong to the account and have an address; for the engine."""
        with translated():
            rows = await self.connection.fetch(SQL["mail_addresses"], account, list(people))
        return {row["id"]: Correspondent(row["name"], row["email"]) for row in rows}

    async def set_profile(self, name: str | None, email: str | None) -> None:
        """Of the caller; None: nothing is said."""
        with translated():
            await self.connection.execute(SQL["set_profile"], name, email)

    async def set_role(self, account: UUID, member: UUID, role: TeamRole) -> None:
        with translated():
            await self.connection.execute(SQL["set_role"], account, member, role)

    async def remove(self, account: UUID, member: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["remove"], account, member)

    async def invite(
        self, account: UUID, role: TeamRole, digest: bytes, note: str | None, expires_at: datetime
    ) -> dict[str, Any]:
        """Its row."""
        with translated():
            invitation = await self.connection.fetchval(SQL["invite"], account, role, digest, note, expires_at)
            row: dict[str, Any] = await self.connection.fetchval(SQL["get_invitation"], invitation)
        return row

    async def invitations(self, account: UUID | None, *, limit: int, after: tuple[datetime, UUID] | None = None) -> str:
        """As JSON, the newest first; `after`: created_at and id of the last one of the page before."""
        with translated():
            found: str = await self.connection.fetchval(
                SQL["list_invitations"], account, limit, *(after or (None, None))
            )
        return found

    async def revoke_invitation(self, invitation: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["revoke_invitation"], invitation)

    async def accept(self, digest: bytes) -> Membership:
        with translated():
            row = await self.connection.fetchrow(SQL["accept"], digest)
        assert row is not None
        return Membership(**row)
