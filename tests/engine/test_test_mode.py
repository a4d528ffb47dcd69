"""A test run does everything for real and leaves nothing but its record."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from tests.conftest import Connect
from tests.engine.drawing import (
    Drawing,
    add_message,
    condition,
    draw,
    edge,
    line,
    node,
    probe,
    set_variables,
    update_lead,
)
from tests.engine.probe_nodes import Probes
from tests.engine.test_database_steps import DEFERRED
from tests.engine.test_node_settings import SLOW_FOR_SLEEPERS
from tests.engine.world import Workers, World, statuses, step_runner

from automations.engine.flow_versions import load_flow
from automations.engine.test_run import TestStart, run_test
from automations.flow.outcomes import Continue, Fail, Wait
from automations.flow.ports import Context


async def every_row(db: asyncpg.Connection) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    tables = await db.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables "
        "where schemaname in ('public', 'automations', 'auth') order by 1"
    )
    assert len(tables) > 10
    return {
        row["name"]: sorted(found["text"] for found in await db.fetch(f"select t::text as text from {row['name']} t"))
        for row in tables
    }


async def trial(world: World, probes: Probes, dsn: str, drawing: Drawing) -> tuple[Any, list[str]]:
    """The record of a test run and what was notified; every table but the record is as it was."""
    automation = await world.automation(drawing)
    # The same event starts this one in real life: a test that leaks would start it.
    await world.automation(line(set_variables("ok", {"a": 1}), on={"event_source": "lead", "event_type": "UPDATE"}))
    lead = await world.db.fetchrow("select * from leads where name = 'Ada'")
    listener = await asyncpg.connect(dsn)
    heard: list[str] = []
    for channel in ("automation_trigger", "automations_wake"):
        await listener.add_listener(channel, lambda *given: heard.append(str(given[2])))
    before = await every_row(world.db)

    loaded = load_flow(None, drawing.nodes, drawing.edges, probes.registry)
    new = {"id": str(lead["id"]), "name": lead["name"]}
    trigger: dict[str, Any] = {"event": "INSERT", "table": "leads", "old": None, "new": new}
    start = TestStart(automation, world.account, "event", trigger, lead_id=lead["id"])
    run_id = await run_test(dsn, loaded, start, step_runner())

    record = await world.run(run_id)
    await world.db.execute("delete from automation_executions where id = $1", run_id)
    assert await every_row(world.db) == before
    await listener.fetchval("select 1")
    await asyncio.sleep(0.1)
    await listener.close()
    assert record["test_mode"] is True
    assert (record["owner"], record["due_at"], record["epoch"]) == (None, None, 0)
    return record, heard


async def test_everything_is_rolled_back_and_nobody_is_notified(
    world: World, probes: Probes, database_url: str
) -> None:
    async def never(value: Any, ctx: Context) -> Any:
        raise AssertionError("nothing leaves the house in a test")

    probes.on("never", never)
    conversation = str(await world.conversation())
    await world.lead(name="Ada")
    record, heard = await trial(
        world,
        probes,
        database_url,
        line(
            update_lead("save", {"stage": "tested"}),
            add_message("note", "hello {{ steps.save.record.stage }}", conversation),
            probe("call", "external", "never"),
            set_variables("after", {"seen": "{{ steps.call.sample }}"}),
        ),
    )

    assert heard == []
    assert record["status"] == "completed"
    assert record["variables"] == {"seen": True}
    assert set(statuses(record).values()) == {"completed"}
    assert record["nodes_executed"][2]["output"]["record"]["body"] == "hello tested"


async def test_a_failing_step_is_on_record_and_rolled_back(world: World, probes: Probes, database_url: str) -> None:
    async def write_and_fail(value: Any, ctx: Context) -> Any:
        await ctx.records.update("leads", str(ctx.lead_id), {"stage": "half"})
        return Fail("no")

    probes.on("write and fail", write_and_fail)
    await world.lead(name="Ada")
    record, heard = await trial(
        world,
        probes,
        database_url,
        draw(
            [probe("half", "database", "write and fail"), set_variables("rescue", {"why": "{{ steps.half.error }}"})],
            [edge("trigger", "half"), edge("half", "rescue", "error")],
        ),
    )

    assert (record["status"], record["variables"], heard) == ("completed", {"why": "no"}, [])


async def test_a_constraint_at_commit_is_found_although_nothing_is_committed(
    world: World, probes: Probes, database_url: str
) -> None:
    await world.db.execute(DEFERRED)
    await world.lead(name="Ada")
    record, _ = await trial(world, probes, database_url, line(update_lead("save", {"stage": "bad"})))

    assert record["status"] == "failed"
    assert "bad is not a stage" in record["error"]


async def test_waits_and_retries_do_not_wait(world: World, probes: Probes, database_url: str) -> None:
    waited: list[int] = []

    async def wait_once(value: Any, ctx: Context) -> Any:
        waited.append(1)
        return Wait(until=datetime.now(UTC) + timedelta(days=365)) if len(waited) == 1 else Continue()

    probes.on("wait", wait_once)
    await world.lead(name="Ada")
    record, _ = await trial(
        world, probes, database_url, line(probe("wait", "pure", "wait"), set_variables("after", {"a": 1}))
    )

    assert (record["status"], record["variables"]) == ("completed", {"a": 1})


async def test_a_wait_answers_with_an_example_of_what_it_waits_for(
    world: World, probes: Probes, database_url: str
) -> None:
    await world.lead(name="Ada")
    waiting = node("reply", "logic-wait", {"wait_for": "reply"})
    record, _ = await trial(
        world,
        probes,
        database_url,
        draw(
            [waiting, set_variables("after", {"said": "{{ steps.reply.record.body }}"})],
            [edge("trigger", "reply"), edge("reply", "after", "met")],
        ),
    )

    assert (record["status"], record["variables"]) == ("completed", {"said": "Yes, Tuesday is fine"})


async def test_a_locked_row_fails_the_step_soon(
    world: World, probes: Probes, database_url: str, connect: Connect
) -> None:
    lead = await world.lead(name="Ada")
    user = await connect()
    transaction = user.transaction()
    await transaction.start()
    await user.execute("select from leads where id = $1 for update", lead)

    record, _ = await trial(world, probes, database_url, line(update_lead("save", {"stage": "tested"})))

    await transaction.rollback()
    assert record["status"] == "failed"
    assert "locked" in record["error"]


@pytest.mark.parametrize("effect", ["pure", "database", "external"])
async def test_a_pinned_step_answers_without_being_run(
    world: World, probes: Probes, database_url: str, effect: str
) -> None:
    async def never(value: Any, ctx: Context) -> Any:
        raise AssertionError("it is pinned")

    probes.on("never", never)
    await world.lead(name="Ada")
    pinned = {"output": {"status": 201, "iban": "DE00"}}
    # Its template could not be filled in: nothing of the step is looked at.
    step = probe("step", effect, "never", "{{ vars.nowhere | upper }}", pinned=pinned, mask=["iban"])
    after = set_variables("after", {"seen": "{{ steps.step.status }}"})
    record, _ = await trial(world, probes, database_url, line(step, after))

    assert (record["status"], record["variables"]) == ("completed", {"seen": 201})
    entry = record["nodes_executed"][1]
    assert (entry["pinned"], entry["input"], entry["output"]) == (True, None, {"status": 201, "iban": "•••"})
    assert "sample" not in entry


async def test_a_pinned_output_may_choose_its_way_out(world: World, probes: Probes, database_url: str) -> None:
    await world.lead(name="Ada")
    odd = condition("odd", "trigger.new.name", "equals", "nobody")
    pinned = [
        {**odd, "data": {**odd["data"], "pinned": {"output": None, "handle": "true"}}},
        set_variables("yes", {"way": "true"}),
        probe("call", "external", "echo", pinned={"output": {"status": 500}, "handle": "error"}),
        set_variables("rescue", {"status": "{{ steps.call.status }}"}),
    ]
    edges = [edge("trigger", "odd"), edge("odd", "yes", "true"), edge("odd", "call", "true")]
    record, _ = await trial(world, probes, database_url, draw(pinned, [*edges, edge("call", "rescue", "error")]))

    assert (record["status"], record["variables"]) == ("completed", {"way": "true", "status": 500})


async def test_outside_of_test_mode_nothing_is_pinned(world: World, workers: Workers) -> None:
    await world.automation(line(set_variables("a", {"real": True}, pinned={"output": {"real": False}})))
    await workers.start()
    run = await world.ended(await world.lead())
    assert run["variables"] == {"real": True}
    assert "pinned" not in run["nodes_executed"][1]


async def test_a_time_limit_holds_in_a_test_too(world: World, probes: Probes, database_url: str) -> None:
    await world.db.execute(SLOW_FOR_SLEEPERS)
    await world.lead(name="Ada")
    save = update_lead("save", {"stage": "sleep"})
    limited = {**save, "data": {**save["data"], "timeout_seconds": 0.3}}
    record, _ = await trial(
        world,
        probes,
        database_url,
        draw(
            [limited, update_lead("rescue", {"stage": "rescued"})],
            [edge("trigger", "save"), edge("save", "rescue", "error")],
        ),
    )

    assert record["status"] == "completed"
    assert record["nodes_executed"][1]["error"] == "took longer than 0.3 seconds"


@pytest.mark.parametrize("effect", ["pure", "database"])
async def test_a_step_that_never_ends_is_ended(
    world: World, probes: Probes, database_url: str, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    async def forever(value: Any, ctx: Context) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr("automations.engine.test_run.LIMIT_SECONDS", 0.5)
    probes.on("forever", forever)
    await world.lead(name="Ada")
    record, _ = await trial(
        world, probes, database_url, line(update_lead("save", {"stage": "tested"}), probe("step", effect, "forever"))
    )

    assert record["status"] == "failed"
    assert "longer than 0.5 seconds" in record["error"]
    assert statuses(record) == {"trigger": "completed", "save": "completed", "step": "failed"}
