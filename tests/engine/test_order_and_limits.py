"""Order, modes, debounce and the breaker with workers at work."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from typing import Any

import pytest
from tests.conftest import Connect
from tests.engine.drawing import LEAD_INSERT, LEAD_UPDATE, line, probe, set_variables
from tests.engine.probe_nodes import Probes
from tests.engine.world import OPEN, Workers, World, eventually

from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context


@pytest.mark.parametrize("limit", [None, 2], ids=["no limit", "limit 2"])
async def test_a_key_keeps_its_order_under_four_workers(
    world: World, workers: Workers, probes: Probes, limit: int | None
) -> None:
    order: dict[str, list[int]] = defaultdict(list)
    inside: set[str] = set()
    most = 0

    async def note(value: Any, ctx: Context) -> Any:
        nonlocal most
        if value["score"] % 5 == 0 and ctx.attempt == 1:
            return Fail("busy", retryable=True)
        assert value["email"] not in inside
        inside.add(value["email"])
        most = max(most, len(inside))
        await asyncio.sleep(0.002)
        order[value["email"]].append(value["score"])
        inside.discard(value["email"])
        return Continue()

    probes.on("note", note)
    value = {"email": "{{ trigger.new.email }}", "score": "{{ trigger.new.score }}"}
    concurrency: dict[str, Any] = {"key": "new.email"} | ({"limit": limit} if limit else {})
    await world.automation(
        line(probe("step", "external", "note", value, retry={"attempts": 2, "delay_seconds": 0.02, "jitter": False})),
        config={"concurrency": concurrency},
    )
    for _ in range(4):
        await workers.start()
    for score in range(15):
        for who in range(6):
            await world.lead(email=f"{who}@x.org", score=score)

    assert await world.all_ended() == {"completed": 90}
    assert order == {f"{who}@x.org": list(range(15)) for who in range(6)}
    if limit is not None:
        assert most <= limit


@pytest.fixture
def calls(probes: Probes) -> dict[str, list[Any]]:
    """What was begun and what was ended by a call that hangs until the test lets go."""
    seen: dict[str, list[Any]] = {"begun": [], "ended": []}

    async def hang(value: Any, ctx: Context) -> Any:
        seen["begun"].append(value)
        if value == 0:
            await asyncio.sleep(3600)
        seen["ended"].append(value)
        return Continue()

    probes.on("hang", hang)
    return seen


async def test_skip_while_a_run_waits_for_its_retry(world: World, workers: Workers, probes: Probes) -> None:
    free = asyncio.Event()

    async def busy(value: Any, ctx: Context) -> Any:
        return Continue() if free.is_set() else Fail("busy", retryable=True)

    probes.on("busy", busy)
    retry = {"attempts": 100, "delay_seconds": 0.3, "jitter": False, "backoff": "fixed"}
    await world.automation(
        line(probe("step", "external", "busy", retry=retry), on=LEAD_UPDATE),
        config={"concurrency": {"per": "record", "mode": "skip"}},
    )
    (lead,) = await world.leads(1)
    await workers.start()
    await world.db.execute("update leads set score = 1 where id = $1", lead)

    async def parked() -> bool:
        return await world.count("status = 'running' and owner is null") == 1

    await eventually(parked)
    await world.db.execute("update leads set score = 2 where id = $1", lead)

    async def skipped() -> bool:
        return await world.count("status = 'cancelled' and error like 'skipped: %'") == 1

    await eventually(skipped)
    free.set()
    assert await world.all_ended() == {"completed": 1, "cancelled": 1}
    await world.db.execute("update leads set score = 3 where id = $1", lead)
    assert await world.all_ended() == {"completed": 2, "cancelled": 1}


async def test_cancel_previous_while_a_live_worker_calls(
    world: World, workers: Workers, calls: dict[str, list[Any]]
) -> None:
    await world.automation(
        line(
            set_variables("first", {"a": 1}),
            probe("call", "external", "hang", "{{ trigger.new.score }}"),
            on=LEAD_UPDATE,
        ),
        config={"concurrency": {"per": "record", "mode": "cancel_previous"}},
    )
    (lead,) = await world.leads(1)
    running = await workers.start()
    await world.db.execute("update leads set score = 0 where id = $1", lead)

    async def calling() -> bool:
        return calls["begun"] == [0]

    await eventually(calling)
    for score in (5, 6, 7):
        await world.db.execute("update leads set score = $2 where id = $1", lead, score)

    counts = await world.all_ended()
    assert sum(counts.values()) == 4
    assert calls["ended"][-1] == 7
    first, *_, last = await world.db.fetch("select * from automation_executions order by seq")
    assert (first["status"], first["error"]) == ("cancelled", "cancelled: a newer run came")
    assert [(entry["node_id"], entry["status"]) for entry in first["nodes_executed"]] == [
        ("first", "completed"),
        ("call", "failed"),
    ]
    assert last["status"] == "completed"
    # The call that hangs is dropped by its worker, which is alive and well.
    await world.db.execute("update leads set score = 8 where id = $1", lead)
    await world.all_ended()
    assert calls["ended"][-1] == 8
    await running.stop()


async def test_a_burst_of_two_sessions_is_one_run(world: World, workers: Workers, connect: Connect) -> None:
    await world.automation(
        line(set_variables("got", {"score": "{{ trigger.new.score }}"}), on=LEAD_UPDATE),
        config={"debounce": {"seconds": 1}},
    )
    (lead,) = await world.leads(1)
    await workers.start()
    await workers.start()
    sessions = [await connect(), await connect()]
    for score in range(30):
        await sessions[score % 2].execute("update leads set score = $2 where id = $1", lead, score)

    assert await world.all_ended() == {"completed": 1, "cancelled": 29}
    (run,) = await world.db.fetch("select * from automation_executions where status = 'completed'")
    assert run["variables"] == {"score": 29}
    assert run["run_started_at"] - run["started_at"] >= await world.db.fetchval("select interval '1 second'")


async def test_a_loop_through_the_outside_world_is_stopped(
    world: World, workers: Workers, probes: Probes, connect: Connect
) -> None:
    """A step tells another program, which changes the record: no causation that the database could see."""
    outside = await connect()
    lock = asyncio.Lock()

    async def webhook(value: Any, ctx: Context) -> Any:
        async with lock:
            await outside.execute("update leads set score = score + 1 where id = $1::uuid", uuid.UUID(value))
        return Continue()

    probes.on("webhook", webhook)
    automation = await world.automation(
        line(probe("call", "external", "webhook", "{{ trigger.new.id }}"), on=LEAD_UPDATE),
        config={"breaker": {"starts": 12}, "allow_reentry": True},
    )
    lead, other = await world.leads(2)
    await workers.start()
    await world.db.execute("update leads set score = 0 where id = $1", lead)

    async def stopped() -> bool:
        return await world.count("status = 'cancelled'") == 1 and await world.count(OPEN) == 0

    await eventually(stopped)
    assert await world.all_ended() == {"completed": 12, "cancelled": 1}
    run = await world.db.fetchrow("select * from automation_executions where status = 'cancelled'")
    assert f"automations lift {automation} {lead}" in run["error"]
    # Other records go on, and so does this one once the cause is mended and the breaker lifted.
    probes.on("webhook", _nothing)
    await world.db.execute("update leads set score = 0 where id = any ($1)", [lead, other])
    assert await world.all_ended() == {"completed": 13, "cancelled": 2}
    assert await world.db.fetchval("select automations.lift_breaker($1)", automation) == 1
    await world.db.execute("update leads set score = 0 where id = $1", lead)
    assert await world.all_ended() == {"completed": 14, "cancelled": 2}


async def _nothing(value: Any, ctx: Context) -> Any:
    return Continue()


async def test_a_rate_limit_with_workers(world: World, workers: Workers) -> None:
    await world.automation(
        line(set_variables("ok", {"a": 1})), config={"rate_limit": {"limit": 10, "period": "minute"}}
    )
    free = await world.automation(line(set_variables("ok", {"a": 1})))
    await workers.start()
    await workers.start()
    await world.leads(25)

    async def done() -> bool:
        return await world.count("status = 'completed'") == 35

    await eventually(done)
    assert await world.count("status = 'completed' and automation_id = $1", free) == 25
    assert await world.count("status = 'pending' and due_at > now() + interval '10 seconds'") == 15


@pytest.mark.parametrize(
    "config",
    [
        {"debounce": {"seconds": 1}},
        {"concurrency": {"key": "new.name", "mode": "cancel_previous"}},
        {"concurrency": {"key": "new.name", "mode": "skip"}},
        {"concurrency": {"per": "automation", "limit": 2}, "rate_limit": {"limit": 1, "period": "minute"}},
        {"breaker": {"starts": 1}},
    ],
    ids=str,
)
async def test_a_writer_does_not_wait_for_a_claim_that_stands_still(
    world: World, connect: Connect, config: dict[str, Any]
) -> None:
    """A claim that ended, put off and took runs, not committed; and a lift that is not either."""
    automation = await world.automation(
        line(set_variables("ok", {"a": 1}), on={**LEAD_INSERT, "event_type": "any"}), config=config
    )
    (lead,) = await world.leads(1)
    for score in range(4):
        await world.db.execute("update leads set score = $2 where id = $1", lead, score)
    worker, person = await connect(), await connect()
    for session in (worker, person):
        await session.execute("begin")
    await worker.fetch(
        "select * from automations.claim_runs(1, 100, '1 minute', clock_timestamp() + interval '1 hour')"
    )
    await person.execute("select automations.lift_breaker($1)", automation)

    await world.db.execute("set lock_timeout = '2s'")
    await world.leads(2)
    await world.db.execute("update leads set score = 50")
    await world.db.execute("select automations.start_run($1, '{}', $2)", automation, lead)
    for session in (worker, person):
        await session.execute("rollback")
