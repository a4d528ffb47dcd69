"""Steps on users' rows: many runs share a transaction, and what is wrong with one is that one's."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from tests.conftest import Connect
from tests.engine.drawing import add_message, condition, draw, edge, line, node, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, statuses

from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context

DEFERRED = """
create function public.refuse_bad() returns trigger language plpgsql as $$
begin
  if new.stage = 'bad' then raise exception 'bad is not a stage' using errcode = 'check_violation'; end if;
  return null;
end $$;
create constraint trigger refuse_bad after insert or update on public.leads deferrable initially deferred
  for each row execute function public.refuse_bad();
"""


async def messages_per_lead(world: World) -> dict[str, int]:
    rows = await world.db.fetch("select body, count(*) as times from messages group by body")
    return {row["body"]: row["times"] for row in rows}


async def test_another_accounts_row_is_not_there_and_only_that_run_fails(world: World, workers: Workers) -> None:
    stranger = await world.make.lead(uuid.uuid4(), name="theirs", stage="untouched")
    await world.automation(
        draw(
            [
                condition("mine", "trigger.new.name", "equals", "thief"),
                update_lead("steal", {"stage": "stolen"}, record_id=str(stranger)),
                update_lead("own", {"stage": "mine"}),
            ],
            [edge("trigger", "mine"), edge("mine", "steal", "true"), edge("mine", "own", "false")],
        )
    )
    thief = await world.lead(name="thief")
    await world.leads(30)
    await workers.start()

    assert await world.all_ended() == {"completed": 30, "failed": 1}
    run = await world.run_of(thief)
    assert "there is no row" in run["error"]
    assert run["error_node_id"] == "steal"
    assert await world.db.fetchval("select stage from leads where id = $1", stranger) == "untouched"


async def test_a_row_for_another_account_is_refused(world: World, workers: Workers, probes: Probes) -> None:
    async def give_away(value: Any, ctx: Context) -> Any:
        return Continue(output=await ctx.records.create("leads", {"user_id": value, "name": "planted"}))

    probes.on("give away", give_away)
    await world.automation(line(probe("step", "database", "give away", str(uuid.uuid4()))))
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "failed"
    assert "may not" in run["error"]
    assert await world.db.fetchval("select count(*) from leads where name = 'planted'") == 0


BAD_VALUES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown column": ({"colour": "red"}, "has no column colour"),
    "wrong type": ({"score": "many"}, "wrong type"),
    "null": ({"status": None}, "a value is missing"),
    "foreign key": ({"agent_id": str(uuid.UUID(int=1))}, "row-level security"),
    "too large a number": ({"score": 10**12}, "integer"),
    "text for an array": ({"tags": "none"}, ""),
}


@pytest.mark.parametrize("name", BAD_VALUES)
async def test_one_bad_write_among_99_good_ones(world: World, workers: Workers, name: str) -> None:
    values, expected = BAD_VALUES[name]
    await world.automation(
        draw(
            [
                condition("odd", "trigger.new.name", "equals", "odd"),
                update_lead("bad", values),
                update_lead("good", {"stage": "good", "score": 7}),
            ],
            [edge("trigger", "odd"), edge("odd", "bad", "true"), edge("odd", "good", "false")],
        )
    )
    await world.leads(50)
    odd = await world.lead(name="odd")
    await world.leads(49)
    await workers.start()

    assert await world.all_ended() == {"completed": 99, "failed": 1}
    run = await world.run_of(odd)
    assert expected in run["error"]
    assert run["error_node_id"] == "bad"
    assert await world.db.fetchval("select count(*) from leads where stage = 'good'") == 99


async def test_one_bad_value_of_the_same_shape(world: World, workers: Workers) -> None:
    """The runs' writes have one shape and go in one statement; a value in one of them is refused."""
    await world.db.execute("alter table leads add constraint not_thirteen check (score <> 13 or stage is null)")
    await world.automation(line(update_lead("save", {"stage": "seen"})))
    await world.leads(60)
    await workers.start()

    assert await world.all_ended() == {"completed": 59, "failed": 1}
    assert await world.db.fetchval("select count(*) from leads where stage = 'seen'") == 59
    failed = await world.db.fetchrow("select * from automation_executions where status = 'failed'")
    assert "not_thirteen" in failed["error"]


