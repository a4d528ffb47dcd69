"""Hostile templates with the real engine: they fail their own runs, and nobody waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.engine.drawing import LEAD_UPDATE, line, set_variables
from tests.engine.probe_nodes import Probes
from tests.engine.world import NoHttp, RunningWorker, World, eventually

from automations.engine.flow_versions import FlowVersions
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.engine.worker import Worker, WorkerOptions
from automations.integrations.template_process import TemplateProcess

BOMB = "{{ [trigger.new.score] * SIZE }}"
HONEST = "{{ trigger.new.name|upper }}, {{ trigger.new.score + 1 }}"


@pytest.fixture
async def worker(database_url: str, probes: Probes) -> AsyncIterator[RunningWorker]:
    engine = TemplateProcess()
    steps = StepRunner(outside=Outside(http=NoHttp()), renderer=engine, clock=lambda: datetime.now(UTC))
    worker = Worker(WorkerOptions(dsn=database_url, poll_seconds=0.2), FlowVersions(probes.registry), steps)
    running = RunningWorker(worker, asyncio.create_task(worker.run()))
    await asyncio.wait_for(worker.ready.wait(), 30)
    yield running
    await running.stop()
    await engine.close()


@pytest.mark.parametrize("number", [3, pytest.param(10, marks=pytest.mark.full)])
async def test_two_hundred_leads_do_not_wait_for_hostile_templates(
    world: World, worker: RunningWorker, number: int
) -> None:
    honest = await world.automation(line(set_variables("text", {"text": HONEST})))
    hostile = [
        await world.automation(
            line(
                set_variables("bomb", {"text": f"{{{{ [trigger.new.score] * {99_999_000 + position} }}}}"}),
                on=LEAD_UPDATE,
            )
        )
        for position in range(number)
    ]
    (victim,) = await world.leads(1)
    await world.db.execute("update leads set score = 7 where id = $1", victim)
    await world.leads(200)

    async def honest_done() -> bool:
        # Each bomb holds the quarantine for a second. It is never empty, however slow the machine is.
        if await world.count("automation_id = any ($1) and status in ('pending', 'running')", hostile) < number:
            await world.db.execute("update leads set score = score + 1 where id = $1", victim)
        return await world.count("automation_id = $1 and status = 'completed'", honest) == 201

    await eventually(honest_done)
    bombs = await world.count("automation_id = any ($1)", hostile)
    assert await world.all_ended() == {"completed": 201, "failed": bombs}
    errors = await world.db.fetch("select error, error_node_id from automation_executions where status = 'failed'")
    assert {row["error_node_id"] for row in errors} == {"bomb"}
    assert all("template" in row["error"] or "memory" in row["error"] or "second" in row["error"] for row in errors)
