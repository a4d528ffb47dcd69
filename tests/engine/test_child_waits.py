"""Steps that wait for the end of the run that they started: nothing is held meanwhile, and every end is heard."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from tests.engine.called import call, manual, manual_line, runs_of, start
from tests.engine.drawing import add_message, draw, edge, line, node, probe, set_variables, stop, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import OPEN, Workers, World, eventually, outline, statuses, step_runner

from automations.db.execution_store import ExecutionStore
from automations.engine.flow_versions import load_flow
from automations.engine.test_run import TestStart, run_test
from automations.flow.outcomes import Continue
from automations.flow.ports import Context
from automations.services.calling import wait_for_answer


class Gate:
    """A call of the child that is under way until the test opens it."""

    def __init__(self, probes: Probes) -> None:
        self.calls = 0
        self.opened = asyncio.Event()
        probes.on("gate", self)

    async def __call__(self, value: Any, ctx: Context) -> Any:
        self.calls += 1
        await self.opened.wait()
        return Continue(output=value)


async def parked(world: World, waiting: int = 1) -> None:
    async def waits() -> bool:
        return bool(await world.db.fetchval("select count(*) = $1 from automations.waits", waiting))

    await eventually(waits)


async def nothing_is_left(world: World) -> None:
    assert await world.db.fetchval("select count(*) from automations.waits") == 0
    assert await world.db.fetchval("select count(*) from automations.signals") == 0
    assert await world.count("owner is not null or due_at is not null") == 0


async def test_the_caller_goes_on_with_the_output(world: World, workers: Workers, probes: Probes) -> None:
    gate = Gate(probes)
    child = await manual(
        world,
        probe("call", "external", "gate", "x"),
        stop("end", "completed", output={"score": {"value": "{{ trigger.input.points }}"}}),
    )
    await world.automation(
        line(
            call("go", child, input={"points": "{{ trigger.new.score }}"}, output={"score": "score.value"}),
            set_variables("after", {"score": "{{ steps.go.output.score }}", "status": "{{ steps.go.status }}"}),
        )
    )
    await workers.start()
    lead = await world.lead(score=7)
    await parked(world)
    caller = await world.db.fetchrow("select * from automation_executions where depth = 0")
    assert (caller["status"], caller["owner"], caller["due_at"], caller["lead_id"]) == ("running", None, None, lead)
    gate.opened.set()

    assert await world.all_ended() == {"completed": 2}
    run = await world.run(caller["id"])
    assert run["variables"] == {"score": 7, "status": "completed"}
    assert outline(run)[1] == ("go", "completed", "out", None)
    await nothing_is_left(world)


async def test_many_wait_at_once_and_every_end_is_heard(world: World, workers: Workers) -> None:
    """Most children end before, or while, their caller's commit is known to anybody else."""
    conversation = str(await world.conversation())
    child = await manual(world, add_message("note", "{{ trigger.input.lead }}", conversation))
    parent = await world.automation(
        line(
            call("go", child, input={"lead": "{{ trigger.new.id }}"}),
            call("again", child, input={"lead": "{{ trigger.new.id }}{{ steps.go.run_id }}"}),
            update_lead("after", {"stage": "{{ steps.again.status }}"}),
        )
    )
    await workers.start()
    await workers.start()
    await world.leads(100)

    assert await world.all_ended() == {"completed": 300}
    assert await world.db.fetchval("select count(*) from leads where stage = 'completed'") == 100
    assert len(set(await world.bodies())) == 200
    assert {row["depth"] for row in await runs_of(world, parent)} == {0}
    await nothing_is_left(world)


ENDS = {
    "failed": "update automation_executions set status = 'failed', error = 'no luck' where id = $1",
    "cancelled": "select automations.cancel_run($1, 'no luck')",
    "deleted": "delete from automation_executions where id = $1",
}


@pytest.mark.parametrize("handled", [False, True])
@pytest.mark.parametrize("end", ENDS)
async def test_an_end_that_is_no_success_fails_the_step(
    world: World, workers: Workers, probes: Probes, end: str, handled: bool
) -> None:
    Gate(probes)
    child = await manual(world, probe("call", "external", "gate"))
    edges = [edge("trigger", "go"), edge("go", "fine")]
    await world.automation(
        draw(
            [
                call("go", child),
                set_variables("fine", {"a": 1}),
                set_variables("mend", {"run": "{{ steps.go.run_id }}", "error": "{{ steps.go.error }}"}),
            ],
            [*edges, edge("go", "mend", "error")],
        )
        if handled
        else draw([call("go", child), set_variables("fine", {"a": 1})], edges)
    )
    await workers.start()
    lead = await world.lead()
    await parked(world)
    called = (await runs_of(world, child))[0]["id"]
    await world.db.execute(ENDS[end], called)

    async def ended() -> Any:
        return await world.db.fetchrow(
            f"select * from automation_executions where lead_id = $1 and depth = 0 and not {OPEN}", lead
        )

    run = await eventually(ended)
    if handled:
        assert run["status"] == "completed"
        assert (run["variables"]["run"], "this step waited for" in run["variables"]["error"]) == (str(called), True)
    else:
        assert (run["status"], run["error_node_id"]) == ("failed", "go")
        assert f"the run {called} that this step waited for" in run["error"]
        assert end in run["error"]
    await nothing_is_left(world)


