"""The HTTP request step over the real client, against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from automations import __version__
from automations.flow.outcomes import Continue, Fail, JsonObject, Outcome
from automations.nodes.action_http import ActionHttp, ActionHttpConfig
from automations.testing import StepContext, run_node

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer

    from automations.integrations.http_client import HttpClient

JSON = {"Content_Type": "application/json"}


async def run(client: HttpClient, url: str, **config: Any) -> Outcome:
    return await run_node(ActionHttp(), {"url": url, **config}, http=client)


def output(url: str, body: Any, headers: dict[str, str], status: int = 200, **more: Any) -> JsonObject:
    return {"status": status, "headers": dict(headers), "body": body, "url": url, **more}


async def test_a_get_carries_what_every_request_carries(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/lead", body=b'{"id": 7, "tags": ["a"]}', **JSON)
    outcome = await run(client, url, query={"q": "Zoë", "n": 1, "on": True, "none": None, "many": ["a", 2, None]})
    final = f"{url}?q=Zo%C3%AB&n=1&on=true&many=a&many=2"
    headers = {"content-type": "application/json", "content-length": "24"}
    assert outcome == Continue(output(final, {"id": 7, "tags": ["a"]}, headers))
    (received,) = server.requests
    assert (received.method, received.body) == ("GET", b"")
    assert received.headers == {
        "host": server.address,
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "user-agent": f"automations/{__version__}",
        "idempotency-key": StepContext().idempotency_key,
    }


@pytest.mark.parametrize(
    ("config", "content_type", "sent"),
    [
        ({"body_type": "json", "body": {"a": [1, None, "ü"]}}, "application/json", '{"a":[1,null,"ü"]}'.encode()),
        ({"body_type": "json"}, "application/json", b"null"),
        (
            {"body_type": "form", "body": {"a": "x y", "b": [1, True], "c": None}},
            "application/x-www-form-urlencoded",
            b"a=x+y&b=1&b=true",
        ),
        ({"body_type": "raw", "body": "plain ü"}, "text/plain; charset=utf-8", "plain ü".encode()),
        ({"body_type": "none"}, None, b""),
    ],
)
async def test_bodies(
    client: HttpClient, server: LocalServer, config: JsonObject, content_type: str, sent: bytes
) -> None:
    url = server.reply("/")
    await run(client, url, method="POST", **config)
    received = server.requests[0]
    assert (received.method, received.headers.get("content-type"), received.body) == ("POST", content_type, sent)
    assert received.headers["content-length"] == str(len(sent))


async def test_the_author_s_own_headers_win_in_any_case(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/")
    own = {
        "idempotency-KEY": "mine",
        "User-agent": "me",
        "ACCEPT": "text/csv",
        "content-type": "application/vnd.x+json",
    }
    await run(client, url, method="PUT", headers=own, body_type="json", body={})
    headers = server.requests[0].headers
    assert {name: headers[name] for name in ("idempotency-key", "user-agent", "accept", "content-type")} == {
        name.lower(): value for name, value in own.items()
    }


@pytest.mark.parametrize(
    ("content_type", "content", "expected"),
    [
        ("application/json; charset=utf-8", b"[1]", {"body": [1]}),
        ("application/problem+json", b'{"a":null}', {"body": {"a": None}}),
        ("application/json", b"", {"body": None}),
        ("text/plain; charset=latin-1", "ü".encode("latin-1"), {"body": "ü"}),
        ("text/plain; charset=nonsense", b"a", {"body": "a"}),
        # What Python knows beside character sets: slow ones, and ones that raise.
        ("text/plain; charset=punycode", b"a-" * 100_000, {"body": "a-" * 100_000}),
        ("text/plain; charset=undefined", b"a", {"body": "a"}),
        ("text/plain; charset=idna", b"a" * 1_000, {"body": "a" * 1_000}),
        ("text/plain; charset=unicode_escape", b"\\x41", {"body": "\\x41"}),
        ("text/plain; charset*=utf-8''a%00b", b"a", {"body": "a"}),
        ('text/plain; a="' + ";" * 30_000, b"a", {"body": "a"}),
        ("text/plain", b"\xff", {"body": "\ufffd"}),
        ("text/html", b"<p>", {"body": "<p>"}),
        ("image/png", b"\x89PNG", {"body": "iVBORw==", "encoding": "base64"}),
        ("nonsense", b"a", {"body": "a"}),
    ],
)
async def test_answers(
    client: HttpClient, server: LocalServer, content_type: str, content: bytes, expected: JsonObject
) -> None:
    url = server.reply("/", body=content, Content_Type=content_type)
    headers = {"content-type": content_type, "content-length": str(len(content))}
    assert await run(client, url) == Continue({**output(url, None, headers), **expected})


async def test_broken_json_fails_with_its_text(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", body=b'{"a": ', **JSON)
    headers = {"content-type": "application/json", "content-length": "6"}
    assert await run(client, url) == Fail(
        "the answer is called JSON but cannot be read: unexpected end of data: line 1 column 7 (char 6)",
        code="invalid_json",
        output=output(url, '{"a": ', headers),
    )


async def test_an_answer_over_the_limit_fails(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", body=b"x" * 11)
    assert await run(client, url, max_response_bytes=10) == Fail(
        "the answer is longer than 10 bytes",
        code="response_too_large",
        output=output(url, None, {"content-length": "11"}, truncated=True),
    )


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        ("400 Bad Request", False),
        ("401 Unauthorized", False),
        ("404 Not Found", False),
        ("408 Request Timeout", True),
        ("425 Too Early", True),
        ("429 Too Many Requests", True),
        ("500 Internal Server Error", True),
        ("503 Service Unavailable", True),
    ],
)
async def test_which_codes_may_be_tried_again(
    client: HttpClient, server: LocalServer, status: str, retryable: bool
) -> None:
    url = server.reply("/", status, b"why")
    code = int(status[:3])
    assert await run(client, url, method="DELETE") == Fail(
        f"DELETE {url} answered {code}",
        code="http_status",
        retryable=retryable,
        output=output(url, "why", {"content-length": "3"}, code),
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Mon, 05 Jan 2026 09:00:30 GMT", 30.0),
        ("Monday, 05-Jan-26 09:01:00 GMT", 60.0),
        ("Mon, 05 Jan 2026 08:00:00 GMT", 0.0),
        ("99999999999999999999", 86_400.0),
        ("Fri, 05 Jan 2035 09:00:00 GMT", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Mon, 99 Jan 2026 09:00:00 GMT", None),
        ("", None),
    ],
)
async def test_retry_after_is_honoured(
    client: HttpClient, server: LocalServer, header: str, seconds: float | None
) -> None:
    outcome = await run(client, server.reply("/", "429 Too Many Requests", Retry_After=header))
    assert isinstance(outcome, Fail)
    assert (outcome.retryable, outcome.retry_after) == (True, seconds)


@pytest.mark.parametrize(
    ("codes", "status", "succeeds"),
    [
        (["200-299"], "204 No Content", True),
        ([404], "404 Not Found", True),
        (["200-299", "404"], "404 Not Found", True),
        (["200-299"], "302 Found", False),
        ([201], "200 OK", False),
        (["500-599"], "500 Oops", True),
    ],
)
async def test_success_codes(
    client: HttpClient, server: LocalServer, codes: list[Any], status: str, succeeds: bool
) -> None:
    outcome = await run(client, server.reply("/", status), success_codes=codes)
    assert isinstance(outcome, Continue if succeeds else Fail)


async def test_a_redirect_that_is_not_followed_says_what_to_do(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", "301 Moved Permanently", Location="/new")
    headers = {"location": "/new", "content-length": "0"}
    assert await run(client, url) == Fail(
        f"GET {url} answered 301; turn on `follow redirects` or name the new address",
        code="http_status",
        output=output(url, None, headers, 301),
    )
    server.reply("/new", body=b"here")
    assert await run(client, url, follow_redirects=True) == Continue(
        output(server.url("/new"), "here", {"content-length": "4"})
    )


async def test_a_query_is_not_repeated_in_the_error(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", "500 Oops")
    outcome = await run(client, url, query={"key": "secret"})
    assert isinstance(outcome, Fail)
    assert outcome.error == f"GET {url} answered 500"


async def test_a_blocked_address_fails_for_good(other: LocalServer, client: HttpClient) -> None:
    assert await run(client, other.url()) == Fail(
        "127.0.0.1 is not on the public internet, so nothing was sent to it", code="blocked_address"
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"body_type": "form", "body": "a=1"}, "the body of a form must be an object of fields"),
        ({"body_type": "form", "body": {"a": {"b": 1}}}, "form field 'a' must be a text, a number or a list of them"),
        ({"body_type": "raw", "body": {"a": 1}}, "a raw body must be a text"),
    ],
)
async def test_a_body_that_does_not_fit_its_type_fails(
    client: HttpClient, server: LocalServer, config: JsonObject, message: str
) -> None:
    assert await run(client, server.url(), **config) == Fail(message, code="bad_body")
    assert server.requests == []


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": ""},
        {"url": "http://a", "method": "TRACE"},
        {"url": "http://a", "timeout_seconds": 0},
        {"url": "http://a", "timeout_seconds": 301},
        {"url": "http://a", "max_response_bytes": 10_485_761},
        {"url": "http://a", "success_codes": []},
        {"url": "http://a", "success_codes": ["2xx"]},
        {"url": "http://a", "success_codes": [99]},
        {"url": "http://a", "unknown": 1},
    ],
)
def test_configs_that_are_refused(config: JsonObject) -> None:
    with pytest.raises(ValidationError):
        ActionHttpConfig.model_validate(config)


def test_check_finds_what_types_do_not() -> None:
    config = ActionHttpConfig.model_validate(
        {"url": "example.com", "body_type": "none", "body": "x", "success_codes": ["299-200", 404]}
    )
    assert ActionHttp().check(config) == [
        ("url", "must start with http:// or https://"),
        ("body", "is not sent while the body type is none; choose json, form or raw"),
        ("success_codes.0", "299-200 is empty: the lower code comes first"),
    ]
    for kind, message in (("form", "must be an object of fields for a form"), ("raw", "must be a text for a raw body")):
        config = ActionHttpConfig.model_validate({"url": "{{ vars.base }}/x", "body_type": kind, "body": 1})
        assert ActionHttp().check(config) == [("body", message)]


def test_it_says_that_it_may_happen_twice() -> None:
    described = ActionHttp.describe()
    assert (described["effect"], described["handles"]) == ("external", ["out"])
    retry = ActionHttp.default_retry
    assert (retry.attempts, retry.backoff) == (3, "exponential")
