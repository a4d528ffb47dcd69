"""Automations that are tools, for the tests of those who call them."""

from __future__ import annotations

import asyncio
import uuid
from itertools import pairwise
from typing import Any

from tests.engine.drawing import Json, edge, node, stop
from tests.engine.world import World

from automations.services.calling import wait_for_answer

SCHEMA: Json = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "times": {"type": "integer", "default": 1}},
    "required": ["name"],
}


async def tool(
    world: World,
    name: str = "greet",
    *steps: Json,
    schema: Any = SCHEMA,
    account: uuid.UUID | None = None,
    **columns: Any,
) -> uuid.UUID:
    """One step after another; without any it answers with the name that it was given."""
    config = {"tool_name": name, "description": f"Does {name}.", "input_schema": schema}
    chain = list(steps) or [stop("end", "completed", output="{{ trigger.input.name }}")]
    ids = ["trigger", *(str(one["id"]) for one in chain)]
    return await world.make.automation(
        account or world.account,
        columns.pop("agent", world.agent if account is None else None),
        name=name.capitalize(),
        trigger_type="ai_tool",
        trigger_config=config,
        nodes=[node("trigger", "trigger-ai-tool", config), *chain],
        edges=[edge(a, b) for a, b in pairwise(ids)],
        **columns,
    )


def delay() -> Json:
    return node("wait", "logic-delay", {"amount": 1, "unit": "days"})


def waiting() -> int:
    """How many calls of this process wait for the end of a run."""
    found = 0
    for task in asyncio.all_tasks():
        awaited: Any = task.get_coro()
        while awaited is not None and getattr(awaited, "__name__", "") != wait_for_answer.__name__:
            awaited = getattr(awaited, "cr_await", None)
        found += awaited is not None
    return found
