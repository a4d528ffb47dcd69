"""The automation that runs on failure, by every way in which a run fails."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.conftest import Connect
from tests.engine.called import manual, runs_of, start
from tests.engine.drawing import add_message, line, node, probe, set_variables, stop, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import OPEN, Workers, World, eventually

from automations.flow.outcomes import Fail
from automations.flow.ports import Context


async def rescuer(world: World) -> uuid.UUID:
    """Writes what it was told as a message."""
    conversation = str(await world.conversation())
    return await manual(
        world, add_message("tell", "{{ trigger.input.automation_name }}: {{ trigger.input.error }}", conversation)
    )


async def test_a_step_that_fails_for_good_after_its_retries(world: World, workers: Workers, probes: Probes) -> None:
    attempts: list[int] = []

    async def fail(value: Any, ctx: Context) -> Any:
        attempts.append(ctx.attempt)
        return Fail("busy", retryable=True)

    probes.on("fail", fail)
    rescue = await rescuer(world)
    retry = {"attempts": 3, "delay_seconds": 0.01, "jitter": False}
    fragile = await world.automation(
        line(probe("call", "external", "fail", retry=retry)), config={"on_failure": str(rescue)}, name="Fragile"
    )
    await workers.start()
    lead = await world.lead()

    async def both_ended() -> bool:
        return await world.count(f"automation_id = $1 and not {OPEN}", rescue) == 1

    await eventually(both_ended)
    assert attempts == [1, 2, 3]
    (failed,), (told,) = await runs_of(world, fragile), await runs_of(world, rescue)
    assert (told["parent_id"], told["lead_id"], told["status"]) == (failed["id"], lead, "completed")
    assert told["trigger_data"]["input"]["error_node_id"] == "call"
    assert await world.bodies() == ["Fragile: busy"]


async def test_a_flow_that_ends_itself_as_failed(world: World, workers: Workers) -> None:
    rescue = await rescuer(world)
    await world.automation(line(stop("end", "failed", "enough")), config={"on_failure": str(rescue)})
    await world.automation(line(stop("end", "cancelled", "no")), config={"on_failure": str(rescue)})
    await workers.start()
    await world.leads(20)
    await world.all_ended()
    assert await world.bodies() == ["Automation: enough"] * 20


async def test_a_flow_that_cannot_be_run(world: World, workers: Workers) -> None:
    rescue = await rescuer(world)
    await world.automation(line(node("what", "no-such-type")), config={"on_failure": str(rescue)})
    await workers.start()
    await world.lead()
    assert await world.all_ended() == {"completed": 1, "failed": 1}
    (body,) = await world.bodies()
    assert "the flow is not valid" in body


async def test_checkpoints_that_cannot_be_read(world: World, workers: Workers) -> None:
    rescue = await rescuer(world)
    await world.automation(line(set_variables("ok", {"a": 1})), config={"on_failure": str(rescue)})
    lead = await world.lead()
    run = (await world.run_of(lead))["id"]
    await world.db.execute("update automation_executions set epoch = 3 where id = $1", run)
    await world.db.execute(
        "insert into automations.steps (execution_id, key, account_id, node_id, status, outcome) "
        "values ($1, '/ok', $2, 'ok', 'completed', '{\"kind\": \"nonsense\"}')",
        run,
        world.account,
    )
    await workers.start()
    assert await world.all_ended() == {"completed": 1, "failed": 1}
    (body,) = await world.bodies()
    assert "cannot be read" in body


@pytest.mark.full
async def test_what_the_database_refuses_at_the_commit(world: World, workers: Workers) -> None:
    await world.db.execute(
        """
        create function public.insist() returns trigger language plpgsql as $$
        begin assert new.stage is null, 'no stage'; return new; end $$;
        create trigger insist before update on public.leads for each row execute function public.insist();
        """
    )
    rescue = await rescuer(world)
    await world.automation(line(update_lead("save", {"stage": "seen"})), config={"on_failure": str(rescue)})
    await workers.start()
    await world.leads(10)
    assert await world.all_ended() == {"completed": 10, "failed": 10}
    assert len(await world.bodies()) == 10
    assert (
        await world.db.fetchval(
            "select count(distinct parent_id) from automation_executions where automation_id = $1", rescue
        )
        == 10
    )


async def test_a_run_that_kills_its_workers(world: World, workers: Workers) -> None:
    rescue = await rescuer(world)
    await world.automation(line(set_variables("ok", {"a": 1})), config={"on_failure": str(rescue)})
    lead = await world.lead()
    # Five owners have vanished while they held it.
    await world.db.execute(
        "update automation_executions set status = 'running', owner = 1, epoch = 5, takeovers = 5, due_at = now() "
        "where lead_id = $1",
        lead,
    )
    await workers.start()
    assert await world.all_ended() == {"completed": 1, "failed": 1}
    (body,) = await world.bodies()
    assert "the worker died" in body


async def test_plain_sql_that_ends_a_run(world: World, workers: Workers, connect: Connect) -> None:
    rescue = await rescuer(world)
    automation = await world.automation(line(set_variables("ok", {"a": 1})), config={"on_failure": str(rescue)})
    run = await world.make.execution(automation, status="running")
    undone = await world.make.execution(automation, status="running")
    edge_function = await connect()
    await edge_function.execute("set role service_role")
    await edge_function.execute(
        "update automation_executions set status = 'failed', error = 'by hand' where id = $1", run
    )
    transaction = edge_function.transaction()
    await transaction.start()
    await edge_function.execute("update automation_executions set status = 'failed' where id = $1", undone)
    await transaction.rollback()
    await workers.start()

    async def told() -> bool:
        return await world.bodies() == ["Automation: by hand"]

    await eventually(told)
    assert len(await runs_of(world, rescue)) == 1


async def test_it_starts_from_a_failure_that_a_failure_caused_and_no_further(world: World, workers: Workers) -> None:
    first = await manual(world, stop("end", "failed", "one"))
    second = await manual(world, stop("end", "failed", "two"), config={"on_failure": str(first)})
    await world.db.execute(
        "update automations set trigger_config = $2 where id = $1", first, {"on_failure": str(second)}
    )
    await workers.start()
    await start(world, first)
    assert await world.all_ended() == {"failed": 2}
    assert (len(await runs_of(world, first)), len(await runs_of(world, second))) == (1, 1)


@pytest.mark.parametrize("lock", ["select from automations where id = $1 for update", None])
async def test_a_locked_automation_holds_up_no_end_and_is_started_later(
    world: World, workers: Workers, connect: Connect, lock: str | None
) -> None:
    rescue = await rescuer(world)
    fragile = await world.automation(line(stop("end", "failed", "x")), config={"on_failure": str(rescue)})
    user = await connect()
    transaction = user.transaction()
    await transaction.start()
    if lock is not None:
        await user.execute(lock, rescue)
    await workers.start()
    await world.leads(20)

    async def failed() -> bool:
        return await world.count("automation_id = $1 and status = 'failed'", fragile) == 20

    await eventually(failed)
    if lock is not None:
        assert await runs_of(world, rescue) == []
    await transaction.commit()

    async def all_told() -> bool:
        return len(await world.bodies()) == 20

    await eventually(all_told)
    assert len({row["parent_id"] for row in await runs_of(world, rescue)}) == 20
    assert await world.count() == 40
