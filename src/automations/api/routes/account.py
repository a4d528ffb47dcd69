"""What an account has of its own, below `/api/v1`: settings, use of models, audit log; and which tables are watched."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from automations.api.models.account import (
    AccountSetting,
    AccountSettings,
    AiUsage,
    AuditPage,
    SettingChanges,
    WatchedTable,
    WatchedTables,
)
from automations.api.models.values import Moment
from automations.api.of_account import OfAccount
from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import Api, InApi, Managing, Reader, Reading
from automations.api.router import api_router
from automations.db.account_settings_store import AccountSettingsStore
from automations.db.ai_usage_store import AiUsageStore
from automations.db.audit_store import AuditFilter, AuditStore
from automations.db.connection import Connection
from automations.db.secret_store import SecretStore
from automations.db.watched_table_store import WatchedTableStore
from automations.errors import NotFound, SettingRefused
from automations.services.account_settings import set_settings, shown_settings

router: Final = api_router("", "account")


@router.get("/account/settings", summary="Settings of an account, and where each comes from")
async def get_account_settings(session: Reading, api: InApi, account: OfAccount) -> AccountSettings:
    return await _settings(session, api, account)


@router.patch("/account/settings", summary="Change settings of an account; for its owners and admins")
async def update_account_settings(
    body: SettingChanges, session: Managing, api: InApi, account: OfAccount
) -> AccountSettings:
    sent = body.model_dump(exclude_unset=True)
    given = {name.replace("_", "-"): None if value is None else str(value) for name, value in sent.items()}
    try:
        await set_settings(AccountSettingsStore(session), SecretStore(session), account, given)
    except NotFound as error:
        raise NotFound(error.message, hint=_hint(error, "PUT /secrets/{name} sets a secret.")) from None
    except SettingRefused as error:
        hint = _hint(error, "Send what belongs together in one request; null leaves a setting to the installation.")
        name = error.name.replace("-", "_")
        raise SettingRefused(error.message, hint=hint, name=name, reason=error.reason) from None
    return await _settings(session, api, account)


@router.get("/account/ai-usage", response_model=AiUsage, summary="What language models were used for, by day")
async def get_ai_usage(
    session: Reading,
    api: InApi,
    account: OfAccount,
    days: Annotated[int, Query(ge=1, le=366, description="1: only today.")] = 30,
) -> Response:
    items = await AiUsageStore(session).listed(account, days)
    own = (await AccountSettingsStore(session).get(account)).ai_tokens_per_day
    limit = api.installation_settings.ai_tokens_per_day if own is None else own
    shown = "null" if limit is None else str(limit)
    return Response(f'{{"tokens_per_day":{shown},"items":{items}}}', media_type="application/json")


@router.get("/watched-tables", summary="Tables of the database whose changes start automations")
async def list_watched_tables(_caller: Reader, api: InApi) -> WatchedTables:
    async with api.engine() as engine:
        found = await WatchedTableStore(engine).all()
    return WatchedTables(items=[WatchedTable.model_validate(one, from_attributes=True) for one in found])


@router.get("/audit-log", response_model=AuditPage, summary="Who did what, the newest first")
async def list_audit_log(
    session: Reading,
    account: UUID | None = None,
    automation_id: UUID | None = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    actor: UUID | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    after = None
    if (position := read_cursor(cursor)) is not None:
        after = position[1]
        if not isinstance(after, int) or not 0 <= after < 2**63:
            raise bad_cursor()
    chosen = AuditFilter(account, automation_id, action, actor, since, until)
    return page(await AuditStore(session).page(chosen, limit=limit, after=after), limit, "created_at", "id")


async def _settings(session: Connection, api: Api, account: UUID) -> AccountSettings:
    shown = await shown_settings(AccountSettingsStore(session), account, api.installation_settings)
    return AccountSettings(
        items=[AccountSetting(name=one.name.replace("-", "_"), value=one.value, source=one.source) for one in shown]
    )


def _hint(error: NotFound | SettingRefused, hint: str) -> str:
    """Ours where it speaks of commands."""
    return hint if error.hint is None or "`automations " in error.hint else error.hint
