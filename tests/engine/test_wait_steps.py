"""Waits on the real engine: what happens wakes them, before, while and after they are registered; nothing polls."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.engine.drawing import LEAD_UPDATE, draw, edge, line, node, probe, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, outline, statuses

if TYPE_CHECKING:
    from tests.conftest import Connect


from automations.db.execution_store import ExecutionStore, RunFilter
from automations.flow.outcomes import Continue

STAGE_IS_WON = {"field": "new.stage", "operator": "equals", "value": "won"}


def wait(node_id: str = "wait", **config: Any) -> dict[str, Any]:
    return node(node_id, "logic-wait", config)


def flow(*nodes: Any, first: str = "wait") -> Any:
    """The trigger, the given nodes in a line, and `yes` / `no` behind the two ways out of the wait."""
    ids = [str(n["id"]) for n in nodes]
    edges = [edge("trigger", ids[0]), *(edge(a, b) for a, b in pairwise(ids))]
    ends = [probe("yes", "pure", "end"), probe("no", "pure", "end")]
    return draw([*nodes, *ends], [*edges, edge(ids[-1], "yes", "met"), edge(ids[-1], "no", "timed_out")])


async def end(value: Any, ctx: Any) -> Any:
    return Continue({"saw": ctx.scope["steps"]["wait"]})


async def parked(world: World, lead: uuid.UUID) -> Any:
    async def waits() -> bool:
        return bool(await world.db.fetchval("select count(*) from automations.waits"))

    await eventually(waits)
    return await world.run_of(lead)


async def settled(world: World) -> None:
    """Every wait has been looked at for the last time."""

    async def all_settled() -> bool:
        return not await world.db.fetchval("select count(*) from automations.waits where not settled")

    await eventually(all_settled)


async def write_message(db: asyncpg.Connection, conversation: uuid.UUID, body: str) -> None:
    await db.execute(
        "insert into messages (conversation_id, direction, body) values ($1, 'inbound', $2)", conversation, body
    )


async def echo(value: Any, ctx: Any) -> Any:
    return Continue({"value": value})


class Counted:
    """A step that counts how often it was called."""

    calls = 0

    async def __call__(self, value: Any, ctx: Any) -> Any:
        self.calls += 1
        return Continue()


async def test_a_reply_wakes_the_run(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="reply", max_wait={"amount": 2, "unit": "days"})))
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    conversation = await world.conversation(lead_id=lead)
    insert = "insert into messages (conversation_id, direction, body) values ($1, $2, $3)"
    await world.db.execute(insert, conversation, "outbound", "hello?")
    await world.db.execute(insert, conversation, "inbound", "yes!")
    run = await world.ended(lead)
    assert (run["status"], run["error"]) == ("completed", None)
    seen = run["output"]["saw"]
    assert (seen["met"], seen["wait_for"], seen["record"]["body"]) == (True, "reply", "yes!")
    assert [line[:3] for line in outline(run)] == [
        ("trigger", "completed", "out"),
        ("wait", "completed", "met"),
        ("yes", "completed", "out"),
        ("no", "skipped", None),
    ]
    assert await world.db.fetchval("select count(*) from automations.waits") == 0
    assert await world.db.fetchval("select count(*) from automations.signals") == 0


async def test_a_reply_that_came_before_the_wait_counts(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    gate = asyncio.Event()

    async def until_open(value: Any, ctx: Any) -> Any:
        await gate.wait()
        return Continue()

    probes.on("until open", until_open)
    await world.automation(flow(probe("before", "external", "until open"), wait(wait_for="reply")))
    await workers.start()
    lead = await world.lead()
    await write_message(world.db, await world.conversation(lead_id=lead), "early")
    gate.set()
    run = await world.ended(lead)
    assert run["output"]["saw"]["record"]["body"] == "early"


async def test_a_reply_before_the_step_does_not_count_where_the_step_says_so(
    world: World, workers: Workers, probes: Probes
) -> None:
    probes.on("end", end)
    gate = asyncio.Event()

    async def until_open(value: Any, ctx: Any) -> Any:
        await gate.wait()
        return Continue()

    probes.on("until open", until_open)
    waiting = wait(wait_for="reply", count_from="step")
    await world.automation(flow(probe("before", "external", "until open"), waiting))
    await workers.start()
    lead = await world.lead()
    conversation = await world.conversation(lead_id=lead)
    await write_message(world.db, conversation, "early")
    gate.set()
    await parked(world, lead)
    await settled(world)
    assert (await world.run_of(lead))["status"] == "running"
    await write_message(world.db, conversation, "late")
    assert (await world.ended(lead))["output"]["saw"]["record"]["body"] == "late"


async def test_a_writer_that_began_before_the_wait_was_registered_wakes_it(
    world: World, workers: Workers, probes: Probes, connect: Connect
) -> None:
    """Its trigger saw no wait, and the registration saw no message: only looking again can find it."""
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="reply")))
    lead = await world.lead()
    conversation = await world.conversation(lead_id=lead)
    writer = await connect()
    transaction = writer.transaction()
    await transaction.start()
    await write_message(writer, conversation, "in between")
    await workers.start()
    await parked(world, lead)
    await asyncio.sleep(1.5)  # time for a look that must not count as the last one
    assert not await world.db.fetchval("select settled from automations.waits")
    assert (await world.run_of(lead))["status"] == "running"
    await transaction.commit()
    assert (await world.ended(lead))["output"]["saw"]["record"]["body"] == "in between"


async def test_the_writer_of_a_change_never_waits_for_the_engine(
    world: World, workers: Workers, probes: Probes, connect: Connect
) -> None:
    """Somebody holds the run, its wait and its signals locked; the writer's statements go through."""
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="condition", condition=STAGE_IS_WON)))
    running = await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    await running.stop()
    engine = await connect()
    async with engine.transaction():
        await engine.execute("select from automation_executions for update")
        await engine.execute("select from automations.waits for update")
        await world.db.execute("set lock_timeout = '1s'")
        await world.db.execute("update leads set stage = 'won' where id = $1", lead)
    await workers.start()
    assert (await world.ended(lead))["output"]["saw"]["record"]["stage"] == "won"


