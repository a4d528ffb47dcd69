"""Changes for whoever watches: who watches which account, and what a snapshot has not seen yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("live")
CHANNEL = "automations_live"


@dataclass(frozen=True, slots=True)
class LiveChange:
    """`kind`: execution, step, automation, approval; or reset, which is about all of the account. `data`: JSON."""

    account_id: UUID
    kind: str
    automation_id: UUID | None
    execution_id: UUID | None
    data: bytes


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """`snapshot` has seen all of `changes`, unless there were more of them than were asked for (`cut`)."""

    snapshot: str
    changes: list[LiveChange]
    cut: bool


def oldest_open(snapshot: str) -> int:
    """The transaction before which the snapshot has seen all."""
    return int(snapshot.partition(":")[0])


async def accessible_accounts(session: Connection) -> frozenset[UUID]:
    """Of whoever the session acts as."""
    with translated():
        return frozenset(row["id"] for row in await session.fetch(SQL["accessible_accounts"]))


class LiveStore:
    """On a connection of the engine's role to the server itself; every method raises what `db.sql_errors` makes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def listen(self, heard: Callable[[], None]) -> None:
        """Also when the connection is lost."""
        self._connection.add_termination_listener(lambda _connection: heard())
        with translated():
            await self._connection.add_listener(CHANNEL, lambda *_: heard())

    async def watch(self, accounts: Collection[UUID]) -> None:
        with translated():
            await self._connection.execute(SQL["watch_accounts"], list(accounts))

    async def settle(self, accounts: Collection[UUID]) -> dict[UUID, int]:
        """The transaction from which on all see the watcher; accounts of which that is not known yet are left out."""
        with translated():
            rows = await self._connection.fetch(SQL["settle_watchers"], list(accounts))
        return {row["account_id"]: row["began"] for row in rows}

    async def snapshot(self) -> str:
        with translated():
            found: str = await self._connection.fetchval(SQL["live_snapshot"])
        return found

    async def read(self, seen: str, limit: int, without: Collection[UUID] = ()) -> LiveBatch:
        """What is new since that snapshot, except of the accounts `without`."""
        with translated():
            rows = await self._connection.fetch(SQL["read_live_changes"], seen, limit + 1, list(without))
        return LiveBatch(rows[0]["snapshot"], _changes(rows[:limit]), len(rows) > limit)

    async def resume(self, position: int, accounts: Collection[UUID], limit: int) -> list[LiveChange] | None:
        """What may not have been seen at the position; None: not all of it is kept, or it is too much."""
        with translated():
            rows = await self._connection.fetch(SQL["resume_live_changes"], position, list(accounts), limit + 1)
        kept_from = rows[0]["kept_from"]
        if kept_from is None or kept_from > position or len(rows) > limit:
            return None
        return _changes(rows)


def _changes(rows: Sequence[asyncpg.Record]) -> list[LiveChange]:
    return [
        LiveChange(row["account_id"], row["kind"], row["automation_id"], row["execution_id"], _data(row))
        for row in rows
        if row["kind"] is not None
    ]


def _data(row: asyncpg.Record) -> bytes:
    told: dict[str, Any] = {
        "kind": row["kind"],
        "id": row["object_id"],
        "account_id": row["account_id"],
        "automation_id": row["automation_id"],
        "execution_id": row["execution_id"],
        **row["state"],
        "at": row["created_at"],
    }
    # asyncpg's UUIDs are a kind of their own, which orjson does not know.
    return orjson.dumps(told, default=str, option=orjson.OPT_UTC_Z)
