"""`/api/v1/automations`: find, read, draw, publish and switch automations, and start them by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Query
from fastapi.responses import Response

from automations.api.etags import (
    NOT_MODIFIED,
    IfNoneMatch,
    Revision,
    read_revision,
    require_same_looks,
    shown_automation,
)
from automations.api.models.automations import (
    Answered,
    Automation,
    AutomationPage,
    Draft,
    NewAutomation,
    Pause,
    Publish,
    Start,
    Status,
    TriggerType,
)
from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import InApi, Reading, Runner, Writing
from automations.api.router import DRAFT_LINKS, EXECUTION_LINKS, LIVE_LINKS, api_router
from automations.db.automation_store import AutomationStore
from automations.db.json_text import encode_json
from automations.db.listing_store import AutomationFilter, ListingStore
from automations.services import publishing, switching
from automations.services.calling import ToolAnswer
from automations.services.drafting import NewDraft, create_draft, delete_automation, save_draft

router: Final = api_router("/automations", "automations")


@router.get("", response_model=AutomationPage, summary="List automations, the newest first")
async def list_automations(
    session: Reading,
    account: UUID | None = None,
    agent_id: UUID | None = None,
    status: Status | None = None,
    trigger_type: TriggerType | None = None,
    enabled: bool | None = None,
    search: Annotated[str | None, Query(max_length=200, description="A part of the name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    chosen = AutomationFilter(account, agent_id, status, trigger_type, enabled, search)
    after = None
    if (position := read_cursor(cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), UUID(position[1]))
        except (TypeError, ValueError, AttributeError):
            raise bad_cursor() from None
    items = await ListingStore(session).automations(chosen, limit=limit, after=after)
    return page(items, limit, "created_at", "id")


@router.post("", status_code=201, response_model=Automation, responses={201: DRAFT_LINKS}, summary="Make a draft")
async def create_automation(body: NewAutomation, session: Writing) -> Response:
    draft = NewDraft(body.name, body.description, body.icon, body.color, body.nodes, body.edges)
    automation_id = await create_draft(AutomationStore(session), draft, agent_id=body.agent_id)
    return await shown_automation(session, automation_id, 201, {"Location": f"/api/v1/automations/{automation_id}"})


@router.get(
    "/{automation_id}", response_model=Automation, responses=NOT_MODIFIED, summary="One automation with its draft"
)
async def get_automation(automation_id: UUID, session: Reading, if_none_match: IfNoneMatch = None) -> Response:
    return await shown_automation(session, automation_id, if_none_match=if_none_match)


@router.put("/{automation_id}", response_model=Automation, summary="Save the draft")
async def save_automation(automation_id: UUID, body: Draft, session: Writing, if_match: Revision = None) -> Response:
    draft = NewDraft(body.name, body.description, body.icon, body.color, body.nodes, body.edges)
    await require_same_looks(session, automation_id, if_match)
    await save_draft(AutomationStore(session), automation_id, draft, expected_revision=read_revision(if_match))
    return await shown_automation(session, automation_id)


@router.delete("/{automation_id}", status_code=204, summary="Delete it with its runs")
async def delete(automation_id: UUID, session: Writing) -> Response:
    await delete_automation(AutomationStore(session), automation_id)
    return Response(status_code=204)


@router.post(
    "/{automation_id}/publish",
    response_model=Automation,
    responses={200: LIVE_LINKS},
    summary="Make the draft what new runs get",
)
async def publish_automation(
    automation_id: UUID, session: Writing, api: InApi, body: Publish | None = None, if_match: Revision = None
) -> Response:
    async with api.engine() as engine:
        await publishing.publish(
            AutomationStore(session),
            api.registry,
            automation_id,
            installation=api.installation,
            note=body.note if body is not None else None,
            expected_revision=read_revision(if_match),
            around=AutomationStore(engine),
        )
    return await shown_automation(session, automation_id)


@router.post("/{automation_id}/pause", response_model=Automation, summary="Hold it")
async def pause_automation(automation_id: UUID, session: Writing, body: Pause | None = None) -> Response:
    await switching.pause(AutomationStore(session), automation_id, body.reason if body is not None else None)
    return await shown_automation(session, automation_id)


@router.post("/{automation_id}/resume", response_model=Automation, summary="Let it go on")
async def resume_automation(automation_id: UUID, session: Writing) -> Response:
    await switching.resume(AutomationStore(session), automation_id)
    return await shown_automation(session, automation_id)


@router.post("/{automation_id}/enable", response_model=Automation, responses={200: LIVE_LINKS}, summary="Switch it on")
async def enable_automation(automation_id: UUID, session: Writing) -> Response:
    await switching.set_enabled(AutomationStore(session), automation_id, True)
    return await shown_automation(session, automation_id)


@router.post("/{automation_id}/disable", response_model=Automation, summary="Switch it off")
async def disable_automation(automation_id: UUID, session: Writing) -> Response:
    await switching.set_enabled(AutomationStore(session), automation_id, False)
    return await shown_automation(session, automation_id)


@router.post(
    "/{automation_id}/executions",
    status_code=202,
    response_model=Answered,
    responses={200: {"model": Answered, "description": "It has ended.", **EXECUTION_LINKS}, 202: EXECUTION_LINKS},
    summary="Start a run by hand, and wait for its end if wanted",
)
async def start_execution(
    automation_id: UUID,
    body: Start,
    caller: Runner,
    api: InApi,
    wait: Annotated[
        float, Query(ge=0, le=60, description="Seconds to wait for its end; then it goes on by itself.")
    ] = 0,
    idempotency_key: Annotated[str | None, Header(max_length=255, description="The same key is the same run.")] = None,
) -> Response:
    started = await api.starts.start(
        (caller.role, caller.user_id, caller.key),
        automation_id,
        given=body.input,
        lead_id=body.lead_id,
        conversation_id=body.conversation_id,
        key=idempotency_key,
    )
    if not wait:
        return _answered(ToolAnswer("running", started.run_id, message="it was accepted and goes on by itself"))
    return _answered(await api.answers.answer(started.account, started.run_id, timeout=wait))


def _answered(answer: ToolAnswer) -> Response:
    content = {
        "id": str(answer.run_id),
        "status": answer.status,
        "output": answer.output,
        "error": answer.error,
        "message": answer.message,
    }
    return Response(
        encode_json(content), status_code=202 if answer.status == "running" else 200, media_type="application/json"
    )
