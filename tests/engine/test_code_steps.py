"""Code steps in runs of the real engine, and in tests of drafts."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.engine.drawing import draw, edge, line, node, probe
from tests.engine.probe_nodes import Probes
from tests.engine.world import NoHttp, UpperCaseRenderer, Workers, World

from automations.engine.flow_versions import load_flow
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.engine.test_run import TestStart, run_test
from automations.flow.outcomes import Continue
from automations.integrations.code_sandbox import CodeSandbox


@pytest.fixture
async def steps(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StepRunner]:
    sandbox = CodeSandbox()
    made = StepRunner(
        outside=Outside(http=NoHttp(), sandbox=sandbox),
        renderer=UpperCaseRenderer(),
        clock=lambda: datetime.now(UTC),
    )
    monkeypatch.setattr("tests.engine.world.step_runner", lambda: made)
    yield made
    await sandbox.close()


def code(source: str, **more: Any) -> Any:
    return node("code", "transform-code", {"code": source, "inputs": {"name": "{{ trigger.new.name }}"}, **more})


async def test_a_run_computes(world: World, workers: Workers, probes: Probes, steps: StepRunner) -> None:
    await world.automation(
        line(
            code("{'shout': inputs['name'].upper()}"), node("end", "logic-stop", {"output": "{{ steps.code.result }}"})
        )
    )
    await workers.start()
    run = await world.ended(await world.lead(name="Ada"))
    assert (run["status"], run["output"]) == ("completed", {"shout": "ADA"})


@pytest.mark.full
async def test_endless_programs_stall_no_other_run(
    world: World, workers: Workers, probes: Probes, steps: StepRunner
) -> None:
    async def end(value: Any, ctx: Any) -> Any:
        return Continue({"seen": True})

    probes.on("end", end)
    await world.automation(line(code("while True:\n    pass", seconds=1)))
    await world.automation(line(probe("end", "database", "end")))
    await workers.start()
    leads = [await world.lead(name=f"Lead {n}") for n in range(6)]

    statuses = await world.all_ended()
    assert statuses == {"completed": 6, "failed": 6}
    # Two at a time, a second each: the others were long done when the last of them ended.
    times = await world.db.fetch(
        "select status, max(completed_at) as last from automation_executions group by status order by status"
    )
    assert times[0]["last"] < times[1]["last"]
    errors = {row["error"] for row in await world.db.fetch("select error from automation_executions")} - {None}
    assert all("longer than 1 seconds" in error for error in errors)
    assert len(leads) == 6


async def test_a_test_of_a_draft_computes_for_real(
    world: World, probes: Probes, steps: StepRunner, database_url: str
) -> None:
    drawing = draw([code("inputs['name'] * 2")], [edge("trigger", "code")])
    automation = await world.automation(drawing)
    loaded = load_flow(None, drawing.nodes, drawing.edges, probes.registry)
    trigger: dict[str, Any] = {"event": "INSERT", "table": "leads", "old": None, "new": {"name": "Ada"}}
    run_id: uuid.UUID = await run_test(
        database_url, loaded, TestStart(automation, world.account, "event", trigger), steps
    )
    record = await world.run(run_id)
    assert (record["status"], record["nodes_executed"][1]["output"]["result"]) == ("completed", "AdaAda")
