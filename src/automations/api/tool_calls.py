"""The call of a tool over HTTP or MCP: started in one transaction of the caller's, waited for without one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from automations.api.pages import bad_cursor, read_cursor, write_cursor
from automations.api.request_scope import Api
from automations.api.tokens import Caller
from automations.db.automation_store import AutomationStore
from automations.db.execution_store import ExecutionStore
from automations.services.calling import Progresses, ToolAnswer
from automations.services.runs import Started
from automations.services.tools import ToolPage, start_tool

LISTED_BY: Final = "GET /api/v1/tools"


async def start(
    api: Api,
    caller: Caller,
    name: str,
    arguments: dict[str, Any],
    *,
    account: UUID | None,
    key: str | None = None,
    listed_by: str = LISTED_BY,
) -> Started:
    """The run, committed. Raises what `services.tools.start_tool` raises."""
    async with api.acting(caller, account=account) as session:
        return await start_tool(
            AutomationStore(session),
            ExecutionStore(session),
            name,
            arguments,
            account=account,
            key=key,
            listed_by=listed_by,
        )


async def answer(
    api: Api, run: Started, *, timeout: float, ask_again: str, see: str, asked: Progresses | None = None
) -> tuple[ToolAnswer, dict[str, Any]]:
    """How it ended, or how it stands when the time is up; and that as JSON. `ask_again`, `see`: what to do next."""
    found = await api.answers.answer(run.account, run.run_id, timeout=timeout, asked=asked)
    message = found.message
    match found.status:
        case "running":
            message = f"{(found.message or '').partition(';')[0]}; it goes on by itself: {ask_again}"
        case "failed" | "cancelled":
            message = see
        case "completed":
            pass
    return found, {
        "status": found.status,
        "execution_id": str(run.run_id),
        "output": found.output,
        "error": found.error,
        "message": message,
    }


def cursor_after(page: ToolPage) -> str | None:
    return None if page.after is None else write_cursor(page.after[0], str(page.after[1]))


def position_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    """`Unusable` for what `cursor_after` has not made."""
    position = read_cursor(cursor)
    if position is None:
        return None
    try:
        return datetime.fromisoformat(position[0]), UUID(position[1])
    except (TypeError, ValueError, AttributeError):
        raise bad_cursor() from None
