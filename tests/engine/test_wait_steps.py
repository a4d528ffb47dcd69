"""Waits on the real engine: what happens wakes them, before, while and after they are registered; nothing polls."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

from tests.engine.drawing import draw, edge, node, probe
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, outline

from automations.flow.outcomes import Continue


def wait(node_id: str = "wait", **config: Any) -> dict[str, Any]:
    return node(node_id, "logic-wait", config)


def flow(*nodes: Any, first: str = "wait") -> Any:
    """The trigger, the given nodes in a line, and `yes` / `no` behind the two ways out of the wait."""
    ids = [str(n["id"]) for n in nodes]
    edges = [edge("trigger", ids[0]), *(edge(a, b) for a, b in pairwise(ids))]
    ends = [probe("yes", "pure", "end"), probe("no", "pure", "end")]
    return draw([*nodes, *ends], [*edges, edge(ids[-1], "yes", "met"), edge(ids[-1], "no", "timed_out")])


async def end(value: Any, ctx: Any) -> Any:
    return Continue({"saw": ctx.scope["steps"]["wait"]})


async def parked(world: World, lead: uuid.UUID) -> Any:
    async def waits() -> bool:
        return bool(await world.db.fetchval("select count(*) from automations.waits"))

    await eventually(waits)
    return await world.run_of(lead)


async def test_a_reply_wakes_the_run(world: World, workers: Workers, probes: Probes) -> None:
    probes.on("end", end)
    await world.automation(flow(wait(wait_for="reply", max_wait={"amount": 2, "unit": "days"})))
    await workers.start()
    lead = await world.lead()
    await parked(world, lead)
    conversation = await world.conversation(lead_id=lead)
    insert = "insert into messages (conversation_id, direction, body) values ($1, $2, $3)"
    await world.db.execute(insert, conversation, "outbound", "hello?")
    await world.db.execute(insert, conversation, "inbound", "yes!")
    run = await world.ended(lead)
    assert (run["status"], run["error"]) == ("completed", None)
    seen = run["output"]["saw"]
    assert (seen["met"], seen["wait_for"], seen["record"]["body"]) == (True, "reply", "yes!")
    assert [line[:3] for line in outline(run)] == [
        ("trigger", "completed", "out"),
        ("wait", "completed", "met"),
        ("yes", "completed", "out"),
        ("no", "skipped", None),
    ]
    assert await world.db.fetchval("select count(*) from automations.waits") == 0
    assert await world.db.fetchval("select count(*) from automations.signals") == 0