async def test_a_condition_that_holds_already_does_not_wait(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="condition", condition=STAGE_IS_WON)))
    await workers.start()
    run = await world.ended(await world.lead(stage="won"))
    assert (run["output"]["saw"]["met"], run["output"]["saw"]["record"]["stage"]) == (True, "won")


async def test_a_change_of_a_named_column_by_somebody_else(world: World, workers: Workers, probes: Probes) -> None:
    """Neither other columns nor the run's own changes count; a change before the wait does."""
    probes.on("end", end)
    own = update_lead("own", {"score": 1})
    await world.automation(flow(own, wait(wait_for="change", columns=["score"])))
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    await world.db.execute("update leads set stage = 'won' where id = $1", lead)
    await settled(world)
    assert (await world.run_of(lead))["status"] == "running"
    await world.db.execute("update leads set score = 2 where id = $1", lead)
    seen = (await world.ended(lead))["output"]["saw"]
    assert (seen["record"]["score"], "score" in seen["changed"]) == (2, True)


async def test_time_is_up(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="reply", max_wait={"amount": 0.3, "unit": "seconds"})))
    await workers.start()
    run = await world.ended(await world.lead())
    assert run["output"] == {"saw": {"met": False, "wait_for": "reply"}}
    assert statuses(run) == {"trigger": "completed", "wait": "completed", "yes": "skipped", "no": "completed"}
    assert await world.db.fetchval("select count(*) from automations.waits") == 0


