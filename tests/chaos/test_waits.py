"""Workers are killed while waits are registered and while they wake: each is woken once."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from typing import Any

import pytest
from tests.chaos.worker_group import WorkerGroup, WorkerProcess
from tests.conftest import Connect
from tests.engine.called import call, manual, manual_line, start
from tests.engine.drawing import Drawing, add_message, draw, edge, line, node, probe, update_lead
from tests.engine.world import OPEN, World, eventually, statuses

IS_WON = {"field": "new.stage", "operator": "equals", "value": "won"}
LONG = {"amount": 1, "unit": "hours"}


def two_waits(conversation: str) -> Drawing:
    """A reply, then a change of the stage; a message behind each, and one if a time was up (it never is)."""
    return draw(
        [
            node("reply", "logic-wait", {"wait_for": "reply", "max_wait": LONG}),
            add_message("replied", "{{ trigger.new.id }} replied", conversation),
            probe("call", "external", "note", "x"),
            node("won", "logic-wait", {"wait_for": "condition", "condition": IS_WON}),
            add_message("done", "{{ trigger.new.id }} won", conversation),
            add_message("late", "{{ trigger.new.id }} late", conversation),
        ],
        [
            edge("trigger", "reply"),
            edge("reply", "replied", "met"),
            edge("reply", "late", "timed_out"),
            edge("replied", "call"),
            edge("call", "won"),
            edge("won", "done", "met"),
        ],
    )


async def reply_to(world: World, *leads: uuid.UUID) -> None:
    await world.db.execute(
        "insert into messages (conversation_id, lead_id, direction, body) "
        "select c.id, c.lead_id, 'inbound', 'hello' from conversations c where c.lead_id = any ($1)",
        list(leads),
    )


async def win(world: World, *leads: uuid.UUID) -> None:
    await world.db.execute("update leads set stage = 'won' where id = any ($1)", list(leads))


async def assert_woken_once(world: World, leads: int) -> None:
    assert await world.all_ended(within=90) == {"completed": leads}
    texts = Counter(
        row["body"].partition(" ")[2]
        for row in await world.db.fetch("select distinct body from messages where direction = 'outbound'")
    )
    assert texts == {"replied": leads, "won": leads}
    assert await world.db.fetchval("select count(*) from messages where direction = 'outbound'") == 2 * leads

    async def nothing_left() -> bool:
        left: int = await world.db.fetchval(
            "select (select count(*) from automations.waits) + (select count(*) from automations.signals)"
        )
        return left == 0

    await eventually(nothing_left)


COMMITS = 5


@pytest.mark.parametrize(
    "kills", [(1, 2, 4), pytest.param(tuple(range(1, COMMITS + 2)), marks=pytest.mark.full)], ids=["some", "all"]
)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_after_each_commit_of_a_run_that_waits(
    world: World, group: WorkerGroup, kills: tuple[int, ...], when: str
) -> None:
    """What is waited for happens before the wait is reached, or when the run is parked."""
    await world.automation(two_waits(str(await world.conversation())))
    for done, kill in enumerate(kills, start=1):
        lead = await world.lead()
        await world.conversation(lead_id=lead)
        if when == "before":
            await reply_to(world, lead)
            await win(world, lead)
        worker = await group.start(wait=False, die_after_commits=kill)

        async def ended_or_died(worker: WorkerProcess = worker, lead: uuid.UUID = lead) -> bool:
            if when == "after":
                for key, happen in (("/reply", reply_to), ("/won", win)):
                    if await world.db.fetchval("select exists (select from automations.waits where key = $1)", key):
                        await happen(world, lead)
            return worker.is_gone or await world.count(OPEN) == 0

        await eventually(ended_or_died, every=0.05)
        await group.start(wait=False)
        if when == "after":
            await reply_to(world, lead)
            await win(world, lead)
        await assert_woken_once(world, done)
        await group.close()


@pytest.mark.parametrize("rounds", [12, pytest.param(120, marks=pytest.mark.full)])
@pytest.mark.timeout(600)
async def test_killed_at_random_while_waits_are_registered_and_wake(
    world: World, group: WorkerGroup, rounds: int
) -> None:
    """Two workers; one after the other is killed at any moment while leads come, answer and are won."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    await world.automation(two_waits(str(await world.conversation())))
    workers = [await group.start(lease=5), await group.start(lease=5)]
    waiting: list[uuid.UUID] = []
    leads = 0
    for number in range(rounds):
        fresh = await world.leads(8)
        leads += len(fresh)
        await world.db.execute(
            "insert into conversations (agent_id, lead_id) select $1, unnest($2::uuid[])", world.agent, fresh
        )
        happening = [*waiting[:6], *fresh[:3]]
        chance.shuffle(happening)
        await reply_to(world, *happening)
        await asyncio.sleep(chance.random() * 0.15)
        await win(world, *happening)
        waiting = [lead for lead in [*waiting, *fresh] if lead not in happening]
        await asyncio.sleep(chance.random() * 0.15)
        await workers[number % 2].kill()
        workers[number % 2] = await group.start(wait=False, lease=5)
    await reply_to(world, *waiting)
    await win(world, *waiting)
    await assert_woken_once(world, leads)


