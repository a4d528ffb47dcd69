"""`/api/v1/secrets`: what steps may insert. Values are set and deleted, never shown."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from fastapi.responses import Response

from automations.api.models.secrets import NewSecret, SecretDeleted, SecretList, SecretSet
from automations.api.of_account import OfAccount
from automations.api.request_scope import InApi, Reading, Writing
from automations.api.router import api_router
from automations.db.secret_store import SecretStore
from automations.services import secrets

router: Final = api_router("/secrets", "secrets")

Name = Annotated[str, Path(max_length=64, description="A letter or `_`, then letters, digits or `_`.")]


@router.get("", response_model=SecretList, summary="List the names of secrets, and what uses them")
async def list_secrets(session: Reading, account: OfAccount) -> Response:
    items = await SecretStore(session).listed(account)
    return Response(f'{{"items":{items}}}', media_type="application/json")


@router.put("/{name}", summary="Set a secret, or replace it")
async def set_secret(name: Name, body: NewSecret, session: Writing, api: InApi, account: OfAccount) -> SecretSet:
    await secrets.set_secret(SecretStore(session), api.secret_box(), account, name, body.value.get_secret_value())
    return SecretSet(name=name)


@router.delete("/{name}", summary="Delete a secret")
async def delete_secret(name: Name, session: Writing, account: OfAccount) -> SecretDeleted:
    return SecretDeleted(name=name, used_by=await secrets.delete_secret(SecretStore(session), account, name))
