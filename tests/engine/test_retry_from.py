"""Runs made again from where the old one failed: what is finished is not done twice, and is there for what follows."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest
from tests.engine.drawing import (
    Drawing,
    add_message,
    draw,
    edge,
    line,
    node,
    probe,
    set_variables,
    stop,
    update_lead,
)
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, outline, statuses

from automations.db.sql_errors import as_ours
from automations.errors import Conflict
from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context


class Outside:
    """Counts calls by name, remembers their idempotency keys, and fails those that it is told to fail."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.keys: dict[str, list[str]] = {}
        self.failing: set[str] = set()

    async def __call__(self, value: Any, ctx: Context) -> Any:
        name, answer = value if isinstance(value, list) else (value, None)
        self.calls[name] += 1
        self.keys.setdefault(name, []).append(ctx.idempotency_key)
        if name in self.failing:
            return Fail(f"{name} is out of order", code="down", output={"status": 503})
        return Continue(output={"answer": answer or f"{name} number {self.calls[name]}"})


@pytest.fixture
def outside(probes: Probes) -> Outside:
    made = Outside()
    probes.on("outside", made)
    return made


def call(node_id: str, value: Any = None, **data: Any) -> Any:
    return probe(node_id, "external", "outside", value or node_id, **data)


async def retried(world: World, run: Any, start: str | None = "failed", version: int | None = None) -> Any:
    new = await world.db.fetchval("select automations.retry_run($1, $2, $3)", run["id"], start, version)
    return await world.final(new)


async def test_finished_steps_are_not_done_again_and_their_outputs_are_there(
    world: World, workers: Workers, outside: Outside
) -> None:
    conversation = str(await world.conversation())
    await world.automation(
        line(
            add_message("note", "once", conversation),
            call("paid"),
            set_variables("words", {"receipt": "{{ steps.paid.answer }}"}),
            call("ship", ["ship", "{{ vars.receipt }}"]),
            update_lead("save", {"stage": "{{ vars.receipt }}", "status": "{{ steps.ship.answer }}"}),
        )
    )
    outside.failing = {"ship"}
    await workers.start()
    lead = await world.lead()
    old = await world.ended(lead)
    assert (old["status"], old["error_node_id"]) == ("failed", "ship")
    first_seen = await world.db.fetchval(
        "select record ->> 'started_at' from automations.steps where execution_id = $1 and key = '/paid'", old["id"]
    )

    outside.failing = set()
    new = await retried(world, old)

    assert new["status"] == "completed"
    assert outside.calls == {"paid": 1, "ship": 2}
    assert await world.bodies() == ["once"]
    saved = await world.db.fetchrow("select stage, status from leads where id = $1", lead)
    assert tuple(saved) == ("paid number 1", "paid number 1")
    # The receiver of the repeated call sees another key: it is another run.
    assert len(set(outside.keys["ship"])) == 2
    assert statuses(new) == dict.fromkeys(("trigger", "note", "paid", "words", "ship", "save"), "completed")
    taken = {entry["node_id"]: entry for entry in new["nodes_executed"] if "from_run" in entry}
    assert set(taken) == {"note", "paid", "words"}
    assert {entry["from_run"] for entry in taken.values()} == {str(old["id"])}
    assert taken["paid"]["started_at"] == first_seen
    assert new["variables"] == {"receipt": "paid number 1"}
    assert await world.run(old["id"]) == old


async def test_a_run_that_fails_again_is_taken_up_again(world: World, workers: Workers, outside: Outside) -> None:
    await world.automation(line(call("a"), call("b"), call("c")))
    await workers.start()
    outside.failing = {"b"}
    run = await world.ended(await world.lead())
    outside.failing = {"c"}
    run = await retried(world, run)
    assert (run["status"], run["error_node_id"]) == ("failed", "c")
    outside.failing = set()
    run = await retried(world, run)
    assert run["status"] == "completed"
    assert outside.calls == {"a": 1, "b": 2, "c": 2}


