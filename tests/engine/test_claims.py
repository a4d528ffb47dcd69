"""Who gets which run: fairness, limits, lanes, starts an hour, and accounts beyond those that one look takes in."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from tests.conftest import Connect
from tests.engine.drawing import LEAD_UPDATE, add_message, line, probe, set_variables
from tests.engine.probe_nodes import Probes
from tests.engine.world import OPEN, Workers, World, eventually

from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context


@pytest.mark.parametrize("pending", [20_000, pytest.param(100_000, marks=pytest.mark.full)])
async def test_one_lead_of_another_account_is_not_behind_thousands(
    world: World, workers: Workers, connect: Connect, pending: int
) -> None:
    await world.automation(line(set_variables("ok", {"a": 1})))
    other = uuid.uuid4()
    await world.automation(line(set_variables("ok", {"a": 1})), account=other, agent=await world.make.agent(other))
    # In one statement, without a trigger: nobody may have begun when the last is there.
    await world.db.execute(
        "insert into automation_executions "
        "(automation_id, trigger_type, trigger_data, status, account_id, version_id, due_at) "
        "select a.id, 'event', '{}', 'pending', a.user_id, a.published_version, now() "
        "from automations a, generate_series(1, $2) where a.user_id = $1",
        world.account,
        pending,
    )
    await workers.start()

    async def begun() -> bool:
        return await world.count("account_id = $1 and status = 'completed'", world.account) > 0

    await eventually(begun)
    lead = await world.lead(account=other)
    run = await world.ended(lead)
    left = await world.count(f"account_id = $1 and {OPEN}", world.account)

    assert run["status"] == "completed"
    assert left > pending // 4


async def test_the_only_due_account_behind_many_that_wait_is_found(world: World, workers: Workers) -> None:
    """More accounts with parked runs than one claim looks at."""
    await world.db.execute("alter table automation_executions disable trigger user")
    automation = await world.automation(line(set_variables("ok", {"a": 1})))
    await world.db.execute(
        "insert into automation_executions (automation_id, trigger_type, status, account_id, due_at) "
        "select $1, 'event', 'running', ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, "
        "now() + interval '1 day' from generate_series(1, 1500) i",
        automation,
    )
    await world.db.execute("alter table automation_executions enable trigger user")
    last = uuid.UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
    await world.automation(line(set_variables("ok", {"a": 1})), account=last, agent=await world.make.agent(last))
    await workers.start()
    lead = await world.lead(account=last)

    assert (await world.ended(lead, within=20))["status"] == "completed"
    # And once it has gone round, it looks again: for the next one too.
    lead = await world.lead(account=last)
    assert (await world.ended(lead, within=20))["status"] == "completed"


class Overlaps:
    """Records how many are inside at the same moment, in a table, through a connection of its own."""

    def __init__(self, database: Any, pause: float) -> None:
        self._database = database
        self._pause = pause
        self._lock = asyncio.Lock()

    async def __call__(self, value: Any, ctx: Context) -> Any:
        async with self._lock:
            await self._database.execute(
                "insert into public.inside (run, others) select $1, count(*) from public.inside where done is null",
                ctx.execution_id,
            )
        await asyncio.sleep(self._pause)
        async with self._lock:
            await self._database.execute("update public.inside set done = now() where run = $1", ctx.execution_id)
        return Continue()


@pytest.mark.parametrize(("limit", "leads"), [(1, 30), (3, 60)])
async def test_no_more_than_the_limit_at_once(
    world: World, workers: Workers, probes: Probes, connect: Connect, limit: int, leads: int
) -> None:
    await world.db.execute("create table public.inside (run text, others int, done timestamptz)")
    probes.on("inside", Overlaps(await connect(), 0.01))
    await world.automation(line(probe("step", "external", "inside")), config={"concurrency": {"limit": limit}})
    for _ in range(4):
        await workers.start()
    await world.leads(leads)

    assert await world.all_ended() == {"completed": leads}
    assert await world.db.fetchval("select max(others) from public.inside") <= limit - 1
    assert await world.db.fetchval("select count(*) from public.inside") == leads


@pytest.mark.parametrize("parks", [False, True], ids=["straight", "with retries"])
async def test_a_lane_keeps_its_order(world: World, workers: Workers, probes: Probes, parks: bool) -> None:
    order: dict[str, list[int]] = {}

    async def note(value: Any, ctx: Context) -> Any:
        if parks and value % 3 == 0 and ctx.attempt == 1:
            return Fail("busy", retryable=True)
        order.setdefault(str(ctx.lead_id), []).append(value)
        return Continue()

    probes.on("note", note)
    retry = {"attempts": 2, "delay_seconds": 0.05, "jitter": False}
    await world.automation(
        line(probe("step", "external", "note", "{{ trigger.new.score }}", retry=retry), on=LEAD_UPDATE),
        config={"concurrency": {"per": "record"}},
    )
    leads = await world.leads(4)
    await workers.start()
    await workers.start()
    for score in range(20):
        await world.db.execute("update leads set score = $1 where id = any ($2)", score, leads)

    assert await world.all_ended() == {"completed": 80}
    assert order == {str(lead): list(range(20)) for lead in leads}


async def test_starts_an_hour_are_held_back_and_it_says_so(world: World, workers: Workers) -> None:
    automation = await world.automation(line(set_variables("ok", {"a": 1})), config={"max_starts_per_hour": 10})
    await workers.start()
    await world.leads(25)

    async def ten_done() -> bool:
        return await world.count("status = 'completed'") == 10

    await eventually(ten_done)
    await asyncio.sleep(0.5)
    assert await world.count("status = 'completed'") == 10
    assert await world.count("status = 'pending' and due_at > now() + interval '50 minutes'") == 15
    audit = await world.db.fetch("select * from automations.audit_log where action = 'automation.held_back'")
    assert [(row["automation_id"], row["details"]["max_starts_per_hour"]) for row in audit] == [(automation, 10)]

    # The hour goes by.
    await world.db.execute("update automations.start_windows set window_start = window_start - interval '1 hour'")
    await world.db.execute("update automation_executions set due_at = now() where status = 'pending'")

    async def twenty_done() -> bool:
        return await world.count("status = 'completed'") == 20

    await eventually(twenty_done)
    assert await world.count("status = 'pending'") == 5


@pytest.mark.parametrize(
    "config",
    [
        {"concurrency": 5},
        {"concurrency": {"limit": "many"}},
        {"concurrency": {"limit": -3}},
        {"concurrency": {"limit": 1e300}},
        {"concurrency": {"limit": 0.2}},
        {"concurrency": [1, 2]},
        {"concurrency": {"per": 7}},
        {"max_starts_per_hour": "lots"},
        {"max_starts_per_hour": 1e300},
        {"max_starts_per_hour": None},
        {"watch": [1, None], "conditions": {"field": 3}},
    ],
    ids=str,
)
async def test_a_malformed_trigger_config_harms_neither_writer_nor_claim(
    world: World, workers: Workers, config: dict[str, Any]
) -> None:
    conversation = str(await world.conversation())
    await world.automation(line(add_message("note", "fine", conversation)))
    odd = await world.automation(line(set_variables("ok", {"a": 1})))
    # Straight into the column, as anybody with SQL can.
    await world.db.execute("update automations set trigger_config = trigger_config || $2 where id = $1", odd, config)
    await workers.start()

    await world.lead()

    counts = await world.all_ended()
    assert counts["completed"] >= 1
    assert await world.bodies() == ["fine"]


async def test_a_foreign_lock_on_an_automation_does_not_stop_the_claims(
    world: World, workers: Workers, connect: Connect
) -> None:
    """`select … for update`, as an application may do, on an automation that starts for the first time."""
    await world.automation(line(set_variables("ok", {"a": 1})))
    other = await world.automation(line(set_variables("ok", {"a": 2})))
    await world.leads(5)
    user = await connect()
    transaction = user.transaction()
    await transaction.start()
    await user.execute("select from automations where id = $1 for update", other)
    await workers.start()

    assert await world.all_ended(within=20) == {"completed": 10}
    await transaction.rollback()
