"""`/api/v1/explain` and `/events`: what changed, and why it did, or did not, start an automation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from automations.api.api_words import in_words_of_the_api
from automations.api.models.explain import EventPage, Explanation, Operation
from automations.api.models.starts import LARGEST_BIGINT
from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import InScope, Reading
from automations.api.router import api_router
from automations.api.tokens import Caller
from automations.db.automation_store import AutomationStore
from automations.db.connection import Connection
from automations.db.execution_store import ExecutionStore
from automations.db.journal_store import JournalOfUsers, JournalStore
from automations.errors import Unusable
from automations.services.explaining import explain
from automations.services.publishing import get_automation

router: Final = api_router("", "journal")


@router.get("/explain", summary="Say for each automation whether a change started it: the run, or why not")
async def explain_change(
    session: Reading,
    scope: InScope,
    event: Annotated[int | None, Query(ge=1, le=LARGEST_BIGINT, description="A change of `GET /events`.")] = None,
    record: Annotated[
        str | None,
        Query(min_length=1, max_length=500, description="A lead: id, e-mail address or name; any record: id."),
    ] = None,
    automation_id: Annotated[UUID | None, Query(description="Only this one.")] = None,
    account: UUID | None = None,
    last: Annotated[int, Query(ge=1, le=20, description="How many changes of the record.")] = 3,
) -> Explanation:
    if (event is None) == (record is None):
        raise Unusable("it is not said what is to be explained", hint="Give event or record, one of them.")
    if automation_id is not None:
        await get_automation(AutomationStore(session), automation_id)
    found = await explain(
        journal_of(scope.caller, session),
        ExecutionStore(session),
        str(event) if event is not None else str(record),
        account=account,
        automation_id=automation_id,
        last=last,
    )
    items: list[dict[str, Any]] = [asdict(one) for one in found]
    for one in items:
        for verdict in one["verdicts"]:
            verdict["reason"] = in_words_of_the_api(verdict["reason"])
    return Explanation.model_validate({"items": items})


@router.get("/events", response_model=EventPage, summary="List the journal of changes, the newest first")
async def list_events(
    session: Reading,
    account: UUID | None = None,
    source: Annotated[str | None, Query(max_length=200, description="The table, such as `leads`.")] = None,
    operation: Operation | None = None,
    record_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    before = None
    if (position := read_cursor(cursor)) is not None:
        before = position[0]
        if type(before) is not int or not 0 <= before <= LARGEST_BIGINT:
            raise bad_cursor()
    items = await JournalStore(session).page(
        account=account, source=source, operation=operation, record_id=record_id, limit=limit, before=before
    )
    return page(items, limit, "id", "source")


def journal_of(caller: Caller, session: Connection) -> JournalStore:
    """A server reads all of it."""
    return JournalStore(session) if caller.role == "service_role" else JournalOfUsers(session)
