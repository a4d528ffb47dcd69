"""Schedules as workers fire them: in time, once, what was missed by the policy, and none for what is off or broken."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.engine.drawing import Drawing, add_message, edge, line, node, set_variables
from tests.engine.world import OPEN, Workers, World, eventually, outline

HOURS_AGO = [3, 2, 1]


def scheduled(*steps: Any) -> Drawing:
    """A line of steps behind a schedule."""
    ids = ["trigger", *(str(step["id"]) for step in steps)]
    edges = [edge(one, other) for one, other in pairwise(ids)]
    return Drawing([node("trigger", "trigger-schedule", {}), *steps], edges)


async def schedule(world: World, config: Mapping[str, Any], *steps: Any, **columns: Any) -> uuid.UUID:
    given = {"trigger_type": "schedule", **columns}
    return await world.automation(scheduled(*steps), config=config, **given)


def at_dates(*dates: datetime) -> dict[str, Any]:
    return {"kind": "dates", "dates": [date.isoformat(timespec="seconds") for date in dates]}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def was_live_for(world: World, span: timedelta) -> None:
    """As if all schedules had gone live so long ago and no worker had been there since."""
    await world.db.execute("select automations.take_schedule_changes(clock_timestamp())")
    await world.db.execute(
        "update automations.schedules"
        " set live_since = live_since - $1::interval, fired_until = live_since - $1::interval",
        span,
    )


async def settled(world: World) -> None:
    """Until every schedule was looked at and no run is open."""

    async def none_waits() -> bool:
        waiting = await world.db.fetchval(
            "select (select count(*) from automations.schedules where look_at <= clock_timestamp() + interval '6 s')"
            " + (select count(*) from automations.schedule_changes)"
        )
        return waiting == 0 and await world.count(OPEN) == 0

    await eventually(none_waits)


async def test_it_fires_in_time_and_once_with_three_workers(world: World, workers: Workers) -> None:
    due = now() + timedelta(seconds=3)
    config = {**at_dates(due), "timezone": "Asia/Kathmandu"}
    automation = await schedule(world, config, set_variables("save", {"due": "{{ trigger.due_local }}"}))
    for _ in range(3):
        await workers.start()

    async def fired() -> bool:
        return await world.count("status = 'completed'") > 0

    await eventually(fired)
    await settled(world)
    (run,) = await world.db.fetch("select * from automation_executions")
    assert (run["automation_id"], run["status"], run["trigger_type"]) == (automation, "completed", "schedule")
    data = run["trigger_data"]
    assert (data["due_at"], data["missed"], data["old"], data["new"]) == (due.isoformat(), False, None, None)
    assert datetime.fromisoformat(data["due_local"]) == due
    assert data["due_local"].endswith("+05:45")
    assert run["variables"] == {"due": data["due_local"]}
    assert run["started_at"] >= due
    row = await world.db.fetchrow("select * from automations.schedules")
    assert (row["last_due"], row["next_due"], row["finished"], row["error"]) == (due, None, True, None)


@pytest.mark.parametrize(
    ("policy", "fired"),
    [
        ({}, [1]),
        ({"on_missed": "once"}, [1]),
        ({"on_missed": "all"}, [3, 2, 1]),
        ({"on_missed": "all", "missed_at_most": 2}, [2, 1]),
        ({"on_missed": "none"}, []),
    ],
)
async def test_what_was_missed_while_no_worker_ran(
    world: World, workers: Workers, policy: dict[str, Any], fired: list[int]
) -> None:
    start = now()
    dates = at_dates(*(start - timedelta(hours=hours) for hours in HOURS_AGO), start + timedelta(days=1))
    automation = await schedule(world, {**dates, **policy})
    await was_live_for(world, timedelta(hours=4))
    await workers.start()
    await settled(world)

    rows = await world.db.fetch("select trigger_data, status from automation_executions order by seq")
    expected = [((start - timedelta(hours=hours)).isoformat(), True, "completed") for hours in fired]
    assert [(row["trigger_data"]["due_at"], row["trigger_data"]["missed"], row["status"]) for row in rows] == expected
    audit = await world.db.fetch("select * from automations.audit_log where action = 'schedule.missed'")
    counts = [(row["automation_id"], row["details"]["missed"], row["details"]["made_up_for"]) for row in audit]
    assert counts == [(automation, 3, len(fired))]
    row = await world.db.fetchrow("select * from automations.schedules")
    assert row["next_due"] == start + timedelta(days=1)


async def test_what_came_before_it_was_live_is_not_missed(world: World, workers: Workers) -> None:
    start = now()
    await schedule(world, {**at_dates(start - timedelta(hours=1), start + timedelta(days=1)), "on_missed": "all"})
    await workers.start()
    await settled(world)
    assert await world.count() == 0
    assert await world.db.fetchval("select next_due from automations.schedules") == start + timedelta(days=1)


async def test_off_means_off_and_on_again_replays_nothing(world: World, workers: Workers) -> None:
    start = now()
    dates = at_dates(start - timedelta(hours=1), start + timedelta(days=1))
    await schedule(world, {**dates, "on_missed": "all"}, name="off")
    await schedule(world, {**dates, "on_missed": "all"}, name="paused")
    await was_live_for(world, timedelta(hours=2))
    await world.db.execute("update automations set enabled = false where name = 'off'")
    await world.db.execute("update automations set status = 'paused' where name = 'paused'")
    await workers.start()
    await settled(world)
    assert await world.count() == 0
    await world.db.execute("update automations set enabled = true, status = 'active'")

    async def planned() -> bool:
        return bool(
            await world.db.fetchval("select count(*) = 2 from automations.schedules where next_due is not null")
        )

    await eventually(planned)
    assert await world.count() == 0


@pytest.mark.full
async def test_a_broken_config_stops_that_automation_with_the_reason_and_no_other(
    world: World, workers: Workers
) -> None:
    start = now()
    sound = await schedule(world, at_dates(start - timedelta(hours=1), start + timedelta(days=1)))
    # Written by plain SQL, or valid before an upgrade.
    broken = {
        await schedule(world, {"cron": "0 9 * * 1", "timezone": "Mars/Olympus"}),
        await schedule(world, {"cron": "never"}),
        await schedule(world, {"kind": "dates", "dates": 7}),
    }
    # JSON that our reader cannot take at all.
    unreadable = await schedule(world, {"cron": "0 9 * * 1"})
    await world.db.execute(
        "update automations set trigger_config = trigger_config"
        " || jsonb_build_object('amount', repeat('9', 5000)::numeric) where id = $1",
        unreadable,
    )
    broken.add(unreadable)
    await was_live_for(world, timedelta(hours=2))
    await workers.start()

    async def stopped() -> bool:
        return bool(await world.db.fetchval("select count(*) = 4 from automations where status = 'error'"))

    await eventually(stopped)
    await settled(world)
    audit = await world.db.fetch("select * from automations.audit_log where action = 'automation.stopped'")
    reasons = {row["automation_id"]: row["details"]["reason"] for row in audit}
    assert (set(reasons), len(audit)) == (broken, 4)
    assert all(reason.startswith("its schedule cannot be used: ") for reason in reasons.values())
    assert any("not a known time zone" in reason for reason in reasons.values())
    assert [run["automation_id"] for run in await world.db.fetch("select * from automation_executions")] == [sound]


async def test_many_due_at_once_are_fired_once_each_by_several_workers(world: World, workers: Workers) -> None:
    due = now() - timedelta(hours=1)
    config = at_dates(due, due + timedelta(days=1))
    await schedule(world, config, name="first")
    await world.db.execute(
        "insert into automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config)"
        " select agent_id, user_id, 'copy', 'active', true, trigger_type, trigger_config"
        " from automations, generate_series(1, 349)"
    )
    await was_live_for(world, timedelta(hours=2))
    for _ in range(3):
        await workers.start()
    await settled(world)
    assert await world.all_ended() == {"completed": 350}
    assert await world.db.fetchval("select count(distinct automation_id) from automation_executions") == 350


async def test_a_refused_run_is_seen_and_fires_when_it_can(world: World, workers: Workers) -> None:
    start = now()
    automation = await schedule(world, at_dates(start - timedelta(hours=1), start + timedelta(days=1)))
    await was_live_for(world, timedelta(hours=2))
    await world.db.execute(
        """
        create function public.refuse() returns trigger language plpgsql as
          $$ begin raise exception 'not on my watch'; end $$;
        create trigger refuse before insert on automation_executions for each row execute function public.refuse();
        """
    )
    await workers.start()

    async def noted() -> bool:
        return await world.db.fetchval("select error from automations.schedules") is not None

    await eventually(noted)
    await world.db.execute("drop trigger refuse on automation_executions")
    await world.db.execute("update automations.schedules set look_at = now()")

    async def fired() -> bool:
        return await world.count("status = 'completed' and automation_id = $1", automation) == 1

    await eventually(fired)
    assert await world.db.fetchval("select error from automations.schedules") is None


async def test_a_delay_parks_the_run_and_goes_on(world: World, workers: Workers) -> None:
    conversation = str(await world.conversation())
    await world.automation(
        line(
            add_message("before", "before", conversation),
            node("wait", "logic-delay", {"amount": 0.3, "unit": "seconds"}),
            add_message("after", "after {{ steps.wait.waited }}", conversation),
        )
    )
    await world.automation(
        line(node("wait", "logic-delay", {"amount": 2, "unit": "days"}), add_message("never", "never", conversation)),
        name="long",
    )
    await workers.start()
    await world.lead()

    async def done() -> bool:
        return await world.count("status = 'completed'") == 1

    async def parked() -> bool:
        return await world.count("status = 'running' and owner is null and due_at > now() + interval '47 hours'") == 1

    await eventually(done)
    await eventually(parked)
    short = await world.db.fetchrow("select * from automation_executions where status = 'completed'")
    assert Counter(status for _, status, _, _ in outline(short)) == {"completed": 4}
    assert await world.bodies() == ["after true", "before"]