async def test_a_handled_failure_stands_and_so_does_its_branch(
    world: World, workers: Workers, outside: Outside
) -> None:
    """`call` fails and its error branch tells somebody; beside it `other` fails the run."""
    conversation = str(await world.conversation())
    flow = draw(
        [
            call("call"),
            add_message("sorry", "{{ steps.call.error }}", conversation),
            call("other"),
            update_lead("both", {"stage": "{{ steps.call.status }}"}),
        ],
        [
            edge("trigger", "call"),
            edge("call", "sorry", "error"),
            edge("sorry", "other"),
            edge("other", "both"),
        ],
    )
    await world.automation(flow)
    await workers.start()
    outside.failing = {"call", "other"}
    lead = await world.lead()
    old = await world.ended(lead)
    assert (old["status"], old["error_node_id"]) == ("failed", "other")

    outside.failing = set()
    new = await retried(world, old)

    assert new["status"] == "completed"
    assert outside.calls == {"call": 1, "other": 2}
    assert await world.bodies() == ["call is out of order"]
    assert outline(new)[1] == ("call", "failed", "error", "call is out of order")
    assert await world.db.fetchval("select stage from leads where id = $1", lead) == "503"


async def test_branches_that_were_finished_when_the_run_failed_stay_finished(
    world: World, workers: Workers, probes: Probes, outside: Outside
) -> None:
    """One branch fails while the other is under way: what that one brings is recorded, what is behind it not begun."""
    slow_may_end = asyncio.Event()

    async def slow(value: Any, ctx: Context) -> Any:
        outside.calls["slow"] += 1
        await slow_may_end.wait()
        return Continue(output={"answer": "late"})

    probes.on("slow", slow)
    flow = draw(
        [probe("slow", "external", "slow"), call("quick"), call("behind", ["behind", "{{ steps.slow.answer }}"])],
        [edge("trigger", "slow"), edge("trigger", "quick"), edge("slow", "behind"), edge("quick", "behind")],
    )
    await world.automation(flow)
    await workers.start()
    outside.failing = {"quick"}
    lead = await world.lead()

    async def quick_failed() -> bool:
        return outside.calls["quick"] == 1 and await world.db.fetchval(
            "select count(*) = 1 from automations.steps where status = 'failed'"
        )

    await eventually(quick_failed)
    slow_may_end.set()
    old = await world.ended(lead)
    assert (old["status"], old["error_node_id"]) == ("failed", "quick")

    outside.failing = set()
    new = await retried(world, old)
    assert (new["status"], new["output"]) == ("completed", {"answer": "late"})
    assert outside.calls == {"slow": 1, "quick": 2, "behind": 1}


async def test_from_a_step_that_step_and_what_follows_runs_again(
    world: World, workers: Workers, outside: Outside
) -> None:
    """Of a failed run, on the version that it ran, although another one is published."""
    conversation = str(await world.conversation())
    automation = await world.automation(
        line(call("a"), add_message("note", "{{ steps.a.answer }}", conversation), call("b"), call("c"))
    )
    await workers.start()
    outside.failing = {"c"}
    old = await world.ended(await world.lead())
    other = line(call("other"))
    await world.db.execute(
        "select automations.publish_version($1, $2, $3, 'event', $4)",
        automation,
        other.nodes,
        other.edges,
        other.nodes[0]["data"]["config"],
    )
    outside.failing = set()

    new = await retried(world, old, "note")

    assert (new["status"], new["version_id"]) == ("completed", old["version_id"])
    assert outside.calls == {"a": 1, "b": 2, "c": 2}
    assert await world.bodies() == ["a number 1", "a number 1"]


async def test_of_a_completed_run_only_what_is_on_record_is_built_on(
    world: World, workers: Workers, outside: Outside
) -> None:
    """What comes after the last step that needed a record before it was never written down."""
    flow = line(
        call("a"), update_lead("save", {"stage": "{{ steps.a.answer }}"}), call("b"), set_variables("end", {"a": 1})
    )
    await world.automation(flow)
    await workers.start()
    old = await world.ended(await world.lead())
    assert old["status"] == "completed"
    for start, said in (("failed", "nothing of it failed"), ("end", "the result of 'b' is not on record")):
        with pytest.raises(asyncpg.PostgresError, match=said) as caught:
            await world.db.execute("select automations.retry_run($1, $2)", old["id"], start)
        assert isinstance(as_ours(caught.value), Conflict)
    assert (await retried(world, old, "b"))["status"] == "completed"
    assert outside.calls == {"a": 1, "b": 2}
    assert (await retried(world, old, "save"))["status"] == "completed"
    assert outside.calls == {"a": 1, "b": 3}


