from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from automations import __version__
from automations.flow.http_auth import HttpAuth, auth_problems, credentials
from automations.flow.http_messages import (
    BodyType,
    Scalar,
    code_range,
    encode_body,
    query_pairs,
    read_body,
    retry_after,
)
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Outcome
from automations.flow.pagination import Page, Pages, Pagination, without_parameters
from automations.flow.ports import Context, HttpRequest, HttpResponse

StatusCode = Annotated[int, Field(ge=100, le=599)]
StatusRange = Annotated[str, StringConstraints(pattern=r"^[1-5]\d\d(-[1-5]\d\d)?$")]

RETRYABLE_STATUS = frozenset({408, 425, 429})


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
        examples=[{"X-Request-Source": "automations"}],
        json_schema_extra={"widget": "key_value", "secrets": True},
    )
    auth: HttpAuth | None = Field(
        default=None,
        title="Authentication",
        description="How the step shows who it is. What it sends for that goes to no other server, and into no record.",
        examples=[{"type": "bearer", "token": "{{ secrets.CRM_TOKEN }}"}],
    )
    query: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict,
        max_length=100,
        title="Query",
        description="Parameters added to the address. A list repeats the parameter; null leaves it out.",
        json_schema_extra={"widget": "key_value", "secrets": True},
    )
    body_type: BodyType = Field(
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
        description="Bytes, after decompression; a longer answer fails the step. With pagination: of all pages.",
        json_schema_extra={"template": False},
    )
    follow_redirects: bool = Field(
        default=False,
        title="Follow redirects",
        description="Follow up to 5 redirects. Nothing that may be secret is sent on to another server.",
        json_schema_extra={"template": False},
    )
    pagination: Pagination | None = Field(
        default=None,
        title="Pages",
        description="Fetch a list that comes page by page. Each page is a request with the time-out above.",
        examples=[{"mode": "cursor", "items": "data", "cursor": "next_cursor"}],
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

    With `pagination` the output is that of the last page, and adds `items` (of all pages), `pages` (how many) and
    `more` (a limit cut it off). A page that fails, fails the step; where it is tried again, it begins with the first.

    With `auth` of type `signature` the request is a signed webhook (Standard Webhooks): `webhook-id` is the
    `Idempotency-Key`, the same on every attempt, `webhook-timestamp` is that of the attempt.
    """

    type = "action-http"
    title = "HTTP request"
    group = "action"
    icon = "Globe"
    output_is_known = True
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
        problems += auth_problems(config.auth, {name.lower() for name in config.headers}, set(config.query))
        for position, code in enumerate(config.success_codes):
            low, high = code_range(code)
            if low > high:
                problems.append((f"success_codes.{position}", f"{code} is empty: the lower code comes first"))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        sample: JsonObject = {
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body": {},
            "url": config.get("url") if isinstance(config.get("url"), str) else "https://api.example.com/",
        }
        return {**sample, "items": [], "pages": 1, "more": False} if config.get("pagination") else sample

    async def rehearse(self, config: ActionHttpConfig, ctx: Context, sample: JsonObject) -> Json:
        page = Page() if config.pagination is None else Pages(config.pagination, config.url).first()
        request = build_request(config, ctx, page, 1, config.max_response_bytes)
        ctx.http.rehearse(request)
        return {**sample, "url": request.url.partition("?")[0]}

    async def run(self, config: ActionHttpConfig, ctx: Context) -> Outcome:
        if config.pagination is None:
            response = await ctx.http.send(build_request(config, ctx, Page(), 1, config.max_response_bytes))
            return judge(config, response, ctx.now)
        pages = Pages(config.pagination, config.url)
        page: Page | None = pages.first()
        left = config.max_response_bytes
        output: JsonObject = {}
        while page is not None:
            response = await ctx.http.send(build_request(config, ctx, page, pages.count + 1, max(left, 1)))
            outcome = judge(config, response, ctx.now)
            if not isinstance(outcome, Continue):
                return outcome
            left -= len(response.content)
            assert isinstance(outcome.output, dict)
            output = outcome.output
            headers = {name.lower(): value for name, value in response.headers.items()}
            page = pages.take(output["body"], headers, response.url, response.content)
        return Continue(output={**output, "items": pages.items, "pages": pages.count, "more": pages.more})


def build_request(config: ActionHttpConfig, ctx: Context, page: Page, number: int, largest: int) -> HttpRequest:
    """The request for a page, the only one where there are none. `largest`: bytes that its answer may have."""
    content, content_type = encode_body(config.body_type, config.body)
    # Of pages each is a request of its own: with one key for all, a server would answer with the first again.
    key = ctx.idempotency_key if number == 1 else f"{ctx.idempotency_key}-{number}"
    shown = credentials(config.auth, message_id=key, now=ctx.now, body=content or b"")
    headers = dict(config.headers)
    present = {name.lower() for name in headers}
    defaults = {
        "Content-Type": content_type,
        "Accept": "*/*",
        "User-Agent": f"automations/{__version__}",
        "Idempotency-Key": key,
    }
    headers |= {name: value for name, value in defaults.items() if value and name.lower() not in present}
    own_query = [] if page.url else [pair for pair in query_pairs(config.query) if pair[0] not in page.query]
    replaced = {*page.query, *(name for name, _ in shown.query)} if page.url else set(page.query)
    return HttpRequest(
        method=config.method,
        url=without_parameters(page.url or config.url, replaced),
        headers={**headers, **shown.headers},
        query=(*own_query, *page.query.items()),
        hidden_query=shown.query,
        hidden=shown.hidden,
        content=content,
        timeout_seconds=config.timeout_seconds,
        follow_redirects=config.follow_redirects,
        max_response_bytes=largest,
    )


def judge(config: ActionHttpConfig, response: HttpResponse, now: datetime) -> Outcome:
    """What `response` means for the step."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    output: JsonObject = {"status": response.status, "headers": dict(headers), "body": None, "url": response.url}
    succeeded = any(low <= response.status <= high for low, high in map(code_range, config.success_codes))
    problem = None
    if response.truncated:
        output["truncated"] = True
        what = "the answer is" if config.pagination is None else "the pages together are"
        problem = Fail(
            f"{what} longer than {config.max_response_bytes} bytes", code="response_too_large", output=output
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
