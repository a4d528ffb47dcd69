"""Automations of type `ai_tool` over MCP: how they are listed, and their calls with progress while the run goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from mcp.types import CallToolResult, Tool

from automations.api.mcp.tool import Asked, answered, hints
from automations.api.tool_calls import answer, start
from automations.db.execution_store import ExecutionStore, Progress
from automations.services.tools import OfferedTool

# Below the minute after which most clients give up.
WAIT_SECONDS: Final = 45.0
STEPS_AT_ONCE: Final = 100
OUTPUT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["completed", "failed", "cancelled", "running"]},
        "execution_id": {"type": "string", "description": "The run; show_run shows it."},
        "output": {"description": "What the automation answers, where it is completed."},
        "error": {"type": ["string", "null"]},
        "message": {"type": ["string", "null"], "description": "What to do next, where there is something to do."},
    },
    "required": ["status", "execution_id"],
}

Report = Callable[[float, str], Awaitable[None]]


def as_tool(offered: OfferedTool, name: str | None = None) -> Tool:
    return Tool(
        name=name or offered.name,
        title=offered.title,
        description=offered.description,
        input_schema=offered.input_schema,
        output_schema=OUTPUT_SCHEMA,
        annotations=hints(offered.title, offered.impact, repeatable=False, reaches_out=offered.reaches_out),
    )


def definition(offered: OfferedTool) -> dict[str, Any]:
    return as_tool(offered).model_dump(mode="json", by_alias=True, exclude_none=True)


class Reported:
    """`services.calling.Progresses` that tells how many steps are done, each time that there are more."""

    def __init__(self, asked: Asked, report: Report) -> None:
        self._asked = asked
        self._report = report
        self._done = 0
        self._last: str | None = None

    async def progress(self, execution_id: UUID) -> Progress | None:
        async with self._asked.reading() as session:
            new = await ExecutionStore(session).steps(execution_id, after=self._last, limit=STEPS_AT_ONCE)
        if new:
            self._done += len(new)
            self._last = new[-1].key
            name = new[-1].record.get("label") or new[-1].record.get("node_id")
            await self._report(self._done, f"{self._done} steps done, the last one: {name}")
        return await self._asked.api.answers.progress(execution_id)

    async def pause(self, execution_id: UUID, seconds: float) -> None:
        await self._asked.api.answers.pause(execution_id, seconds)


async def call(asked: Asked, name: str, arguments: dict[str, Any], report: Report | None) -> CallToolResult:
    """Raises what `services.tools.start_tool` raises. To be cancelled ends the waiting, never the run."""
    run = await start(
        asked.api, asked.caller, name, arguments, account=asked.account, listed_by="The list of your tools"
    )
    found, told = await answer(
        asked.api,
        run,
        timeout=WAIT_SECONDS,
        ask_again=f"ask show_run for execution_id {run.run_id} later, cancel_run ends it",
        see=f"show_run with execution_id {run.run_id} shows its steps",
        asked=None if report is None else Reported(asked, report),
    )
    return answered(told, failed=found.status in ("failed", "cancelled"))
