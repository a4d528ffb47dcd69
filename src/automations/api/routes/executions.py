"""`/api/v1/executions`: runs, their steps, and what can be done to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from automations.api.models.automations import Started
from automations.api.models.executions import (
    Cancel,
    EndedAs,
    Execution,
    ExecutionPage,
    ExecutionStep,
    ExecutionSteps,
    Retry,
    RunFilterStatus,
)
from automations.api.models.values import Moment
from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import Reading, Running, Writing
from automations.api.router import EXECUTION_LINKS, api_router
from automations.db.execution_store import ExecutionStore
from automations.db.listing_store import ExecutionFilter, ListingStore
from automations.errors import NotFound

router: Final = api_router("/executions", "executions")


@router.get("", response_model=ExecutionPage, summary="List runs, the newest first")
async def list_executions(
    session: Reading,
    account: UUID | None = None,
    automation_id: UUID | None = None,
    status: Annotated[list[RunFilterStatus] | None, Query(max_length=6)] = None,
    lead_id: UUID | None = None,
    conversation_id: UUID | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    test_mode: Annotated[bool | None, Query(description="Only tests of drafts, or none of them.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    chosen = ExecutionFilter(
        account, automation_id, tuple(status) if status else None, lead_id, conversation_id, since, until, test_mode
    )
    after = None
    if (position := read_cursor(cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), int(position[1]))
        except (TypeError, ValueError):
            raise bad_cursor() from None
        if not -(2**63) <= after[1] < 2**63:
            raise bad_cursor()
    items = await ListingStore(session).executions(chosen, limit=limit, after=after)
    return page(items, limit, "started_at", "seq", hidden="seq")


@router.get("/{execution_id}", response_model=Execution, summary="One run with its steps, once it has ended")
async def get_execution(execution_id: UUID, session: Reading) -> Response:
    found = await ListingStore(session).execution(execution_id)
    if found is None:
        raise NotFound("there is no such run", hint="It may have been cleaned up; check who is signed in.")
    return Response(found, media_type="application/json")


@router.get("/{execution_id}/steps", summary="Steps of a run, also while it is under way, in the order of their record")
async def list_steps(
    execution_id: UUID,
    session: Reading,
    after: Annotated[
        str | None, Query(max_length=2_000, description="`key` of the last one of the page before.")
    ] = None,
    limit: Limit = 100,
) -> ExecutionSteps:
    found = await ExecutionStore(session).steps(execution_id, after=after, limit=limit)
    return ExecutionSteps(items=[ExecutionStep(key=step.key, **_record(step.record)) for step in found])


@router.post("/{execution_id}/cancel", summary="End an open run")
async def cancel_execution(execution_id: UUID, session: Running, body: Cancel | None = None) -> EndedAs:
    status = await ExecutionStore(session).cancel(execution_id, body.reason if body is not None else None)
    return EndedAs.model_validate({"status": status})


@router.post(
    "/{execution_id}/retry", status_code=202, responses={202: EXECUTION_LINKS}, summary="Run it again, as a new run"
)
async def retry_execution(execution_id: UUID, session: Running, body: Retry | None = None) -> Started:
    wanted = body or Retry()
    again = await ExecutionStore(session).retry(execution_id, start_from=wanted.start_from, version=wanted.version)
    return Started(id=again)


@router.delete("/{execution_id}", status_code=204, summary="Delete the record of a run")
async def delete_execution(execution_id: UUID, session: Writing) -> Response:
    await ExecutionStore(session).delete(execution_id)
    return Response(status_code=204)


def _record(record: Any) -> dict[str, Any]:
    return record if isinstance(record, dict) else {"record": None}
