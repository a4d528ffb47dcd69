"""A place to measure in: our own PostgreSQL in a temporary directory, databases, and workers as processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from automations.db.connection import Connection
from automations.db.embedded import EmbeddedServer, ensure_running, stop
from automations.db.migrate import migrate
from benches.flows import TRIGGER_CONFIG

START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.005
GIVE_UP_SECONDS = 60.0


@dataclass(frozen=True)
class Lab:
    server: EmbeddedServer
    directory: Path

    async def database(self, name: str) -> str:
        """The DSN of a fresh database with our schema."""
        connection = await asyncpg.connect(self.server.dsn)
        try:
            await connection.execute(f'drop database if exists "{name}" with (force)')
            await connection.execute(f'create database "{name}"')
        finally:
            await connection.close()
        dsn = self.server.dsn_for(name)
        await migrate(dsn)
        return dsn


@contextmanager
def lab(settings: Mapping[str, str] | None = None) -> Iterator[Lab]:
    """The server is stopped and its files are gone at the end, however that comes."""
    directory = Path(tempfile.mkdtemp(prefix="automations-bench-"))
    data_dir = directory / "postgres"
    try:
        yield Lab(ensure_running(data_dir, die_with_parent=True, settings=settings or {}), directory)
    finally:
        stop(data_dir)
        shutil.rmtree(directory, ignore_errors=True)


@dataclass(frozen=True)
class WorkerProcess:
    pid: int


@contextmanager
def worker(*arguments: str) -> Iterator[WorkerProcess]:
    """A worker that is ready; stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benches.worker_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if said != b"ready\n":
            raise RuntimeError(f"the worker did not become ready: {said!r}, exit code {process.poll()}")
        yield WorkerProcess(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    connection: Connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=2)


@dataclass(frozen=True)
class Account:
    id: UUID
    agent: UUID


async def new_account(connection: Connection) -> Account:
    account = uuid4()
    agent = await connection.fetchval("insert into agents (user_id, name) values ($1, 'Bench') returning id", account)
    return Account(account, agent)


async def new_automation(
    connection: Connection,
    account: Account,
    nodes: list[Any],
    edges: list[Any],
    trigger: Mapping[str, Any] | None = None,
) -> UUID:
    """Active at once, in the seed's own way."""
    automation: UUID = await connection.fetchval(
        "insert into automations "
        "(agent_id, user_id, name, status, enabled, trigger_type, trigger_config, nodes, edges) "
        "values ($1, $2, 'Bench', 'active', true, 'event', $3, $4, $5) returning id",
        account.agent,
        account.id,
        json.dumps(trigger or TRIGGER_CONFIG),
        json.dumps(nodes),
        json.dumps(edges),
    )
    return automation


async def insert_leads(connection: Connection, account: Account, count: int) -> None:
    await connection.execute(
        "insert into leads (user_id, name, score) select $1, 'Lead ' || i, 80 from generate_series(1, $2) i",
        account.id,
        count,
    )


async def all_finished(connection: Connection) -> None:
    """Until no run is open. The watcher must not be what is measured: it looks at one row by its key as long as that
    is open, and only then at the partial index of open runs, which is full of dead entries.
    """
    last = await connection.fetchval(
        "select id from automation_executions where due_at is not null order by seq desc limit 1"
    )
    of_one = await connection.prepare(
        "select status in ('pending', 'running') from automation_executions where id = $1"
    )
    of_any = await connection.prepare("select exists (select from automation_executions where due_at is not null)")
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while await of_one.fetchval(last) or await of_any.fetchval():
        if time.monotonic() > deadline:
            raise TimeoutError("runs are still open: " + str(await run_counts(connection)))
        await asyncio.sleep(POLL_SECONDS)


async def run_counts(connection: Connection) -> dict[str, int]:
    rows = await connection.fetch("select status, count(*) as runs from automation_executions group by status")
    return {row["status"]: row["runs"] for row in rows}


async def require_recorded(connection: Connection, runs: int, nodes: int) -> None:
    """A fast engine that loses runs, or their history, has no figure."""
    recorded = await connection.fetchval(
        "select count(*) from automation_executions "
        "where status = 'completed' and jsonb_array_length(nodes_executed) = $1",
        nodes,
    )
    if recorded != runs:
        raise AssertionError(f"{recorded} of {runs} runs are completed and recorded: {await run_counts(connection)}")
