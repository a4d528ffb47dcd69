"""Watched tables: those of users whose changes start runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated
from automations.errors import Conflict, NotAllowed

SQL = queries("watched_tables")
TRIES = 20
PAUSE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """`source`: how flows call it. `state`: fires, or what is wrong with it. `columns`: empty where nobody asked."""

    source: str
    schema_name: str
    table_name: str
    account_column: str
    id_column: str
    lead_column: str | None
    watched_by: str
    watched_at: datetime
    state: str
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WatchedColumns:
    account: str
    id: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What may surprise; `do` is SQL or a sentence."""

    code: str
    message: str
    do: str


@dataclass(frozen=True, slots=True)
class Watched:
    """`state`: watched (now), or unchanged."""

    source: str
    state: str
    warnings: list[Warned]


@dataclass(frozen=True, slots=True)
class TableUser:
    """An automation that `listens` to a table, or has a step that names it."""

    id: UUID
    name: str
    account_id: UUID
    status: str
    enabled: bool
    listens: bool


class WatchedTableStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses.

    `watch` and `unwatch` are for a connection as the role that owns the schema and the table.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def all(self) -> list[WatchedTable]:
        with translated():
            return [WatchedTable(**row) for row in await self.connection.fetch(SQL["list"])]

    async def columns(self) -> dict[str, WatchedColumns]:
        """By source."""
        with translated():
            rows = await self.connection.fetch(SQL["columns"])
        return {row["source"]: WatchedColumns(row["account_column"], row["id_column"]) for row in rows}

    async def names_of_columns(self, tables: Sequence[str]) -> dict[str, list[str]]:
        """By table; what is not there is left out."""
        with translated():
            rows = await self.connection.fetch(SQL["names_of_columns"], list(tables))
        return {row["source"]: row["names"] for row in rows}

    async def watch(self, table: str, account: str, id_: str, lead: str | None, *, grant: bool) -> Watched:
        answer = await self._change(table, "watch", account, id_, lead, grant)
        return Watched(answer["source"], answer["state"], [Warned(**one) for one in answer["warnings"]])

    async def unwatch(self, table: str) -> str | None:
        """The source that is watched no more; None: it was not."""
        source: str | None = await self._change(table, "unwatch")
        return source

    async def users_of(self, source: str) -> list[TableUser]:
        """At most 100."""
        with translated():
            return [TableUser(**row) for row in await self.connection.fetch(SQL["users_of"], source)]

    async def _change(self, table: str, statement: str, *given: Any) -> Any:
        """In a transaction that gives way to writers, and tries again."""
        for left in reversed(range(TRIES)):
            try:
                async with self.connection.transaction():
                    await self.connection.execute(SQL["impatiently"])
                    with translated():
                        return await self._ask(statement, table, *given)
            except _TableBusy:
                if left:
                    await asyncio.sleep(PAUSE_SECONDS)
        raise Conflict(
            f"{table} is locked by other transactions",
            hint="Find the oldest (`select pid, xact_start, query from pg_stat_activity order by 2`), then try again.",
        )

    async def _ask(self, statement: str, table: str, *given: Any) -> Any:
        try:
            return await self.connection.fetchval(SQL[statement], table, *given)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            raise _TableBusy from error
        except asyncpg.InsufficientPrivilegeError as error:
            raise NotAllowed(
                f"this login may not do that: {error}",
                hint="Connect as the role that runs `automations migrate` and owns the table.",
            ) from error


class _TableBusy(Exception):
    pass
