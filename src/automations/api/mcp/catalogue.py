"""Tools that say what flows are made of: node types, expressions, agents."""

from __future__ import annotations

import difflib
import inspect
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson
from pydantic import Field

from automations.api.mcp.tool import Arguments, Asked, tool
from automations.db.automation_store import AutomationStore
from automations.errors import NotFound
from automations.services.catalogue import condition_operators


@cache
def guide() -> dict[str, Any]:
    """What the documentation says about node types and expressions; `make docs` writes it."""
    found: dict[str, Any] = orjson.loads(files("automations.api.mcp").joinpath("guide.json").read_bytes())
    return found


class Nothing(Arguments):
    pass


@tool("List node types", needs="read")
async def list_node_types(asked: Asked, arguments: Nothing) -> Any:
    """Lists the node types of which flows are made: type, what it does, and its handles (the ways out of it, named as
    `sourceHandle` of an edge). Every flow has exactly one node of the group trigger. Use get_node_type before you use
    one.
    """
    listed = ("type", "title", "group", "description", "handles")
    described = [type(node).describe() for node in asked.api.registry]
    return {"node_types": [{name: one[name] for name in listed} for one in described]}


class OfType(Arguments):
    type: str = Field(max_length=200, description="As list_node_types names it, such as action-update-record.")


@tool("Get a node type", needs="read")
async def get_node_type(asked: Asked, arguments: OfType) -> Any:
    """Shows one node type whole: the JSON Schema of its `data.config`, its handles, an example of its output (what
    later steps read as {{ steps.<node id>.… }}), when to use it, and a flow with it that can be published.
    """
    registry = asked.api.registry
    node = registry.get(arguments.type)
    if node is None:
        near = difflib.get_close_matches(arguments.type, [one.type for one in registry], 3, 0.4)
        raise NotFound(
            f"there is no node type {arguments.type!r}",
            hint=f"{f'Did you mean {chr(32).join(near)}? ' if near else ''}list_node_types shows all.",
        )
    kind = type(node)
    schema = kind.config_model.model_json_schema()
    return {
        **kind.describe(),
        "config_schema": schema,
        "error_handle": None if node.is_trigger or node.group == "logic" else "error",
        "meaning": inspect.cleandoc(kind.__doc__ or ""),
        "output_example": dict(node.sample_output({"table": "leads"})),
        "guide": guide()["nodes"].get(node.type, ""),
    }


@tool("Get help with expressions", needs="read")
async def get_expression_help(asked: Asked, arguments: Nothing) -> Any:
    """Explains the templates in fields of steps, {{ trigger.new.name }} and {{ steps.find.count }}: what can be read,
    every filter, what is refused; the operators of conditions; and the settings that every step has beside its config,
    such as retry. Read it
    before you write your first template.
    """
    return {
        "expressions": guide()["expressions"],
        "condition_operators": condition_operators(),
        "settings_of_every_step": guide()["every_node"],
    }


@tool("List agents", needs="read")
async def list_agents(asked: Asked, arguments: Nothing) -> Any:
    """Lists the agents of your accounts. An automation belongs to an agent, and to the account of that agent."""
    async with asked.reading() as session:
        return {"agents": await agents_of(asked, AutomationStore(session))}


async def agents_of(asked: Asked, store: AutomationStore) -> list[dict[str, str]]:
    accounts = [asked.account] if asked.account is not None else await store.accounts()
    return [
        {"id": str(agent.id), "name": agent.name, "account": str(account)}
        for account in accounts
        for agent in await store.agents(account)
    ]


TOOLS: Final = (list_node_types, get_node_type, get_expression_help, list_agents)
