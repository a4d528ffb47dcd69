"""A run that is ended from outside keeps the record of what it did."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest
from tests.engine.drawing import line, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, step_runner

from automations.engine.flow_versions import FlowVersions
from automations.engine.worker import Worker, WorkerOptions
from automations.errors import DatabaseUnreachable
from automations.flow.outcomes import Continue, Outcome
from automations.flow.ports import Context


async def test_a_cancelled_run_shows_what_it_did_and_what_was_under_way(
    world: World, workers: Workers, probes: Probes
) -> None:
    async def slow(value: Any, ctx: Context) -> Outcome:
        await asyncio.sleep(value)
        return Continue()

    probes.on("slow", slow)
    await world.automation(
        line(
            set_variables("words", {"text": "hello"}),
            update_lead("save", {"stage": "seen"}),
            probe("call", "external", "slow", 60),
            set_variables("after", {"a": 1}),
        )
    )
    await workers.start()
    (lead,) = await world.leads(1)

    async def calling() -> bool:
        return bool(await world.db.fetchval("select count(*) from automations.steps where status = 'started'"))

    await eventually(calling)
    run = await world.run_of(lead)
    under_way = await world.db.fetchval("select record from automations.steps where status = 'started'")
    assert (under_way["node_id"], under_way["status"], under_way["attempt"]) == ("call", "running", 1)

    await world.db.execute("select automations.cancel_run($1, 'enough')", run["id"])
    ended = await world.run_of(lead)
    assert (ended["status"], ended["error"]) == ("cancelled", "enough")
    assert [(entry["node_id"], entry["status"], entry["error"]) for entry in ended["nodes_executed"]] == [
        ("words", "completed", None),
        ("save", "completed", None),
        ("call", "failed", "the run ended while this step was under way; whether it took effect is not known"),
    ]


async def test_a_flow_nested_without_end_is_refused_by_the_database(world: World) -> None:
    deep = "[" * 300 + "]" * 300
    for column in ("nodes", "edges"):
        with pytest.raises(asyncpg.PostgresError, match="more than 100 levels deep"):
            await world.db.execute(
                f"insert into automations (agent_id, user_id, name, trigger_type, {column}) "
                f"values ($1, $2, 'x', 'manual', '{deep}')",
                world.agent,
                world.account,
            )


async def test_a_worker_gives_up_on_a_database_that_does_not_exist(database_url: str, probes: Probes) -> None:
    dsn = database_url.replace("/test_", f"/nowhere_{uuid.uuid4().hex[:6]}_")
    assert dsn != database_url
    worker = Worker(WorkerOptions(dsn=dsn), FlowVersions(probes.registry), step_runner())
    with pytest.raises(DatabaseUnreachable, match="does not exist"):
        await worker.run()
