"""What tests of several rooms share: a throw-away PostgreSQL, a migrated database per test, and rows to work on.

One server per test process (so one per xdist worker), without fsync, gone when the process ends. A database is made
from a migrated template in a fifth of a second. PostgreSQL 15 is used where its binaries are on the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import orjson
import pytest

from automations.db import embedded
from automations.db.embedded import EmbeddedServer
from automations.db.migrate import migrate
from automations.db.schema_files import fingerprint

_numbers = itertools.count(1)

UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "max_wal_size": "1GB",
}
# For several processes at once, each with a gigabyte of journal at most.
ENOUGH_MEMORY = 8 * 1024**3


@dataclass(frozen=True)
class Databases:
    """Makes and drops databases on one server."""

    server: EmbeddedServer

    async def create(self, template: str | None = None) -> str:
        """The DSN of a new database: empty, or a copy of the database `template`."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        source = f"template {template} strategy file_copy" if template else "template template0"
        await self.execute(f"create database {name} {source}")
        return self.server.dsn_for(name)

    async def migrated(self) -> str:
        """The DSN of a new database with the whole schema."""
        name = f"template_{fingerprint()[:16]}"
        admin = await asyncpg.connect(self.server.dsn)
        try:
            if not await admin.fetchval("select exists (select from pg_database where datname = $1)", name):
                await admin.execute(f"create database {name}_new template template0")
                await migrate(self.server.dsn_for(f"{name}_new"))
                await admin.execute(f"alter database {name}_new rename to {name}")
        finally:
            await admin.close()
        return await self.create(name)

    async def drop(self, dsn: str) -> None:
        name = dsn.partition("?")[0].rpartition("/")[2]
        await self.execute(f"drop database if exists {name} with (force)")

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _place(directory: Path) -> Path:
    """In memory where there is plenty: a database per test is mostly files that are made, written and removed."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < ENOUGH_MEMORY:
        return directory
    for left in memory.glob("automations-tests-*"):
        # Of a process that was killed: nobody else would ever free it.
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"automations-tests-{os.getpid()}-", dir=memory))


def _start(directory: Path, bin_dir: Path | None) -> Iterator[Databases]:
    directory = _place(directory)
    server = embedded.ensure_running(
        directory / "pg", bin_dir=bin_dir, settings=UNSAFE_BUT_FAST, die_with_parent=True, timeout=60
    )
    try:
        yield Databases(server)
    finally:
        embedded.stop(server.data_dir)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """The server that comes with pip (PostgreSQL 18), or the binaries that TEST_POSTGRES_BIN_DIR names."""
    bin_dir = os.environ.get("TEST_POSTGRES_BIN_DIR")
    yield from _start(tmp_path_factory.mktemp("pg"), Path(bin_dir) if bin_dir else None)


@pytest.fixture(scope="session")
def databases15(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """PostgreSQL 15 as found on this machine; skipped without one, except in CI."""
    bin_dir = _binaries_of_15()
    if bin_dir is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL 15 is not on this machine; install postgresql-15")
        pytest.skip("PostgreSQL 15 is not on this machine (postgresql-15)")
    yield from _start(tmp_path_factory.mktemp("pg15"), bin_dir)


def _binaries_of_15() -> Path | None:
    on_path = shutil.which("postgres")
    candidates = [Path("/usr/lib/postgresql/15/bin")]
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for candidate in candidates:
        if (candidate / "initdb").exists() and embedded.find_binaries(candidate).major == 15:
            return candidate
    return None


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A fresh database with the whole schema."""
    dsn = await databases.migrated()
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def empty_database_url(databases: Databases) -> AsyncIterator[str]:
    """A fresh database with nothing in it."""
    dsn = await databases.create()
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def postgres15_url(databases15: Databases) -> AsyncIterator[str]:
    """A fresh database with the whole schema on PostgreSQL 15."""
    dsn = await databases15.migrated()
    yield dsn
    await databases15.drop(dsn)


class Connect(Protocol):
    def __call__(self, dsn: str | None = None) -> Awaitable[asyncpg.Connection]: ...


