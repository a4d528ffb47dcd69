"""Makes `<release>.sql.gz`: a database of an old release, with runs of that release in it, for test_upgrade.py.

    .venv/bin/python tests/upgrade/make_fixture.py COMMIT RELEASE

From a clone that has the commit: the old package is installed into a throw-away directory, and its own engine, in a
process where nothing of today's package is importable, migrates a database, runs every flow of `flows/<release>/` once
to its end, and then holds two runs of the flow `wait-for-a-partner`: one parked until its retry, one in the middle of
its call.

Run with PostgreSQL 15 (`--postgres DIR` names the directory of its programs): newer servers read its dumps, not the
other way round.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WAITING = "wait-for-a-partner"
ROLES = "".join(
    f"do $$ begin create role {role} nologin{more}; exception when duplicate_object then null; end $$;\n"
    for role, more in (("anon", ""), ("authenticated", ""), ("service_role", " bypassrls"))
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("commit")
    parser.add_argument("release")
    parser.add_argument("--postgres", type=Path, default=Path("/usr/lib/postgresql/15/bin"))
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        asyncio.run(inside(given.release, given.postgres, given.inside))
        return
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        source, installed = directory / "source", directory / "installed"
        source.mkdir()
        archive = subprocess.run(
            ["git", "archive", given.commit], cwd=HERE.parents[1], check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", source], input=archive, check=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, "--target", installed, source], check=True)
        # The first package of a name wins: today's, which is installed from the clone, is behind it.
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        options = [given.commit, given.release, "--postgres", given.postgres, "--inside", directory]
        subprocess.run([sys.executable, __file__, *options], env=environment, check=True)


async def inside(release: str, postgres: Path, directory: Path) -> None:
    """In the process of the old release."""
    import automations
    from automations.db import embedded
    from automations.db.migrate import migrate

    if not Path(automations.__file__).is_relative_to(directory):
        raise SystemExit(f"this is not the old release: {automations.__file__}")
    server = embedded.ensure_running(directory / "pg", bin_dir=postgres, die_with_parent=True, timeout=60)
    try:
        await make_database(server.dsn)
        dsn = server.dsn_for("old")
        await migrate(dsn)
        text = await with_runs(dsn, release, lambda: dump(postgres, dsn))
    finally:
        embedded.stop(server.data_dir)
    target = HERE / f"{release}.sql.gz"
    target.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{target.name}: {target.stat().st_size:,} bytes")


async def make_database(dsn: str) -> None:
    import asyncpg

    admin = await asyncpg.connect(dsn)
    await admin.execute("create database old template template0")
    await admin.close()


async def with_runs(dsn: str, release: str, take: Any) -> str:
    """What `take` gives while the old engine holds its runs."""
    sys.path.append(str(HERE.parents[1]))
    import asyncpg
    from tests.upgrade.outside import OutsideService

    from automations.engine.flow_versions import FlowVersions
    from automations.engine.outside import Outside
    from automations.engine.step_runner import StepRunner
    from automations.engine.worker import Worker, WorkerOptions
    from automations.integrations.template_process import TemplateProcess
    from automations.testing.flow_run import installed_nodes

    def now() -> Any:
        from datetime import UTC, datetime

        return datetime.now(UTC)

    connection = await asyncpg.connect(dsn)
    flows = {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "flows" / release).glob("*.json"))}
    account = uuid.UUID(int=0xACC)
    agent = await connection.fetchval("insert into agents (user_id, name) values ($1, 'A') returning id", account)
    lead = await lead_with_conversation(connection, account, agent, "Grace Hopper", "new")
    for name, flow in flows.items():
        automation = await publish(connection, account, agent, flow)
        if name != WAITING:
            trigger = json.dumps(flow["trigger_data"]).replace("{lead}", str(lead))
            await connection.execute(
                "insert into automation_executions (automation_id, trigger_type, trigger_data, lead_id) "
                "values ($1, $2, $3, $4)",
                automation, flow["trigger_type"], trigger, lead,
            )  # fmt: skip

    templates = TemplateProcess()
    steps = StepRunner(outside=Outside(http=OutsideService()), renderer=templates, clock=now)
    options = WorkerOptions(dsn=dsn, poll_seconds=0.1, drain_seconds=1)
    worker = Worker(options, FlowVersions(installed_nodes()), steps)
    running = asyncio.create_task(worker.run())
    await reached(connection, "not exists (select from automation_executions where completed_at is null)")
    for name, way in (("Before: parked", "busy"), ("Before: held", "hang")):
        await lead_with_conversation(connection, account, agent, name, way)
    parked = "select from automation_executions where status = 'running' and owner is null and due_at is not null"
    held = "select from automations.steps where key = '/call' and status = 'started'"
    await reached(connection, f"exists ({parked}) and exists ({held})")
    text: str = await asyncio.to_thread(take)
    worker.stop()
    await running
    await templates.close()
    await connection.close()
    return text


async def publish(connection: Any, account: uuid.UUID, agent: uuid.UUID, flow: Any) -> Any:
    """As plain SQL did it in that release: an active row makes its version by trigger."""
    return await connection.fetchval(
        "insert into automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config, nodes, "
        "edges) values ($1, $2, $3, 'active', true, $4, $5, $6, $7) returning id",
        agent, account, flow["name"], flow["trigger_type"], json.dumps(flow["nodes"][0]["data"]["config"]),
        json.dumps(flow["nodes"]), json.dumps(flow["edges"]),
    )  # fmt: skip


async def lead_with_conversation(
    connection: Any, account: uuid.UUID, agent: uuid.UUID, name: str, status: str
) -> uuid.UUID:
    """In one transaction: a run that the lead starts finds its conversation."""
    lead = uuid.uuid4()
    async with connection.transaction():
        await connection.execute(
            "insert into leads (id, user_id, agent_id, name, status, score) values ($1, $2, $3, $4, $5, 10)",
            lead, account, agent, name, status,
        )  # fmt: skip
        await connection.execute("insert into conversations (agent_id, lead_id) values ($1, $2)", agent, lead)
    return lead


async def reached(connection: Any, condition: str) -> None:
    async with asyncio.timeout(60):
        while not await connection.fetchval(f"select {condition}"):
            await asyncio.sleep(0.1)


def dump(postgres: Path, dsn: str) -> str:
    """Plain SQL without commands of psql, and without settings that only some servers know."""
    command = [str(postgres / "pg_dump"), "--no-owner", "--inserts", "--rows-per-insert=100", "--dbname", dsn]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"^(\\.*|SET (transaction_timeout|default_.*|client_encoding).*)\n", "", text, flags=re.MULTILINE)
    return ROLES + text


if __name__ == "__main__":
    main()
