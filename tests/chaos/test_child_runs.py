"""Workers are killed around the step that starts a run: it is started once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.chaos.worker_group import WorkerGroup, WorkerProcess
from tests.engine.called import call, manual, runs_of
from tests.engine.drawing import Json, add_message, line, probe, set_variables, stop, update_lead
from tests.engine.world import OPEN, World, eventually


async def callers_and_called(world: World, conversation: str, **config: Any) -> tuple[Any, Any]:
    child = await manual(world, add_message("note", "{{ trigger.input.lead }}", conversation))
    steps: list[Json] = [
        update_lead("before", {"stage": "before"}),
        probe("call", "external", "note", "call"),
        call("go", child, input={"lead": "{{ trigger.new.id }}"}, **config),
        probe("again", "external", "note", "again"),
        update_lead("after", {"stage": "after"}),
    ]
    return await world.automation(line(*steps)), child


async def assert_once_each(world: World, parent: Any, child: Any, leads: int) -> None:
    callers = {row["id"] for row in await runs_of(world, parent)}
    called = [row["parent_id"] for row in await runs_of(world, child)]
    assert len(callers) == leads
    assert (len(called), set(called)) == (leads, callers)
    assert await world.count("status <> 'completed'") == 0
    assert len(set(await world.bodies())) == len(await world.bodies()) == leads
    assert await world.db.fetchval("select count(*) from leads where stage is distinct from 'after'") == 0


@pytest.mark.parametrize(
    "kills", [(1, 2, 3), pytest.param(tuple(range(1, 9)), marks=pytest.mark.full)], ids=["some", "all"]
)
async def test_killed_after_each_commit_in_turn(world: World, group: WorkerGroup, kills: tuple[int, ...]) -> None:
    parent, child = await callers_and_called(world, str(await world.conversation()), wait=False)
    for done, kill in enumerate(kills, start=1):
        await world.lead(name=f"Lead {kill}")
        worker = await group.start(wait=False, die_after_commits=kill)

        async def ended_or_died(worker: WorkerProcess = worker) -> bool:
            return worker.is_gone or await world.count(OPEN) == 0

        await eventually(ended_or_died)
        await group.start(wait=False)
        await world.all_ended()
        await assert_once_each(world, parent, child, done)
        await group.close()


async def test_killed_in_the_transaction_that_starts_the_run(world: World, group: WorkerGroup) -> None:
    """Stopped after the step's writes, before the commit, then killed: nothing of it happened, and it is done again."""
    conversation = str(await world.conversation())
    child = await manual(world, add_message("note", "{{ trigger.input.lead }}", conversation))
    parent = await world.automation(
        line(
            call("go", child, input={"lead": "{{ trigger.new.id }}"}, wait=False),
            update_lead("after", {"stage": "after"}),
        )
    )
    await world.leads(20)
    worker = await group.start(wait=False, stop_in_transaction=True, committers=1)
    await worker.stopped()
    assert await runs_of(world, child) == []
    await worker.kill()
    await group.start()
    await world.all_ended()
    await assert_once_each(world, parent, child, 20)


@pytest.mark.parametrize("leads", [150, pytest.param(1000, marks=pytest.mark.full)])
async def test_killed_again_and_again_while_hundreds_are_called(world: World, group: WorkerGroup, leads: int) -> None:
    parent, child = await callers_and_called(world, str(await world.conversation()), wait=False)
    workers = [await group.start(lease=5), await group.start(lease=5)]
    for kill in range(5):
        await world.leads(leads // 5)
        await asyncio.sleep(0.15)
        await workers[kill % 2].kill()
        workers[kill % 2] = await group.start(wait=False, lease=5)

    await world.all_ended(within=90)
    await assert_once_each(world, parent, child, leads)


@pytest.mark.full
async def test_a_failure_is_followed_once_under_kills(world: World, group: WorkerGroup) -> None:
    conversation = str(await world.conversation())
    rescue = await manual(world, add_message("tell", "{{ trigger.input.run_id }}", conversation))
    fragile = await world.automation(
        line(probe("call", "external", "note", "x"), set_variables("ok", {"a": 1}), stop("end", "failed", "no")),
        config={"on_failure": str(rescue)},
    )
    workers = [await group.start(lease=5), await group.start(lease=5)]
    for kill in range(4):
        await world.leads(40)
        await asyncio.sleep(0.15)
        await workers[kill % 2].kill()
        workers[kill % 2] = await group.start(wait=False, lease=5)

    assert await world.all_ended(within=90) == {"completed": 160, "failed": 160}
    failed = {str(row["id"]) for row in await runs_of(world, fragile)}
    assert sorted(await world.bodies()) == sorted(failed)


@pytest.mark.full
@pytest.mark.parametrize(
    "kills", [(1, 3, 5), pytest.param(tuple(range(1, 13)), marks=pytest.mark.full)], ids=["some", "all"]
)
async def test_a_caller_that_waits_survives_its_worker(
    world: World, group: WorkerGroup, kills: tuple[int, ...]
) -> None:
    parent, child = await callers_and_called(world, str(await world.conversation()))
    for done, kill in enumerate(kills, start=1):
        await world.lead(name=f"Lead {kill}")
        worker = await group.start(wait=False, die_after_commits=kill)

        async def ended_or_died(worker: WorkerProcess = worker) -> bool:
            return worker.is_gone or await world.count(OPEN) == 0

        await eventually(ended_or_died)
        await group.start(wait=False)
        await world.all_ended()
        await assert_once_each(world, parent, child, done)
        assert await world.db.fetchval("select count(*) from automations.waits") == 0
        await group.close()


@pytest.mark.full
@pytest.mark.parametrize("leads", [150, pytest.param(1000, marks=pytest.mark.full)])
async def test_callers_that_wait_under_kills(world: World, group: WorkerGroup, leads: int) -> None:
    parent, child = await callers_and_called(world, str(await world.conversation()))
    workers = [await group.start(lease=5), await group.start(lease=5)]
    for kill in range(5):
        await world.leads(leads // 5)
        await asyncio.sleep(0.15)
        await workers[kill % 2].kill()
        workers[kill % 2] = await group.start(wait=False, lease=5)

    await world.all_ended(within=90)
    await assert_once_each(world, parent, child, leads)
    assert await world.db.fetchval("select count(*) from automations.waits") == 0
    assert await world.db.fetchval("select count(*) from automations.signals") == 0