async def test_a_signal_to_the_run_and_one_by_correlation(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    await world.automation(
        flow(wait(wait_for="signal", signal="paid", correlate="{{ trigger.new.data.order }}")), name="by order"
    )
    await workers.start()
    first = await world.lead(data={"order": "A-1"})
    second = await world.lead(data={"order": "A-2"})

    async def both() -> bool:
        return bool(await world.db.fetchval("select count(*) = 2 from automations.waits"))

    await eventually(both)
    send = "select automations.send_signal($1, p_run => $2, p_correlation => $3, p_payload => $4, p_account => $5)"
    assert await world.db.fetchval(send, "paid", None, "A-1", {"amount": 5}, world.account) == 1
    assert (await world.ended(first))["output"]["saw"] == {"met": True, "wait_for": "signal", "payload": {"amount": 5}}
    run = await world.run_of(second)
    assert await world.db.fetchval(send, "paid", run["id"], None, None, None) == 1
    assert (await world.ended(second))["output"]["saw"] == {"met": True, "wait_for": "signal", "payload": None}


async def test_a_signal_that_was_sent_before_the_wait(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="signal", signal="go", correlate="{{ trigger.new.data.order }}")))
    lead = await world.lead(data={"order": "A-1"})
    send = "select automations.send_signal('go', p_correlation => $1, p_account => $2)"
    assert await world.db.fetchval(send, "A-1", world.account) == 0
    assert await world.db.fetchval(send, "A-1", uuid.uuid4()) == 0
    await workers.start()
    assert (await world.ended(lead))["output"]["saw"]["met"] is True


async def test_the_end_of_another_automation_for_the_record(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    probes.on("work", echo)
    other = await world.automation(line(probe("work", "pure", "work"), on=LEAD_UPDATE), name="other")
    await world.automation(flow(wait(wait_for="automation", automation_id=str(other))), name="waiting")
    await workers.start()
    lead, unrelated = await world.lead(), await world.lead()
    await parked(world, lead)
    await world.db.execute("update leads set score = 1 where id = $1", unrelated)
    await world.db.execute("update leads set score = 1 where id = $1", lead)

    async def ended() -> bool:
        return await world.count("lead_id = $1 and status = 'completed'", lead) == 2

    await eventually(ended)
    waited = await world.db.fetchval(
        "select output from automation_executions where lead_id = $1 and automation_id <> $2", lead, other
    )
    assert (waited["saw"]["automation_id"], waited["saw"]["status"]) == (str(other), "completed")


async def test_a_signal_reaches_a_run_that_is_at_work_in_another_branch(
    world: World, workers: Workers, probes: Probes
) -> None:
    """The run is held, not parked: its worker is told."""
    probes.on("end", end)
    gate = asyncio.Event()

    async def until_open(value: Any, ctx: Any) -> Any:
        await gate.wait()
        return Continue()

    async def opens(value: Any, ctx: Any) -> Any:
        gate.set()
        return Continue({"saw": ctx.scope["steps"]["wait"]["record"]["body"]})

    probes.on("until open", until_open)
    probes.on("opens", opens)
    await world.automation(
        draw(
            [probe("busy", "external", "until open"), wait(wait_for="reply"), probe("yes", "pure", "opens")],
            [edge("trigger", "busy"), edge("trigger", "wait"), edge("wait", "yes", "met")],
        )
    )
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    await write_message(world.db, await world.conversation(lead_id=lead), "now")
    run = await world.ended(lead)
    assert (run["status"], run["output"]) == ("completed", {"saw": "now"})


async def test_no_worker_while_it_waits_and_while_it_wakes(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    probes.on("count", counted := Counted())
    await world.automation(flow(probe("before", "external", "count"), wait(wait_for="reply")))
    first = await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    await first.stop()
    await write_message(world.db, await world.conversation(lead_id=lead), "hello")
    second = await workers.start()
    run = await world.ended(lead)
    assert (run["status"], counted.calls) == ("completed", 1)
    await second.stop()


@pytest.mark.parametrize(("late", "handle"), [(False, "met"), (True, "timed_out")])
async def test_what_came_first_counts_where_no_worker_saw_either(
    world: World, workers: Workers, probes: Probes, late: bool, handle: str
) -> None:
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="reply", max_wait={"amount": 2, "unit": "days"})))
    first = await workers.start()
    lead = await world.lead()
    run = await parked(world, lead)
    await first.stop()
    conversation = await world.conversation(lead_id=lead)
    if not late:
        await write_message(world.db, conversation, "in time")
    await world.db.execute("update automations.steps set due_at = clock_timestamp() where status = 'waiting'")
    await world.db.execute("update automation_executions set due_at = clock_timestamp() where id = $1", run["id"])
    if late:
        await write_message(world.db, conversation, "too late")
    await workers.start()
    ended = await world.ended(lead)
    assert (ended["status"], [line[2] for line in outline(ended)][1]) == ("completed", handle)


