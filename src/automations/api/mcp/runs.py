"""Tools about runs: list them, look at one with its steps, end one, ask why a change started what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from automations.api.mcp.tool import Arguments, Asked, in_tools, plain, shortened, tool
from automations.api.models.executions import RunFilterStatus
from automations.api.pages import bad_cursor, read_cursor, write_cursor
from automations.api.routes.explain import journal_of
from automations.db.automation_store import AutomationStore
from automations.db.execution_store import ExecutionStore
from automations.db.json_text import decode_json_for_people
from automations.db.listing_store import ExecutionFilter, ListingStore
from automations.errors import NotFound, Unusable
from automations.services.explaining import explain as ask_why

_LISTED: Final = (
    "id", "automation_id", "trigger_type", "status", "error", "error_node_id", "started_at", "completed_at",
    "duration_ms", "test_mode", "lead_id", "conversation_id", "waiting", "waits_until",
)  # fmt: skip
_SHOWN: Final = (*_LISTED, "output", "parent_id")
MOST_STEPS: Final = 200


class ListRuns(Arguments):
    automation_id: UUID | None = Field(default=None, description="Only of this automation.")
    status: list[RunFilterStatus] | None = Field(
        default=None, max_length=6, description="Only these; a run that waits is `running` and `waiting`."
    )
    lead_id: UUID | None = Field(default=None, description="Only about this lead.")
    since: datetime | None = Field(default=None, description="Accepted then or later, as 2026-11-26T09:00:00Z.")
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=500, description="`next` of the page before.")


@tool("List runs", needs="read")
async def list_runs(asked: Asked, arguments: ListRuns) -> Any:
    """Lists runs of automations, the newest first: status, error and times of each. Use show_run to see the steps of
    one.
    """
    after = None
    if (position := read_cursor(arguments.cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), int(position[1]))
        except (TypeError, ValueError):
            raise bad_cursor() from None
        if not -(2**63) <= after[1] < 2**63:
            raise bad_cursor()
    chosen = ExecutionFilter(
        asked.account,
        arguments.automation_id,
        tuple(arguments.status) if arguments.status else None,
        arguments.lead_id,
        since=arguments.since,
    )
    async with asked.reading() as session:
        found = decode_json_for_people(
            await ListingStore(session).executions(chosen, limit=arguments.limit, after=after)
        )
    last = found[-1] if len(found) == arguments.limit else None
    return {
        "runs": [{name: run[name] for name in _LISTED} for run in found],
        "next": None if last is None else write_cursor(last["started_at"], last["seq"]),
    }


class OfRun(Arguments):
    execution_id: UUID = Field(description="The run, as a call, test_automation or list_runs gave it.")


@tool("Show a run", needs="read")
async def show_run(asked: Asked, arguments: OfRun) -> Any:
    """Shows one run: its status, what started it, its output or error, and its steps with their outputs so far.

    Call it again to see whether a run that is `running` has ended. A run waits without ending in steps such as a
    delay or an approval.
    """
    return await shown(asked, arguments.execution_id)


async def shown(asked: Asked, run_id: UUID) -> dict[str, Any]:
    """Long values as their beginnings."""
    async with asked.reading() as session:
        text = await ListingStore(session).execution(run_id)
        if text is None:
            raise NotFound("there is no such run", hint="list_runs shows those that you may see.")
        run = decode_json_for_people(text)
        written = [] if run["completed_at"] else await ExecutionStore(session).steps(run_id, limit=MOST_STEPS)
    steps = run["nodes_executed"] if run["completed_at"] else [step.record for step in written]
    steps = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return {
        **{name: run[name] for name in _SHOWN if name != "output"},
        "output": shortened(run["output"]),
        "trigger_data": shortened(run["trigger_data"]),
        "steps": [{name: shortened(value) for name, value in step.items()} for step in steps[:MOST_STEPS]],
        "more_steps": len(steps) > MOST_STEPS,
    }


class CancelRun(OfRun):
    reason: str | None = Field(default=None, max_length=2_000, description="What is kept as the error of the run.")


@tool("Cancel a run", needs="run", impact="anything", repeatable=True)
async def cancel_run(asked: Asked, arguments: CancelRun) -> Any:
    """Ends a run that has not ended. What its steps have done so far stays. Answers the status that it has now."""
    async with asked.writing() as session:
        status = await ExecutionStore(session).cancel(arguments.execution_id, arguments.reason)
    return {"execution_id": str(arguments.execution_id), "status": status}


class Explain(Arguments):
    subject: str = Field(
        min_length=1,
        max_length=500,
        description="The number of an event; a lead by id, e-mail address or name; or the id of any record.",
    )
    automation_id: UUID | None = Field(default=None, description="Only what came of this automation.")
    last: int = Field(default=3, ge=1, le=20, description="How many changes of the record, the newest first.")


@tool("Explain why", needs="read")
async def explain(asked: Asked, arguments: Explain) -> Any:
    """Says for the latest changes of a record why they did, or did not, start each automation: the run that was
    started, or the first condition that was not met.
    """
    # As the caller, and of the journal what people may read: watched tables may have policies that hide rows from some.
    async with asked.reading() as session:
        accounts = [asked.account] if asked.account is not None else await AutomationStore(session).accounts()
        seen = [one for one in accounts if await AutomationStore(session).agents(one)]
        if not seen and asked.account is not None:
            raise NotFound("there is no such account", hint="Check ?account= in the address, and who is signed in.")
        if len(seen) != 1:
            raise Unusable(
                "you see no account" if not seen else "you see several accounts, and a change belongs to one",
                hint="Connect with ?account=<id of its owner> in the address.",
            )
        found = await ask_why(
            journal_of(asked.caller, session),
            ExecutionStore(session),
            arguments.subject,
            account=seen[0],
            automation_id=arguments.automation_id,
            last=arguments.last,
        )
    return {
        "changes": [
            {
                "event": {name: shortened(value) for name, value in plain(one.event).items()},
                "verdicts": [
                    {name: in_tools(value) if isinstance(value, str) else value for name, value in verdict.items()}
                    for verdict in plain(one.verdicts)
                ],
            }
            for one in found
        ]
    }


TOOLS: Final = (list_runs, show_run, cancel_run, explain)