async def test_a_child_that_fails_by_itself(world: World, workers: Workers) -> None:
    child = await manual(world, stop("end", "failed", "enough"))
    await world.automation(line(call("go", child)))
    await workers.start()
    await world.leads(20)

    assert await world.all_ended() == {"failed": 40}
    errors = await world.db.fetch("select error from automation_executions where depth = 0")
    assert all(row["error"].endswith("that this step waited for failed: enough") for row in errors)
    await nothing_is_left(world)


async def test_the_longest_wait(world: World, workers: Workers, probes: Probes) -> None:
    gate = Gate(probes)
    child = await manual(world, probe("call", "external", "gate", "late"))
    await world.automation(line(call("go", child, max_wait={"amount": 0.2, "unit": "seconds"})))
    await workers.start()
    lead = await world.lead()

    async def ended() -> Any:
        return await world.db.fetchrow(
            f"select * from automation_executions where lead_id = $1 and depth = 0 and not {OPEN}", lead
        )

    run = await eventually(ended)
    assert (run["status"], "has not ended in time; it goes on by itself" in run["error"]) == ("failed", True)
    (called,) = await runs_of(world, child)
    assert called["status"] in ("pending", "running")
    gate.opened.set()
    assert (await world.final(called["id"]))["output"] == "late"
    await nothing_is_left(world)


async def test_a_run_that_had_ended_before_it_was_waited_for(world: World, workers: Workers) -> None:
    child = await manual(world, stop("end", "completed", output={"a": 1}))
    await world.automation(
        draw(
            [
                call("go", child, wait=False),
                node("pause", "logic-wait", {"wait_for": "signal", "signal": "go-on"}),
                node("wait", "logic-wait", {"wait_for": "automation", "run_id": "{{ steps.go.run_id }}"}),
                set_variables("after", {"status": "{{ steps.wait.status }}"}),
            ],
            [edge("trigger", "go"), edge("go", "pause"), edge("pause", "wait", "met"), edge("wait", "after", "met")],
        )
    )
    await workers.start()
    lead = await world.lead()
    await parked(world)
    (called,) = await runs_of(world, child)
    await world.final(called["id"])
    caller = await world.db.fetchrow("select * from automation_executions where lead_id = $1 and depth = 0", lead)
    await world.db.execute(
        "insert into automations.signals (account_id, execution_id, name, key) "
        "select account_id, execution_id, topic, key from automations.waits"
    )
    await world.db.execute("select automations.wake_workers()")
    run = await world.final(caller["id"])
    assert (run["status"], run["variables"]) == ("completed", {"status": "completed"})
    await nothing_is_left(world)


async def test_a_run_that_is_not_there_is_not_waited_for(world: World, workers: Workers) -> None:
    wait = {"wait_for": "automation", "run_id": str(uuid.uuid4())}
    await world.automation(
        draw(
            [node("wait", "logic-wait", wait), set_variables("after", {"status": "{{ steps.wait.status }}"})],
            [edge("trigger", "wait"), edge("wait", "after", "met")],
        )
    )
    await workers.start()
    run = await world.ended(await world.lead())
    assert run["variables"] == {"status": "deleted"}


async def test_calls_within_calls(world: World, workers: Workers) -> None:
    automation = await manual(world, stop("end", "completed", output={"depth": 5}))
    for _ in range(5):
        automation = await manual(
            world, call("go", automation), stop("end", "completed", output="{{ steps.go.output }}")
        )
    await workers.start()
    run = await world.final(await start(world, automation))
    assert (run["status"], run["output"]) == ("completed", {"depth": 5})
    assert await world.all_ended() == {"completed": 6}
    await nothing_is_left(world)


