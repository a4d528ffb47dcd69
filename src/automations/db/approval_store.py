"""Approvals: what is asked, decided, and sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("approvals")

Decision = Literal["approved", "rejected"]
# Open ones, those among them that the caller may decide, or also what is decided or over.
Which = Literal["open", "mine", "all"]


@dataclass(frozen=True, slots=True)
class Approval:
    """`status`: pending, approved, rejected, timed_out, or void: its run ended without it."""

    id: UUID
    account_id: UUID
    automation_id: UUID
    automation: str
    execution_id: UUID
    step_key: str
    title: str
    message: str | None
    form: Any
    assignees: list[UUID]
    role: str | None
    self_approval: bool
    requested_by: UUID | None
    deadline: datetime | None
    created_at: datetime
    decided_via: str | None
    decided_by: UUID | None
    decided_as: str | None
    decided_at: datetime | None
    comment: str | None
    answer: Any
    status: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail that is due. `attempts` counts this one; `approval` {id, title, message, form, deadline, automation,
    open}.
    """

    notice_id: int
    account_id: UUID
    email: str
    hash: bytes
    attempts: int
    approval: dict[str, Any]


class ApprovalStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def find(
        self, account: UUID | None, *, every: bool = False, ids: tuple[UUID, UUID] | None = None
    ) -> list[Approval]:
        """At most 200, the newest first; those that can be decided, or `every`. `ids`: the lowest and highest."""
        lowest, highest = ids or (None, None)
        with translated():
            return [
                Approval(**row) for row in await self.connection.fetch(SQL["list"], account, every, lowest, highest)
            ]

    async def page(
        self, account: UUID | None, which: Which, *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> str:
        """JSON for whoever this session acts as, the newest first; `after`: created_at and id of the last one."""
        created_at, last = after or (None, None)
        with translated():
            found: str = await self.connection.fetchval(SQL["page"], account, which, limit, created_at, last)
        return found

    async def shown(self, approval: UUID) -> str | None:
        """JSON of one with its form."""
        with translated():
            found: str | None = await self.connection.fetchval(SQL["shown"], approval)
        return found

    async def decide(
        self, approval: UUID, decision: Decision, answer: Any, comment: str | None, *, user: UUID | None
    ) -> None:
        """As `user`, with the rights that he has; None: as the operator."""
        with translated():
            async with self.connection.transaction():
                if user is not None:
                    await self.connection.execute(SQL["act_as"], user)
                await self.connection.execute(SQL["decide"], approval, decision, answer, comment)

    async def of_token(self, token: str) -> UUID | None:
        with translated():
            found: UUID | None = await self.connection.fetchval(SQL["of_token"], token)
        return found

    async def decide_by_token(self, token: str, decision: Decision, answer: Any, comment: str | None) -> None:
        with translated():
            await self.connection.execute(SQL["decide_by_token"], token, decision, answer, comment)

    async def take_notices(self, hashes: Sequence[bytes], full: Sequence[UUID]) -> list[Notice]:
        """Mails that are due, at most as many as there are hashes; each is taken with one of them. None of `full`."""
        with translated():
            found = await self.connection.fetch(SQL["take_notices"], list(hashes), list(full))
        return [Notice(**row) for row in found]

    async def note_notice(self, notice: int, error: str | None, again: datetime | None) -> None:
        with translated():
            await self.connection.execute(SQL["note_notice"], notice, error, again)
