"""Workers die with due schedules in their hands: each due time starts one run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.chaos.worker_group import WorkerGroup
from tests.engine.world import World, eventually

COUNT = 20


@pytest.mark.full
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_dies_between_looking_and_being_told(world: World, group: WorkerGroup, when: str) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    config = {"kind": "dates", "dates": [due.isoformat(), (due + timedelta(days=1)).isoformat()]}
    for _ in range(COUNT):
        await world.make.automation(world.account, world.agent, trigger_type="schedule", trigger_config=config)
    killed = await group.start(die_with_schedules=when)
    await killed.gone()
    fired = await world.count()
    assert fired == (0 if when == "before" else COUNT)
    await group.start()
    await group.start()

    async def all_there() -> bool:
        return await world.count("status = 'completed'") >= COUNT

    await eventually(all_there)
    assert await world.all_ended() == {"completed": COUNT}
    rows = await world.db.fetch("select automation_id, trigger_data from automation_executions")
    assert len({row["automation_id"] for row in rows}) == COUNT
    assert {row["trigger_data"]["due_at"] for row in rows} == {due.isoformat()}
    assert await world.db.fetchval("select count(*) from automations.schedules where next_due > $1", due) == COUNT
