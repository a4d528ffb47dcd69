"""Loops on the real engine: every item once, in memory that does not grow, across crashes."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.engine.drawing import draw, edge, node, probe
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, outline

from automations.flow.outcomes import Continue, Fail


def loop(node_id: str, items: Any, **config: Any) -> dict[str, Any]:
    return node(node_id, "logic-loop", {"items": items, **config})


async def test_every_item_once_and_what_came_of_it(world: World, workers: Workers, probes: Probes) -> None:
    seen: list[Any] = []

    async def work(value: Any, ctx: Any) -> Any:
        seen.append(value)
        return Continue({"twice": value * 2})

    probes.on("work", work)
    drawing = draw(
        [
            loop("all", [1, 2, 3]),
            probe("work", "external", "work", "{{ item }}"),
            probe("after", "pure", "echo", "{{ steps.all }}"),
        ],
        [edge("trigger", "all"), edge("all", "work", "each"), edge("all", "after", "done")],
    )
    probes.on("echo", _echo)
    await world.automation(drawing)
    await workers.start()
    run = await world.ended(await world.lead())
    assert (run["status"], run["error"]) == ("completed", None)
    assert seen == [1, 2, 3]
    expected = {
        "count": 3,
        "completed": 3,
        "failed": 0,
        "results": [{"twice": 2}, {"twice": 4}, {"twice": 6}],
        "errors": [],
    }
    assert run["output"] == {"value": expected}
    assert outline(run) == [
        ("trigger", "completed", "out", None),
        ("all", "completed", "done", None),
        ("after", "completed", "out", None),
    ]
    rows = await world.db.fetch(
        'select key, status, folded from automations.steps where execution_id = $1 order by key collate "C"', run["id"]
    )
    assert [(row["key"], row["status"], row["folded"]) for row in rows if row["key"].endswith("work")] == [
        (f"all:{i}/work", "completed", True) for i in range(3)
    ]


async def _echo(value: Any, ctx: Any) -> Any:
    return Continue({"value": value})


async def test_an_item_that_fails(world: World, workers: Workers, probes: Probes) -> None:
    async def work(value: Any, ctx: Any) -> Any:
        return Fail(f"not {value}") if value == 2 else Continue({"value": value})

    probes.on("work", work)
    for continue_on_error in (False, True):
        drawing = draw(
            [loop("all", [1, 2, 3], continue_on_error=continue_on_error), probe("work", "pure", "work", "{{ item }}")],
            [edge("trigger", "all"), edge("all", "work", "each")],
        )
        await world.automation(drawing, name=str(continue_on_error))
    await workers.start()
    await world.lead()
    assert await world.all_ended() == {"completed": 1, "failed": 1}
    runs = await world.db.fetch("select * from automation_executions order by status")
    assert runs[0]["output"] == {
        "count": 3,
        "completed": 2,
        "failed": 1,
        "results": [{"value": 1}, None, {"value": 3}],
        "errors": [{"index": 1, "error": "not 2", "node_id": "work"}],
    }
    assert (runs[1]["error"], runs[1]["error_node_id"]) == ("item 1 of 'All': not 2", "work")


async def test_a_retry_from_the_failed_step_does_what_was_not_done(
    world: World, workers: Workers, probes: Probes
) -> None:
    """The finished items stay as they are; the failed one and those after it are done by the new run."""
    calls: list[Any] = []
    broken = True

    async def work(value: Any, ctx: Any) -> Any:
        calls.append(value)
        return Fail("down") if value == 2 and broken else Continue({"value": value})

    probes.on("work", work)
    drawing = draw(
        [loop("all", [1, 2, 3]), probe("work", "external", "work", "{{ item }}")],
        [edge("trigger", "all"), edge("all", "work", "each")],
    )
    await world.automation(drawing)
    await workers.start()
    failed = await world.ended(await world.lead())
    assert (failed["status"], calls) == ("failed", [1, 2])
    broken = False
    again = await world.db.fetchval("select automations.retry_run($1, 'failed')", failed["id"])
    run = await world.final(again)
    assert (run["status"], run["error"], calls) == ("completed", None, [1, 2, 2, 3])
    assert run["output"]["results"] == [{"value": 1}, {"value": 2}, {"value": 3}]


async def test_loops_in_loops_with_waits_in_them_across_a_change_of_workers(
    world: World, workers: Workers, probes: Probes
) -> None:
    """Every inner item parks the run; another worker goes on each time, and nothing is done twice."""
    calls: list[Any] = []

    async def work(value: Any, ctx: Any) -> Any:
        calls.append((value["o"], value["i"]))
        return Continue(value)

    probes.on("work", work)
    delay = node("pause", "logic-delay", {"mode": "duration", "amount": 0.2, "unit": "seconds"})
    drawing = draw(
        [
            loop("outer", [1, 2], item_name="o", index_name="oi"),
            loop("inner", ["a", "b"], item_name="i", index_name="ii", parallelism=2),
            probe("work", "external", "work", {"o": "{{ o }}", "i": "{{ i }}"}),
            delay,
        ],
        [
            edge("trigger", "outer"),
            edge("outer", "inner", "each"),
            edge("inner", "work", "each"),
            edge("work", "pause"),
        ],
    )
    await world.automation(drawing)
    worker = await workers.start()
    lead = await world.lead()
    while (await world.run_of(lead))["status"] in ("pending", "running"):
        await asyncio.sleep(0.1)
        await worker.stop()
        worker = await workers.start()
    run = await world.run_of(lead)
    assert (run["status"], run["error"]) == ("completed", None)
    assert sorted(calls) == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert (run["output"]["count"], run["output"]["completed"]) == (2, 2)
    assert run["output"]["results"][0]["count"] == 2
