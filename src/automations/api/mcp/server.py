"""The MCP server of one caller: the tools of his accounts, and those that build automations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams
from pydantic import ValidationError

from automations import __version__
from automations.api.mcp import automation_tools, catalogue, drafting, runs
from automations.api.mcp.tool import AgentTool, Asked, answered, refused, refused_for
from automations.api.refusals import ids_in
from automations.api.request_scope import Api, require
from automations.api.tokens import Caller, NotSignedIn
from automations.api.tool_calls import cursor_after, position_of
from automations.db.automation_store import AutomationStore
from automations.errors import AutomationsError, ConfigurationError, DatabaseError, NotAllowed, NotFound
from automations.flow.wording import in_words
from automations.services.tools import LONGEST_NAME, offered_tools

PAGE: Final = 100
OWN: Final[dict[str, AgentTool[Any]]] = {one.name: one for one in (*drafting.TOOLS, *catalogue.TOOLS, *runs.TOOLS)}
# In front of the name of an automation that is called as one of ours is.
PREFIX: Final = "tool_"
INSTRUCTIONS: Final = """\
Automations are flows of steps that start when a row in PostgreSQL changes, by the clock, by hand, by a webhook, or when
you call them: those of type ai_tool are listed here as tools beside the ones below.

To build one: list_node_types; get_node_type for each type that you use; get_expression_help before the first
{{ template }}; create_automation with nodes and edges; mend what its `problems` say with update_automation until it is
valid; test_automation; publish_automation; enable_automation. A node is {"id": "greet", "type": "logic-stop", "data":
{"label": "Greet", "config": {…}}}; an edge is {"source": "start", "target": "greet", "sourceHandle": "true"}.

Every error says what to do next. A call that answers status "running" goes on by itself: ask show_run later.
"""
logger = structlog.get_logger()

Who = Callable[[], Awaitable[Caller]]


def build_server(api: Api, who: Who, account: UUID | None) -> Server[Any]:
    """`who` is asked at each request, and may raise `NotSignedIn`. `account`: only what belongs to that one."""

    async def narrowed() -> Caller:
        caller = await who()
        if account is None or caller.user_id is not None:
            return caller
        # A server that names an account is held to it as everybody is: it acts as its owner.
        return replace(caller, role="authenticated", user_id=account)

    async def list_tools(
        _context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        caller = await narrowed()
        cursor = None if params is None else params.cursor
        after = position_of(cursor)
        tools = [] if cursor else [one.definition for one in OWN.values() if _may(caller, one)]
        if caller.key is not None and "run" not in caller.key.scopes:
            return ListToolsResult(tools=tools)
        async with api.acting(caller, read_only=True, account=account) as session:
            found = await offered_tools(AutomationStore(session), api.registry, account, limit=PAGE, after=after)
        tools += [automation_tools.as_tool(one, listed_name(one.name)) for one in found.tools]
        return ListToolsResult(tools=tools, next_cursor=cursor_after(found))

    async def call_tool(context: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        async def report(done: float, message: str) -> None:
            await context.session.report_progress(done, None, message)

        wants_progress = bool(context.meta and context.meta.get("progress_token") is not None)
        asked: Asked | None = None
        try:
            asked = Asked(api, await narrowed(), account)
            return await _call(asked, params.name, params.arguments or {}, report if wants_progress else None)
        except NotSignedIn as error:
            return refused("not_signed_in", str(error), "Give this client a token or an API key that is valid now.")
        except ValidationError as error:
            return _misfit(error, params.name)
        except ConfigurationError as error:
            return refused("not_configured", error.message, error.hint or "Ask whoever runs this installation.")
        except DatabaseError as error:
            # What the database said is for the log.
            logger.warning("mcp_unavailable", tool=params.name, error=error.message)
            return refused("unavailable", "this cannot be answered now", "Call it again a little later.")
        except AutomationsError as error:
            if asked is not None and isinstance(error, NotAllowed | NotFound):
                _note(asked, params, error)
            return refused_for(error)
        except Exception:
            logger.exception("mcp_tool_failed", tool=params.name)
            return refused("internal", "an error of ours", "Call it again later; the log of the server has more.")

    return Server(
        "automations",
        version=__version__,
        title="Automations",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        # No header repeats an argument: else each call would list all tools first.
        get_tool_input_schema=lambda _name: None,
    )


async def _call(
    asked: Asked, name: str, arguments: dict[str, Any], report: automation_tools.Report | None
) -> CallToolResult:
    own = OWN.get(name)
    if own is None:
        require(asked.caller, "run")
        called = name.removeprefix(PREFIX) if name.removeprefix(PREFIX) in OWN else name
        return await automation_tools.call(asked, called, arguments, report)
    require(asked.caller, own.needs)
    return answered(await own.run(asked, own.arguments.model_validate(arguments)))


def _note(asked: Asked, params: CallToolRequestParams, error: NotAllowed | NotFound) -> None:
    """For the audit logs of those whose things were named, as the routes of the API do."""
    ids = ids_in([asked.account, params.name, *(params.arguments or {}).values()])
    details = {"method": "POST", "path": "/mcp", "tool": params.name[:LONGEST_NAME], "code": error.code}
    asked.api.refusals.begin(asked.api.connections, asked.caller, ids, details)


def listed_name(name: str) -> str:
    """Ours come first: what an account names its tools cannot take the place of one."""
    return f"{PREFIX}{name}" if name in OWN else name


def _may(caller: Caller, tool: AgentTool[Any]) -> bool:
    return caller.key is None or tool.needs in caller.key.scopes


def _misfit(error: ValidationError, name: str) -> CallToolResult:
    problems = [
        {"field": ".".join(map(str, one["loc"])) or "arguments", "message": in_words(one["type"], one["msg"])}
        for one in error.errors(include_url=False, include_input=False)[:50]
    ]
    told = "; ".join(f"{one['field']}: {one['message']}" for one in problems[:5])
    return refused(
        "invalid_arguments", f"the arguments do not fit: {told}", f"See the input schema of {name}.", problems
    )
