"""A database of each old release, with runs of its own engine in it, is migrated and goes on under today's.

The databases were made by `make_fixture.py`.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.engine.world import eventually, outline
from tests.upgrade.outside import OutsideService

from automations.db.migrate import LATEST, migrate, schema_version
from automations.engine.flow_versions import FlowVersions
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.engine.worker import Worker, WorkerOptions
from automations.flow.validate import check_flow
from automations.integrations.template_process import TemplateProcess
from automations.testing.flow_run import installed_nodes

if TYPE_CHECKING:
    from tests.conftest import Connect, Databases

HERE = Path(__file__).parent
RELEASES = ["0.1.0"]
TYPES = {
    "0.1.0": {
        "trigger-event",
        "trigger-schedule",
        "trigger-manual",
        "trigger-ai-tool",
        "logic-condition",
        "logic-switch",
        "logic-stop",
        "transform-set-variable",
        "action-create-record",
        "action-update-record",
        "action-find-records",
        "action-send-message",
        "action-http",
    }
}


def flows(release: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "flows" / release).glob("*.json"))]


@pytest.mark.parametrize("release", RELEASES)
def test_flows_that_an_old_release_published_are_valid(release: str) -> None:
    found = {flow["name"]: check_flow(flow["nodes"], flow["edges"], installed_nodes()) for flow in flows(release)}
    assert found == {flow["name"]: [] for flow in flows(release)}
    assert {node["type"] for flow in flows(release) for node in flow["nodes"]} == TYPES[release]


@dataclass(frozen=True)
class Old:
    """A database of an old release. `db` is a connection as the owner of the schema."""

    dsn: str
    db: asyncpg.Connection

    async def run_named(self, name: str) -> Any:
        return await self.db.fetchrow(
            "select e.* from automation_executions e join leads l on l.id = e.lead_id where l.name = $1", name
        )

    async def ended(self, run_id: Any) -> Any:
        query = "select * from automation_executions where id = $1 and completed_at is not null"

        async def final() -> Any:
            return await self.db.fetchrow(query, run_id)

        return await eventually(final)


async def load(databases: Databases, connect: Connect, release: str) -> Old:
    dsn = await databases.create()
    loader = await asyncpg.connect(dsn)
    await loader.execute(gzip.decompress((HERE / f"{release}.sql.gz").read_bytes()).decode())
    # Its settings (an empty search path) go with its session.
    await loader.close()
    return Old(dsn, await connect(dsn))


@asynccontextmanager
async def todays_worker(dsn: str, outside: OutsideService) -> AsyncIterator[None]:
    templates = TemplateProcess()
    steps = StepRunner(outside=Outside(http=outside), renderer=templates, clock=lambda: datetime.now(UTC))
    worker = Worker(WorkerOptions(dsn=dsn, poll_seconds=0.2, drain_seconds=3), FlowVersions(installed_nodes()), steps)
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await running
        await templates.close()


def key_of(run_id: Any) -> str:
    """The `Idempotency-Key` of the step `call`, as the old release sent it with its first attempt."""
    return f"{run_id}-{hashlib.sha256(f'{run_id}/call'.encode()).hexdigest()[:16]}"


async def upgraded(databases: Databases, connect: Connect, release: str) -> None:
    old = await load(databases, connect, release)
    assert (await schema_version(old.db) or "") < LATEST
    parked, held = [await old.run_named(f"Before: {what}") for what in ("parked", "held")]
    assert (parked["status"], parked["owner"], held["status"]) == ("running", None, "running")
    assert held["owner"] is not None
    before = await old.db.fetch("select * from automations.steps order by execution_id, key")

    # The old worker is at work while the schema is changed under it: it holds its presence, and rows of its runs.
    worker = await connect(old.dsn)
    await worker.execute("select pg_advisory_lock($1)", held["owner"])
    await worker.execute("begin; set local role service_role")
    await worker.execute(
        "update automation_executions set due_at = now() + interval '1 hour' where id = $1", held["id"]
    )
    migrating = asyncio.create_task(migrate(old.dsn))
    writer = await connect(old.dsn)
    for _ in range(10):
        await asyncio.wait_for(writer.execute("update leads set score = score + 1"), timeout=5)
        await asyncio.sleep(0.05)
    await worker.execute("commit")
    assert (await asyncio.wait_for(migrating, timeout=60)).version == LATEST

    outside = OutsideService(healed=True)
    async with todays_worker(old.dsn, outside):
        ended = await old.ended(parked["id"])
        # Present as it is, the old worker keeps its run; once it is gone, another takes it over.
        assert (await old.run_named("Before: held"))["completed_at"] is None
        await worker.close()
        taken_over = await old.ended(held["id"])
    for run in (ended, taken_over):
        assert outline(run) == [
            ("trigger", "completed", "out", None),
            ("save", "completed", "out", None),
            ("note", "completed", "out", None),
            ("count", "completed", "out", None),
            ("call", "completed", "out", None),
            ("done", "completed", "out", None),
        ]
        assert (run["status"], run["variables"]) == ("completed", {"seen": "seen"})
        assert run["nodes_executed"][4]["attempt"] == 2
    assert sorted(outside.calls) == sorted([("busy", key_of(parked["id"])), ("hang", key_of(held["id"]))])
    # What the old engine had finished was not done again.
    bodies = await old.db.fetch("select body from messages where body like 'once%' order by body")
    assert [row["body"] for row in bodies] == ["once for Before: held", "once for Before: parked"]
    after = {(row["execution_id"], row["key"]): row for row in await old.db.fetch("select * from automations.steps")}
    finished = [row for row in before if row["status"] == "completed"]
    assert {"/save", "/note", "/count"} <= {row["key"] for row in finished}
    assert [after[row["execution_id"], row["key"]]["record"] for row in finished] == [row["record"] for row in finished]
    await databases.drop(old.dsn)


async def published_flows_run(databases: Databases, connect: Connect, release: str) -> None:
    """Each version that the old release published is run again, and does what it did then."""
    old = await load(databases, connect, release)
    await migrate(old.dsn)
    runs = await old.db.fetch("select * from automation_executions where completed_at is not null")
    names = {row["name"] for row in await old.db.fetch("select name from automations")}
    assert names == {flow["name"] for flow in flows(release)}
    assert len(runs) == len(names) - 1
    async with todays_worker(old.dsn, OutsideService()):
        for run in runs:
            again = await old.db.fetchval(
                "insert into automation_executions (automation_id, trigger_type, trigger_data, lead_id) "
                "values ($1, $2, $3, $4) returning id",
                *[run[column] for column in ("automation_id", "trigger_type", "trigger_data", "lead_id")],
            )
            new = await old.ended(again)
            assert new["version_id"] == run["version_id"]
            shown = [{name: one[name] for name in ("status", "variables", "output", "error")} for one in (new, run)]
            assert shown[0] == shown[1]
            assert outline(new) == outline(run)
    await databases.drop(old.dsn)


@pytest.mark.parametrize("release", RELEASES)
async def test_runs_that_wait_since_before_an_upgrade_end_well(
    databases: Databases, connect: Connect, release: str
) -> None:
    await upgraded(databases, connect, release)


@pytest.mark.parametrize("release", RELEASES)
async def test_runs_that_wait_since_before_an_upgrade_end_well_on_postgresql_15(
    databases15: Databases, connect: Connect, release: str
) -> None:
    await upgraded(databases15, connect, release)


@pytest.mark.parametrize("release", RELEASES)
async def test_published_versions_of_an_old_release_do_what_they_did(
    databases: Databases, connect: Connect, release: str
) -> None:
    await published_flows_run(databases, connect, release)
