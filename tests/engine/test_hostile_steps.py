"""Whatever a step answers or raises ends that step, never the worker or another run, and says why in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.drawing import line, probe, set_variables
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World

from automations.flow.outcomes import Continue, Fail, Stop
from automations.flow.ports import Context


def deep(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = {"in": value}
    return value


def circular() -> Any:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class OwnBaseError(BaseException):
    pass


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


async def beside_an_innocent(
    world: World, workers: Workers, probes: Probes, effect: str, script: Callable[[], Any]
) -> Any:
    """The run of a flow with this step; the worker must still be good for another run afterwards."""

    async def hostile(value: Any, ctx: Context) -> Any:
        if ctx.trigger["new"]["name"] == "innocent":  # type: ignore[index, call-overload]
            return Continue(output="fine")
        answer = script()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    probes.on("hostile", hostile)
    await world.automation(line(set_variables("before", {"a": 1}), probe("step", effect, "hostile")))
    # Two committers: a worker that loses one a time must be seen to be lost.
    await workers.start(committers=1)
    guilty = await world.lead(name="guilty")
    run = await world.ended(guilty)
    for _ in range(2):
        innocent = await world.ended(await world.lead(name="innocent"))
        assert innocent["status"] == "completed"
    return run


ERRORS: dict[str, tuple[Callable[[], Any], str]] = {
    "plain": (lambda: ValueError("broken"), "ValueError: broken"),
    "nul": (lambda: ValueError("a\x00b"), "ValueError: a\ufffdb"),
    "surrogate": (lambda: ValueError("a\ud800b"), "ValueError: a"),
    "empty": (RuntimeError, "RuntimeError"),
    "huge": (lambda: ValueError("x" * 5_000_000), "ValueError: xxx"),
    "unprintable": (UnprintableError, "UnprintableError"),
    "cancelled": (lambda: asyncio.CancelledError("not really"), "CancelledError"),
    "exit": (lambda: SystemExit(3), "SystemExit"),
    "base": (lambda: OwnBaseError("rude"), "OwnBaseError: rude"),
    "recursion": (lambda: RecursionError("too deep"), "RecursionError"),
    "timeout": (lambda: TimeoutError("its own"), "TimeoutError: its own"),
    "os": (lambda: OSError(5, "disk"), "OSError"),
    "not an outcome": (lambda: None, "not an outcome"),
    "a dictionary": (lambda: {"output": 1}, "not an outcome"),
    "unknown handle": (lambda: Continue(handle="nowhere"), "nowhere"),
    "fails with nul": (lambda: Fail("a\x00b"), "a\ufffdb"),
    "stops with nul": (lambda: Stop("failed", message="a\x00b"), "a\ufffdb"),
    "too large": (lambda: Continue(output="x" * 2_000_000), "at most 1,048,576"),
    "variables too large": (lambda: Continue(variables={"v": "x" * 2_000_000}), "at most 1,048,576"),
}


def sampled(name: str, effect: str, *, of: tuple[str, ...]) -> Any:
    return pytest.param(name, effect, marks=[] if name in of else pytest.mark.full)


@pytest.mark.parametrize(
    ("name", "effect"),
    [sampled(name, "external", of=("plain", "nul", "cancelled")) for name in ERRORS]
    + [
        sampled(name, effect, of=("plain", "base"))
        for effect in ("pure", "database")
        for name in ("plain", "nul", "cancelled", "base", "not an outcome", "too large")
    ],
)
async def test_it_fails_with_a_readable_error(
    world: World, workers: Workers, probes: Probes, name: str, effect: str
) -> None:
    script, expected = ERRORS[name]

    run = await beside_an_innocent(world, workers, probes, effect, script)

    assert run["status"] == "failed"
    assert expected in run["error"]
    assert len(run["error"]) < 10_000
    assert run["error_node_id"] == "step"
    assert [entry["status"] for entry in run["nodes_executed"]][:2] == ["completed", "completed"]
    assert run["variables"] == {"a": 1}


OUTPUTS: dict[str, tuple[Callable[[], Any], Any]] = {
    "nul": (lambda: {"a\x00": "b\x00c", "d": ["\\u0000"]}, {"a\ufffd": "b\ufffdc", "d": ["\\u0000"]}),
    "surrogate": (lambda: "a\udc80b", None),
    "nan": (lambda: [float("nan"), float("inf"), 1.5], [None, None, 1.5]),
    "huge integers": (lambda: {"n": 2**63, "m": -(10**30)}, None),
    "deep": (lambda: deep(5_000), None),
    "circular": (circular, None),
    "numbers as keys": (lambda: {1: "one", 2: {3: "x"}}, {"1": "one", "2": {"3": "x"}}),
    "bytes": (lambda: b"\x00\xff", None),
    "a set": (lambda: {"a", "b"}, None),
    "unprintable": (Unprintable, None),
}


@pytest.mark.parametrize(
    ("name", "effect"),
    [sampled(name, "pure", of=("nul", "deep", "circular")) for name in OUTPUTS]
    + [
        sampled(name, effect, of=("nul",))
        for name, effect in (
            ("nul", "external"),
            ("deep", "external"),
            ("circular", "external"),
            ("nul", "database"),
            ("deep", "database"),
        )
    ],
)
async def test_any_output_is_recorded_or_refused(
    world: World, workers: Workers, probes: Probes, name: str, effect: str
) -> None:
    output, expected = OUTPUTS[name]

    run = await beside_an_innocent(world, workers, probes, effect, lambda: Continue(output=output()))

    if expected is not None:
        assert (run["status"], run["output"]) == ("completed", expected)
        assert run["nodes_executed"][2]["output"] == expected
    else:
        assert run["status"] == "completed" or (run["error"] and run["error_node_id"] == "step")


async def test_a_pure_step_that_never_ends_is_ended(world: World, workers: Workers, probes: Probes) -> None:
    async def forever(value: Any, ctx: Context) -> Any:
        if value == "guilty":
            await asyncio.Event().wait()
        return Continue()

    probes.on("forever", forever)
    await world.automation(line(probe("step", "pure", "forever", "{{ trigger.new.name }}", timeout_seconds=0.3)))
    await workers.start(committers=1)
    guilty, innocent = await world.lead(name="guilty"), await world.lead(name="innocent")

    assert (await world.ended(innocent))["status"] == "completed"
    run = await world.ended(guilty)
    assert (run["status"], run["error"]) == ("failed", "took longer than 0.3 seconds")


async def test_a_run_with_more_than_fits_says_that_it_was_cut(world: World, workers: Workers, probes: Probes) -> None:
    async def much(value: Any, ctx: Context) -> Any:
        return Continue(output={"text": "x" * 400_000})

    probes.on("much", much)
    await world.automation(line(*(probe(f"step{i}", "pure", "much") for i in range(6))))
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    assert len(run["nodes_executed"]) == 7
    assert run["nodes_executed"][3]["output"]["truncated"] is True


@pytest.mark.parametrize(
    "data",
    ['{"n": 1e400}', '{"n": ' + "[" * 2000 + "]" * 2000 + "}", '{"n": 123456789012345678901234567890}'],
    ids=["too large a number", "too deep", "large integer"],
)
async def test_a_row_that_cannot_be_read_stops_nobody_else(world: World, workers: Workers, data: str) -> None:
    await world.automation(line(set_variables("got", {"name": "{{ trigger.new.name }}"})))
    await workers.start()
    await world.db.execute(
        "insert into leads (user_id, name, data) select $1, 'odd', $2::text::jsonb", world.account, data
    )
    await world.leads(20)

    counts = await world.all_ended()

    assert counts.get("completed", 0) >= 20
    assert sum(counts.values()) == 21
    odd = await world.db.fetchrow(
        "select e.status, e.error from automation_executions e join leads l on l.id = e.lead_id where l.name = 'odd'"
    )
    assert odd["status"] == "completed" or odd["error"]


@pytest.mark.parametrize("data", ["[1, 2]", '"text"', "17", "null", None])
async def test_trigger_data_of_any_shape(world: World, workers: Workers, data: str | None) -> None:
    """Edge functions insert rows with the seed's columns and whatever they like in trigger_data."""
    automation = await world.automation(line(set_variables("got", {"what": "fixed"})))
    await workers.start()
    await world.db.execute(
        "insert into automation_executions (automation_id, trigger_type, trigger_data, status) "
        "select $1, 'event', $2::text::jsonb, 'pending'",
        automation,
        data,
    )
    lead = await world.lead()

    assert (await world.ended(lead))["status"] == "completed"
    assert sum((await world.all_ended()).values()) == 2


async def test_checkpoints_of_another_program_fail_that_run_only(world: World, workers: Workers) -> None:
    automation = await world.automation(line(set_variables("got", {"a": 1})))
    run = await world.make.execution(automation)
    await world.db.execute("update automation_executions set epoch = 5 where id = $1", run)
    await world.db.execute(
        "insert into automations.steps (execution_id, key, account_id, node_id, status, outcome) "
        "values ($1, '/got', $2, 'got', 'completed', '{\"kind\": \"of tomorrow\"}'::text::jsonb)",
        run,
        world.account,
    )
    await workers.start()
    lead = await world.lead()

    assert (await world.ended(lead))["status"] == "completed"
    ended = await world.final(run)
    assert ended["status"] == "failed"
    assert "of tomorrow" in ended["error"]