@pytest.mark.parametrize("runs", [300])
async def test_one_update_wakes_all_that_wait_for_it(world: World, group: WorkerGroup, runs: int) -> None:
    conversation = str(await world.conversation())
    drawing = manual_line(
        node("won", "logic-wait", {"wait_for": "condition", "condition": IS_WON}),
        add_message("done", "{{ env.execution_id }}", conversation),
    )
    drawing.edges[-1]["sourceHandle"] = "met"
    automation = await world.make.automation(
        world.account, world.agent, trigger_type="manual", trigger_config={}, nodes=drawing.nodes, edges=drawing.edges
    )
    lead, other = await world.lead(), await world.lead()
    started = [await start(world, automation, lead=lead) for _ in range(runs)]
    stays = await start(world, automation, lead=other)
    await group.start()
    await group.start()

    async def all_wait() -> bool:
        parked = await world.count("status = 'running' and owner is null and due_at is null")
        return parked == runs + 1

    await eventually(all_wait)
    await world.db.execute("update leads set score = 1 where user_id = $1", world.account)
    assert await world.db.fetchval("select count(*) from automations.signals") == 0
    await win(world, lead)

    async def all_done() -> bool:
        return await world.count("status = 'completed'") == runs

    await eventually(all_done)
    assert sorted(await world.bodies()) == sorted(map(str, started))
    left = await world.db.fetch("select execution_id from automations.waits")
    assert [row["execution_id"] for row in left] == [stays]
    assert await world.db.fetchval("select count(*) from automations.signals") == 0


async def test_a_writer_never_waits_for_what_others_do_with_waits_and_signals(
    world: World, group: WorkerGroup, connect: Connect
) -> None:
    """Every row of waits, of signals and of the runs that wait is locked by others; a wait is being written, too."""
    await world.automation(
        line(node("won", "logic-wait", {"wait_for": "condition", "condition": IS_WON, "max_wait": LONG}))
    )
    await world.automation(line(node("reply", "logic-wait", {"wait_for": "reply"})))
    lead = await world.lead()
    conversation = await world.conversation(lead_id=lead)
    worker = await group.start()

    async def both_wait() -> bool:
        count: int = await world.db.fetchval("select count(*) from automations.waits where settled")
        return count == 2

    await eventually(both_wait)
    await worker.kill()
    await world.db.execute(
        "insert into automations.signals (account_id, execution_id, name, key) "
        "select account_id, execution_id, topic, key from automations.waits"
    )
    engine, settling, registering, writer = [await connect() for _ in range(4)]
    async with engine.transaction(), settling.transaction(), registering.transaction():
        await engine.execute("select from automation_executions for update")
        await engine.execute("select from automations.waits for update")
        await engine.execute("delete from automations.signals")
        await registering.execute(
            "insert into automations.waits (execution_id, key, account_id, topic, since) "
            "select gen_random_uuid(), '/new', account_id, topic, now() from automations.waits"
        )
        await settling.fetchval("select automations.settle_waits(100)")
        # Whatever it waits for longer than this fails it.
        await writer.execute("set lock_timeout = '100ms'")
        await writer.execute("update leads set stage = 'won' where id = $1", lead)
        await writer.execute("update leads set score = 1 where id = $1", lead)
        await writer.execute(
            "insert into messages (conversation_id, lead_id, direction, body) values ($1, $2, 'inbound', 'hello')",
            conversation,
            lead,
        )
        await writer.execute("update conversations set status = 'closed' where id = $1", conversation)
        await writer.fetchval("select automations.send_signal('go', null, 'order 7', '{}', $1)", world.account)
        async with writer.transaction():
            await writer.execute("insert into leads (user_id, name) values ($1, 'Bo')", world.account)
    # What the writer had seen was registered: both are woken.
    await group.start()
    assert (await world.final(await run_of(world, lead, "won")))["status"] == "completed"
    assert (await world.final(await run_of(world, lead, "reply")))["status"] == "completed"


async def run_of(world: World, lead: uuid.UUID, step: str) -> Any:
    return await world.db.fetchval(
        "select e.id from automation_executions e join automations a on a.id = e.automation_id "
        "where e.lead_id = $1 and a.nodes::text like '%\"id\": \"' || $2 || '\"%'",
        lead,
        step,
    )


@pytest.mark.full
async def test_killed_while_a_wait_that_is_over_stands_behind_a_locked_row(
    world: World, group: WorkerGroup, connect: Connect
) -> None:
    """What the wait was told is in the database until what came of it is, too."""
    child = await manual(world, node("pause", "logic-wait", {"wait_for": "signal", "signal": "end"}))
    drawing = manual_line(call("child", child, wait=True))
    go = node("go", "logic-wait", {"wait_for": "signal", "signal": "go"})
    drawing.nodes.extend([go, update_lead("up", {"score": 7})])
    drawing.edges.extend([edge("trigger", "go"), edge("go", "up", "met")])
    parent = await world.make.automation(
        world.account, world.agent, trigger_type="manual", trigger_config={}, nodes=drawing.nodes, edges=drawing.edges
    )
    lead = await world.lead()
    run = await start(world, parent, lead=lead)
    worker = await group.start()

    async def waits_for_both() -> bool:
        waits: int = await world.db.fetchval("select count(*) from automations.waits where execution_id = $1", run)
        return waits == 2 and await world.count("owner is not null") == 0

    async def child_has_ended() -> bool:
        return await world.count("automation_id = $1 and status = 'completed'", child) == 1

    await eventually(waits_for_both)
    holder = await connect()
    async with holder.transaction():
        await holder.execute("select from leads where id = $1 for update", lead)
        await world.db.execute("select automations.send_signal('go', p_run => $1)", run)

        async def tries_to_update() -> bool:
            return await world.count("id = $1 and owner is not null", run) == 1

        await eventually(tries_to_update)
        await world.db.execute(
            "select automations.send_signal('end', p_run => id) from automation_executions where automation_id = $1",
            child,
        )
        await eventually(child_has_ended)
        # Longer than between two tries to lock the row: it has been told.
        await asyncio.sleep(2)
        await worker.kill()
    await group.start()
    ended = await world.final(run)
    assert (ended["status"], statuses(ended)) == (
        "completed", {"trigger": "completed", "child": "completed", "go": "completed", "up": "completed"}
    )  # fmt: skip
