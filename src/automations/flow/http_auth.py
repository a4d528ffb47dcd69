"""How an HTTP step shows who it is: a token, a password, a key in a header or in the address, or a signature."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr
from pydantic.config import JsonDict

from automations.errors import StepError
from automations.flow.standard_webhooks import HEADERS, keys_of, sign
from automations.flow.template_syntax import is_template

CREDENTIAL: JsonDict = {"secrets": True}
LITERAL: JsonDict = {"template": False}
# Shown to nobody, however it came into the config.
Hidden = Annotated[SecretStr, PlainSerializer(lambda _value: "•••", return_type=str, when_used="json")]
# They have a meaning of their own, and go to every server that a redirect leads to.
PLAIN_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "idempotency-key", "user-agent"}
)
HEADER_NAME: Final = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$"


class _Auth(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BearerAuth(_Auth):
    type: Literal["bearer"] = Field(
        title="Kind", description="A token in the Authorization header.", json_schema_extra=LITERAL
    )
    token: Hidden = Field(
        min_length=1,
        title="Token",
        description="Sent as `Authorization: Bearer <token>`.",
        examples=["{{ secrets.CRM_TOKEN }}"],
        json_schema_extra=CREDENTIAL,
    )


class BasicAuth(_Auth):
    type: Literal["basic"] = Field(
        title="Kind", description="User name and password in the Authorization header.", json_schema_extra=LITERAL
    )
    username: str = Field(title="User name", description="Without a colon.", json_schema_extra=CREDENTIAL)
    password: Hidden = Field(title="Password", description="May be empty.", json_schema_extra=CREDENTIAL)


class HeaderAuth(_Auth):
    type: Literal["header"] = Field(title="Kind", description="A key in a header.", json_schema_extra=LITERAL)
    name: str = Field(
        pattern=HEADER_NAME,
        title="Header",
        description="Its name.",
        examples=["X-Api-Key"],
        json_schema_extra=LITERAL,
    )
    value: Hidden = Field(min_length=1, title="Value", description="The key.", json_schema_extra=CREDENTIAL)


class QueryAuth(_Auth):
    type: Literal["query"] = Field(title="Kind", description="A key in the address.", json_schema_extra=LITERAL)
    name: str = Field(
        min_length=1,
        max_length=256,
        title="Parameter",
        description="Its name.",
        examples=["api_key"],
        json_schema_extra=LITERAL,
    )
    value: Hidden = Field(min_length=1, title="Value", description="The key.", json_schema_extra=CREDENTIAL)


class SignatureAuth(_Auth):
    type: Literal["signature"] = Field(
        title="Kind", description="The request is signed as Standard Webhooks says.", json_schema_extra=LITERAL
    )
    secret: Hidden = Field(
        min_length=1,
        title="Secret",
        description="`whsec_<base64>`; while it is being replaced two, separated by a blank.",
        examples=["{{ secrets.WEBHOOK_SECRET }}"],
        json_schema_extra=CREDENTIAL,
    )


HttpAuth = Annotated[BearerAuth | BasicAuth | HeaderAuth | QueryAuth | SignatureAuth, Field(discriminator="type")]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries beside its own headers and query. `query` must reach no other server and no record;
    `hidden`: neither must these, of which the others are made.
    """

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)


def header_names(auth: HttpAuth) -> tuple[str, ...]:
    """The headers that it sets, in lower case."""
    match auth:
        case BearerAuth() | BasicAuth():
            return ("authorization",)
        case HeaderAuth():
            return (auth.name.lower(),)
        case QueryAuth():
            return ()
        case SignatureAuth():
            return HEADERS
        case _:
            assert_never(auth)


def auth_problems(auth: HttpAuth | None, headers: set[str], query: set[str]) -> list[tuple[str, str]]:
    """What contradicts the step's own headers (in lower case) and query, and a secret that cannot be one."""
    if auth is None:
        return []
    problems = [
        ("auth", f"sets the header {name}, and so does `headers`; keep one of the two")
        for name in header_names(auth)
        if name in headers
    ]
    match auth:
        case HeaderAuth() if auth.name.lower() in PLAIN_HEADERS:
            problems.append(("auth.name", f"{auth.name} is no header for a key: every server may see it"))
        case QueryAuth() if auth.name in query:
            problems.append(("auth.name", f"{auth.name} is in `query`, too; keep one of the two"))
        case BasicAuth() if ":" in auth.username and not is_template(auth.username):
            problems.append(("auth.username", "cannot hold a colon: the other side would take it for the end"))
        case SignatureAuth() if not is_template(auth.secret.get_secret_value()):
            try:
                keys_of(auth.secret.get_secret_value())
            except StepError as error:
                problems.append(("auth.secret", error.message))
        case _:
            pass
    return problems


def credentials(auth: HttpAuth | None, *, message_id: str, now: datetime, body: bytes) -> Credentials:
    """`message_id` and `now` are for a signature. `StepError` code `bad_secret`, `bad_auth`."""
    match auth:
        case None:
            return Credentials()
        case BearerAuth():
            token = auth.token.get_secret_value().strip()
            return Credentials({"Authorization": f"Bearer {token}"}, hidden=(token,))
        case BasicAuth():
            if ":" in auth.username:
                raise StepError("the user name holds a colon", code="bad_auth")
            password = auth.password.get_secret_value()
            pair = base64.b64encode(f"{auth.username}:{password}".encode()).decode()
            # Without a password the name is the key.
            return Credentials({"Authorization": f"Basic {pair}"}, hidden=(password or auth.username, pair))
        case HeaderAuth():
            value = auth.value.get_secret_value()
            return Credentials({auth.name: value}, hidden=(value,))
        case QueryAuth():
            value = auth.value.get_secret_value()
            return Credentials(query=((auth.name, value),), hidden=(value,))
        case SignatureAuth():
            secret = auth.secret.get_secret_value()
            return Credentials(sign(secret, message_id, now, body), hidden=tuple(secret.split()))
        case _:
            assert_never(auth)