async def test_a_call_for_each_item_of_a_loop(world: World, workers: Workers) -> None:
    child = await manual(world, stop("end", "completed", output={"doubled": "{{ trigger.input.item }}"}))
    loop = node("each", "logic-loop", {"items": [1, 2, 3, 4, 5], "parallelism": 3})
    await world.automation(
        draw(
            [
                loop,
                call("go", child, input={"item": "{{ item }}"}, output={"value": "doubled"}),
                set_variables("after", {"results": "{{ steps.each.results }}"}),
            ],
            [edge("trigger", "each"), edge("each", "go", "each"), edge("each", "after", "done")],
        )
    )
    await workers.start()
    lead = await world.lead()
    assert await world.all_ended() == {"completed": 6}
    run = await world.db.fetchrow("select * from automation_executions where lead_id = $1 and depth = 0", lead)
    assert [result["output"]["value"] for result in run["variables"]["results"]] == [1, 2, 3, 4, 5]
    steps = {row["trigger_data"]["called_by"]["step"] for row in await runs_of(world, child)}
    assert steps == {f"each:{place}/go" for place in range(5)}
    await nothing_is_left(world)


async def test_a_tool_that_calls_others_answers_within_its_time(world: World, workers: Workers, probes: Probes) -> None:
    gate = Gate(probes)
    child = await manual(world, probe("call", "external", "gate"), stop("end", "completed", output={"a": 1}))
    tool = await manual(world, call("go", child), stop("end", "completed", output="{{ steps.go.output }}"))
    await workers.start()
    run = await start(world, tool)
    await parked(world)
    waiting = asyncio.create_task(wait_for_answer(ExecutionStore(world.db), run, timeout=30))
    # Longer than a run may be parked for another reason.
    await asyncio.wait({waiting}, timeout=3)
    assert not waiting.done()
    gate.opened.set()
    answer = await waiting
    assert (answer.status, answer.output) == ("completed", {"a": 1})


async def test_a_test_run_starts_nothing_and_answers_with_an_example(
    world: World, workers: Workers, probes: Probes, database_url: str
) -> None:
    child = await manual(
        world,
        update_lead("save", {"stage": "{{ trigger.input.note }}"}, record_id="{{ trigger.input.lead }}"),
        stop("end", "completed", output={"score": 7}),
        config={
            "input_schema": {
                "type": "object",
                "properties": {"note": {"type": "string"}, "lead": {}},
                "required": ["note"],
            }
        },
    )
    lead = await world.lead()

    async def trial(**config: Any) -> Any:
        drawing = manual_line(call("go", child, **config), set_variables("after", {"seen": "{{ steps.go }}"}))
        caller = await manual(world, *drawing.nodes[1:])
        loaded = load_flow(None, drawing.nodes, drawing.edges, probes.registry)
        given = TestStart(caller, world.account, "manual", {"event": "manual", "input": {}})
        return await world.run(await run_test(database_url, loaded, given, step_runner()))

    first = await trial(input={"note": "a"}, output={"points": "score"})
    none = "00000000-0000-0000-0000-000000000001"
    # It has no run yet to take an example from.
    assert first["variables"]["seen"] == {"run_id": none, "status": "completed", "output": {"points": None}}
    await workers.start()
    real = await world.final(await start(world, child, {"note": "real", "lead": str(lead)}))
    assert (real["error"], real["output"]) == (None, {"score": 7})
    before = await world.count()
    second = await trial(input={"note": "b"}, output={"points": "score"})
    assert second["error"] is None
    assert second["variables"]["seen"] == {"run_id": none, "status": "completed", "output": {"points": 7}}
    without = await trial(input={"note": "c"}, wait=False)
    assert without["variables"]["seen"] == {"run_id": none, "status": "started"}
    refused = await trial(input={})
    assert (refused["status"], "note is missing" in refused["error"]) == ("failed", True)
    assert statuses(refused)["go"] == "failed"
    # Their own records, and nothing else.
    assert await world.count("test_mode") == 4
    assert await world.count() == before + 3
    assert await world.db.fetchval("select stage from leads where id = $1", lead) == "real"


async def test_a_caller_that_is_cancelled_takes_along_what_it_waits_for(
    world: World, workers: Workers, probes: Probes
) -> None:
    gate = Gate(probes)
    rescue = await manual(world, set_variables("ok", {"a": 1}))
    last = await manual(world, probe("call", "external", "gate"), config={"on_failure": str(rescue)})
    middle = await manual(world, call("go", last), config={"on_failure": str(rescue)})
    first = await manual(world, call("go", middle), config={"on_failure": str(rescue)})
    other = await manual(world, call("go", last, wait=False))
    await workers.start()
    run, beside = await start(world, first), await start(world, other)
    await parked(world, 2)

    async def both_called() -> bool:
        return gate.calls == 2

    await eventually(both_called)
    await world.db.execute("select automations.cancel_run($1, 'enough')", run)
    gate.opened.set()

    assert await world.all_ended() == {"cancelled": 3, "completed": 2}
    assert (await world.run(beside))["status"] == "completed"
    # To be cancelled is no failure.
    assert await runs_of(world, rescue) == []
    await nothing_is_left(world)
