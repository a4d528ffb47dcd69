"""The settings that every node takes, with workers: retry_if, timeouts of database steps, output limits, masks."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.engine.drawing import add_message, draw, edge, line, node, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.test_outside_steps import RETRY, Calls
from tests.engine.world import Workers, World, eventually, statuses

from automations.flow.outcomes import Continue, Fail, JsonObject
from automations.flow.ports import Context

SLOW_FOR_SLEEPERS = """
create function public.sleepy() returns trigger language plpgsql as $$
begin
  if new.stage = 'sleep' then perform pg_sleep(60); end if;
  return new;
end $$;
create trigger sleepy before update on public.leads for each row execute function public.sleepy();
"""


async def test_retry_if_decides_and_what_it_decided_is_on_record(
    world: World, workers: Workers, probes: Probes
) -> None:
    """The node says the opposite each time. What was decided is recorded: a restart decides nothing anew."""
    busy: JsonObject = {"status": 503}
    gone: JsonObject = {"status": 410}
    calls = Calls(Fail("x", output=busy), Fail("x", output=busy), Fail("x", retryable=True, output=gone))
    probes.on("call", calls)
    not_gone = {"field": "output.status", "operator": "not_equals", "value": 410}
    await world.automation(
        draw(
            [
                probe("call", "external", "call", retry={**RETRY, "attempts": 9, "retry_if": not_gone}),
                probe("look", "external", "look"),
            ],
            [edge("trigger", "call"), edge("call", "look", "error")],
        )
    )
    seen: list[Any] = []

    async def look(value: Any, ctx: Context) -> Any:
        query = "select outcome from automations.steps where key = '/call' and execution_id = $1"
        seen.append(await world.db.fetchval(query, ctx.execution_id))
        return Continue()

    probes.on("look", look)
    await workers.start()
    lead = await world.lead()

    async def looked() -> bool:
        return bool(seen)

    await eventually(looked)
    run = await world.ended(lead)

    assert run["status"] == "completed"
    assert [attempt for attempt, _ in calls.seen] == [1, 2, 3]
    assert (seen[0]["retryable"], seen[0]["output"]) == (False, gone)


async def test_a_database_step_that_takes_too_long_fails_and_its_mates_do_not(
    world: World, workers: Workers, probes: Probes
) -> None:
    """The runs share a transaction; what holds its own up has one for itself, and ends there."""
    await world.db.execute(SLOW_FOR_SLEEPERS)
    conversation = str(await world.conversation())
    await world.automation(
        draw(
            [
                update_lead("before", {"status": "{{ trigger.new.name }}"}),
                node(
                    "save",
                    "action-update-record",
                    {"table": "leads", "values": {"stage": "{{ trigger.new.source }}"}},
                    timeout_seconds=0.4,
                ),
                add_message("note", "{{ trigger.new.name }} saved", conversation),
                set_variables("rescue", {"why": "{{ steps.save.error }}"}),
            ],
            [edge("trigger", "before"), edge("before", "save"), edge("save", "note"), edge("save", "rescue", "error")],
        )
    )
    await world.db.execute("alter table leads add column if not exists source text")
    quick = [await world.lead(name=f"quick {n}", source="new") for n in range(5)]
    slow = await world.lead(name="slow", source="sleep")
    quick += [await world.lead(name=f"quick {n}", source="new") for n in range(5, 10)]
    await workers.start()

    assert await world.all_ended() == {"completed": 11}
    late = await world.run_of(slow)
    assert late["variables"] == {"why": "took longer than 0.4 seconds"}
    assert statuses(late) == {
        "trigger": "completed",
        "before": "completed",
        "save": "failed",
        "note": "skipped",
        "rescue": "completed",
    }
    assert await world.bodies() == sorted(f"quick {n} saved" for n in range(10))
    stages = {
        row["id"]: (row["status"], row["stage"]) for row in await world.db.fetch("select id, status, stage from leads")
    }
    assert stages == {lead: (f"quick {n}", "new") for n, lead in enumerate(quick)} | {slow: ("slow", None)}


async def test_a_time_limit_holds_for_the_whole_of_a_database_step(
    world: World, workers: Workers, probes: Probes
) -> None:
    """Also for what it does outside of statements; its write is taken back."""

    async def write_and_dawdle(value: Any, ctx: Context) -> Any:
        await ctx.records.update("leads", str(ctx.lead_id), {"stage": "half"})
        await asyncio.sleep(60)

    probes.on("dawdle", write_and_dawdle)
    await world.automation(
        line(probe("half", "database", "dawdle", timeout_seconds=0.3), update_lead("after", {"stage": "never"}))
    )
    await workers.start()
    lead = await world.lead()

    run = await world.ended(lead)

    assert (run["status"], run["error"]) == ("failed", "took longer than 0.3 seconds")
    assert run["error_node_id"] == "half"
    assert await world.db.fetchval("select stage from leads where id = $1", lead) is None


async def test_a_failure_that_a_step_swallows_does_not_pass_for_its_write(
    world: World, workers: Workers, probes: Probes
) -> None:
    """The statement is cancelled; a step that goes on all the same has a connection that works."""
    await world.db.execute(SLOW_FOR_SLEEPERS)

    async def stubborn(value: Any, ctx: Context) -> Any:
        try:
            await ctx.records.update("leads", str(ctx.lead_id), {"stage": "sleep"})
        except Exception as error:
            return Continue(output=str(error))
        return Continue(output="written")

    probes.on("stubborn", stubborn)
    await world.automation(
        line(probe("step", "database", "stubborn", timeout_seconds=0.3), update_lead("after", {"stage": "after"}))
    )
    await workers.start()
    lead = await world.lead()

    run = await world.ended(lead)

    # Which of the two clocks strikes first is not ours to say; the write is in neither case there.
    assert run["status"] in ("completed", "failed")
    assert "took longer than 0.3 seconds" in (run["error"] or run["nodes_executed"][1]["output"])
    stage = await world.db.fetchval("select stage from leads where id = $1", lead)
    assert stage == ("after" if run["status"] == "completed" else None)


async def test_a_statement_that_somebody_cancels_is_not_too_slow(
    world: World, workers: Workers, probes: Probes
) -> None:
    """An operator's `pg_cancel_backend` is no failure of the step: it is done again."""
    await world.db.execute(
        "create table public.naps (id integer); insert into public.naps values (1);"
        "create function public.nap() returns trigger language plpgsql security definer as $$"
        " begin if exists (select from public.naps) then perform pg_sleep(60); end if; return new; end $$;"
        "create trigger nap before update on public.leads for each row execute function public.nap();"
    )
    save = update_lead("save", {"stage": "saved"})
    await world.automation(line({**save, "data": {**save["data"], "timeout_seconds": 50}}))
    await workers.start()
    lead = await world.lead()
    cancel = (
        "select pg_cancel_backend(pid) from pg_stat_activity "
        "where datname = current_database() and wait_event = 'PgSleep'"
    )

    async def asleep() -> Any:
        return await world.db.fetchval(cancel.replace("pg_cancel_backend(pid)", "true"))

    await eventually(asleep)
    await world.db.execute("delete from public.naps")
    assert await world.db.fetchval(cancel) is True
    run = await world.ended(lead)

    assert (run["status"], run["error"]) == ("completed", None)
    assert run["nodes_executed"][1]["attempt"] == 1
    assert await world.db.fetchval("select stage from leads where id = $1", lead) == "saved"


