from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

import orjson
from pydantic import Field, JsonValue, StringConstraints

from automations import __version__
from automations.errors import StepError
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Outcome
from automations.flow.ports import Context, HttpRequest, HttpResponse

Scalar = str | int | float | bool | None
StatusCode = Annotated[int, Field(ge=100, le=599)]
StatusRange = Annotated[str, StringConstraints(pattern=r"^[1-5]\d\d(-[1-5]\d\d)?$")]

RETRYABLE_STATUS = frozenset({408, 425, 429})
LONGEST_RETRY_AFTER = 86_400.0


class ActionHttpConfig(Config):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET", title="Method", description="What to do with the address.", json_schema_extra={"template": False}
    )
    url: str = Field(
        min_length=1,
        max_length=16_384,
        title="URL",
        description="Full address, http or https, without a user name or password in it.",
        examples=["https://api.example.com/leads/{{ trigger.new.id }}"],
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        max_length=100,
        title="Headers",
        description="Name and value of each request header.",
        examples=[{"Authorization": "Bearer {{ secrets.CRM_TOKEN }}"}],
        json_schema_extra={"widget": "key_value", "secrets": True},
    )
    query: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict,
        max_length=100,
        title="Query",
        description="Parameters added to the address. A list repeats the parameter; null leaves it out.",
        json_schema_extra={"widget": "key_value", "secrets": True},
    )
    body_type: Literal["none", "json", "form", "raw"] = Field(
        default="none",
        title="Body",
        description="none; json: any value; form: fields as a web form sends them; raw: text as it is.",
        json_schema_extra={"template": False},
    )
    body: JsonValue = Field(
        default=None,
        title="Body content",
        description="For json any value, for form an object of fields, for raw a text.",
        json_schema_extra={"widget": "json", "secrets": True},
    )
    timeout_seconds: float = Field(
        default=30,
        ge=1,
        le=300,
        title="Time-out",
        description="Seconds for the whole exchange, redirects and body included.",
        json_schema_extra={"template": False},
    )
    success_codes: tuple[StatusCode | StatusRange, ...] = Field(
        default=("200-299",),
        min_length=1,
        max_length=50,
        title="Success codes",
        description="Status codes that count as success: single codes or ranges such as 200-299.",
        examples=[["200-299", 404]],
        json_schema_extra={"template": False},
    )
    max_response_bytes: int = Field(
        default=1_048_576,
        ge=1,
        le=10_485_760,
        title="Largest answer",
        description="Bytes, after decompression; a longer answer fails the step.",
        json_schema_extra={"template": False},
    )
    follow_redirects: bool = Field(
        default=False,
        title="Follow redirects",
        description="Follow up to 5 redirects. Headers that may hold a secret are not sent on to another server.",
        json_schema_extra={"template": False},
    )


class ActionHttp(Node[ActionHttpConfig]):
    """Sends an HTTP request and reads the answer.

    Output: `{"status": 200, "headers": {<lower-case name>: <text>}, "body": …, "url": <address that answered>}`. `body`
    is a value if the answer is JSON, else text; bytes of other content types come as base64 with
    `"encoding": "base64"`.

    Every attempt carries the same `Idempotency-Key` unless the step sets its own, so that the other side can see a
    repetition. Failures to connect, time-outs and the codes 408, 425, 429 and 5xx are tried again, not before
    `Retry-After`. Other codes fail at once (`http_status`), as do addresses that are not public (`blocked_address`), an
    answer that is too long (`response_too_large`) and JSON that cannot be read (`invalid_json`).
    """

    type = "action-http"
    title = "HTTP request"
    group = "action"
    icon = "Globe"
    effect = "external"
    default_retry = Retry(attempts=3, delay_seconds=1.0, backoff="exponential")

    def check(self, config: ActionHttpConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        if not config.url.startswith(("http://", "https://", "{{", "{%")):
            problems.append(("url", "must start with http:// or https://"))
        if config.body_type == "none" and config.body is not None:
            problems.append(("body", "is not sent while the body type is none; choose json, form or raw"))
        if config.body_type == "form" and not isinstance(config.body, dict):
            problems.append(("body", "must be an object of fields for a form"))
        if config.body_type == "raw" and not isinstance(config.body, str):
            problems.append(("body", "must be a text for a raw body"))
        for position, code in enumerate(config.success_codes):
            low, high = code_range(code)
            if low > high:
                problems.append((f"success_codes.{position}", f"{code} is empty: the lower code comes first"))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body": {},
            "url": config.get("url") if isinstance(config.get("url"), str) else "https://api.example.com/",
        }

    async def run(self, config: ActionHttpConfig, ctx: Context) -> Outcome:
        content, content_type = encode_body(config)
        headers = dict(config.headers)
        present = {name.lower() for name in headers}
        defaults = {
            "Content-Type": content_type,
            "Accept": "*/*",
            "User-Agent": f"automations/{__version__}",
            "Idempotency-Key": ctx.idempotency_key,
        }
        headers |= {name: value for name, value in defaults.items() if value and name.lower() not in present}
        response = await ctx.http.send(
            HttpRequest(
                method=config.method,
                url=config.url,
                headers=headers,
                query=tuple(query_pairs(config.query)),
                content=content,
                timeout_seconds=config.timeout_seconds,
                follow_redirects=config.follow_redirects,
                max_response_bytes=config.max_response_bytes,
            )
        )
        return judge(config, response, ctx.now)