async def test_a_cancelled_run_goes_on_from_what_was_under_way(
    world: World, workers: Workers, probes: Probes, outside: Outside
) -> None:
    begun = asyncio.Event()

    async def hang(value: Any, ctx: Context) -> Any:
        outside.calls["hang"] += 1
        if outside.calls["hang"] == 1:
            begun.set()
            await asyncio.Event().wait()
        return Continue()

    probes.on("hang", hang)
    await world.automation(line(call("a"), probe("hang", "external", "hang", on_unknown="fail"), call("b")))
    await workers.start()
    lead = await world.lead()
    async with asyncio.timeout(30):
        await begun.wait()
    old = await world.run_of(lead)
    await world.db.execute("select automations.cancel_run($1)", old["id"])
    new = await retried(world, old)
    assert new["status"] == "completed"
    assert outside.calls == {"a": 1, "hang": 2, "b": 1}


async def test_a_run_that_ended_itself_as_failed_asks_again(world: World, workers: Workers, outside: Outside) -> None:
    await world.automation(line(call("a"), stop("give_up", "failed", "no")))
    await workers.start()
    old = await world.ended(await world.lead())
    assert (old["status"], old["error"]) == ("failed", "no")
    new = await retried(world, old)
    assert (new["status"], new["error"]) == ("failed", "no")
    assert outside.calls == {"a": 1}


async def test_a_run_that_ended_itself_as_cancelled_repeats_nothing(
    world: World, workers: Workers, outside: Outside
) -> None:
    """It does not write its last part: then there is nothing to build on, and it says so."""
    await world.automation(line(call("a"), stop("enough", "cancelled", "no")))
    await workers.start()
    old = await world.ended(await world.lead())
    assert old["status"] == "cancelled"
    with pytest.raises(asyncpg.PostgresError, match="the result of 'a' is not on record"):
        await world.db.execute("select automations.retry_run($1, 'failed')", old["id"])
    assert outside.calls == {"a": 1}


async def test_the_same_event_on_another_version(world: World, workers: Workers, outside: Outside) -> None:
    automation = await world.automation(line(call("first")))
    await workers.start()
    lead = await world.lead(name="Grace")
    old = await world.ended(lead)
    second = line(call("second", ["second", "{{ trigger.new.name }}"]))
    await world.db.execute(
        "select automations.publish_version($1, $2, $3, 'event', $4)",
        automation,
        second.nodes,
        second.edges,
        second.nodes[0]["data"]["config"],
    )
    on_new = await retried(world, old, None)
    on_old = await retried(world, old, "start", 1)
    assert (on_new["output"], on_old["output"]) == ({"answer": "Grace"}, {"answer": "first number 2"})
    assert on_old["version_id"] == old["version_id"] != on_new["version_id"]
    assert {on_new["trigger_data"]["timestamp"], on_old["trigger_data"]["timestamp"]} == {
        old["trigger_data"]["timestamp"]
    }


async def publish(world: World, automation: Any, flow: Drawing) -> Any:
    return await world.db.fetchval(
        "select automations.publish_version($1, $2, $3, 'event', $4)",
        automation,
        flow.nodes,
        flow.edges,
        flow.nodes[0]["data"]["config"],
    )


