"""Webhooks in: a delivery is judged, starts a run once, and may wait for what that answers. No HTTP in here.

In this order: is there such a webhook, does the head prove who is calling, does the body; only then is it read as a
value. Nothing is said to a caller that its owner would not say to anybody.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Protocol, assert_never
from uuid import UUID

import structlog
from pydantic import ValidationError

from automations.db.webhook_store import WebhookStart, WebhookStore
from automations.engine.recording import is_sensitive
from automations.errors import StepError, Unusable, WebhookRefused
from automations.flow.input_form import read_input
from automations.flow.standard_webhooks import Verdict
from automations.flow.webhook_auth import delivery_id, judge_body, judge_head, private_headers
from automations.flow.webhook_config import EVENT, SOURCE, NoAuth, WebhookConfig, secret_name
from automations.services.calling import ToolAnswer
from automations.services.connections import Connections
from automations.services.run_answers import RunAnswers
from automations.services.webhook_body import collected, parse_body

log = structlog.get_logger(__name__)

SECRET_SECONDS: Final = 5.0
_NOT_FOUND_HINT: Final = "Check the address; `automations webhook ID` shows it."


class Secrets(Protocol):
    """What is behind `{{ secrets.NAME }}`; raises `StepError`. `services.secret_vault`."""

    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """One that may be called so, by somebody against whose head there is nothing so far."""

    id: UUID
    account: UUID
    config: WebhookConfig
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`headers` by lower-case name; `query` as it stands in the address, and taken apart."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    raw_query: bytes = field(repr=False)
    query: list[tuple[str, str]] = field(repr=False)
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """`duplicate`: it had started `run_id` before, and starts nothing now."""

    status: Literal["accepted", "duplicate"]
    run_id: UUID


class Webhooks:
    def __init__(self, connections: Connections, secrets: Secrets, answers: RunAnswers) -> None:
        self._connections = connections
        self._secrets = secrets
        self._answers = answers

    async def open(self, automation_id: UUID, method: str, headers: Mapping[str, str]) -> Webhook:
        """Before the body is read. `WebhookRefused`: `not_found`, `wrong_method`, `unauthorized`, `stale`, `not_ready`;
        `DatabaseUnreachable`."""
        account, config, now = await self._find(automation_id)
        if method not in config.methods:
            raise WebhookRefused(
                "wrong_method",
                f"this webhook is not called with {method}",
                hint=f"Use {', '.join(config.methods)}.",
                allowed=config.methods,
            )
        # Who shows nothing costs no look at a secret.
        _admit(judge_head(config.auth, None, headers, now, config.replay_window_seconds))
        secret = await self._secret(automation_id, account, config)
        _admit(judge_head(config.auth, secret, headers, now, config.replay_window_seconds))
        return Webhook(automation_id, account, config, secret)

    async def take(self, webhook: Webhook, delivery: Delivery) -> Taken:
        """Start its run, or say which one it has started before. `WebhookRefused`: `unauthorized`, `unsupported_body`,
        `bad_body`, `body_does_not_fit`, `id_reused`, `paused`, `switched_off`, `not_found`, `not_ready`."""
        auth = webhook.config.auth
        try:
            _admit(judge_body(auth, webhook.secret, delivery.headers, delivery.body))
        except StepError as error:
            log.error("a webhook has a secret that cannot be one", automation_id=str(webhook.id), reason=error.message)
            raise _not_ready() from None
        key = delivery_id(auth, webhook.secret, delivery.headers, delivery.body)
        content = b"\n".join((delivery.method.encode(), delivery.raw_query, delivery.body))
        data = trigger_data(webhook.config, delivery)
        async with self._connections.connection() as connection:
            started = await WebhookStore(connection).start(webhook.id, key, hashlib.sha256(content).digest(), data)
        return _taken(started)

    async def answer(self, webhook: Webhook, run_id: UUID) -> ToolAnswer:
        """What the run came to; `running` once the time of the webhook is up."""
        return await self._answers.answer(webhook.account, run_id, timeout=webhook.config.answer_within_seconds)

    async def _find(self, automation_id: UUID) -> tuple[UUID, WebhookConfig, datetime]:
        async with self._connections.connection() as connection:
            row = await WebhookStore(connection).find(automation_id)
        if row is None:
            raise not_found()
        try:
            return row.account, WebhookConfig.model_validate(row.trigger_config), row.now
        except ValidationError as invalid:
            problems = invalid.errors(include_url=False, include_input=False, include_context=False)
            first = ".".join(map(str, problems[0]["loc"])) + f": {problems[0]['msg']}"
            log.error("a webhook is published with a config that cannot be used", id=str(automation_id), problem=first)
            raise _not_ready() from None

    async def _secret(self, automation_id: UUID, account: UUID, config: WebhookConfig) -> str:
        """ "" where none is needed."""
        if isinstance(config.auth, NoAuth):
            return ""
        name = secret_name(config.auth)
        try:
            if name is None:
                raise StepError("the config names no secret")
            async with asyncio.timeout(SECRET_SECONDS):
                return (await self._secrets.reveal(account, [name]))[name]
        except (StepError, TimeoutError) as error:
            reason = str(error) or "the secret did not come in time"
            log.error("a webhook cannot check its callers", automation_id=str(automation_id), reason=reason)
            raise _not_ready() from None


def trigger_data(config: WebhookConfig, delivery: Delivery) -> dict[str, Any]:
    """What a run sees of a delivery, but for the timestamp. `WebhookRefused` for a body that is not taken."""
    headers = delivery.headers
    body = parse_body(delivery.body, headers.get("content-type", ""), headers.get("content-encoding", ""))
    if config.body_schema is not None:
        if not isinstance(body, dict):
            raise WebhookRefused(
                "body_does_not_fit", "the body is no object of fields", hint="Send a JSON object or a form."
            )
        try:
            body = read_input(config.body_schema, body)
        except Unusable as error:
            said = error.message.replace("the input", "the body", 1)
            hint = (error.hint or "").replace("The form asks", "The webhook asks")
            raise WebhookRefused("body_does_not_fit", said, hint=hint) from None
    private = private_headers(config.auth)
    return {
        "event": EVENT,
        "source": SOURCE,
        "table": None,
        "old": None,
        "new": body if isinstance(body, dict) else None,
        "body": body,
        "headers": {name: value for name, value in headers.items() if name not in private and not _is_key(name)},
        "query": collected(delivery.query),
        "method": delivery.method,
    }


def _is_key(header: str) -> bool:
    """Also where this webhook asks for none: its sender may send one to all that it calls."""
    return is_sensitive(header) or header.endswith("-key") or "signature" in header


def _admit(verdict: Verdict) -> None:
    match verdict:
        case "right":
            return
        case "stale":
            raise WebhookRefused(
                "stale",
                "the timestamp of the delivery is too far from now",
                hint="Send it again with the time of sending, and set the clock of the sender.",
            )
        case "missing":
            told = "the delivery does not show who sent it"
        case "malformed":
            told = "the timestamp of the delivery is not in seconds since 1970"
        case "wrong":
            told = "the key or signature is not the right one"
        case _:
            assert_never(verdict)
    raise WebhookRefused(
        "unauthorized", told, hint="Use the secret and the headers that the owner of the webhook has named."
    )


def _taken(started: WebhookStart) -> Taken:
    match started.outcome:
        case "started" | "duplicate":
            assert started.execution_id is not None
            return Taken("accepted" if started.outcome == "started" else "duplicate", started.execution_id)
        case "other_content":
            raise WebhookRefused(
                "id_reused",
                "a delivery with this id came before, with other content",
                hint="Give each delivery an id of its own.",
            )
        case "stopped":
            raise WebhookRefused("paused", "this webhook is paused", hint="Send the delivery again later.")
        case "switched_off":
            raise WebhookRefused(
                "switched_off", "this webhook is switched off", hint="Stop sending, or ask its owner to enable it."
            )
        case "unknown":
            raise not_found()
        case _:
            assert_never(started.outcome)


def not_found() -> WebhookRefused:
    """The same for whatever is not there."""
    return WebhookRefused("not_found", "there is no webhook at this address", hint=_NOT_FOUND_HINT)


def _not_ready() -> WebhookRefused:
    return WebhookRefused(
        "not_ready",
        "this webhook cannot take deliveries now",
        hint="Send it again later; the log of the server tells its operator why.",
    )
