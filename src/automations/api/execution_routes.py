"""`/api/v1/executions`: runs, their steps, and what can be done to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import InApi, SignedIn
from automations.db.execution_store import ExecutionStore
from automations.db.listing_store import ExecutionFilter, ListingStore
from automations.errors import NotFound

router: Final = APIRouter(prefix="/executions", tags=["executions"])

Status = Literal["pending", "running", "completed", "failed", "cancelled"]


class CancelBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, max_length=2_000)


class RetryBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start_from: str = Field(
        default="start", max_length=200, description="start, failed, or the id of a step of the version that it ran."
    )
    version: int | None = Field(default=None, ge=1, le=2_147_483_647, description="From the start, on this version.")


@router.get("", summary="List runs, the newest first")
async def list_executions(
    caller: SignedIn,
    api: InApi,
    account: UUID | None = None,
    automation_id: UUID | None = None,
    status: Annotated[list[Status] | None, Query(max_length=5)] = None,
    lead_id: UUID | None = None,
    conversation_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    chosen = ExecutionFilter(
        account, automation_id, tuple(status) if status else None, lead_id, conversation_id, since, until
    )
    after = None
    if (position := read_cursor(cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), int(position[1]))
        except (TypeError, ValueError):
            raise bad_cursor() from None
        if not -(2**63) <= after[1] < 2**63:
            raise bad_cursor()
    async with api.acting(caller) as session:
        items = await ListingStore(session).executions(chosen, limit=limit, after=after)
    return page(items, limit, "started_at", "seq", hidden="seq")


@router.get("/{execution_id}", summary="One run with its steps, once it has ended")
async def get(execution_id: UUID, caller: SignedIn, api: InApi) -> Response:
    async with api.acting(caller) as session:
        found = await ListingStore(session).execution(execution_id)
    if found is None:
        raise NotFound("there is no such run", hint="It may have been cleaned up; check who is signed in.")
    return Response(found, media_type="application/json")


@router.get("/{execution_id}/steps", summary="Steps of a run, also while it is under way, in the order of their record")
async def steps(
    execution_id: UUID,
    caller: SignedIn,
    api: InApi,
    after: Annotated[
        str | None, Query(max_length=2_000, description="`key` of the last one of the page before.")
    ] = None,
    limit: Limit = 100,
) -> dict[str, list[dict[str, Any]]]:
    async with api.acting(caller) as session:
        found = await ExecutionStore(session).steps(execution_id, after=after, limit=limit)
    return {"items": [{"key": step.key, **_record(step.record)} for step in found]}


@router.post("/{execution_id}/cancel", summary="End an open run")
async def cancel(execution_id: UUID, caller: SignedIn, api: InApi, body: CancelBody | None = None) -> dict[str, str]:
    async with api.acting(caller) as session:
        status = await ExecutionStore(session).cancel(execution_id, body.reason if body is not None else None)
    return {"status": status}


@router.post("/{execution_id}/retry", status_code=202, summary="Run it again, as a new run")
async def retry(execution_id: UUID, caller: SignedIn, api: InApi, body: RetryBody | None = None) -> dict[str, UUID]:
    wanted = body or RetryBody()
    async with api.acting(caller) as session:
        again = await ExecutionStore(session).retry(execution_id, start_from=wanted.start_from, version=wanted.version)
    return {"id": again}


@router.delete("/{execution_id}", status_code=204, summary="Delete the record of a run")
async def delete(execution_id: UUID, caller: SignedIn, api: InApi) -> Response:
    async with api.acting(caller) as session:
        await ExecutionStore(session).delete(execution_id)
    return Response(status_code=204)


def _record(record: Any) -> dict[str, Any]:
    return record if isinstance(record, dict) else {"record": None}