@pytest.fixture
def own_url(request: pytest.FixtureRequest) -> str | None:
    """The test's `database_url`, when it has one."""
    return request.getfixturevalue("database_url") if "database_url" in request.fixturenames else None


@pytest.fixture
async def connect(own_url: str | None) -> AsyncIterator[Connect]:
    """`await connect()`: one more session on the test's database; `connect(dsn)`: on another. All closed at the end."""
    opened: list[asyncpg.Connection] = []

    async def open_one(dsn: str | None = None) -> asyncpg.Connection:
        connection = await asyncpg.connect(dsn or own_url)
        await with_json(connection)
        opened.append(connection)
        return connection

    yield open_one
    await asyncio.gather(*(connection.close(timeout=5) for connection in opened), return_exceptions=True)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the owner of the schema; jsonb is Python values."""
    connection = await asyncpg.connect(database_url)
    await with_json(connection)
    yield connection
    await connection.close(timeout=5)


async def with_json(connection: asyncpg.Connection) -> None:
    for kind in ("jsonb", "json"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
        )


Acting = Callable[..., AbstractAsyncContextManager[asyncpg.Connection]]


@pytest.fixture
def acting() -> Acting:
    """`async with acting(conn, "authenticated", user_id):` is a request as PostgREST makes it: one transaction, role
    and claims local to it, committed at the end."""
    return _acting


@asynccontextmanager
async def _acting(
    connection: asyncpg.Connection, role: str, user_id: uuid.UUID | None = None
) -> AsyncIterator[asyncpg.Connection]:
    claims = {"role": role} | ({"sub": str(user_id)} if user_id else {})
    async with connection.transaction():
        await connection.execute("select set_config('request.jwt.claims', $1, true)", orjson.dumps(claims).decode())
        await connection.execute(f"set local role {role}")
        yield connection
        # Where the caller has a transaction of its own, the settings would outlive this one's savepoint.
        await connection.execute("reset role")
        await connection.execute("select set_config('request.jwt.claims', '', true)")


@dataclass(frozen=True)
class Factory:
    """Rows to work on, written as the owner of the schema. Ids come back."""

    connection: asyncpg.Connection

    async def agent(self, account: uuid.UUID | None = None) -> uuid.UUID:
        return await self._insert("agents", {"user_id": account or uuid.uuid4(), "name": "Agent"})

    async def team_member(self, account: uuid.UUID, role: str = "member") -> uuid.UUID:
        """The id of a new person in the team of the account."""
        member = uuid.uuid4()
        await self.connection.execute(
            "insert into team_members (owner_id, member_id, role) values ($1, $2, $3)", account, member, role
        )
        return member

    async def lead(self, account: uuid.UUID, **columns: Any) -> uuid.UUID:
        return await self._insert("leads", {"user_id": account, "name": "Ada"} | columns)

    async def conversation(self, agent: uuid.UUID, **columns: Any) -> uuid.UUID:
        return await self._insert("conversations", {"agent_id": agent} | columns)

    async def automation(self, account: uuid.UUID, agent: uuid.UUID | None = None, **columns: Any) -> uuid.UUID:
        """Active and enabled on lead INSERT, a flow of only its trigger; `columns` overrule."""
        row: dict[str, Any] = {
            "agent_id": agent or await self.agent(account),
            "user_id": account,
            "name": "Automation",
            "status": "active",
            "enabled": True,
            "trigger_type": "event",
            "trigger_config": {"event_source": "lead", "event_type": "INSERT"},
        }
        return await self._insert("automations", row | columns)

    async def execution(self, automation: uuid.UUID, **columns: Any) -> uuid.UUID:
        """A pending manual run, with the seed's columns only; `columns` overrule."""
        row = {"automation_id": automation, "trigger_type": "manual", "trigger_data": {}}
        return await self._insert("automation_executions", row | columns)

    async def _insert(self, table: str, row: dict[str, Any]) -> uuid.UUID:
        places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
        created: uuid.UUID = await self.connection.fetchval(
            f"insert into public.{table} ({', '.join(row)}) values ({places}) returning id", *row.values()
        )
        return created


@pytest.fixture
def make(database: asyncpg.Connection) -> Factory:
    return Factory(database)
