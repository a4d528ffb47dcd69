"""Where a webhook automation is called, and how: for its owner, who tells the sender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from pydantic import ValidationError

from automations.db.automation_store import AutomationDetail, AutomationStore
from automations.db.secret_store import SecretStore
from automations.errors import ConfigurationError, Conflict, StepError
from automations.flow.standard_webhooks import keys_of
from automations.flow.webhook_config import (
    HmacAuth,
    KeyAuth,
    NoAuth,
    SignedAuth,
    WebhookAuth,
    WebhookConfig,
    secret_name,
)
from automations.services.publishing import drawn_flow, get_automation, trigger_node_type, trigger_of
from automations.services.secrets import Box, open_secrets


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """`how`: what callers have to do. `state`: whether deliveries are taken now, and what to do where not."""

    id: UUID
    name: str
    url: str
    methods: list[str]
    how: str
    live: bool
    state: str


async def address_of(
    store: AutomationStore, secrets: SecretStore, box: Callable[[], Box] | None, automation_id: UUID, base_url: str
) -> WebhookAddress:
    """As published, else as drawn. `NotFound`; `Conflict` for what is no webhook, or is not drawn to its end.

    `box` None: whether the secret opens is not looked at, only whether it is there.
    """
    automation = await get_automation(store, automation_id)
    kind, raw = automation.trigger_type, automation.trigger_config
    if automation.published_version is None:
        kind, raw = trigger_of(drawn_flow(automation)) or (kind, raw)
    if trigger_node_type(kind, raw) != "trigger-webhook":
        raise Conflict(
            f"{automation.name!r} is not started by a webhook", hint="Give it the trigger Webhook, and publish it."
        )
    try:
        config = WebhookConfig.model_validate(raw)
    except ValidationError:
        raise Conflict(
            f"the webhook of {automation.name!r} is not complete", hint="`automations validate ID` says what to change."
        ) from None
    live = automation.published_version is not None and automation.status == "active" and automation.enabled
    shown = WebhookAddress(
        id=automation.id,
        name=automation.name,
        url=f"{base_url}/webhooks/{automation.id}",
        methods=list(config.methods),
        how=_how(config.auth),
        live=live,
        state=_state(automation),
    )
    problem = await secret_problem(secrets, box, automation.user_id, config.auth) if live else None
    return shown if problem is None else replace(shown, live=False, state=problem)


async def secret_problem(
    store: SecretStore, box: Callable[[], Box] | None, account: UUID, auth: WebhookAuth
) -> str | None:
    """Why no caller can be checked, although everything else is in order. A box that cannot be had says nothing."""
    if isinstance(auth, NoAuth):
        return None
    name = secret_name(auth)
    if name is None:
        return "its config names no secret: callers hear 503 (`automations validate`)"
    rows = await store.sealed(account, [name])
    if not rows:
        return f"there is no secret {name}: callers hear 503 (`automations secrets set {name}`)"
    if box is None:
        return None
    try:
        opened = await open_secrets(store, box(), account, [name])
        if isinstance(auth, SignedAuth):
            keys_of(opened[name])
    except ConfigurationError as error:
        return f"the secret {name} cannot be opened here: {error.message}"
    except StepError as error:
        return f"the secret {name} cannot sign: {error.message}; callers hear 503 (`automations secrets set {name}`)"
    return None


def _how(auth: WebhookAuth) -> str:
    match auth:
        case NoAuth():
            return "no authentication: whoever knows the address may call it"
        case KeyAuth():
            return f"with the header {auth.name}: the value of {auth.secret}"
        case SignedAuth():
            return f"signed as Standard Webhooks says (webhook-id, -timestamp, -signature) with {auth.secret}"
        case HmacAuth():
            what = "the body" if auth.timestamp_header is None else "<timestamp>.<body>"
            return f"with HMAC-SHA256 of {what} in {auth.header}, in {auth.encoding}, made with {auth.secret}"
        case _:
            assert_never(auth)


def _state(automation: AutomationDetail) -> str:
    if automation.published_version is None:
        return "not published: callers hear 404 (`automations publish`)"
    if not automation.enabled:
        return "switched off: callers hear 410 (`automations enable`)"
    if automation.status != "active":
        return f"{automation.status}: callers hear 503, and try again later (`automations resume`)"
    return "deliveries are taken"
