"""Steps outside of the database: attempts recorded before the call, stable keys, retries that wait without a worker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine import world as of_world
from tests.engine.drawing import draw, edge, line, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, new_world, outline, statuses

from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context

RETRY = {"attempts": 3, "delay_seconds": 0.2, "backoff": "fixed", "jitter": False}

if TYPE_CHECKING:
    from tests.conftest import Factory


class Calls:
    """What arrived outside: attempt and idempotency key of every call; answers as told."""

    def __init__(self, *answers: Any) -> None:
        self.seen: list[tuple[int, str]] = []
        self._answers = list(answers)

    async def __call__(self, value: Any, ctx: Context) -> Any:
        self.seen.append((ctx.attempt, ctx.idempotency_key))
        return self._answers.pop(0) if self._answers else Continue(output="done")


async def test_retry_waits_parked_and_keeps_its_idempotency_key(world: World, workers: Workers, probes: Probes) -> None:
    calls = Calls(Fail("busy", retryable=True), Fail("busy", retryable=True, retry_after=0.4))
    probes.on("call", calls)
    await world.automation(line(probe("call", "external", "call", retry=RETRY)))
    await workers.start()
    lead = await world.lead()

    async def parked() -> bool:
        return (
            await world.count("lead_id = $1 and status = 'running' and owner is null and due_at is not null", lead) > 0
        )

    await eventually(parked)
    run = await world.ended(lead)

    assert run["status"] == "completed"
    assert [attempt for attempt, _ in calls.seen] == [1, 2, 3]
    assert len({key for _, key in calls.seen}) == 1
    assert run["nodes_executed"][1]["attempt"] == 3
    assert run["epoch"] == 3
    assert run["takeovers"] == 0


async def test_attempts_run_out(world: World, workers: Workers, probes: Probes) -> None:
    calls = Calls(*(Fail("busy", retryable=True, output={"n": n}) for n in range(9)))
    probes.on("call", calls)
    await world.automation(line(probe("call", "external", "call", retry={**RETRY, "delay_seconds": 0.01})))
    await workers.start()

    run = await world.ended(await world.lead())

    assert (run["status"], run["error"], run["error_node_id"]) == ("failed", "busy", "call")
    assert len(calls.seen) == 3
    entry = run["nodes_executed"][1]
    assert (entry["attempt"], entry["status"], entry["output"]) == (3, "failed", {"n": 2})


async def test_the_attempt_is_committed_before_the_call(world: World, workers: Workers, probes: Probes) -> None:
    seen: list[list[Any]] = []

    async def look(value: Any, ctx: Context) -> Any:
        rows = await world.db.fetch("select key, status, attempt, outcome from automations.steps order by key")
        seen.append([tuple(row) for row in rows])
        return Continue()

    probes.on("look", look)
    await world.automation(line(set_variables("before", {"a": 1}), probe("call", "external", "look")))
    await workers.start()
    lead = await world.lead()

    async def called() -> bool:
        return bool(seen)

    # The probe uses the connection of the test: nobody else may while it does.
    await eventually(called)
    await world.ended(lead)

    assert [(key, status, attempt) for key, status, attempt, _ in seen[0]] == [
        ("/before", "completed", 1),
        ("/call", "started", 1),
    ]
    assert seen[0][1][3] is None


@pytest.mark.parametrize("on_unknown", ["retry", "fail"])
async def test_after_a_lost_worker_on_unknown_decides(
    world: World, workers: Workers, probes: Probes, on_unknown: str
) -> None:
    calls: list[tuple[int, str]] = []
    hang = asyncio.Event()

    async def hang_once(value: Any, ctx: Context) -> Any:
        calls.append((ctx.attempt, ctx.idempotency_key))
        if len(calls) == 1:
            await hang.wait()
        return Continue(output="second time")

    probes.on("hang once", hang_once)
    await world.automation(line(probe("call", "external", "hang once", on_unknown=on_unknown)))
    first = await workers.start()
    lead = await world.lead()

    async def called() -> bool:
        return bool(calls)

    await eventually(called)
    # As if it was killed: nothing of it says goodbye.
    first.task.cancel()
    await asyncio.wait({first.task})
    await workers.start()
    run = await world.ended(lead)

    if on_unknown == "retry":
        assert run["status"] == "completed"
        assert [attempt for attempt, _ in calls] == [1, 2]
        assert len({key for _, key in calls}) == 1
    else:
        assert run["status"] == "failed"
        assert "not known" in run["error"]
        assert len(calls) == 1


async def test_parallel_calls_run_at_the_same_time(world: World, workers: Workers, probes: Probes) -> None:
    inside = 0
    both = asyncio.Event()

    async def meet(value: Any, ctx: Context) -> Any:
        nonlocal inside
        inside += 1
        if inside == 2:
            both.set()
        async with asyncio.timeout(20):
            await both.wait()
        return Continue(output=value)

    probes.on("meet", meet)
    await world.automation(
        draw(
            [
                probe("a", "external", "meet", 1),
                probe("b", "external", "meet", 2),
                set_variables("join", {"x": "{{ steps.a }}"}),
            ],
            [edge("trigger", "a"), edge("trigger", "b"), edge("a", "join"), edge("b", "join")],
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    assert set(statuses(run).values()) == {"completed"}


async def test_a_retry_beside_a_call_that_still_runs(world: World, workers: Workers, probes: Probes) -> None:
    """The timer fires in memory while the other branch is at work."""
    flaky = Calls(Fail("busy", retryable=True))
    release = asyncio.Event()

    async def until_released(value: Any, ctx: Context) -> Any:
        await release.wait()
        return Continue()

    probes.on("flaky", flaky)
    probes.on("until released", until_released)
    await world.automation(
        draw(
            [probe("slow", "external", "until released"), probe("flaky", "external", "flaky", retry=RETRY)],
            [edge("trigger", "slow"), edge("trigger", "flaky")],
        )
    )
    await workers.start()
    lead = await world.lead()

    async def called_twice() -> bool:
        return len(flaky.seen) == 2

    await eventually(called_twice)
    release.set()
    run = await world.ended(lead)

    assert run["status"] == "completed"
    assert run["epoch"] == 1


async def test_a_step_that_takes_too_long_fails(world: World, workers: Workers, probes: Probes) -> None:
    async def sleep(value: Any, ctx: Context) -> Any:
        await asyncio.sleep(60)

    probes.on("sleep", sleep)
    await world.automation(
        draw(
            [
                probe("call", "external", "sleep", timeout_seconds=0.2),
                set_variables("rescue", {"why": "{{ steps.call.error }}"}),
            ],
            [edge("trigger", "call"), edge("call", "rescue", "error")],
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    assert run["variables"] == {"why": "took longer than 0.2 seconds"}


async def test_a_run_that_is_at_work_for_too_long_is_ended(world: World, workers: Workers, probes: Probes) -> None:
    async def sleep(value: Any, ctx: Context) -> Any:
        await asyncio.sleep(600)

    probes.on("sleep", sleep)
    await world.automation(
        line(
            update_lead("save", {"stage": "seen"}),
            probe("call", "external", "sleep", timeout_seconds=600),
            set_variables("after", {"a": 1}),
        )
    )
    await workers.start(max_run_seconds=0.5)

    run = await world.ended(await world.lead())

    assert run["status"] == "failed"
    assert "at work for more than 0.5 seconds" in run["error"]
    assert outline(run)[1] == ("save", "completed", "out", None)
    # The call may or may not have happened: it did not complete, and it is not at work any more.
    assert statuses(run) == {"trigger": "completed", "save": "completed", "call": "failed"}


async def test_a_timer_that_is_due_does_not_depend_on_the_clock_of_the_worker(
    world: World, workers: Workers, probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database said that the run is due; a worker whose clock is behind must not park it again and again."""
    late = timedelta(seconds=2)
    original = of_world.step_runner

    def behind() -> Any:
        runner = original()
        runner._clock = lambda: datetime.now(UTC) - late
        return runner

    calls = Calls(Fail("busy", retryable=True))
    probes.on("call", calls)
    await world.automation(line(probe("call", "external", "call", retry={**RETRY, "delay_seconds": 3})))
    await workers.start()
    lead = await world.lead()

    async def parked() -> bool:
        return await world.count("lead_id = $1 and status = 'running' and owner is null", lead) > 0

    await eventually(parked)
    await workers.stop_all()
    monkeypatch.setattr(of_world, "step_runner", behind)
    await world.db.execute("update automation_executions set due_at = now() where lead_id = $1", lead)
    await workers.start()
    run = await world.ended(lead)

    assert run["status"] == "completed"
    assert run["epoch"] <= 3


async def test_what_hangs_for_one_account_leaves_places_for_others(
    world: World, workers: Workers, probes: Probes, make: Factory
) -> None:
    gate = asyncio.Event()

    async def hang(value: Any, ctx: Context) -> Any:
        await gate.wait()
        return Continue()

    async def answer(value: Any, ctx: Context) -> Any:
        return Continue()

    probes.on("hang", hang)
    probes.on("answer", answer)
    await world.automation(line(probe("call", "external", "hang")))
    other = await new_world(world.db, make)
    await other.automation(line(probe("call", "external", "answer")))
    await world.leads(60)
    await workers.start(outside_at_most=40, concurrency=8, claim_batch=4)

    async def many_hang() -> bool:
        return await world.count("account_id = $1 and status = 'running'", world.account) >= 10

    await eventually(many_hang)
    for _ in range(3):
        assert (await other.ended(await other.lead()))["status"] == "completed"
    # A quarter of the places, and those that were on their way there.
    assert await world.count("account_id = $1 and status = 'running'", world.account) <= 10 + 8 + 4
    gate.set()
    assert await world.all_ended() == {"completed": 63}
