"""Workers, connections and the server are killed in the middle of work: nothing is lost, nothing done twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.chaos.worker_group import WorkerGroup, WorkerProcess
from tests.conftest import Factory, with_json
from tests.engine.drawing import (
    LEAD_UPDATE,
    Drawing,
    add_message,
    condition,
    draw,
    edge,
    line,
    probe,
    set_variables,
    update_lead,
)
from tests.engine.world import OPEN, World, eventually, new_world, statuses

from automations.db import embedded
from automations.db.embedded import EmbeddedServer
from automations.db.migrate import migrate


def one_message_per_lead(conversation: str) -> Drawing:
    return draw(
        [
            condition("check", "trigger.new.score", "greater_than", 0),
            add_message("note", "{{ trigger.new.id }}", conversation),
            update_lead("save", {"stage": "done"}),
        ],
        [edge("trigger", "check"), edge("check", "note", "true"), edge("note", "save")],
    )


async def assert_each_lead_once(world: World, leads: int) -> None:
    assert await world.count() == leads
    assert await world.count("status <> 'completed'") == 0
    assert await world.count("owner is not null or due_at is not null") == 0
    assert await world.db.fetchval("select count(*) from messages") == leads
    assert await world.db.fetchval("select count(distinct body) from messages") == leads
    assert await world.db.fetchval("select count(*) from leads where stage is distinct from 'done'") == 0
    assert (
        await world.db.fetchval("select sum(execution_count) from automations")
        + await world.db.fetchval("select coalesce(sum(finished), 0) from automations.stat_deltas")
        == leads
    )


@pytest.mark.parametrize("leads", [300, pytest.param(2000, marks=pytest.mark.full)])
async def test_worker_killed_five_times_and_the_server_once(
    durable_server: EmbeddedServer, tmp_path: Path, leads: int
) -> None:
    admin = await asyncpg.connect(durable_server.dsn)
    await admin.execute("create database chaos")
    await admin.close()
    dsn = durable_server.dsn_for("chaos")
    await migrate(dsn)
    group = WorkerGroup(dsn, tmp_path)
    db = await asyncpg.connect(dsn)
    await with_json(db)
    world = await new_world(db, Factory(db))
    await world.automation(one_message_per_lead(str(await world.conversation())))
    try:
        worker = await group.start(lease=5)
        done = 0
        for kill in range(6):
            await world.leads(leads // 6)
            done += leads // 6
            await asyncio.sleep(random.uniform(0.0, 0.3))
            if kill == 3:
                # The postmaster, whole, without a word; the worker lives and finds its way back.
                os.kill(durable_server.pid, signal.SIGKILL)
                await asyncio.sleep(0.2)
                embedded.ensure_running(durable_server.data_dir, die_with_parent=True, timeout=60)
                await db.close(timeout=5) if not db.is_closed() else None
                db = await asyncpg.connect(dsn)
                await with_json(db)
                world = World(db, Factory(db), world.account, world.agent)
            else:
                await worker.kill()
                worker = await group.start(wait=False, lease=5)

        await world.all_ended(within=90)
        await assert_each_lead_once(world, done)
    finally:
        await group.close()
        await db.close(timeout=5)


async def test_leads_that_came_while_no_worker_ran(world: World, group: WorkerGroup) -> None:
    await world.automation(one_message_per_lead(str(await world.conversation())))
    await world.leads(200)

    await group.start()

    await world.all_ended()
    await assert_each_lead_once(world, 200)


async def test_all_connections_cut_in_the_middle(world: World, group: WorkerGroup) -> None:
    await world.automation(one_message_per_lead(str(await world.conversation())))
    worker = await group.start()
    await world.leads(500)
    for _ in range(5):
        await asyncio.sleep(0.1)
        await world.db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name like 'automations worker%' and datname = current_database()"
        )

    await world.all_ended()
    await assert_each_lead_once(world, 500)
    assert not worker.is_gone


@pytest.mark.full
async def test_statements_cancelled_in_the_middle(world: World, group: WorkerGroup) -> None:
    """`pg_cancel_backend`, a statement time-out, an operator: no reason to die or to fail a run."""
    await world.automation(one_message_per_lead(str(await world.conversation())))
    worker = await group.start()
    await world.leads(300)
    for _ in range(40):
        await asyncio.sleep(0.02)
        await world.db.execute(
            "select pg_cancel_backend(pid) from pg_stat_activity where application_name like 'automations worker%' "
            "and datname = current_database() and state = 'active'"
        )

    await world.all_ended()
    await assert_each_lead_once(world, 300)
    assert not worker.is_gone


RETRY = {"attempts": 3, "delay_seconds": 0.05, "jitter": False}


def ten_nodes(conversation: str) -> Drawing:
    return draw(
        [
            set_variables("start", {"name": "{{ trigger.new.name }}"}),
            add_message("first", "first", conversation),
            probe("call", "external", "note", "call"),
            update_lead("save", {"stage": "{{ steps.call }}"}),
            probe("flaky", "external", "flaky", "flaky", retry=RETRY),
            add_message("second", "second", conversation),
            probe("left", "external", "note", "left"),
            update_lead("right", {"data": {"right": True}}),
            set_variables("join", {"all": "{{ vars.name }}{{ steps.left }}{{ steps.save.record.stage }}"}),
            add_message("last", "{{ vars.all }}", conversation),
        ],
        [
            edge("trigger", "start"),
            edge("start", "first"),
            edge("first", "call"),
            edge("call", "save"),
            edge("save", "flaky"),
            edge("flaky", "second"),
            edge("second", "left"),
            edge("second", "right"),
            edge("left", "join"),
            edge("right", "join"),
            edge("join", "last"),
        ],
    )


async def final_state(world: World, lead: Any, group: WorkerGroup) -> dict[str, Any]:
    run = await world.ended(lead)
    row = await world.db.fetchrow("select stage, data from leads where id = $1", lead)
    keys = {(step, key.rpartition("-")[2]) for key, step, *_ in group.calls()}
    return {
        "status": run["status"],
        "variables": run["variables"],
        "statuses": statuses(run),
        "messages": await world.bodies(),
        "lead": dict(row),
        "steps called": sorted({step for step, _ in keys}),
        "keys of a step": max(Counter(step for step, _ in keys).values()),
    }


CHECKPOINTS = 6


@pytest.mark.parametrize(
    "kills", [(2, 5), pytest.param(tuple(range(1, CHECKPOINTS + 2)), marks=pytest.mark.full)], ids=["some", "all"]
)
async def test_kill_after_every_checkpoint_in_turn(world: World, group: WorkerGroup, kills: tuple[int, ...]) -> None:
    await world.automation(ten_nodes(str(await world.conversation())))
    undisturbed = None
    for kill in (0, *kills):
        lead = await world.lead(name="Ada")
        await world.db.execute("delete from messages")
        group.sink.unlink(missing_ok=True)
        worker = await group.start(wait=False, die_after_commits=kill)

        async def ended_or_died(worker: WorkerProcess = worker) -> bool:
            return worker.is_gone or await world.count(OPEN) == 0

        await eventually(ended_or_died)
        if 0 < kill <= CHECKPOINTS:
            await worker.gone()
            await group.start(wait=False)
        state = await final_state(world, lead, group)
        if undisturbed is None:
            undisturbed = state
            assert state["status"] == "completed"
            assert state["messages"] == ["Adaleftcall", "first", "second"]
        assert state == undisturbed, f"killed after commit {kill}"
        # That many checkpoints there are: the one after the last never came.
        assert worker.is_gone == (0 < kill <= CHECKPOINTS)
        # A call is made again only where its worker died before the outcome was committed.
        again = [step for step, times in Counter(step for _, step, *_ in group.calls()).items() if times > 1]
        assert set(again) <= {"/flaky", "/call", "/left"}
        await group.close()


@pytest.mark.full
async def test_a_lane_of_updates_ends_in_order_under_kills(world: World, group: WorkerGroup) -> None:
    conversation = str(await world.conversation())
    lead = await world.lead(score=-1)
    await world.automation(
        line(
            add_message("note", "{{ trigger.new.score }}", conversation),
            probe("call", "external", "note", "{{ trigger.new.score }}"),
            on=LEAD_UPDATE,
        ),
        config={"concurrency": {"per": "record"}},
    )
    await world.db.execute("alter table messages add column place bigint generated always as identity")
    workers = [await group.start(lease=5), await group.start(lease=5)]
    count = 100
    for score in range(count):
        await world.db.execute("update leads set score = $1 where id = $2", score, lead)
    for kill in range(4):
        await asyncio.sleep(0.3)
        await workers[kill % 2].kill()
        workers[kill % 2] = await group.start(wait=False, lease=5)

    assert await world.all_ended(within=60) == {"completed": count}
    bodies = await world.db.fetch("select body from messages order by place")
    assert [int(row["body"]) for row in bodies] == list(range(count))
    first_calls = list(dict.fromkeys(value for _, _, _, value, _ in group.calls()))
    assert first_calls == list(range(count))


async def test_sigterm_in_the_middle_of_500(world: World, group: WorkerGroup) -> None:
    conversation = str(await world.conversation())
    await world.automation(
        line(
            probe("call", "external", "slow", 0.05),
            add_message("note", "{{ trigger.new.id }}", conversation),
            update_lead("save", {"stage": "done"}),
        )
    )
    # Few at a time, so that on no machine all are through before the signal comes.
    worker = await group.start(concurrency=60, outside_at_most=60)
    await world.leads(500)

    async def some_done() -> bool:
        return await world.count("status = 'completed'") > 20

    await eventually(some_done)
    worker.send(signal.SIGTERM)

    assert await worker.gone(within=10) == 0
    assert await world.count("owner is not null") == 0
    assert await world.count(OPEN) > 0
    await group.start()
    await world.all_ended()
    await assert_each_lead_once(world, 500)
    assert await world.db.fetchval("select max(takeovers) from automation_executions") == 0


@pytest.mark.full
async def test_sigterm_while_a_call_hangs_and_a_user_holds_a_row(world: World, group: WorkerGroup) -> None:
    await world.automation(line(probe("call", "external", "slow", 120), update_lead("save", {"stage": "done"})))
    worker = await group.start()
    first, second = await world.leads(2)

    async def called() -> bool:
        return len(group.calls()) == 2

    await eventually(called)
    user = await asyncpg.connect(group.dsn)
    transaction = user.transaction()
    await transaction.start()
    await user.execute("delete from leads where id = $1", first)
    worker.send(signal.SIGTERM)

    assert await worker.gone(within=10) == 0
    await transaction.rollback()
    await user.close()
    assert await world.count("owner is not null and lead_id = $1", second) == 0


async def test_a_newer_run_takes_the_place_of_a_dead_workers(world: World, group: WorkerGroup) -> None:
    await world.automation(
        line(probe("call", "external", "slow", "{{ trigger.new.score }}"), on=LEAD_UPDATE),
        config={"concurrency": {"per": "record", "mode": "cancel_previous"}},
    )
    (lead,) = await world.leads(1)
    worker = await group.start(lease=60)
    await world.db.execute("update leads set score = 120 where id = $1", lead)

    async def called() -> bool:
        return len(group.calls()) == 1

    await eventually(called)
    await worker.kill()
    await world.db.execute("update leads set score = 0 where id = $1", lead)
    await group.start()

    assert await world.all_ended() == {"cancelled": 1, "completed": 1}
    first = await world.db.fetchrow("select * from automation_executions order by seq limit 1")
    assert (first["status"], first["error"]) == ("cancelled", "cancelled: a newer run came")
    assert [entry["status"] for entry in first["nodes_executed"]] == ["failed"]


@pytest.mark.full
async def test_a_burst_outlives_the_worker_that_waits_for_its_end(world: World, group: WorkerGroup) -> None:
    conversation = str(await world.conversation())
    await world.automation(
        line(add_message("note", "{{ trigger.new.score }}", conversation), on=LEAD_UPDATE),
        config={"debounce": {"seconds": 1}, "breaker": False},
    )
    leads = await world.leads(5)
    for score in range(40):
        if score % 15 == 0:
            worker = await group.start()
        await world.db.execute("update leads set score = $1 where id = any ($2)", score, leads)
        await asyncio.sleep(0.02)
        if score % 15 == 14:
            await worker.kill()

    counts = await world.all_ended()
    # A pause longer than a second ends a burst: on a slow machine there is more than one.
    assert counts["completed"] >= 5
    assert sum(counts.values()) == 200
    last = await world.db.fetch("select body, count(*) as leads from messages where body = '39' group by body")
    assert [(row["body"], row["leads"]) for row in last] == [("39", 5)]
    assert await world.db.fetchval("select count(*) from messages") == counts["completed"]