@pytest.mark.full
async def test_a_constraint_that_is_checked_at_commit_fails_only_its_run(world: World, workers: Workers) -> None:
    conversation = str(await world.conversation())
    await world.db.execute(DEFERRED)
    await world.automation(
        line(
            add_message("note", "{{ trigger.new.name }}", conversation),
            update_lead("save", {"stage": "{{ trigger.new.status }}"}),
        )
    )
    good = await world.leads(40)
    bad = await world.lead(name="Bad", status="bad")
    await world.leads(40)
    await workers.start()

    counts = await world.all_ended()

    assert counts == {"completed": 80, "failed": 1}
    run = await world.run_of(bad)
    assert "bad is not a stage" in run["error"]
    # Both steps were of the transaction that was refused.
    assert "Bad" not in await messages_per_lead(world)
    assert statuses(run)["trigger"] == "completed"
    assert (await world.run_of(good[0]))["status"] == "completed"


@pytest.mark.full
async def test_steps_that_were_committed_before_are_not_done_again(
    world: World, workers: Workers, probes: Probes
) -> None:
    """A later transaction of the run fails because of a neighbour; what was committed before stays done, once."""
    calls: list[str] = []

    async def call(value: Any, ctx: Context) -> Any:
        calls.append(value)
        return Continue(output=value)

    probes.on("call", call)
    conversation = str(await world.conversation())
    await world.db.execute(DEFERRED)
    await world.automation(
        line(
            add_message("note", "{{ trigger.new.name }}", conversation),
            probe("call", "external", "call", "{{ trigger.new.name }}", on_unknown="fail"),
            update_lead("save", {"stage": "{{ trigger.new.status }}"}),
        )
    )
    bad = [await world.lead(name=f"Bad {i}", status="bad") for i in range(3)]
    await world.leads(60)
    await workers.start(committers=1)

    counts = await world.all_ended()

    # The calls ended in the transactions that failed: they are known, nobody else's trouble makes them unknown.
    assert counts == {"completed": 60, "failed": 3}
    assert set((await messages_per_lead(world)).values()) == {1}
    assert len(calls) == len(set(calls)) == 63
    for lead in bad:
        run = await world.run_of(lead)
        assert "bad is not a stage" in run["error"]
        assert statuses(run) == {"trigger": "completed", "note": "completed", "call": "completed", "save": "failed"}
        assert run["error_node_id"] == "save"


async def test_a_call_under_way_survives_the_failure_of_a_shared_transaction(
    world: World, workers: Workers, probes: Probes
) -> None:
    calls: list[str] = []
    release = asyncio.Event()

    async def slow(value: Any, ctx: Context) -> Any:
        calls.append(value)
        await release.wait()
        return Continue(output=value)

    probes.on("slow", slow)
    conversation = str(await world.conversation())
    await world.db.execute(DEFERRED)
    # The call is under way while the other branch commits again and again, beside a bad neighbour.
    await world.automation(
        draw(
            [
                probe("slow", "external", "slow", "{{ trigger.new.name }}", on_unknown="fail"),
                probe("quick", "external", "echo"),
                add_message("note", "{{ trigger.new.name }}", conversation),
                update_lead("save", {"stage": "{{ trigger.new.status }}"}),
                set_variables("join", {"x": "{{ steps.slow }}"}),
            ],
            [
                edge("trigger", "slow"),
                edge("trigger", "quick"),
                edge("quick", "note"),
                edge("note", "save"),
                edge("slow", "join"),
                edge("save", "join"),
            ],
        )
    )
    bad = await world.lead(name="Bad", status="bad")
    await world.leads(30)
    await workers.start(committers=1)

    async def all_called() -> bool:
        return len(calls) == 31

    await eventually(all_called)
    await asyncio.sleep(0.3)
    release.set()
    counts = await world.all_ended()

    assert counts == {"completed": 30, "failed": 1}
    assert len(calls) == len(set(calls)) == 31
    assert set((await messages_per_lead(world)).values()) == {1}
    assert "bad is not a stage" in (await world.run_of(bad))["error"]


async def test_a_step_that_fails_after_its_write_takes_it_back(world: World, workers: Workers, probes: Probes) -> None:
    async def write_then_fail(value: Any, ctx: Context) -> Any:
        await ctx.records.update("leads", str(ctx.lead_id), {"stage": "written"})
        return Fail("second thoughts") if value == "odd" else Continue()

    probes.on("write then fail", write_then_fail)
    await world.automation(line(probe("step", "database", "write then fail", "{{ trigger.new.name }}")))
    odd = await world.lead(name="odd")
    await world.leads(20)
    await workers.start()

    assert await world.all_ended() == {"completed": 20, "failed": 1}
    assert await world.db.fetchval("select stage from leads where id = $1", odd) is None


