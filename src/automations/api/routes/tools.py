"""`/api/v1/tools`: automations as the tools of language models, and their calls."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, assert_never
from uuid import UUID

import orjson
from fastapi import Header, Path, Query, Request
from fastapi.responses import Response

from automations.api.mcp.automation_tools import definition
from automations.api.models.tools import Call, ToolCallAnswer, ToolForm, ToolPage
from automations.api.pages import Cursor, Limit
from automations.api.request_scope import InApi, Reading, Runner
from automations.api.router import EXECUTION_ID_LINKS, api_router
from automations.api.tool_calls import answer, cursor_after, position_of, start
from automations.db.automation_store import AutomationStore
from automations.db.json_text import encode_json
from automations.services.tools import OfferedTool, offered_tools

router: Final = api_router("/tools", "tools")
PATIENCE_SECONDS: Final = 1.0


@router.get("", response_model=ToolPage, summary="Active automations that language models call, the oldest first")
async def list_tools(
    session: Reading,
    api: InApi,
    form: Annotated[ToolForm, Query(alias="format", description="Whose API takes the definitions.")] = "openai",
    account: UUID | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    found = await offered_tools(AutomationStore(session), api.registry, account, limit=limit, after=position_of(cursor))
    items = [_as(form, tool) for tool in found.tools]
    return Response(orjson.dumps({"items": items, "next": cursor_after(found)}), media_type="application/json")


@router.post(
    "/{name}/call",
    response_model=ToolCallAnswer,
    summary="Call a tool, and wait for its answer",
    responses={
        200: EXECUTION_ID_LINKS,
        202: {
            "model": ToolCallAnswer,
            "description": "It has not ended yet: `status` is `running`.",
            **EXECUTION_ID_LINKS,
        },
    },
)
async def call_tool(
    name: Annotated[str, Path(min_length=1, max_length=100, description="Its name, or the id of the automation.")],
    body: Call,
    caller: Runner,
    api: InApi,
    request: Request,
    account: Annotated[UUID | None, Query(description="Whose tool, where several accounts have one.")] = None,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=255, description="The same key is the same run.")
    ] = None,
) -> Response:
    run = await start(api, caller, name, body.arguments, account=account, key=idempotency_key)
    path = f"/api/v1/executions/{run.run_id}"
    waiting = asyncio.create_task(
        answer(
            api,
            run,
            timeout=body.timeout_seconds,
            ask_again=f"GET {path} shows it, POST {path}/cancel ends it",
            see=f"GET {path} shows its steps",
        )
    )
    try:
        # Nobody waits for the answer to whoever has gone.
        while not (await asyncio.wait({waiting}, timeout=PATIENCE_SECONDS))[0] and not await request.is_disconnected():
            pass
    finally:
        gone = not waiting.done()
        waiting.cancel()
    if gone:
        return Response(status_code=202)
    found, told = waiting.result()
    status = 202 if found.status == "running" else 200
    return Response(encode_json(told), status_code=status, media_type="application/json")


def _as(form: ToolForm, tool: OfferedTool) -> dict[str, Any]:
    match form:
        case "openai":
            function = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
            return {"type": "function", "function": function}
        case "anthropic":
            return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        case "mcp":
            return definition(tool)
        case _:
            assert_never(form)