async def test_a_statement_has_its_old_limit_back_after_a_limited_step(
    world: World, workers: Workers, probes: Probes
) -> None:
    await world.db.execute(
        "create function public.how_long() returns trigger language plpgsql as $$"
        " begin new.notes := current_setting('statement_timeout'); return new; end $$;"
        "alter table leads add column notes text;"
        "create trigger how_long before update on public.leads for each row execute function public.how_long();"
    )
    await world.automation(
        line(
            node(
                "limited",
                "action-update-record",
                {"table": "leads", "values": {"stage": "a"}},
                timeout_seconds=30,
            ),
            set_variables("seen", {"limited": "{{ steps.limited.record.notes }}"}),
            update_lead("free", {"stage": "b"}),
            set_variables("end", {"free": "{{ steps.free.record.notes }}"}),
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    assert run["variables"]["free"] == "0"
    assert run["variables"]["limited"].endswith(("ms", "s"))


async def test_an_output_beyond_the_limit_of_its_step_fails_in_words(
    world: World, workers: Workers, probes: Probes
) -> None:
    async def answer(value: Any, ctx: Context) -> Any:
        return Continue(output="x" * value)

    probes.on("answer", answer)
    await world.automation(
        draw(
            [
                # Two quotes belong to the text.
                probe("fits", "pure", "answer", 998, max_output_bytes=1_000),
                probe("long", "pure", "answer", 999, max_output_bytes=1_000),
                set_variables("rescue", {"why": "{{ steps.long.error }}"}),
            ],
            [edge("trigger", "fits"), edge("fits", "long"), edge("long", "rescue", "error")],
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert statuses(run) == {"trigger": "completed", "fits": "completed", "long": "failed", "rescue": "completed"}
    assert run["variables"] == {
        "why": "the output has 1,001 bytes; at most 1,000 are kept of this step. "
        "Ask for less in this step, or raise its max_output_bytes."
    }


async def test_masked_names_are_hidden_in_the_records_of_their_step_only(
    world: World, workers: Workers, probes: Probes
) -> None:
    person = {"name": "Ada", "IBAN": "DE00", "accounts": [{"iban": "DE01", "bank": "x"}], "token": "t", "phone": None}
    mask = ["iban", "Phone", "accounts2"]
    await world.automation(
        line(
            probe("pure", "pure", "echo", person, mask=mask),
            probe("call", "external", "echo", {"given": "{{ steps.pure }}"}, mask=mask),
            probe("open", "pure", "echo", "{{ steps.call.given.IBAN }}"),
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    hidden = {
        "name": "Ada",
        "IBAN": "•••",
        "accounts": [{"iban": "•••", "bank": "x"}],
        "token": "•••",
        "phone": None,
    }
    pure, call, shown = run["nodes_executed"][1:]
    assert (pure["input"]["value"], pure["output"]) == (hidden, hidden)
    assert (call["input"]["value"], call["output"]) == ({"given": hidden}, {"given": hidden})
    # What the next step does with the value is that step's own affair; and it gets the value itself.
    assert shown["output"] == "DE00"
