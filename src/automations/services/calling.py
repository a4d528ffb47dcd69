"""Call an automation as a tool: start it with arguments, and answer with its output, or say plainly that it goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from automations.db.automation_store import AutomationStore, Tool
from automations.db.execution_store import ExecutionStore, Progress
from automations.errors import Conflict, NotFound, Unusable
from automations.flow.input_form import read_input

FIRST_PAUSE = 0.003
LONGEST_PAUSE = 0.5
# A run that is about to be woken looks like one that waits; one that waits on looks so for longer.
PARKED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """`running`: not ended yet, `message` says what it does and how to ask for it; nothing was cancelled.

    `output` is set where it completed, `error` where it failed or was cancelled.
    """

    status: Literal["completed", "failed", "cancelled", "running"]
    run_id: UUID
    output: Any = None
    error: str | None = None
    message: str | None = None


async def find_tool(store: AutomationStore, tool: str, account: UUID | None) -> Tool:
    """By tool name or automation id. `NotFound`, `Conflict` where it cannot be called now, `Unusable` for several."""
    found = await _candidates(store, tool, account)
    live = [one for one in found if one.live]
    if not found:
        raise NotFound(
            f"there is no tool {tool!r}", hint="`automations list` shows all; tools are those of type ai_tool."
        )
    if not live:
        one = found[0]
        state = "was never published" if not one.published else "is switched off" if one.status == "active" else None
        raise Conflict(
            f"the tool {tool!r} ({one.name}) {state or f'is not active but {one.status}'}",
            hint="Publish, resume or enable it first.",
        )
    if len(live) > 1:
        listed = ", ".join(f"{one.id} ({one.name})" for one in live[:5])
        raise Unusable(f"several automations are the tool {tool!r}: {listed}", hint="Call it by its id.")
    return live[0]


async def _candidates(store: AutomationStore, tool: str, account: UUID | None) -> list[Tool]:
    try:
        automation_id = UUID(tool)
    except ValueError:
        return await store.tools(account, tool)
    found = await store.get(automation_id)
    if found is None or (account is not None and found.user_id != account):
        return []
    if found.trigger_type != "ai_tool":
        raise Unusable(
            f"{found.name} is not called as a tool: it is of type {found.trigger_type}",
            hint="Start it with `automations run`, or give it the trigger AI tool.",
        )
    published = found.published_version is not None
    return [Tool(found.id, found.user_id, found.name, found.status, found.enabled, published, found.trigger_config)]


async def call_tool(
    automations: AutomationStore,
    executions: ExecutionStore,
    tool: str,
    arguments: dict[str, Any],
    *,
    account: UUID | None = None,
    key: str | None = None,
    timeout: float = 30.0,
) -> ToolAnswer:
    """Start the tool, wait at most `timeout` seconds for its end. The same `key` asks for the same run again.

    To be cancelled while waiting cancels the waiting, never the run. Raises what `find_tool` raises, and `Unusable` for
    arguments that its input schema does not allow.
    """
    chosen = await find_tool(automations, tool, account)
    schema = chosen.trigger_config.get("input_schema")
    given = read_input(schema if isinstance(schema, dict) else {}, arguments)
    run_id = await executions.start(chosen.id, given=given, lead_id=None, conversation_id=None, key=key)
    return await wait_for_answer(executions, run_id, timeout=timeout)


class Progresses(Protocol):
    """Where it can be asked how a run stands: `ExecutionStore`, or `RunAnswers` where many ask."""

    async def progress(self, execution_id: UUID) -> Progress | None: ...

    async def pause(self, execution_id: UUID, seconds: float) -> None: ...


async def wait_for_answer(executions: Progresses, run_id: UUID, *, timeout: float) -> ToolAnswer:
    """Polls with growing pauses until the run has ended, the time is up, or it waits for something beyond that time."""
    deadline = time.monotonic() + timeout
    pause = FIRST_PAUSE
    parked: tuple[int, float] | None = None
    while True:
        await executions.pause(run_id, max(0.0, min(pause, deadline - time.monotonic())))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        now = time.monotonic()
        seen = await executions.progress(run_id)
        if seen is None:
            raise NotFound(f"the run {run_id} is gone", hint="It was deleted, or its automation was.")
        if seen.is_final:
            return _answer(run_id, seen)
        left = deadline - now
        if seen.parked and (seen.wakes_in is None or seen.wakes_in > left):
            parked = parked if parked is not None and parked[0] == seen.epoch else (seen.epoch, now)
        else:
            parked = None
        if left <= 0 or (parked is not None and now - parked[1] >= PARKED_SECONDS):
            return ToolAnswer("running", run_id, message=_message(run_id, seen))


def _answer(run_id: UUID, seen: Progress) -> ToolAnswer:
    match seen.status:
        case "completed":
            return ToolAnswer("completed", run_id, output=seen.output)
        case "cancelled":
            return ToolAnswer("cancelled", run_id, error=seen.error or "cancelled")
        case _:
            return ToolAnswer("failed", run_id, error=seen.error or "failed")


def _message(run_id: UUID, seen: Progress) -> str:
    if seen.parked:
        doing = (
            "waiting for a signal" if seen.wakes_in is None else f"waiting for {max(1, round(seen.wakes_in))} s more"
        )
    else:
        doing = "still running" if seen.status == "running" else "not begun yet"
    return f"{doing}; it goes on by itself, ask for run {run_id} later"
