"""Workers are killed in the middle of loops: every item is done once, in the order of the flow, in flat memory."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.worker_group import WorkerGroup, WorkerProcess
from tests.engine.called import manual_line, start
from tests.engine.drawing import Drawing, Json, edge, node, probe, set_variables
from tests.engine.world import OPEN, World, eventually


def loop(node_id: str, items: list[Any], **config: Any) -> Json:
    names = {"item_name": f"{node_id}_item", "index_name": f"{node_id}_index"}
    return node(node_id, "logic-loop", {"items": items, **names, **config})


def body(conversation: str, item: str) -> list[Json]:
    """A step of each effect: outside, database, pure."""
    values = {"conversation_id": conversation, "direction": "outbound", "body": item}
    return [
        probe("call", "external", "note", item),
        node("note", "action-create-record", {"table": "messages", "values": values}),
        set_variables("mark", {"seen": item}),
    ]


def drawing_of(loops: list[Json], steps: list[Json]) -> Drawing:
    """The trigger, loops in one another around the steps, and a step behind them all."""
    drawn = manual_line()
    ids = [str(step["id"]) for step in steps]
    edges = [edge("trigger", loops[0]["id"])]
    edges += [edge(outer["id"], inner["id"], "each") for outer, inner in pairwise(loops)]
    edges += [edge(loops[-1]["id"], ids[0], "each"), *(edge(a, b) for a, b in pairwise(ids))]
    edges += [edge(loops[0]["id"], "after", "done")]
    after = set_variables("after", {"count": f"{{{{ steps.{loops[0]['id']}.completed }}}}"})
    return Drawing([*drawn.nodes, *loops, *steps, after], edges)


def one_loop(conversation: str) -> Drawing:
    return drawing_of([loop("each", list(range(6)))], body(conversation, "{{ each_item }}"))


def nested(conversation: str) -> Drawing:
    loops = [loop("outer", [10, 20]), loop("inner", [1, 2, 3])]
    return drawing_of(loops, body(conversation, "{{ outer_item }}.{{ inner_item }}"))


async def automation_of(world: World, drawing: Drawing) -> Any:
    return await world.make.automation(
        world.account, world.agent, trigger_type="manual", trigger_config={}, nodes=drawing.nodes, edges=drawing.edges
    )


async def state_of(world: World, run_id: Any, group: WorkerGroup) -> dict[str, Any]:
    run = await world.final(run_id)
    steps = await world.db.fetch(
        "select key, status, outcome from automations.steps where execution_id = $1 and key not like '/%' order by key",
        run_id,
    )
    calls = group.calls()
    return {
        "run": (run["status"], run["error"], run["variables"]),
        # Not what the trigger and the rows say: ids and times.
        "entries": [
            (entry["node_id"], entry["status"], entry["handle"], entry["output"] if entry["attempt"] else None)
            for entry in run["nodes_executed"]
        ],
        "steps": [
            (row["key"], row["status"], row["outcome"]["kind"], "record" in str(row["outcome"]) or row["outcome"])
            for row in steps
        ],
        "messages": [row["body"] for row in await world.db.fetch("select body from messages order by place")],
        "calls": list(dict.fromkeys((step, value) for _, step, _, value, _ in calls)),
        "keys": len({key for key, *_ in calls}),
    }


@pytest.mark.parametrize("draw_flow", [one_loop, nested])
@pytest.mark.parametrize(
    "kills", [(3, 10), pytest.param(tuple(range(1, 60)), marks=pytest.mark.full)], ids=["some", "all"]
)
@pytest.mark.timeout(600)
async def test_killed_after_each_checkpoint_of_a_loop(
    world: World, group: WorkerGroup, draw_flow: Any, kills: tuple[int, ...]
) -> None:
    automation = await automation_of(world, draw_flow(str(await world.conversation())))
    await world.db.execute("alter table messages add column place bigint generated always as identity")
    undisturbed: dict[str, Any] = {}
    for kill in (0, *kills):
        await world.db.execute("delete from messages")
        group.sink.unlink(missing_ok=True)
        run = await start(world, automation)
        worker = await group.start(wait=False, die_after_commits=kill)

        async def ended_or_died(worker: WorkerProcess = worker) -> bool:
            return worker.is_gone or await world.count(OPEN) == 0

        await eventually(ended_or_died)
        if worker.is_gone:
            await group.start(wait=False)
        state = await state_of(world, run, group)
        if not undisturbed:
            undisturbed = state
            assert state["run"][0] == "completed"
            assert (len(state["messages"]), len(state["calls"]), state["keys"]) == (6, 6, 6)
            assert sum(1 for key, *_ in state["steps"] if not key.endswith("/")) >= 18
        assert state == undisturbed, f"killed after commit {kill}"
        # Only the call that was under way is made again.
        assert sum(times - 1 for times in Counter(step for _, step, *_ in group.calls()).values()) <= 1
        died = worker.is_gone
        await group.close()
        if kill and not died:
            # There are no more checkpoints than that.
            assert kill > 6
            return
    assert kills[-1] < 50


def peak_kb(worker: WorkerProcess) -> int:
    """The largest resident set that the process ever had."""
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


async def long_loop(world: World, items: int) -> Any:
    """Two node runs an item, one of them in the database."""
    values = {"conversation_id": str(await world.conversation()), "direction": "outbound", "body": "{{ each_item }}"}
    steps = [
        set_variables("mark", {"seen": "{{ each_item }}"}),
        node("note", "action-create-record", {"table": "messages", "values": values}),
    ]
    looping = loop("each", list(range(items)), max_items=10_000, collect=False, parallelism=10)
    return await automation_of(world, drawing_of([looping], steps))


async def worked_through(world: World, group: WorkerGroup, items: int, kills: int) -> int:
    """Peak kilobytes of the worker that came to the end; those before it are killed on the way."""
    await world.db.execute("delete from messages")
    run = await start(world, await long_loop(world, items))
    worker = await group.start(lease=30)
    for kill in range(1, kills + 1):

        async def come_so_far(kill: int = kill) -> bool:
            written: int = await world.db.fetchval("select count(*) from messages")
            return written > items * kill // (kills + 1)

        await eventually(come_so_far, within=120)
        assert (await world.run(run))["status"] == "running"
        await worker.kill()
        worker = await group.start(lease=30)
    ended = await world.final(run, within=240)
    peak = peak_kb(worker)
    await group.close()
    assert (ended["status"], ended["error"], ended["variables"]) == ("completed", None, {"count": items})
    bodies = await world.db.fetch("select body, count(*) as times from messages group by body")
    assert {int(row["body"]) for row in bodies} == set(range(items))
    assert {row["times"] for row in bodies} == {1}
    kept = await world.db.fetch(
        "select node_id, count(*) as rows from automations.steps "
        "where execution_id = $1 and key like 'each:%' and key not like '%/' and status = 'completed' group by node_id",
        run,
    )
    assert {row["node_id"]: row["rows"] for row in kept} == {"mark": items, "note": items}
    assert (
        await world.db.fetchval(
            "select count(*) from automations.steps where execution_id = $1 and not folded and key like 'each:%'", run
        )
        <= items + 1
    )
    return peak


@pytest.mark.parametrize(
    ("few", "many"), [(100, 1_000), pytest.param(1_000, 10_000, marks=pytest.mark.full)], ids=["some", "all"]
)
@pytest.mark.timeout(900)
async def test_a_long_loop_is_worked_through_in_flat_memory(
    world: World, group: WorkerGroup, few: int, many: int
) -> None:
    """Ten times as many node runs, and two workers killed on the way: no more than half as much memory again."""
    small = await worked_through(world, group, few, kills=0)
    large = await worked_through(world, group, many, kills=2)
    assert large < 1.5 * small, f"{small:,} kB for {2 * few:,} node runs, {large:,} kB for {2 * many:,}"


@pytest.mark.parametrize("kill", [1, 2])
async def test_killed_between_the_commits_of_many_waits(world: World, group: WorkerGroup, kill: int) -> None:
    """More rows than one commit takes: whichever of them are written, each wait stands with its own."""
    limit = {"amount": 1, "unit": "hours"}
    steps = [
        *(set_variables(f"mark{number}", {"seen": "{{ each_item }}"}) for number in range(3)),
        node("pause", "logic-wait", {"wait_for": "signal", "signal": "go", "max_wait": limit}),
    ]
    drawing = drawing_of([loop("each", list(range(120)), parallelism=50)], steps)
    run = await start(world, await automation_of(world, drawing))
    worker = await group.start(wait=False, die_after_commits=kill)

    async def is_parked() -> bool:
        return await world.count("due_at > now() + interval '10 minutes'") == 1

    async def is_parked_or_died() -> bool:
        return worker.is_gone or await is_parked()

    await eventually(is_parked_or_died)
    await worker.kill()
    await group.start()
    await eventually(is_parked)
    assert await world.db.fetchval("select count(*) from automations.waits") == 50
    await world.db.execute("select automations.send_signal('go', p_run => $1)", run)
    ended = await world.final(run)
    assert (ended["status"], ended["variables"]) == ("completed", {"count": 120})
    assert await world.db.fetchval("select count(*) from automations.waits") == 0