async def test_what_was_mended_goes_on_from_where_it_failed(world: World, workers: Workers, outside: Outside) -> None:
    """A reply that was given is not waited for again; a step that is new, behind what is done, is done once."""
    waits = node("reply", "logic-wait", {"wait_for": "signal", "signal": "answered"})
    before = line(call("ask"), waits, call("send"), call("end"))
    before.edges[2]["sourceHandle"] = "met"
    automation = await world.automation(before)
    await workers.start()
    outside.failing = {"send"}
    lead = await world.lead()

    async def waiting() -> bool:
        return await world.count("status = 'running' and owner is null") == 1

    await eventually(waiting)
    run = await world.run_of(lead)
    await world.db.execute("select automations.send_signal('answered', $1, null, $2)", run["id"], {"text": "yes"})
    old = await world.ended(lead)
    assert (old["status"], old["error_node_id"]) == ("failed", "send")
    mended = line(
        *(call("ask"), waits, call("look"), call("sent", ["sent", "They said {{ steps.reply.payload.text }}"])),
        call("end"),
    )
    mended.edges[2]["sourceHandle"] = "met"
    version = await publish(world, automation, mended)

    new = await retried(world, old, "failed", 2)

    assert (new["status"], new["version_id"]) == ("completed", version)
    assert outside.calls == {"ask": 1, "send": 1, "look": 1, "sent": 1, "end": 1}
    assert new["nodes_executed"][-2]["output"] == {"answer": "They said yes"}
    taken = {entry["node_id"] for entry in new["nodes_executed"] if "from_run" in entry}
    assert taken == {"ask", "reply"}


async def test_in_a_loop_the_rest_goes_on_mended(world: World, workers: Workers, outside: Outside) -> None:
    def flow(address: str) -> Drawing:
        loop = node("each_one", "logic-loop", {"items": [1, 2, 3]})
        return draw(
            [loop, call("first"), call("second", [address, "{{ item }}"]), call("end")],
            [
                edge("trigger", "each_one"),
                edge("each_one", "first", "each"),
                edge("first", "second"),
                edge("each_one", "end", "done"),
            ],
        )

    automation = await world.automation(flow("wrong"))
    await workers.start()
    outside.failing = {"wrong"}
    old = await world.ended(await world.lead())
    assert (old["status"], outside.calls) == ("failed", {"first": 1, "wrong": 1})
    await publish(world, automation, flow("right"))
    new = await retried(world, old, "failed", 2)
    assert new["status"] == "completed"
    assert outside.calls == {"first": 3, "wrong": 1, "right": 3, "end": 1}


async def test_a_run_keeps_its_version_while_it_waits(world: World, workers: Workers, outside: Outside) -> None:
    """It is parked on a retry, in no worker, while another version is published."""
    retry = {"attempts": 2, "delay_seconds": 3600, "jitter": False}
    parked_flow = line(probe("call", "external", "flaky", retry=retry), call("old_end"))
    tries: list[int] = []

    async def flaky(value: Any, ctx: Context) -> Any:
        tries.append(ctx.attempt)
        return Fail("busy", retryable=True) if ctx.attempt == 1 else Continue()

    workers.probes.on("flaky", flaky)
    automation = await world.automation(parked_flow)
    await workers.start()
    lead = await world.lead()

    async def parked() -> bool:
        return await world.count("status = 'running' and owner is null and due_at is not null") == 1

    await eventually(parked)
    run = await world.run_of(lead)
    new_flow: Drawing = line(call("new_end"))
    version = await world.db.fetchval(
        "select automations.publish_version($1, $2, $3, 'event', $4)",
        automation,
        new_flow.nodes,
        new_flow.edges,
        new_flow.nodes[0]["data"]["config"],
    )
    # Its time has come: what the worker goes by is on the row and on the step.
    await world.db.execute("update automations.steps set due_at = now() where execution_id = $1", run["id"])
    await world.db.execute("update automation_executions set due_at = now() where id = $1", run["id"])
    await world.db.execute("select pg_notify('automations_wake', '')")

    old = await world.ended(lead)
    new = await world.ended(await world.lead())
    assert (old["status"], old["version_id"]) == ("completed", run["version_id"])
    assert (new["status"], new["version_id"]) == ("completed", version)
    assert [entry["node_id"] for entry in old["nodes_executed"]] == ["trigger", "call", "old_end"]
    assert tries == [1, 2]
    assert outside.calls == {"old_end": 1, "new_end": 1}