async def test_what_an_ended_run_waited_for_is_forgotten(world: World, workers: Workers, probes: Probes) -> None:
    await world.automation(line(wait(wait_for="reply")))
    await workers.start()
    lead = await world.lead()
    run = await parked(world, lead)
    await write_message(world.db, await world.conversation(lead_id=lead), "hello")
    await world.ended(lead)
    again = await world.lead()
    await parked(world, again)
    run = await world.run_of(again)
    assert await world.db.fetchval("select automations.cancel_run($1)", run["id"]) == "cancelled"
    assert await world.db.fetchval("select count(*) from automations.waits") == 0
    assert await world.db.fetchval("select count(*) from automations.signals") == 0


async def test_lists_show_what_waits(world: World, workers: Workers) -> None:
    await world.automation(line(wait(wait_for="reply", max_wait={"amount": 2, "unit": "days"})))
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    store = ExecutionStore(world.db)
    (row,) = await store.latest(RunFilter(account=world.account, statuses=("waiting",)), limit=10)
    assert (row.status, row.waiting, row.lead_id) == ("running", True, lead)
    assert row.due_at is not None
    assert row.due_at - row.started_at > timedelta(days=1)
    assert await store.latest(RunFilter(account=world.account, statuses=("completed",)), limit=10) == []


async def test_a_wake_for_a_wait_that_is_over_does_not_keep_its_run_busy(
    world: World, workers: Workers, connect: Connect
) -> None:
    """A writer sees the wait, and commits when its time was up and the run waits for something else."""
    first = wait("first", wait_for="condition", condition=STAGE_IS_WON, max_wait={"amount": 1, "unit": "seconds"})
    second = wait("second", wait_for="signal", signal="go")
    await world.automation(draw([first, second], [edge("trigger", "first"), edge("first", "second", "timed_out")]))
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    writer = await connect()
    async with writer.transaction():
        await writer.execute("update leads set stage = 'won' where id = $1", lead)

        async def waits_for_the_signal() -> bool:
            key = await world.db.fetchval("select max(key) from automations.waits")
            return key == "/second" and await world.count("owner is null") == 1

        await eventually(waits_for_the_signal)
        epoch = (await world.run_of(lead))["epoch"]
    assert await world.db.fetchval("select count(*) from automations.signals") == 1

    async def gone() -> bool:
        return not await world.db.fetchval("select count(*) from automations.signals")

    await eventually(gone)
    await asyncio.sleep(0.5)
    run = await world.run_of(lead)
    # Woken once for nothing.
    assert (run["epoch"], run["owner"], run["due_at"]) == (epoch + 1, None, None)
    await world.db.fetchval("select automations.send_signal('go', $1)", run["id"])
    assert (await world.ended(lead))["status"] == "completed"


async def test_a_wake_that_is_committed_after_its_run_has_ended_goes(
    world: World, workers: Workers, connect: Connect
) -> None:
    step = wait(wait_for="condition", condition=STAGE_IS_WON, max_wait={"amount": 1, "unit": "seconds"})
    await world.automation(line(step))
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    writer = await connect()
    async with writer.transaction():
        await writer.execute("update leads set stage = 'won' where id = $1", lead)
        await world.ended(lead)

    async def gone() -> bool:
        return not await world.db.fetchval("select count(*) from automations.signals")

    await eventually(gone)


async def test_a_reply_of_a_transaction_that_began_before_the_run_was_accepted(
    world: World, workers: Workers, probes: Probes, connect: Connect
) -> None:
    """It was written after the acceptance, before the wait was reached, and committed after that: its time is when it
    was written, not when its transaction began."""
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="reply")))
    writer = await connect()
    transaction = writer.transaction()
    await transaction.start()
    await writer.fetchval("select txid_current()")
    lead = await world.lead()
    conversation = await world.conversation(lead_id=lead)
    await write_message(writer, conversation, "begun early")
    await workers.start()
    await parked(world, lead)
    await transaction.commit()
    assert (await world.ended(lead))["output"]["saw"]["record"]["body"] == "begun early"
