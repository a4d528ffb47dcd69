"""Config of a webhook trigger: who may call its address, what is sent there, what the caller hears."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from automations.flow.http_auth import HEADER_NAME
from automations.flow.trigger_config import LITERAL, StartLimits

SOURCE, EVENT = "webhook", "RECEIVED"

# Not filled in like a template of a step: whoever serves the address looks the secret up.
NAMED: JsonDict = {"template": False, "secrets": True}
_SECRET: Final = re.compile(r"\s*\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}\s*")


class _Auth(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NoAuth(_Auth):
    type: Literal["none"] = Field(
        title="Kind", description="Whoever knows the address may call it.", json_schema_extra=LITERAL
    )


class KeyAuth(_Auth):
    type: Literal["header"] = Field(title="Kind", description="A key in a header.", json_schema_extra=LITERAL)
    name: str = Field(
        default="X-Webhook-Key",
        pattern=HEADER_NAME,
        title="Header",
        description="Its name. In `Authorization` the key may have `Bearer` before it.",
        json_schema_extra=LITERAL,
    )
    secret: str = Field(
        title="Key",
        description="`{{ secrets.NAME }}`: the name of the secret that holds it.",
        examples=["{{ secrets.WEBHOOK_KEY }}"],
        json_schema_extra=NAMED,
    )


class SignedAuth(_Auth):
    type: Literal["signature"] = Field(
        title="Kind", description="Deliveries are signed as Standard Webhooks says.", json_schema_extra=LITERAL
    )
    secret: str = Field(
        title="Secret",
        description="`{{ secrets.NAME }}`: a secret that holds `whsec_<base64>`, or two of them with a blank between.",
        examples=["{{ secrets.WEBHOOK_SECRET }}"],
        json_schema_extra=NAMED,
    )


class HmacAuth(_Auth):
    type: Literal["hmac"] = Field(
        title="Kind",
        description="Deliveries are signed in the sender's own way, with HMAC-SHA256 (GitHub, Shopify, Stripe, …).",
        json_schema_extra=LITERAL,
    )
    secret: str = Field(
        title="Secret",
        description="`{{ secrets.NAME }}`: a secret that holds the sender's.",
        examples=["{{ secrets.GITHUB_SECRET }}"],
        json_schema_extra=NAMED,
    )
    header: str = Field(
        pattern=HEADER_NAME,
        title="Signature header",
        description="Where the signature is.",
        examples=["X-Hub-Signature-256", "X-Shopify-Hmac-Sha256", "Stripe-Signature"],
        json_schema_extra=LITERAL,
    )
    encoding: Literal["hex", "base64"] = Field(
        default="hex", title="Encoding", description="How the signature is written.", json_schema_extra=LITERAL
    )
    prefix: str = Field(
        default="",
        max_length=50,
        title="Prefix",
        description="What stands before the signature, such as `sha256=` or `v1=`.",
        json_schema_extra=LITERAL,
    )
    timestamp_header: str | None = Field(
        default=None,
        pattern=HEADER_NAME,
        title="Timestamp header",
        description="Where the second of sending is; then `<timestamp>.<body>` is what was signed, else the body. The "
        "signature header itself: it is the part `t=` in there, as Stripe sends it.",
        json_schema_extra=LITERAL,
    )
    id_header: str | None = Field(
        default=None,
        pattern=HEADER_NAME,
        title="Id header",
        description="Where the id of the delivery is, the same when it is sent again. Empty: the signature stands for "
        "it.",
        examples=["X-GitHub-Delivery", "X-Shopify-Webhook-Id"],
        json_schema_extra=LITERAL,
    )


WebhookAuth = Annotated[NoAuth | KeyAuth | SignedAuth | HmacAuth, Field(discriminator="type")]


class WebhookConfig(StartLimits):
    event_source: Literal["webhook"] = Field(
        default="webhook", title="Source", description="Always `webhook`.", json_schema_extra=LITERAL
    )
    event_type: Literal["RECEIVED"] = Field(
        default="RECEIVED", title="Event", description="Always `RECEIVED`.", json_schema_extra=LITERAL
    )
    methods: tuple[Literal["GET", "POST", "PUT", "PATCH", "DELETE"], ...] = Field(
        default=("POST",),
        min_length=1,
        max_length=5,
        title="Methods",
        description="With which the address may be called.",
        json_schema_extra=LITERAL,
    )
    auth: WebhookAuth = Field(
        title="Authentication",
        description="How callers show who they are. `none` has to be chosen.",
        examples=[{"type": "signature", "secret": "{{ secrets.WEBHOOK_SECRET }}"}],
    )
    replay_window_seconds: int = Field(
        default=300,
        ge=10,
        le=86_400,
        title="Replay window",
        description="How far the timestamp of a delivery may be from now, where it has one.",
        json_schema_extra=LITERAL,
    )
    body_schema: dict[str, JsonValue] | None = Field(
        default=None,
        title="Body",
        description="What the body has to hold, as a form. Empty: anything.",
        examples=[{"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]}],
        json_schema_extra={"widget": "input_schema", **LITERAL},
    )
    answer: Literal["immediately", "last_step"] = Field(
        default="immediately",
        title="Answer",
        description="immediately: that the run was accepted. last_step: the output of the run, once it has ended.",
        json_schema_extra=LITERAL,
    )
    answer_within_seconds: int = Field(
        default=30,
        ge=1,
        le=60,
        title="Answer within",
        description="How long last_step waits for the end; then it says that the run goes on.",
        json_schema_extra=LITERAL,
    )


def secret_name(auth: WebhookAuth) -> str | None:
    """The secret that it names; None where it needs none, or names none."""
    match = None if isinstance(auth, NoAuth) else _SECRET.fullmatch(auth.secret)
    return None if match is None else match[1]
