"""Bring a database up to date, from any earlier state, beside running workers and other migrators.

One session advisory lock for the whole (so use a direct or session-pooled connection, not a transaction pooler), one
transaction a file, short lock timeouts with retries: a writer never queues behind a migrator for longer than half a
second.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg

from automations import __version__
from automations.db.schema_files import SchemaFile, export, latest_version, render, schema_files, version_of
from automations.errors import DatabaseUnreachable, MigrationChanged, MigrationError, SchemaTooNew

__all__ = ["LATEST", "FileStatus", "MigrationReport", "export", "migrate", "render", "schema_version", "status"]

LATEST = latest_version()
"""The newest schema that this program understands, as `schema_version` gives it. A change that older workers cannot
live with comes with a numbered migration, so a worker stops claiming while `schema_version(conn) > LATEST`."""

_LOCK = 7263200
_GIVING_WAY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """`applied` names the files applied now, in order (empty: nothing to do); `version` the schema's 14 digits."""

    applied: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class FileStatus:
    """`state`: applied; pending (to be applied, or applied again because its text changed); changed (a numbered
    migration whose text is another one now: migrate refuses); unknown (a numbered migration that only a newer release
    has)."""

    name: str
    state: Literal["applied", "pending", "changed", "unknown"]


@dataclass(frozen=True, slots=True)
class _Record:
    checksum: str
    release: str


async def migrate(dsn: str, *, patience: float = 120) -> MigrationReport:
    """Apply what is missing; safe to call at every start and in many processes at once.

    A file whose locks are not to be had is retried for `patience` seconds. Raises MigrationChanged, SchemaTooNew,
    DatabaseUnreachable, or MigrationError with what PostgreSQL said; whatever was applied before stays applied.
    """
    async with _connection(dsn) as connection:
        # Waits for as long as the other migrator needs.
        await connection.execute("set lock_timeout = 0; set statement_timeout = 0; set client_min_messages = warning")
        await connection.execute(f"select pg_catalog.pg_advisory_lock({_LOCK})")
        try:
            recorded = await _recorded(connection)
            applied: list[str] = []
            for file in _pending(recorded):
                await _apply(connection, file, patience)
                applied.append(file.name)
        finally:
            if not connection.is_closed():
                await connection.execute(f"select pg_catalog.pg_advisory_unlock({_LOCK})")
    return MigrationReport(tuple(applied), LATEST)


async def status(dsn: str) -> list[FileStatus]:
    """Every file that is known to this program or, for numbered migrations, to the database. Changes nothing."""
    async with _connection(dsn) as connection:
        recorded = await _recorded(connection)
    known = {file.name for file in schema_files()}
    unknown = [name for name in sorted(recorded) if name.startswith("migrations/") and name not in known]
    return [FileStatus(file.name, _state(file, recorded.get(file.name))) for file in schema_files()] + [
        FileStatus(name, "unknown") for name in unknown
    ]


async def schema_version(connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> str | None:
    """The 14 digits of the newest numbered migration in the database; None when there is no schema yet."""
    return version_of(await _recorded(connection))


async def _recorded(connection: Any) -> dict[str, _Record]:
    if await connection.fetchval("select pg_catalog.to_regclass('automations.migrations')") is None:
        return {}
    rows = await connection.fetch("select name, checksum, release from automations.migrations")
    return {row["name"]: _Record(row["checksum"], row["release"]) for row in rows}


def _state(file: SchemaFile, record: _Record | None) -> Literal["applied", "pending", "changed"]:
    if record is None:
        return "pending"
    if record.checksum == file.checksum:
        return "applied"
    return "changed" if file.numbered else "pending"


def _pending(recorded: dict[str, _Record]) -> list[SchemaFile]:
    """What to apply, in order. MigrationChanged or SchemaTooNew where we must not."""
    files = schema_files()
    newest = max((record.release for record in recorded.values()), key=_release, default=__version__)
    known = {file.name for file in files}
    beyond = sorted(name for name in recorded if name.startswith("migrations/") and name not in known)
    if beyond:
        raise SchemaTooNew(
            f"This database has {_listed(beyond)}, which automations {__version__} does not know",
            hint=f"Install automations {newest} or newer here, or connect to another database.",
        )
    changed = [file.name for file in files if _state(file, recorded.get(file.name)) == "changed"]
    if changed:
        raise MigrationChanged(
            f"{_listed(changed)} was applied to this database with another text than it has now",
            hint="A released migration is never edited: restore the file and put the change into a new one.",
        )
    pending = [file for file in files if _state(file, recorded.get(file.name)) == "pending"]
    # Functions of a newer release are not replaced by older ones, even where the tables are the same.
    overwritten = [
        f.name for f in pending if f.name in recorded and _release(recorded[f.name].release) > _own_release()
    ]
    if overwritten:
        raise SchemaTooNew(
            f"This database was migrated by automations {newest}, newer than this {__version__}",
            hint=f"Install automations {newest} or newer here, or connect to another database.",
        )
    if pending:
        return [file for file in files if file in pending or file.follows_every_change]
    return []


async def _apply(connection: Any, file: SchemaFile, patience: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    pause = 0.05
    while True:
        try:
            async with connection.transaction():
                await connection.execute(file.script())
            return
        except _GIVING_WAY as error:
            if loop.time() > deadline:
                raise MigrationError(
                    f"{file.name} could not be applied: other transactions hold its tables ({error})",
                    hint="Find long transactions (`select pid, xact_start, query from pg_stat_activity order by 2`), "
                    "end them, and migrate again; what was applied so far stays.",
                ) from error
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - a pause, no secret
            pause = min(pause * 2, 2.0)
        except asyncpg.PostgresError as error:
            raise MigrationError(
                f"{file.name} failed: {error}",
                hint=getattr(error, "hint", None)
                or "Nothing of this file was applied. The migrating role must own the database and may create roles.",
            ) from error


@asynccontextmanager
async def _connection(dsn: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(dsn, timeout=10, statement_cache_size=0)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnreachable(
            f"No connection to the database could be made: {error or type(error).__name__}",
            hint="Check that the server runs and that host, port, user, password and database of the DSN are right.",
        ) from error
    try:
        yield connection
    except (asyncpg.PostgresConnectionError, ConnectionError) as error:
        raise DatabaseUnreachable(
            f"The connection to the database was lost: {error}", hint="Try again; what was applied so far stays."
        ) from error
    finally:
        await connection.close(timeout=5)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _own_release() -> tuple[int, ...]:
    return _release(__version__)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
