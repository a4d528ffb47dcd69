"""`/api/v1/approvals`: what runs ask people. Decided by whoever is signed in, or by the token of a mail."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from automations.api.models.approvals import (
    Approval,
    ApprovalOfToken,
    ApprovalPage,
    Approve,
    DecideByToken,
    Reject,
)
from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import InApi, Managing, Reading, address_of, api_of
from automations.api.router import REFUSALS, api_router
from automations.db import approval_store
from automations.db.approval_store import ApprovalStore, Decision
from automations.db.connection import Connection
from automations.errors import NotFound
from automations.services import approvals

router: Final = api_router("/approvals", "approvals")
# For those who have nothing but a mail. Goes in front of `router`, whose ids would swallow its path.
by_token: Final = APIRouter(prefix="/approvals/by-token", tags=["approvals"], responses=REFUSALS)

# What engine/approval_notices.py sends; anything else is not worth a look.
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
# Of a mail: never in an address, which others log.
MailToken = Annotated[str, Header(alias="Approval-Token", max_length=200, description="The one of the mail.")]


@by_token.get("", summary="What the token of a mail opens")
async def get_approval_by_token(request: Request, api: InApi, approval_token: MailToken) -> ApprovalOfToken:
    async with api.engine() as engine:
        return _told(await of_token(request, engine, approval_token))


@by_token.post("", summary="Decide by the token of a mail, once")
async def decide_by_token(request: Request, api: InApi, body: DecideByToken) -> ApprovalOfToken:
    async with api.engine() as engine:
        found = await of_token(request, engine, body.token)
        return _told(
            await approvals.decide(
                ApprovalStore(engine),
                found,
                body.decision,
                answer=body.answer,
                comment=body.comment,
                token=body.token,
            )
        )


@router.get("", response_model=ApprovalPage, summary="List approvals, the newest first")
async def list_approvals(
    session: Reading,
    account: UUID | None = None,
    which: Annotated[
        Literal["open", "mine", "all"],
        Query(description="`mine`: open, and for you to decide. `all`: also what is decided or over."),
    ] = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    after = None
    if (position := read_cursor(cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), UUID(position[1]))
        except (TypeError, ValueError, AttributeError):
            raise bad_cursor() from None
    items = await ApprovalStore(session).page(account, which, limit=limit, after=after)
    return page(items, limit, "created_at", "id")


@router.get("/{approval_id}", response_model=Approval, summary="One approval with its form")
async def get_approval(approval_id: UUID, session: Reading) -> Response:
    return await _shown(session, approval_id)


@router.post("/{approval_id}/approve", response_model=Approval, summary="Say yes, as whoever is signed in")
async def approve(approval_id: UUID, session: Managing, body: Approve | None = None) -> Response:
    given = body or Approve()
    return await _decided(session, approval_id, "approved", given.answer, given.comment)


@router.post("/{approval_id}/reject", response_model=Approval, summary="Say no, as whoever is signed in")
async def reject(approval_id: UUID, session: Managing, body: Reject | None = None) -> Response:
    return await _decided(session, approval_id, "rejected", {}, body.comment if body is not None else None)


async def _decided(
    session: Connection, approval_id: UUID, decision: Decision, answer: dict[str, Any], comment: str | None
) -> Response:
    store = ApprovalStore(session)
    found = await store.find(None, every=True, ids=(approval_id, approval_id))
    if not found:
        raise _nothing()
    # Not as another user: this session is the caller's.
    await approvals.decide(store, found[0], decision, answer=answer, comment=comment)
    return await _shown(session, approval_id)


async def _shown(session: Connection, approval_id: UUID) -> Response:
    found = await ApprovalStore(session).shown(approval_id)
    if found is None:
        raise _nothing()
    return Response(found, media_type="application/json")


async def of_token(request: Request, engine: Connection, token: str) -> approval_store.Approval:
    """`NotFound` for what opens nothing, `TooManyRequests` for an address that tries many."""
    limits, address = api_of(request).limits, address_of(request)
    limits.require_patience(address)
    try:
        if TOKEN.fullmatch(token.strip()) is None:
            raise NotFound("this token opens nothing", hint="Copy it whole from the mail.")
        return await approvals.approval_of_token(ApprovalStore(engine), token)
    except NotFound:
        limits.count_failure(address)
        raise


def _told(found: approval_store.Approval) -> ApprovalOfToken:
    return ApprovalOfToken(
        title=found.title,
        message=found.message,
        form=found.form,
        automation=found.automation,
        deadline=found.deadline,
        status=found.status,  # type: ignore[arg-type]  # a text of the five that the query gives
        decided_at=found.decided_at,
    )


def _nothing() -> NotFound:
    return NotFound("there is no such approval", hint="Check the id, and who is signed in.")