def judge(config: ActionHttpConfig, response: HttpResponse, now: datetime) -> Outcome:
    """What `response` means for the step."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    output: JsonObject = {"status": response.status, "headers": dict(headers), "body": None, "url": response.url}
    succeeded = any(low <= response.status <= high for low, high in map(code_range, config.success_codes))
    problem = None
    if response.truncated:
        output["truncated"] = True
        problem = Fail(
            f"the answer is longer than {config.max_response_bytes} bytes", code="response_too_large", output=output
        )
    elif response.content:
        problem = read_body(response.content, headers.get("content-type", ""), output)
    if not succeeded:
        redirect = 300 <= response.status < 400 and "location" in headers and not config.follow_redirects
        return Fail(
            # Without the query, which may hold a secret.
            f"{config.method} {response.url.partition('?')[0]} answered {response.status}"
            + ("; turn on `follow redirects` or name the new address" if redirect else ""),
            code="http_status",
            retryable=response.status in RETRYABLE_STATUS or response.status >= 500,
            retry_after=retry_after(headers.get("retry-after"), now),
            output=output,
        )
    return problem or Continue(output=output)


def code_range(code: int | str) -> tuple[int, int]:
    """(200, 299) for "200-299", (404, 404) for 404 and "404"."""
    low, _, high = str(code).partition("-")
    return int(low), int(high or low)


def query_pairs(query: dict[str, Scalar | list[Scalar]]) -> list[tuple[str, str]]:
    """Parameters in order, lists repeated, nulls left out, booleans as `true` and `false`."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        items = value if isinstance(value, list) else [value]
        pairs += [(name, query_text(item)) for item in items if item is not None]
    return pairs


def query_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def encode_body(config: ActionHttpConfig) -> tuple[bytes | None, str | None]:
    """The bytes to send and their content type. Raises `StepError` where the body does not fit its type."""
    if config.body_type == "json":
        return orjson.dumps(config.body), "application/json"
    if config.body_type == "form":
        if not isinstance(config.body, dict):
            raise StepError("the body of a form must be an object of fields", code="bad_body")
        fields: dict[str, Scalar | list[Scalar]] = {}
        for name, value in config.body.items():
            items = value if isinstance(value, list) else [value]
            if any(isinstance(item, (dict, list)) for item in items):
                raise StepError(f"form field {name!r} must be a text, a number or a list of them", code="bad_body")
            fields[name] = [item for item in items if not isinstance(item, (dict, list))]
        return urlencode(query_pairs(fields)).encode(), "application/x-www-form-urlencoded"
    if config.body_type == "raw":
        if not isinstance(config.body, str):
            raise StepError("a raw body must be a text", code="bad_body")
        return config.body.encode(), "text/plain; charset=utf-8"
    return None, None


def read_body(content: bytes, content_type: str, output: JsonObject) -> Fail | None:
    """Put `content` into `output` as its content type says; the failure where it is called JSON and is not."""
    header = Message()
    header["content-type"] = content_type or "text/plain"
    kind = header.get_content_type()
    charset = header.get_content_charset("utf-8")
    textual = kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "x-www-form-urlencoded", "yaml"))
    if not textual:
        output |= {"body": base64.b64encode(content).decode(), "encoding": "base64"}
        return None
    try:
        text = content.decode(charset, errors="replace")
    except LookupError:
        text = content.decode(errors="replace")
    output["body"] = text
    if not kind.endswith("json"):
        return None
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Fail(f"the answer is called JSON but cannot be read: {error}", code="invalid_json", output=output)
    output["body"] = value
    return None


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; at most a day, None where it says nothing usable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