async def test_a_step_makes_one_write(world: World, workers: Workers, probes: Probes) -> None:
    async def twice(value: Any, ctx: Context) -> Any:
        await ctx.records.update("leads", str(ctx.lead_id), {"stage": "one"})
        await ctx.records.update("leads", str(ctx.lead_id), {"stage": "two"})
        return Continue()

    probes.on("twice", twice)
    await world.automation(line(probe("step", "database", "twice")))
    await workers.start()
    lead = await world.lead()

    run = await world.ended(lead)

    assert "at most one write" in run["error"]
    assert await world.db.fetchval("select stage from leads where id = $1", lead) is None


async def test_a_trigger_of_the_owner_that_asserts_fails_only_its_run(world: World, workers: Workers) -> None:
    """`when others` does not catch assertions: the whole transaction is lost, the others must not be."""
    await world.db.execute(
        """
        create function public.insist() returns trigger language plpgsql as $$
        begin assert new.score <> 13 or new.stage is null, 'thirteen'; return new; end $$;
        create trigger insist before update on public.leads for each row execute function public.insist();
        """
    )
    await world.automation(line(update_lead("save", {"stage": "seen"})))
    await world.leads(40)
    await workers.start()

    assert await world.all_ended() == {"completed": 39, "failed": 1}
    failed = await world.db.fetchrow("select * from automation_executions where status = 'failed'")
    assert "thirteen" in failed["error"]
    assert failed["error_node_id"] == "save"


async def test_a_row_that_a_user_has_locked_holds_up_only_its_run(
    world: World, workers: Workers, connect: Connect
) -> None:
    await world.automation(line(update_lead("save", {"stage": "seen"})))
    locked, *others = await world.leads(60)
    user = await connect()
    transaction = user.transaction()
    await transaction.start()
    await user.execute("update leads set score = 1000 where id = $1", locked)
    await workers.start()

    async def others_done() -> bool:
        return await world.count("lead_id = any ($1) and status = 'completed'", others) == 59

    await eventually(others_done)
    assert (await world.run_of(locked))["status"] == "running"
    # The user was never in our way, nor we in theirs.
    await user.execute("update leads set stage = 'user' where id = $1", locked)
    await transaction.commit()

    run = await world.ended(locked)
    assert run["status"] == "completed"
    assert dict(await world.db.fetchrow("select stage, score from leads where id = $1", locked)) == {
        "stage": "seen",
        "score": 1000,
    }


async def test_a_run_whose_own_row_is_locked_goes_on_afterwards(
    world: World, workers: Workers, connect: Connect, probes: Probes
) -> None:
    """A user deletes the lead of a run in an open transaction: that locks the run's row, too (`set null`)."""
    called = asyncio.Event()

    async def call(value: Any, ctx: Context) -> Any:
        called.set()
        return Continue()

    probes.on("call", call)
    await world.automation(line(probe("call", "external", "call"), set_variables("after", {"a": 1})))
    user = await connect()
    lead = await world.lead()
    run_id = (await world.run_of(lead))["id"]
    transaction = user.transaction()
    await transaction.start()
    await user.execute("delete from leads where id = $1", lead)
    await workers.start()
    others = await world.leads(20)

    async def others_done() -> bool:
        return await world.count("lead_id = any ($1) and status = 'completed'", others) == 20

    await eventually(others_done)
    await transaction.commit()
    run = await world.final(run_id)
    assert (run["status"], run["lead_id"]) == ("completed", None)


async def test_find_reads_only_the_account(world: World, workers: Workers) -> None:
    await world.make.lead(uuid.uuid4(), name="theirs", stage="wanted")
    mine = await world.lead(name="mine", stage="wanted")
    await world.automation(
        line(
            node(
                "find",
                "action-find-records",
                {"table": "leads", "conditions": {"field": "stage", "operator": "equals", "value": "wanted"}},
            )
        )
    )
    await workers.start()

    run = await world.ended(await world.lead(name="asks"))

    assert run["status"] == "completed"
    assert [row["id"] for row in run["output"]["records"]] == [str(mine)]
