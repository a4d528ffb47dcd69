"""A tool of ours that an agent calls over MCP: what it is called, what it takes, what the caller has to be allowed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import orjson
from mcp.types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, ConfigDict

from automations.api.request_scope import Api, Needs
from automations.api.tokens import Caller
from automations.db.connection import Connection
from automations.db.json_text import clean, encode_json
from automations.errors import AutomationsError, FlowInvalid, InputInvalid
from automations.flow.node import Impact

LONGEST_VALUE: Final = 4_000


class Arguments(BaseModel):
    """What a tool takes; a field that is not known is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and whether only for one account."""

    api: Api
    caller: Caller
    account: UUID | None

    def reading(self) -> AbstractAsyncContextManager[Connection]:
        """One transaction with the rights of the caller, in that account."""
        return self.api.acting(self.caller, read_only=True, account=self.account)

    def writing(self) -> AbstractAsyncContextManager[Connection]:
        return self.api.acting(self.caller, account=self.account)


@dataclass(frozen=True, slots=True)
class AgentTool(Generic[A]):
    """`needs`: the scope that a key has to have. `impact`, `repeatable`: hints for whoever lets a model call it."""

    name: str
    title: str
    description: str
    arguments: type[A]
    needs: Needs
    impact: Impact
    repeatable: bool
    run: Callable[[Asked, A], Awaitable[Any]]

    @property
    def definition(self) -> Tool:
        schema = self.arguments.model_json_schema()
        schema.pop("title", None)
        schema.pop("description", None)
        return Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema={"properties": {}, **schema},
            annotations=hints(self.title, self.impact, repeatable=self.repeatable, reaches_out=False),
        )


def tool(
    title: str, *, needs: Needs, impact: Impact = "nothing", repeatable: bool = False
) -> Callable[[Callable[[Asked, A], Awaitable[Any]]], AgentTool[A]]:
    """The function's name is the tool's, its docstring what the model reads."""

    def made(run: Callable[[Asked, A], Awaitable[Any]]) -> AgentTool[A]:
        arguments = inspect.get_annotations(run, eval_str=True)["arguments"]
        text = re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(run.__doc__ or ""))
        return AgentTool(run.__name__, title, text, arguments, needs, impact, repeatable or impact == "nothing", run)

    return made


def hints(title: str, impact: Impact, *, repeatable: bool, reaches_out: bool) -> ToolAnnotations:
    return ToolAnnotations(
        title=title,
        read_only_hint=impact == "nothing",
        destructive_hint=impact == "anything",
        idempotent_hint=repeatable or impact == "nothing",
        open_world_hint=reaches_out,
    )


def answered(value: dict[str, Any], *, failed: bool = False) -> CallToolResult:
    """As JSON for programs, and as its text for models."""
    text = encode_json(value)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=orjson.loads(text), is_error=failed
    )


def refused(code: str, message: str, hint: str, problems: list[dict[str, Any]] | None = None) -> CallToolResult:
    """An error that the model sees and can act on."""
    told = {"code": code, "message": in_tools(message), "hint": in_tools(hint)}
    return answered({**told, **({"problems": problems} if problems else {})}, failed=True)


def refused_for(error: AutomationsError) -> CallToolResult:
    problems: list[dict[str, Any]] | None = None
    match error:
        case FlowInvalid():
            problems = [told_problem(one) for one in error.problems]
        case InputInvalid():
            problems = [{"message": one} for one in error.problems]
        case _:
            pass
    return refused(
        error.code, error.message, error.hint or "Correct what you sent, or ask whoever runs this.", problems
    )


def told_problem(problem: Any) -> dict[str, Any]:
    """Where it is and what to do about it, without what says nothing."""
    told = {
        "code": problem.code,
        "node_id": problem.node_id,
        "edge_id": problem.edge_id,
        "field": problem.field,
        "message": problem.message,
        "what_to_do": in_tools(problem.hint),
    }
    return {name: value for name, value in told.items() if value is not None}


_COMMANDS: Final = {
    "list": "list_automations",
    "runs": "list_runs",
    "show": "show_run",
    "publish": "publish_automation",
    "enable": "enable_automation",
    "disable": "disable_automation",
    "nodes": "list_node_types",
    "explain": "explain",
    "call": "the tool itself",
    "sql": "the database",
}
_COMMAND: Final = re.compile(r"`automations ([a-z]+)(?: [^`]*)?`")


def in_tools(text: str) -> str:
    """Texts of services name commands where an agent has tools."""
    return _COMMAND.sub(lambda found: _COMMANDS.get(found[1], found[0]), text)


def shortened(value: Any) -> Any:
    """A value as large as a model should have to read; of a longer one its beginning, as text."""
    text = encode_json(value)
    if len(text) <= LONGEST_VALUE:
        return value
    return f"{text[:LONGEST_VALUE]}… ({len(text):,} characters of JSON; this is the beginning)"


def plain(value: Any) -> Any:
    """JSON of dataclasses, ids and times."""
    return orjson.loads(orjson.dumps(value, default=clean))
