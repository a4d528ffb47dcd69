"""Automations as the tools of language models: what is offered under which name, and how one is started."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from automations.db.automation_store import AutomationStore, LiveTool, Tool
from automations.db.execution_store import ExecutionStore
from automations.db.json_text import is_deeper
from automations.errors import Conflict, NotFound, Unusable
from automations.flow.input_form import read_input
from automations.flow.node import Impact, Node
from automations.flow.registry import NodeRegistry
from automations.flow.trigger_config import input_schema_problems
from automations.services.calling import find_tool
from automations.services.runs import Started

LONGEST_DESCRIPTION: Final = 1024
LONGEST_NAME: Final = 64
DEEPEST_ARGUMENTS: Final = 100
_IMPACTS: Final[tuple[Impact, ...]] = ("nothing", "additions", "anything")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_SUFFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*_([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool as a language model sees it. `name` is what it is called by, and its only one among those of the caller.

    `impact`: what its steps do to the world. `reaches_out`: a step of it speaks to somebody outside.
    """

    name: str
    automation_id: UUID
    account_id: UUID
    title: str
    description: str
    input_schema: dict[str, Any]
    impact: Impact
    reaches_out: bool


@dataclass(frozen=True, slots=True)
class ToolPage:
    """`after`: created_at and id of where the next page begins; None: this was the last one."""

    tools: list[OfferedTool]
    after: tuple[datetime, UUID] | None


async def offered_tools(
    store: AutomationStore,
    registry: NodeRegistry,
    account: UUID | None,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> ToolPage:
    """Every active tool that the caller sees, the oldest first. Left out are those that no model could call: of a name
    or an input schema that makes no sense, as plain SQL can write it."""
    found = await store.live_tools(account, limit=limit, after=after)
    offered = [tool for one in found if (tool := _offered(one, registry)) is not None]
    last = found[-1] if len(found) == limit else None
    return ToolPage(offered, None if last is None else (last.created_at, last.id))


def _offered(tool: LiveTool, registry: NodeRegistry) -> OfferedTool | None:
    name, description = tool.trigger_config.get("tool_name"), tool.trigger_config.get("description")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or schema_problem_of(tool.trigger_config) is not None:
        return None
    if tool.ambiguous:
        # All of them, so that a name never comes to mean another automation.
        name = f"{name[: LONGEST_NAME - 9]}_{tool.id.hex[:8]}"
    nodes = [registry.get(one) for one in tool.step_types]
    return OfferedTool(
        name,
        tool.id,
        tool.user_id,
        tool.name,
        (description if isinstance(description, str) and description else tool.name)[:LONGEST_DESCRIPTION],
        {"type": "object", "properties": {}, **(tool.trigger_config.get("input_schema") or {})},
        max((_impact(node) for node in nodes), key=_IMPACTS.index, default="nothing"),
        any(node is not None and node.effect == "external" for node in nodes),
    )


def _impact(node: Node[Any] | None) -> Impact:
    if node is None:
        return "anything"
    return node.impact or ("nothing" if node.effect == "pure" else "anything")


def schema_problem_of(trigger_config: dict[str, Any]) -> str | None:
    """Why no arguments can be judged by the input schema of a tool; None where they can."""
    schema = trigger_config.get("input_schema")
    if schema is None:
        return None
    if not isinstance(schema, dict):
        return "it is not an object"
    problems = input_schema_problems(schema, "input_schema") if schema else []
    return f"{problems[0][0]} {problems[0][1]}" if problems else None


async def start_tool(
    automations: AutomationStore,
    executions: ExecutionStore,
    name: str,
    arguments: dict[str, Any],
    *,
    account: UUID | None,
    key: str | None,
    listed_by: str,
) -> Started:
    """The run; the same `key` gives the same one. `name`: as it was offered, or the id of the automation.

    `NotFound` (`listed_by` says where all are), `NotAllowed`, `Conflict` where it cannot be called now, `Unusable` for
    several of that name, `InputInvalid` for arguments that do not fit.
    """
    chosen = await _chosen(automations, name, account, listed_by)
    problem = schema_problem_of(chosen.trigger_config)
    if problem is not None:
        raise Conflict(
            f"the tool {name!r} cannot be called: its input schema makes no sense ({problem})",
            hint="Mend the schema in the trigger of the automation, and publish it again.",
        )
    if is_deeper(arguments, DEEPEST_ARGUMENTS):
        raise Unusable(f"the arguments are nested more than {DEEPEST_ARGUMENTS} levels deep", hint="Nest them less.")
    given = read_input(chosen.trigger_config.get("input_schema") or {}, arguments)
    run_id = await executions.start(chosen.id, given=given, lead_id=None, conversation_id=None, key=key)
    return Started(run_id, chosen.user_id)


async def _chosen(store: AutomationStore, name: str, account: UUID | None, listed_by: str) -> Tool:
    """By its own name, or by that which it is listed under where others have it too."""
    named = _SUFFIX.fullmatch(name)
    ids = await store.ids_of_tools(account, named[1]) if named else []
    try:
        found = await find_tool(store, name, account)
    except NotFound as error:
        if len(ids) != 1:
            raise NotFound(error.message, hint=f"{listed_by} shows those that you may call.") from None
        return await find_tool(store, str(ids[0]), account)
    others = [str(one) for one in ids if one != found.id]
    if others:
        # Somebody has given his own the name that another one is listed under: it must not get what is meant for that.
        listed = ", ".join((str(found.id), *others))
        raise Unusable(f"several automations are the tool {name!r}: {listed}", hint="Call it by its id.")
    return found
