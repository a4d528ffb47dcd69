"""Automations that call others, for tests of runs that start runs."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

import asyncpg
from tests.engine.drawing import Drawing, Json, draw, edge, node
from tests.engine.world import World


def call(node_id: str, automation: object, **config: Any) -> Json:
    data = {name: config.pop(name) for name in ("retry", "on_error") if name in config}
    return node(node_id, "action-run-automation", {"automation": str(automation), **config}, **data)


def manual_line(*nodes: Json, config: Json | None = None) -> Drawing:
    """One after another, behind a manual trigger."""
    drawn = draw(list(nodes), [])
    drawn.nodes[0] = node("trigger", "trigger-manual", config or {})
    ids = [str(one["id"]) for one in drawn.nodes]
    return Drawing(drawn.nodes, [edge(a, b) for a, b in pairwise(ids)])


async def manual(world: World, *nodes: Json, config: Json | None = None, **columns: Any) -> uuid.UUID:
    """An automation that is started by hand or by others."""
    drawing = manual_line(*nodes, config=config)
    return await world.make.automation(
        columns.pop("account", world.account),
        columns.pop("agent", world.agent),
        trigger_type="manual",
        trigger_config=config or {},
        nodes=drawing.nodes,
        edges=drawing.edges,
        **columns,
    )


async def runs_of(world: World, automation: uuid.UUID) -> list[asyncpg.Record]:
    """In the order of their acceptance."""
    found: list[asyncpg.Record] = await world.db.fetch(
        "select * from automation_executions where automation_id = $1 order by seq", automation
    )
    return found


async def start(world: World, automation: uuid.UUID, given: Any = None, **records: Any) -> uuid.UUID:
    run: uuid.UUID = await world.db.fetchval(
        "select automations.start_run($1, $2, $3)", automation, given or {}, records.get("lead")
    )
    return run
