"""`/api/v1/api-keys`: keys with which machines act for an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi.responses import Response

from automations.api.accounts import account_of
from automations.api.models.api_keys import ApiKeyPage, MadeApiKey, NewApiKey
from automations.api.pages import Cursor, Limit, page, read_time_and_id
from automations.api.request_scope import InScope, Managing, ManagingUnkept
from automations.api.router import api_router, links
from automations.db.api_key_store import ApiKeyStore
from automations.services.api_keys import create_api_key

router: Final = api_router("/api-keys", "API keys")


@router.get("", response_model=ApiKeyPage, summary="List the API keys of accounts that you manage, the newest first")
async def list_api_keys(
    session: Managing, account: UUID | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    items = await ApiKeyStore(session).page(account, limit=limit, after=read_time_and_id(cursor))
    return page(items, limit, "created_at", "id")


@router.post(
    "",
    status_code=201,
    response_model=MadeApiKey,
    responses={201: links("key_id", "revoke_api_key")},
    summary="Make an API key, and see it once",
)
async def make_api_key(body: NewApiKey, session: ManagingUnkept, scope: InScope) -> MadeApiKey:
    account = account_of(scope.caller, body.account_id)
    ends = None if body.expires_in_days is None else datetime.now(UTC) + timedelta(days=body.expires_in_days)
    text, row = await create_api_key(ApiKeyStore(session), account, body.name, body.scopes, ends)
    return MadeApiKey(key=text, **row)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key, at once and for good")
async def revoke_api_key(key_id: UUID, session: Managing) -> Response:
    await ApiKeyStore(session).revoke(key_id)
    return Response(status_code=204)
