"""One request, one transaction, the rights of whoever asks: row-level security decides what is there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("requests")

Role = Literal["authenticated", "service_role"]
KeyScope = Literal["read", "run", "write"]
NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key that is valid: it acts for one account, as far as its scopes go."""

    id: UUID
    account_id: UUID
    scopes: tuple[KeyScope, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request with this key was answered; `status` None where nothing was kept, `same`: it was this request."""

    status: int | None
    headers: dict[str, str] | None
    body: str | None
    same: bool


def claims_of(role: Role, user: UUID | None, key: ApiKey | None, account: UUID | None = None) -> str:
    claims = {"role": role, **({} if user is None else {"sub": str(user)})}
    held = account
    if key is not None:
        # Of another account it sees nothing at all.
        held = key.account_id if account in (None, key.account_id) else NOBODY
        claims |= {"automations_key": str(key.id)}
    if held is not None:
        claims |= {"automations_account": str(held)}
    return json.dumps(claims)


@asynccontextmanager
async def acting_as(
    connection: Connection,
    role: Role,
    user: UUID | None,
    *,
    key: ApiKey | None = None,
    account: UUID | None = None,
    read_only: bool = False,
) -> AsyncIterator[Connection]:
    """Committed at the end, rolled back on an error. `user` None only for `service_role`.

    `key`: for nothing but its account, `account`: for nothing but that one; the database narrows what the user could
    see otherwise. `service_role` is not narrowed.
    """
    with translated():
        transaction = connection.transaction(readonly=read_only)
        await transaction.start()
        act_as = SQL["act_as_reader"] if read_only else SQL["act_as"]
        await connection.execute(act_as, role, claims_of(role, user, key, account))
    try:
        yield connection
    except BaseException:
        with translated():
            await transaction.rollback()
        raise
    with translated():
        await transaction.commit()


async def find_api_key(connection: Connection, digest: bytes) -> ApiKey | None:
    """By the SHA-256 of its text; None for one that is revoked, expired or unknown."""
    with translated():
        row = await connection.fetchrow(SQL["api_key"], digest)
    return None if row is None else ApiKey(row["id"], row["account_id"], tuple(row["scopes"]))


async def take_request(session: Connection, key: str, fingerprint: bytes) -> Answered | None:
    """None: this transaction is the first with the key."""
    with translated():
        row = await session.fetchrow(SQL["take_request"], key, fingerprint)
    return None if row is None else Answered(**row)


async def keep_answer(session: Connection, key: str, status: int, headers: dict[str, Any], body: str) -> None:
    with translated():
        await session.execute(SQL["keep_answer"], key, status, headers, body)


async def note_refusal(
    connection: Connection,
    *,
    actor: UUID,
    key: UUID | None,
    ids: Sequence[UUID],
    details: dict[str, Any],
    but: Collection[UUID],
) -> list[UUID]:
    """The accounts in whose logs it is now: those that the `ids` belong to, without `but`."""
    with translated():
        rows = await connection.fetch(SQL["note_refusal"], actor, key, list(ids), details, list(but))
    return [row[0] for row in rows]
