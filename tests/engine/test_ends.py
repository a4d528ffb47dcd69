"""Runs that do not end by themselves: deleted, cancelled, disabled, paused, invalid; and runs made again."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from tests.conftest import Acting, Connect
from tests.engine.drawing import add_message, line, node, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import OPEN, Workers, World, eventually, statuses

from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context


class Gate:
    """A call that is under way until the test opens it."""

    def __init__(self) -> None:
        self.calls = 0
        self.opened = asyncio.Event()

    async def __call__(self, value: Any, ctx: Context) -> Any:
        self.calls += 1
        await self.opened.wait()
        return Continue(output=value)

    async def reached(self) -> bool:
        return self.calls > 0


@pytest.fixture
def gate(probes: Probes) -> Gate:
    made = Gate()
    probes.on("gate", made)
    return made


async def cancelled_by_user(world: World, connect: Connect, acting: Acting, run: uuid.UUID) -> str:
    user = await connect()
    async with acting(user, "authenticated", world.account):
        status: str = await user.fetchval("select public.cancel_run($1, 'enough')", run)
    return status


async def test_deleting_the_lead_leaves_the_run(world: World, workers: Workers, gate: Gate) -> None:
    await world.automation(line(probe("call", "external", "gate"), update_lead("save", {"stage": "seen"})))
    await workers.start()
    lead = await world.lead()
    await eventually(gate.reached)
    run_id = (await world.run_of(lead))["id"]

    await world.db.execute("delete from leads where id = $1", lead)
    gate.opened.set()

    run = await world.final(run_id)
    assert run["status"] == "failed"
    assert "there is no row" in run["error"]
    assert run["lead_id"] is None


@pytest.mark.parametrize("table", ["automations", "automation_executions"])
async def test_what_is_deleted_under_a_run_is_gone_and_the_worker_goes_on(
    world: World, workers: Workers, gate: Gate, table: str
) -> None:
    await world.automation(line(probe("call", "external", "gate"), update_lead("save", {"stage": "late"})))
    await workers.start()
    lead = await world.lead()
    await eventually(gate.reached)

    await world.db.execute("update automations set enabled = false")
    await world.db.execute(f"delete from {table}")
    gate.opened.set()
    await world.automation(line(set_variables("ok", {"a": 1})))
    after = await world.ended(await world.lead())

    assert after["status"] == "completed"
    assert await world.db.fetchval("select stage from leads where id = $1", lead) is None
    assert await world.db.fetchval("select count(*) from automations.steps where node_id = 'call'") == 0


async def test_an_invalid_flow_fails_its_run_and_stops_the_automation(world: World, workers: Workers) -> None:
    broken = await world.automation(line(node("what", "no-such-type")))
    fine = await world.automation(line(set_variables("ok", {"a": 1})))
    await workers.start()
    await world.lead()

    assert await world.all_ended() == {"completed": 1, "failed": 1}
    run = await world.db.fetchrow("select * from automation_executions where automation_id = $1", broken)
    assert "not valid" in run["error"]
    assert run["error_node_id"] == "what"
    rows = await world.db.fetch("select id, status from automations")
    assert {row["id"]: row["status"] for row in rows} == {broken: "error", fine: "active"}
    audit = await world.db.fetchrow("select * from automations.audit_log where action = 'automation.stopped'")
    assert audit["automation_id"] == broken
    assert audit["account_id"] == world.account
    assert "no-such-type" in audit["details"]["reason"]
    await world.lead()
    assert await world.all_ended() == {"completed": 2, "failed": 1}


async def test_an_invalid_flow_that_somebody_edits_stops_nobody(
    world: World, workers: Workers, connect: Connect
) -> None:
    """A user has the broken automation locked; other runs must not wait for that."""
    broken = await world.automation(line(node("what", "no-such-type")))
    await world.automation(line(set_variables("ok", {"a": 1})))
    user = await connect()
    transaction = user.transaction()
    await transaction.start()
    await user.execute("update automations set name = 'mine' where id = $1", broken)
    await workers.start()
    await world.leads(5)

    async def fine_ones_done() -> bool:
        return await world.count("status = 'completed'") == 5

    await eventually(fine_ones_done, within=20)
    await transaction.commit()
    assert await world.all_ended() == {"completed": 5, "failed": 5}


async def test_disabled_after_acceptance_is_cancelled_with_that_reason(world: World, workers: Workers) -> None:
    automation = await world.automation(line(set_variables("ok", {"a": 1})))
    lead = await world.lead()
    await world.db.execute("update automations set enabled = false where id = $1", automation)
    await workers.start()

    run = await world.ended(lead)

    assert (run["status"], run["error"]) == ("cancelled", "automation disabled")
    assert run["completed_at"] is not None


async def test_paused_holds_pending_runs_and_resume_lets_them_go(
    world: World, workers: Workers, connect: Connect, acting: Acting
) -> None:
    automation = await world.automation(line(set_variables("ok", {"a": 1})))
    user = await connect()
    lead = await world.lead()
    async with acting(user, "authenticated", world.account):
        await user.execute("select public.pause_automation($1)", automation)
    await workers.start()
    await asyncio.sleep(0.5)
    assert (await world.run_of(lead))["status"] == "pending"

    async with acting(user, "authenticated", world.account):
        await user.execute("select public.resume_automation($1)", automation)

    assert (await world.ended(lead))["status"] == "completed"


async def test_a_begun_run_of_a_paused_automation_holds_and_goes_on(
    world: World, workers: Workers, probes: Probes
) -> None:
    attempts: list[int] = []

    async def flaky(value: Any, ctx: Context) -> Any:
        attempts.append(ctx.attempt)
        return Fail("busy", retryable=True) if ctx.attempt == 1 else Continue()

    probes.on("flaky", flaky)
    retry = {"attempts": 2, "delay_seconds": 0.3, "jitter": False}
    automation = await world.automation(line(probe("call", "external", "flaky", retry=retry)))
    await workers.start()
    lead = await world.lead()

    async def parked() -> bool:
        return await world.count("status = 'running' and owner is null") > 0

    await eventually(parked)
    await world.db.execute("update automations set status = 'paused' where id = $1", automation)
    await asyncio.sleep(1)
    assert attempts == [1]
    await world.db.execute("update automations set status = 'active' where id = $1", automation)

    assert (await world.ended(lead))["status"] == "completed"
    assert attempts == [1, 2]


async def test_cancel_while_pending(world: World, workers: Workers, connect: Connect, acting: Acting) -> None:
    await world.automation(line(set_variables("ok", {"a": 1})))
    lead = await world.lead()
    run_id = (await world.run_of(lead))["id"]

    assert await cancelled_by_user(world, connect, acting, run_id) == "cancelled"
    await workers.start()
    await world.ended(await world.lead())

    run = await world.run(run_id)
    assert (run["status"], run["error"], run["nodes_executed"]) == ("cancelled", "enough", [])


async def test_cancel_while_a_call_is_under_way_discards_its_result(
    world: World, workers: Workers, gate: Gate, connect: Connect, acting: Acting
) -> None:
    await world.automation(line(probe("call", "external", "gate"), update_lead("save", {"stage": "late"})))
    await workers.start()
    lead = await world.lead()
    await eventually(gate.reached)
    run_id = (await world.run_of(lead))["id"]

    assert await cancelled_by_user(world, connect, acting, run_id) == "cancelled"
    before = await world.run(run_id)
    gate.opened.set()
    await world.db.execute("delete from automations where id <> $1", before["automation_id"])
    await asyncio.sleep(0.5)

    assert await world.run(run_id) == before
    assert await world.db.fetchval("select stage from leads where id = $1", lead) is None
    assert await world.db.fetchval("select count(*) from automations.steps where status <> 'started'") == 0
    assert await cancelled_by_user(world, connect, acting, run_id) == "cancelled"


async def test_cancel_while_a_database_step_is_in_its_transaction(
    world: World, workers: Workers, probes: Probes, connect: Connect, acting: Acting
) -> None:
    """The transaction holds the run: the cancel waits for its commit, and the next step does not happen."""
    written = asyncio.Event()
    go_on = asyncio.Event()

    async def write_and_hold(value: Any, ctx: Context) -> Any:
        await ctx.records.update("leads", str(ctx.lead_id), {"stage": "first"})
        written.set()
        await go_on.wait()
        return Continue()

    probes.on("write and hold", write_and_hold)
    probes.on("after", Gate())
    await world.automation(
        line(
            probe("hold", "database", "write and hold"),
            probe("call", "external", "after"),
            update_lead("save", {"stage": "late"}),
        )
    )
    await workers.start()
    lead = await world.lead()
    async with asyncio.timeout(20):
        await written.wait()
    run_id = (await world.run_of(lead))["id"]

    cancelling = asyncio.create_task(cancelled_by_user(world, connect, acting, run_id))
    await asyncio.sleep(0.2)
    go_on.set()

    assert await cancelling == "cancelled"
    await asyncio.sleep(0.5)
    assert (await world.run(run_id))["status"] == "cancelled"
    assert await world.db.fetchval("select stage from leads where id = $1", lead) == "first"


async def test_cancel_while_a_retry_is_awaited(
    world: World, workers: Workers, probes: Probes, connect: Connect, acting: Acting
) -> None:
    async def busy(value: Any, ctx: Context) -> Any:
        return Fail("busy", retryable=True)

    probes.on("busy", busy)
    retry = {"attempts": 5, "delay_seconds": 0.5, "jitter": False}
    await world.automation(line(probe("call", "external", "busy", retry=retry)))
    await workers.start()
    lead = await world.lead()

    async def parked() -> bool:
        return await world.count("status = 'running' and owner is null and due_at is not null") > 0

    await eventually(parked)
    run_id = (await world.run_of(lead))["id"]
    assert await cancelled_by_user(world, connect, acting, run_id) == "cancelled"
    await asyncio.sleep(1)

    run = await world.run(run_id)
    assert (run["status"], run["due_at"], run["owner"]) == ("cancelled", None, None)
    assert await world.count(OPEN) == 0


async def test_a_cancelled_run_does_not_hold_up_its_lane(
    world: World, workers: Workers, gate: Gate, connect: Connect, acting: Acting
) -> None:
    await world.automation(
        line(probe("call", "external", "gate", "{{ trigger.new.name }}")), config={"concurrency": {"limit": 1}}
    )
    await workers.start()
    first = await world.lead()
    await eventually(gate.reached)
    second = await world.lead()
    # Old enough to be looked at once a minute only.
    await world.db.execute(
        "update automation_executions set due_at = now() + interval '1 hour' where lead_id = $1", second
    )

    await cancelled_by_user(world, connect, acting, (await world.run_of(first))["id"])
    gate.opened.set()

    assert (await world.ended(second))["status"] == "completed"


async def test_retry_is_a_new_run_with_its_parent(
    world: World, workers: Workers, probes: Probes, connect: Connect, acting: Acting
) -> None:
    seen: list[str] = []

    async def second_time(value: Any, ctx: Context) -> Any:
        seen.append(ctx.execution_id)
        return Continue() if len(seen) > 1 else Fail("not yet")

    probes.on("second time", second_time)
    conversation = str(await world.conversation())
    await world.automation(
        line(add_message("note", "once a run", conversation), probe("call", "external", "second time"))
    )
    await workers.start()
    lead = await world.lead()
    old = await world.ended(lead)
    assert old["status"] == "failed"

    user = await connect()
    async with acting(user, "authenticated", world.account):
        new_id = await user.fetchval("select public.retry_run($1)", old["id"])
    new = await world.final(new_id)

    assert new["status"] == "completed"
    assert (new["parent_id"], new["lead_id"], new["trigger_data"]) == (old["id"], lead, old["trigger_data"])
    assert new["seq"] > old["seq"]
    assert await world.run(old["id"]) == old
    assert statuses(new)["note"] == "completed"
    assert len(await world.bodies()) == 2
