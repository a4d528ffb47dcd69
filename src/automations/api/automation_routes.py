"""`/api/v1/automations`: find, read, draw, publish and switch automations, and start them by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import InApi, SignedIn
from automations.db.automation_store import AutomationStore
from automations.db.connection import Connection
from automations.db.execution_store import ExecutionStore
from automations.db.listing_store import AutomationFilter, ListingStore
from automations.errors import NotFound, Unusable
from automations.services import publishing, runs, switching
from automations.services.drafting import NewDraft, create_draft, delete_automation, save_draft

router: Final = APIRouter(prefix="/automations", tags=["automations"])

TriggerType = Literal["event", "schedule", "manual", "ai_tool"]
Status = Literal["draft", "active", "paused", "error"]
Revision = Annotated[
    str | None,
    Header(alias="If-Match", max_length=40, description='The draft\'s revision that you have seen, such as `"7"`.'),
]


class DraftBody(BaseModel):
    """A drawing and what people call it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=10_000)
    icon: str | None = Field(default=None, max_length=100)
    color: str | None = Field(default=None, max_length=100)
    nodes: list[dict[str, Any]] = Field(max_length=2_000)
    edges: list[dict[str, Any]] = Field(default_factory=list, max_length=10_000)


class NewAutomation(DraftBody):
    agent_id: UUID
    nodes: list[dict[str, Any]] = Field(default_factory=list, max_length=2_000)


class PublishBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(default=None, max_length=2_000, description="What is new, for the list of versions.")


class PauseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, max_length=2_000)


class StartBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    input: dict[str, Any] = Field(default_factory=dict, description="Fields of the input form.")
    lead_id: UUID | None = None
    conversation_id: UUID | None = None


@router.get("", summary="List automations, the newest first")
async def list_automations(
    caller: SignedIn,
    api: InApi,
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
    async with api.acting(caller) as session:
        items = await ListingStore(session).automations(chosen, limit=limit, after=after)
    return page(items, limit, "created_at", "id")


@router.post("", status_code=201, summary="Make a draft")
async def create(body: NewAutomation, caller: SignedIn, api: InApi) -> Response:
    draft = NewDraft(body.name, body.description, body.icon, body.color, body.nodes, body.edges)
    async with api.acting(caller) as session:
        automation_id = await create_draft(AutomationStore(session), draft, agent_id=body.agent_id)
        shown = await _shown(session, automation_id)
    return _answer(shown, 201, {"Location": f"/api/v1/automations/{automation_id}"})


@router.get("/{automation_id}", summary="One automation with its draft")
async def get(automation_id: UUID, caller: SignedIn, api: InApi) -> Response:
    async with api.acting(caller) as session:
        return _answer(await _shown(session, automation_id))


@router.put("/{automation_id}", summary="Save the draft")
async def save(
    automation_id: UUID, body: DraftBody, caller: SignedIn, api: InApi, if_match: Revision = None
) -> Response:
    draft = NewDraft(body.name, body.description, body.icon, body.color, body.nodes, body.edges)
    async with api.acting(caller) as session:
        await save_draft(AutomationStore(session), automation_id, draft, expected_revision=_revision(if_match))
        return _answer(await _shown(session, automation_id))


@router.delete("/{automation_id}", status_code=204, summary="Delete it with its runs")
async def delete(automation_id: UUID, caller: SignedIn, api: InApi) -> Response:
    async with api.acting(caller) as session:
        await delete_automation(AutomationStore(session), automation_id)
    return Response(status_code=204)


@router.post("/{automation_id}/publish", summary="Make the draft what new runs get")
async def publish(
    automation_id: UUID, caller: SignedIn, api: InApi, body: PublishBody | None = None, if_match: Revision = None
) -> Response:
    async with api.acting(caller) as session, api.engine() as engine:
        await publishing.publish(
            AutomationStore(session),
            api.registry,
            automation_id,
            installation=api.installation,
            note=body.note if body is not None else None,
            expected_revision=_revision(if_match),
            around=AutomationStore(engine),
        )
        return _answer(await _shown(session, automation_id))


@router.post("/{automation_id}/pause", summary="Hold it")
async def pause(automation_id: UUID, caller: SignedIn, api: InApi, body: PauseBody | None = None) -> Response:
    async with api.acting(caller) as session:
        await switching.pause(AutomationStore(session), automation_id, body.reason if body is not None else None)
        return _answer(await _shown(session, automation_id))


@router.post("/{automation_id}/resume", summary="Let it go on")
async def resume(automation_id: UUID, caller: SignedIn, api: InApi) -> Response:
    async with api.acting(caller) as session:
        await switching.resume(AutomationStore(session), automation_id)
        return _answer(await _shown(session, automation_id))


@router.post("/{automation_id}/enable", summary="Switch it on")
async def enable(automation_id: UUID, caller: SignedIn, api: InApi) -> Response:
    return await _switched(automation_id, caller, api, True)


@router.post("/{automation_id}/disable", summary="Switch it off")
async def disable(automation_id: UUID, caller: SignedIn, api: InApi) -> Response:
    return await _switched(automation_id, caller, api, False)


@router.post("/{automation_id}/executions", status_code=202, summary="Start a run by hand")
async def start(
    automation_id: UUID,
    body: StartBody,
    caller: SignedIn,
    api: InApi,
    idempotency_key: Annotated[str | None, Header(max_length=255, description="The same key is the same run.")] = None,
) -> dict[str, UUID]:
    async with api.acting(caller) as session:
        run_id = await runs.start_run(
            ExecutionStore(session),
            AutomationStore(session),
            automation_id,
            given=body.input,
            lead_id=body.lead_id,
            conversation_id=body.conversation_id,
            key=idempotency_key,
        )
    return {"id": run_id}


async def _switched(automation_id: UUID, caller: SignedIn, api: InApi, enabled: bool) -> Response:
    async with api.acting(caller) as session:
        await switching.set_enabled(AutomationStore(session), automation_id, enabled)
        return _answer(await _shown(session, automation_id))


async def _shown(session: Connection, automation_id: UUID) -> str:
    found = await ListingStore(session).automation(automation_id)
    if found is None:
        raise NotFound("there is no such automation", hint="Check the id, and who is signed in.")
    return found


def _answer(shown: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """With the revision of the draft as its ETag."""
    revision = shown.partition('"draft_revision":')[2].partition(",")[0]
    return Response(
        shown, status_code=status, media_type="application/json", headers={**(headers or {}), "ETag": f'"{revision}"'}
    )


def _revision(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unusable(
            "If-Match is not a revision of a draft", hint="Send back the ETag that you got, or leave it out."
        )
    return int(text)
