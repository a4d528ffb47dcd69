"""Steps that start runs of other automations: exactly once, within the account, never in a circle."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.conftest import Connect
from tests.engine.called import call, manual, runs_of, start
from tests.engine.drawing import add_message, line, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.test_database_steps import DEFERRED
from tests.engine.world import Workers, World, eventually, statuses

from automations.flow.outcomes import Fail
from automations.flow.ports import Context

FORM = {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}


async def test_a_called_run_knows_its_caller_and_runs_on_its_lead(world: World, workers: Workers) -> None:
    child = await manual(
        world,
        update_lead("save", {"stage": "{{ trigger.input.note }}"}),
        config={"record": "lead", "input_schema": FORM},
    )
    parent = await world.automation(
        line(
            call("go", child, input={"note": "{{ trigger.new.name }}"}, wait=False),
            set_variables("after", {"run": "{{ steps.go.run_id }}", "status": "{{ steps.go.status }}"}),
        )
    )
    await workers.start()
    lead = await world.lead(name="Ada")

    assert await world.all_ended() == {"completed": 2}
    (called,), (caller,) = await runs_of(world, child), await runs_of(world, parent)
    assert caller["variables"] == {"run": str(called["id"]), "status": "started"}
    data = called["trigger_data"]
    assert (data.pop("timestamp") is not None, data.pop("new")["name"]) == (True, "Ada")
    assert data == {
        "event": "manual",
        "table": None,
        "old": None,
        "input": {"note": "Ada"},
        "called_by": {"run_id": str(caller["id"]), "automation_id": str(parent), "step": "/go"},
    }
    assert {
        key: called[key] for key in ("trigger_type", "lead_id", "parent_id", "ancestors", "depth", "account_id")
    } == {
        "trigger_type": "manual",
        "lead_id": lead,
        "parent_id": caller["id"],
        "ancestors": [parent],
        "depth": 1,
        "account_id": world.account,
    }
    assert await world.db.fetchval("select stage from leads where id = $1", lead) == "Ada"


async def test_many_callers_start_one_run_each(world: World, workers: Workers) -> None:
    child = await manual(world, set_variables("ok", {"a": 1}))
    parent = await world.automation(line(call("go", child, wait=False)))
    await world.leads(150)
    await workers.start()
    await workers.start()

    assert await world.all_ended() == {"completed": 300}
    callers = {row["id"] for row in await runs_of(world, parent)}
    assert len({row["parent_id"] for row in await runs_of(world, child)} & callers) == 150


NOT_CALLED: dict[str, tuple[dict[str, Any], str]] = {
    "another account's": ({}, "there is no automation"),
    "not there": ({}, "there is no automation"),
    "switched off": ({"enabled": False}, "the automation is switched off. Publish, resume or enable"),
    "paused": ({"status": "paused"}, "the automation is not active but paused"),
    "never published": ({}, "the automation is not published"),
    "its input": ({}, "Automation: the input does not fit: note is missing"),
}


@pytest.mark.parametrize("name", NOT_CALLED)
async def test_one_that_cannot_be_called_fails_only_its_caller(world: World, workers: Workers, name: str) -> None:
    columns, expected = NOT_CALLED[name]
    step = set_variables("ok", {"a": 1})
    if name == "another account's":
        stranger = uuid.uuid4()
        target = await manual(world, step, account=stranger, agent=await world.make.agent(stranger))
    elif name == "not there":
        target = uuid.uuid4()
    elif name == "never published":
        target = await manual(world, step, status="draft")
    else:
        target = await manual(world, step, config={"input_schema": FORM} if name == "its input" else {})
    for column, value in columns.items():
        await world.db.execute(f"update automations set {column} = $2 where id = $1", target, value)
    fine = await manual(world, step)
    await world.automation(line(call("go", "{{ trigger.new.stage }}", wait=False)))
    bad = await world.lead(stage=str(target))
    for _ in range(20):
        await world.lead(stage=str(fine))
    await workers.start()

    assert await world.all_ended() == {"completed": 40, "failed": 1}
    run = await world.run_of(bad)
    assert expected in run["error"]
    assert run["error_node_id"] == "go"
    if isinstance(target, uuid.UUID):
        assert await runs_of(world, target) == []


async def test_a_template_that_is_no_id_fails_its_step(world: World, workers: Workers) -> None:
    await world.automation(line(call("go", "{{ trigger.new.name }}", wait=False)))
    await workers.start()
    run = await world.ended(await world.lead(name="Other automation"))
    assert (run["status"], "there is no automation 'Other automation'" in run["error"]) == ("failed", True)


async def test_automations_that_call_each_other_are_stopped_at_the_circle(world: World, workers: Workers) -> None:
    """Through templates, which publishing cannot judge."""
    names = {"a": uuid.uuid4(), "b": uuid.uuid4(), "c": uuid.uuid4()}
    for name, target in (("a", "b"), ("b", "c"), ("c", "a")):
        await manual(
            world,
            call("go", "{{ trigger.input." + target + " }}", input="{{ trigger.input }}", wait=False),
            id=names[name],
        )
    await workers.start()
    await start(world, names["a"], {name: str(target) for name, target in names.items()})

    assert await world.all_ended() == {"completed": 2, "failed": 1}
    (last,) = await runs_of(world, names["c"])
    assert last["ancestors"] == [names["a"], names["b"]]
    assert "led to this run" in last["error"]


async def test_one_that_calls_itself_is_stopped(world: World, workers: Workers) -> None:
    itself = await manual(world, call("go", "{{ trigger.input.me }}", input="{{ trigger.input }}", wait=False))
    await workers.start()
    await start(world, itself, {"me": str(itself)})

    assert await world.all_ended() == {"failed": 1}
    assert "led to this run" in (await runs_of(world, itself))[0]["error"]


async def test_a_retry_is_no_way_round_the_circle(world: World, workers: Workers) -> None:
    first = uuid.uuid4()
    second = await manual(world, call("go", first, wait=False))
    await manual(world, call("go", second, wait=False), id=first)
    await workers.start()
    await start(world, first)
    await world.all_ended()
    (failed,) = await runs_of(world, second)
    again = await world.db.fetchval("select automations.retry_run($1)", failed["id"])
    run = await world.final(again)
    assert (run["status"], "led to this run" in run["error"]) == ("failed", True)
    assert len(await runs_of(world, first)) == 1


async def test_calls_end_at_the_depth_of_all_chains(world: World, workers: Workers) -> None:
    chain = [await manual(world, set_variables("ok", {"a": 1}))]
    for _ in range(9):
        chain.append(await manual(world, call("go", chain[-1], wait=False)))
    await workers.start()
    await start(world, chain[-1])

    assert await world.all_ended() == {"completed": 8, "failed": 1}
    deepest = await world.db.fetchrow("select * from automation_executions order by depth desc limit 1")
    assert (deepest["depth"], deepest["status"]) == (8, "failed")
    assert "8 starts away from the first one" in deepest["error"]


async def test_neighbours_that_fail_take_no_call_with_them_and_repeat_none(world: World, workers: Workers) -> None:
    """The shared transaction is refused at its commit, and everybody is done again alone."""
    await world.db.execute(DEFERRED)
    child = await manual(world, set_variables("ok", {"a": 1}))
    parent = await world.automation(
        line(call("go", child, wait=False), update_lead("save", {"stage": "{{ trigger.new.status }}"}))
    )
    bad = await world.lead(status="bad")
    await world.leads(40)
    await workers.start(committers=1)

    assert await world.all_ended() == {"completed": 80, "failed": 1}
    callers = {row["id"]: row["status"] for row in await runs_of(world, parent)}
    called = [row["parent_id"] for row in await runs_of(world, child)]
    assert len(called) == len(set(called)) == 40
    assert {callers[run] for run in called} == {"completed"}
    assert (await world.run_of(bad))["status"] == "failed"


async def test_a_step_that_fails_after_its_start_takes_the_run_back(
    world: World, workers: Workers, probes: Probes
) -> None:
    child = await manual(world, set_variables("ok", {"a": 1}))

    async def start_then_fail(value: Any, ctx: Context) -> Any:
        await ctx.runs.start(str(child), {}, lead_id=None, conversation_id=None)
        return Fail("second thoughts")

    async def twice(value: Any, ctx: Context) -> Any:
        await ctx.runs.start(str(child), {}, lead_id=None, conversation_id=None)
        await ctx.runs.start(str(child), {}, lead_id=None, conversation_id=None)

    probes.on("start then fail", start_then_fail)
    probes.on("twice", twice)
    await world.automation(line(probe("step", "database", "start then fail")))
    await world.automation(line(probe("step", "database", "twice")))
    await workers.start()
    await world.leads(10)

    assert await world.all_ended() == {"failed": 20}
    assert await runs_of(world, child) == []


async def test_a_pure_step_starts_nothing(world: World, workers: Workers, probes: Probes) -> None:
    child = await manual(world, set_variables("ok", {"a": 1}))

    async def sneak(value: Any, ctx: Context) -> Any:
        await ctx.runs.start(str(child), {}, lead_id=None, conversation_id=None)

    probes.on("sneak", sneak)
    await world.automation(line(probe("step", "pure", "sneak")))
    await workers.start()
    run = await world.ended(await world.lead())
    assert "without saying so" in run["error"]
    assert await runs_of(world, child) == []


@pytest.mark.parametrize("locked", ["automation", "lead"])
async def test_a_row_that_somebody_has_locked_holds_up_only_its_call(
    world: World, workers: Workers, connect: Connect, locked: str
) -> None:
    child, other = [await manual(world, set_variables("ok", {"a": 1})) for _ in range(2)]
    await world.automation(line(call("go", "{{ trigger.new.stage }}", wait=False)))
    held = await world.lead(stage=str(child))
    others = [await world.lead(stage=str(other)) for _ in range(20)]
    user = await connect()
    transaction = user.transaction()
    await transaction.start()
    if locked == "automation":
        await user.execute("select from automations where id = $1 for update", child)
    else:
        await user.execute("select from leads where id = $1 for update", held)
    await workers.start()

    async def others_done() -> bool:
        return await world.count("lead_id = any ($1) and status = 'completed'", others) == 40

    await eventually(others_done)
    assert await runs_of(world, child) == []
    # Nobody of ours is in the way of who holds the row.
    await user.execute("delete from leads where id = $1", others[0])
    await transaction.commit()

    assert await world.all_ended() == {"completed": 42}
    assert len(await runs_of(world, child)) == 1


async def test_a_call_in_company_of_other_writes(world: World, workers: Workers) -> None:
    conversation = str(await world.conversation())
    child = await manual(world, add_message("note", "{{ trigger.input.name }}", conversation))
    await world.automation(
        line(
            update_lead("save", {"stage": "seen"}),
            call("go", child, input={"name": "{{ trigger.new.name }}"}, lead_id="none", wait=False),
            add_message("own", "own", conversation),
        )
    )
    await world.leads(30)
    await workers.start()

    assert await world.all_ended() == {"completed": 60}
    bodies = await world.bodies()
    assert (bodies.count("own"), len(set(bodies))) == (30, 31)
    assert {row["lead_id"] for row in await runs_of(world, child)} == {None}
    run = (await world.db.fetchrow("select * from automation_executions where lead_id is not null limit 1")) or {}
    assert statuses(run)["go"] == "completed"
