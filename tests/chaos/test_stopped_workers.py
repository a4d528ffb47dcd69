"""Workers that stand still (SIGSTOP, a hung machine) and come back late, that die of a run, or that are too old."""

from __future__ import annotations

import asyncio
import signal
import uuid
from typing import Any

import pytest
from tests.chaos.worker_group import WorkerGroup
from tests.conftest import Acting, Connect
from tests.engine.drawing import add_message, condition, draw, edge, line, probe, set_variables, update_lead
from tests.engine.world import OPEN, World, eventually


@pytest.mark.full
async def test_a_stopped_worker_that_comes_back_late_changes_nothing(world: World, group: WorkerGroup) -> None:
    conversation = str(await world.conversation())
    await world.automation(
        line(
            add_message("before", "before {{ trigger.new.id }}", conversation),
            probe("call", "external", "slow", 1),
            add_message("after", "after {{ trigger.new.id }}", conversation),
        )
    )
    late = await group.start(lease=2)
    await world.leads(20)

    async def called() -> bool:
        return len(group.calls()) == 20

    await eventually(called)
    late.send(signal.SIGSTOP)
    await group.start(lease=2)
    await world.all_ended()
    runs = await world.db.fetch("select * from automation_executions order by seq")
    steps = await world.db.fetch("select * from automations.steps order by execution_id, key")

    late.send(signal.SIGCONT)
    await asyncio.sleep(2.5)

    assert await world.db.fetch("select * from automation_executions order by seq") == runs
    assert await world.db.fetch("select * from automations.steps order by execution_id, key") == steps
    assert {run["status"] for run in runs} == {"completed"}
    assert await world.db.fetchval("select count(*) from messages") == 40
    assert await world.db.fetchval("select count(distinct body) from messages") == 40
    assert len({key for key, *_ in group.calls()}) == 20
    assert not late.is_gone


@pytest.mark.full
async def test_a_worker_that_stops_inside_its_transaction_does_not_keep_users_waiting(
    world: World, group: WorkerGroup, connect: Connect
) -> None:
    await world.automation(line(update_lead("save", {"stage": "seen"})))
    stopped = await group.start(lease=3, stop_in_transaction=True)
    lead = await world.lead()
    await stopped.stopped()
    user = await connect()

    # The row is locked by nobody who will ever come back; the database gets tired of that.
    async with asyncio.timeout(30):
        await user.execute("update leads set score = 1 where id = $1", lead)
    await group.start(lease=3)
    run = await world.ended(lead)
    assert run["status"] == "completed"

    stopped.send(signal.SIGCONT)
    after = await world.ended(await world.lead())
    assert after["status"] == "completed"
    await asyncio.sleep(1)
    assert not stopped.is_gone
    assert await world.run_of(lead) == run


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.full)])
async def test_cancel_of_a_run_whose_worker_is_gone(
    world: World, group: WorkerGroup, connect: Connect, acting: Acting, number: signal.Signals
) -> None:
    await world.automation(line(probe("call", "external", "slow", 2), update_lead("save", {"stage": "late"})))
    worker = await group.start()
    lead = await world.lead()

    async def called() -> bool:
        return len(group.calls()) == 1

    await eventually(called)
    worker.send(number)
    user = await connect()
    async with asyncio.timeout(20), acting(user, "authenticated", world.account):
        run_id: uuid.UUID = (await world.run_of(lead))["id"]
        assert await user.fetchval("select public.cancel_run($1)", run_id) == "cancelled"
    cancelled = await world.run(run_id)
    await group.start()
    worker.send(signal.SIGCONT)
    await asyncio.sleep(3)

    assert await world.run(run_id) == cancelled
    assert await world.db.fetchval("select stage from leads where id = $1", lead) is None


@pytest.mark.full
async def test_a_run_that_kills_its_worker_is_given_up_and_the_innocent_finish(
    world: World, group: WorkerGroup
) -> None:
    await world.automation(line(probe("call", "external", "die", "{{ trigger.new.name }}")))
    await world.leads(30)
    guilty = await world.lead(name="guilty")
    await world.leads(30)
    deaths = 0
    worker: Any = None
    async with asyncio.timeout(100):
        while await world.count(OPEN):
            if worker is None or worker.is_gone:
                deaths += worker is not None
                worker = await group.start(wait=False)
            await asyncio.sleep(0.05)

    run = await world.run_of(guilty)
    assert run["status"] == "failed"
    assert "the worker died 5 times" in run["error"]
    assert deaths == 5
    assert await world.count("status = 'completed'") == 60
    attempts = [(attempt, pid) for _, _, attempt, value, pid in group.calls() if value == "guilty"]
    assert [attempt for attempt, _ in attempts] == [1, 2, 3, 4, 5]
    # Two deaths in company; each later one in a process that had nothing else to do when it began.
    for _, pid in attempts[2:]:
        calls = [value for *_, value, at in group.calls() if at == pid]
        assert calls[-1] == "guilty"


async def test_an_old_worker_refuses_a_newer_schema(world: World, group: WorkerGroup) -> None:
    await world.automation(line(set_variables("ok", {"a": 1})))
    await world.db.execute(
        "insert into automations.migrations (name, checksum, release) "
        "values ('migrations/99990101000000_tomorrow.sql', 'x', '9.0')"
    )
    lead = await world.lead()
    worker = await group.start(wait=False)

    assert await worker.gone() != 0
    text = worker.log.read_text()
    assert "99990101000000" in text
    assert "this worker knows" in text
    assert (await world.run_of(lead))["status"] == "pending"


async def test_two_takeovers_keep_one_key_for_a_call(world: World, group: WorkerGroup) -> None:
    conversation = str(await world.conversation())
    await world.automation(
        draw(
            [
                condition("check", "trigger.new.score", "greater_than", 0),
                probe("call", "external", "slow", 1),
                add_message("note", "once", conversation),
            ],
            [edge("trigger", "check"), edge("check", "call", "true"), edge("call", "note")],
        )
    )
    lead = await world.lead(score=1)
    for times in (1, 2):
        worker = await group.start()

        async def called(times: int = times) -> bool:
            return len(group.calls()) == times

        await eventually(called)
        await worker.kill()
    await group.start()

    run = await world.ended(lead)

    assert (run["status"], run["takeovers"]) == ("completed", 2)
    assert [attempt for _, _, attempt, *_ in group.calls()] == [1, 2, 3]
    assert len({key for key, *_ in group.calls()}) == 1
    assert await world.bodies() == ["once"]
