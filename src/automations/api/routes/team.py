"""`/api/v1/me`, `/team`, `/people` and `/invitations`: who is calling, who belongs to an account, who is asked in."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import Response

from automations.api.accounts import account_of
from automations.api.models.team import (
    Acceptance,
    InvitationPage,
    Joined,
    MadeInvitation,
    Me,
    NewInvitation,
    NewRole,
    People,
    Profile,
    TeamPage,
)
from automations.api.pages import Cursor, Limit, page, read_time_and_id
from automations.api.request_scope import InApi, InScope, Managing, ManagingUnkept, Reading
from automations.api.router import api_router, links
from automations.db.team_store import TeamStore
from automations.services.team import accept_invitation, invite, join_link, set_profile

router: Final = api_router("", "team")


@router.get("/me", response_model=Me, summary="Who is calling, and what that reaches")
async def get_me(session: Reading, scope: InScope) -> Me:
    caller = scope.caller
    accounts = [{"account_id": one.account_id, "role": one.role} for one in await TeamStore(session).my_accounts()]
    key = None if caller.key is None else {"id": caller.key.id, "scopes": caller.key.scopes}
    return Me.model_validate({"user_id": caller.user_id, "role": caller.role, "accounts": accounts, "key": key})


@router.get("/team", response_model=TeamPage, summary="List the members of an account, the newest first")
async def list_team(
    session: Reading, scope: InScope, account: UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    chosen = account_of(scope.caller, account)
    items = await TeamStore(session).page(chosen, limit=limit, after=read_time_and_id(cursor))
    return page(items, limit, "created_at", "id")


@router.get("/people", response_model=People, summary="What people of your accounts are called, where that is known")
async def list_people(
    session: Reading, account: Annotated[UUID | None, Query(description="Default: all that you reach.")] = None
) -> Response:
    found = await TeamStore(session).people(account)
    return Response(f'{{"items":{found}}}', media_type="application/json")


@router.put("/people/me", status_code=204, summary="Say what you are called, and where your mail goes")
async def set_my_profile(body: Profile, session: Managing) -> Response:
    """Where a sign-in service knows your address, that one counts."""
    await set_profile(TeamStore(session), body.name, body.email)
    return Response(status_code=204)


@router.put("/team/{member_id}", status_code=204, summary="Give a member another role")
async def set_team_role(
    member_id: UUID, body: NewRole, session: Managing, scope: InScope, account: UUID | None = None
) -> Response:
    await TeamStore(session).set_role(account_of(scope.caller, account), member_id, body.role)
    return Response(status_code=204)


@router.delete("/team/{member_id}", status_code=204, summary="Remove a member, or leave")
async def remove_team_member(
    member_id: UUID, session: Managing, scope: InScope, account: UUID | None = None
) -> Response:
    await TeamStore(session).remove(account_of(scope.caller, account), member_id)
    return Response(status_code=204)


@router.get("/invitations", response_model=InvitationPage, summary="List invitations to accounts that you manage")
async def list_invitations(
    session: Managing, account: UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    items = await TeamStore(session).invitations(account, limit=limit, after=read_time_and_id(cursor))
    return page(items, limit, "created_at", "id")


@router.post(
    "/invitations",
    status_code=201,
    response_model=MadeInvitation,
    responses={201: links("invitation_id", "revoke_invitation")},
    summary="Ask somebody in, by a link",
)
async def make_invitation(
    body: NewInvitation, session: ManagingUnkept, scope: InScope, api: InApi, request: Request
) -> MadeInvitation:
    account = account_of(scope.caller, body.account_id)
    code, row = await invite(TeamStore(session), account, body.role, note=body.note, days=body.days)
    return MadeInvitation(code=code, url=join_link(api.public_url or str(request.base_url), code), **row)


@router.delete("/invitations/{invitation_id}", status_code=204, summary="Take an invitation back")
async def revoke_invitation(invitation_id: UUID, session: Managing) -> Response:
    await TeamStore(session).revoke_invitation(invitation_id)
    return Response(status_code=204)


@router.post("/invitations/accept", response_model=Joined, summary="Join a team")
async def accept(body: Acceptance, session: Managing) -> Joined:
    joined = await accept_invitation(TeamStore(session), body.code)
    return Joined.model_validate({"account_id": joined.account_id, "role": joined.role})
