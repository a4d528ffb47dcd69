"""How an HTTP step shows who it is: what arrives, and where it must not arrive."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

from automations.flow.outcomes import Continue, Fail, JsonObject, Outcome
from automations.flow.registry import NodeRegistry
from automations.flow.validate import check_flow
from automations.nodes.action_http import ActionHttp, ActionHttpConfig
from automations.nodes.trigger_manual import TriggerManual
from automations.testing import run_node

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer

    from automations.integrations.http_client import HttpClient

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
REDIRECTING = {"follow_redirects": True}


async def run(client: HttpClient, url: str, auth: Any, **config: Any) -> Outcome:
    return await run_node(ActionHttp(), {"url": url, "auth": auth, **config}, http=client, now=datetime.now(UTC))


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"type": "bearer", "token": "t0ken"}, "authorization", "Bearer t0ken"),
        (
            {"type": "basic", "username": "Zoë", "password": "p:w"},
            "authorization",
            "Basic " + base64.b64encode("Zoë:p:w".encode()).decode(),
        ),
        ({"type": "basic", "username": "me", "password": ""}, "authorization", "Basic bWU6"),
        ({"type": "header", "name": "X-Api-Key", "value": "k"}, "x-api-key", "k"),
    ],
)
async def test_headers(server: LocalServer, client: HttpClient, auth: JsonObject, name: str, value: str) -> None:
    await run(client, server.reply("/"), auth)
    assert server.requests[0].headers[name] == value


async def test_a_key_in_the_address_is_sent_and_not_shown(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/list")
    failing = server.reply("/gone", "404 Not Found")
    auth = {"type": "query", "name": "key", "value": "k&y=1 ü"}
    outcome = await run(client, f"{url}?a=1", auth, query={"b": "2"})
    failed = await run(client, failing, auth)
    assert [request.target for request in server.requests] == [
        "/list?a=1&b=2&key=k%26y%3D1+%C3%BC",
        "/gone?key=k%26y%3D1+%C3%BC",
    ]
    assert isinstance(outcome, Continue)
    assert isinstance(outcome.output, dict)
    assert outcome.output["url"] == f"{url}?a=1&b=2"
    assert isinstance(failed, Fail)
    assert "k%26" not in json.dumps([failed.output, failed.error])


async def test_a_signature_is_one_that_the_library_verifies(server: LocalServer, client: HttpClient) -> None:
    auth = {"type": "signature", "secret": SECRET}
    await run(client, server.reply("/hook"), auth, method="POST", body_type="json", body={"name": "Zoë"})
    (received,) = server.requests
    assert Webhook(SECRET).verify(received.body, received.headers) == {"name": "Zoë"}
    assert received.headers["webhook-id"] == received.headers["idempotency-key"]
    await run(client, server.reply("/empty"), auth)
    Webhook(SECRET).verify(b"", server.requests[1].headers, json_parse=False)


async def test_a_secret_that_is_none_sends_nothing(server: LocalServer, client: HttpClient) -> None:
    outcome = await run(client, server.reply("/"), {"type": "signature", "secret": "hunter2!"})
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.retryable, "hunter2" in outcome.error) == ("bad_secret", False, False)
    assert server.requests == []


AUTHS = [
    {"type": "bearer", "token": "s3cret"},
    {"type": "basic", "username": "me", "password": "s3cret"},
    {"type": "header", "name": "Accept-Key", "value": "s3cret"},
    {"type": "query", "name": "key", "value": "s3cret"},
    {"type": "signature", "secret": SECRET},
]


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: str(auth["type"]))
async def test_nothing_of_it_follows_a_redirect_to_another_server(
    server: LocalServer, other: LocalServer, auth: JsonObject
) -> None:
    from automations.integrations.http_client import HttpClient

    client = HttpClient(allowed=[server.address, other.address])
    other.reply("/there")
    url = server.reply("/", "302 Found", Location=other.url("/there"))
    outcome = await run(client, url, auth, **REDIRECTING)
    await client.close()
    assert isinstance(outcome, Continue)
    (received,) = other.requests
    assert received.target == "/there"
    assert set(received.headers) == {"host", "accept", "accept-encoding", "user-agent", "idempotency-key"}


async def test_a_server_that_sends_the_key_on_to_another_is_not_followed(
    server: LocalServer, other: LocalServer, client: HttpClient
) -> None:
    url = server.reply("/", "302 Found", Location=other.url("/there?id=7&api_key=s3cret"))
    outcome = await run(client, url, {"type": "query", "name": "key", "value": "s3cret"}, **REDIRECTING)
    assert outcome == Fail("127.0.0.1 redirects to another server, with the key of this step", code="bad_redirect")
    assert other.requests == []


async def test_within_the_server_a_redirect_keeps_what_it_names(server: LocalServer, client: HttpClient) -> None:
    server.reply("/b")
    url = server.reply("/a", "302 Found", Location="/b?key=s3cret&x=1")
    outcome = await run(client, url, {"type": "query", "name": "key", "value": "s3cret"}, **REDIRECTING)
    assert isinstance(outcome, Continue)
    assert isinstance(outcome.output, dict)
    assert (server.requests[1].target, outcome.output["url"]) == ("/b?key=s3cret&x=1", server.url("/b?x=1"))


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: str(auth["type"]))
def test_what_is_recorded_shows_none_of_it(auth: JsonObject) -> None:
    config = ActionHttpConfig.model_validate({"url": "https://example.com", "auth": auth})
    shown = config.model_dump_json(exclude_unset=True)
    assert "s3cret" not in shown + repr(config)
    assert SECRET not in shown + repr(config)
    assert f'"type":"{auth["type"]}"' in shown


def problems(config: JsonObject) -> list[tuple[str | None, str]]:
    nodes = [
        {"id": "t", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "n", "type": "action-http", "data": {"config": {"url": "https://example.com", **config}}},
    ]
    registry = NodeRegistry([ActionHttp(), TriggerManual()])
    found = check_flow(nodes, [{"id": "e", "source": "t", "target": "n"}], registry)
    return [(problem.field, problem.message.removeprefix("HTTP request: ")) for problem in found]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"auth": {"type": "bearer", "token": "{{ secrets.TOKEN }}"}}, []),
        ({"auth": {"type": "basic", "username": "{{ secrets.A }}", "password": "{{ secrets.B }}"}}, []),
        ({"auth": {"type": "header", "name": "X", "value": "Key {{ secrets.A }}"}}, []),
        ({"auth": {"type": "query", "name": "k", "value": "{{ secrets.A }}"}}, []),
        ({"auth": {"type": "signature", "secret": "{{ secrets.NEW }} {{ secrets.OLD }}"}}, []),
        (
            {"auth": {"type": "header", "name": "{{ secrets.A }}", "value": "x"}},
            [("auth.name", "'auth.name': String should match pattern '^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$'")],
        ),
        (
            {"headers": {"AUTHORIZATION": "x"}, "auth": {"type": "bearer", "token": "x"}},
            [("auth", "sets the header authorization, and so does `headers`; keep one of the two")],
        ),
        (
            {"headers": {"Webhook-Id": "x"}, "auth": {"type": "signature", "secret": SECRET}},
            [("auth", "sets the header webhook-id, and so does `headers`; keep one of the two")],
        ),
        (
            {"auth": {"type": "header", "name": "User-Agent", "value": "x"}},
            [("auth.name", "User-Agent is no header for a key: every server may see it")],
        ),
        (
            {"query": {"k": 1}, "auth": {"type": "query", "name": "k", "value": "x"}},
            [("auth.name", "k is in `query`, too; keep one of the two")],
        ),
        (
            {"auth": {"type": "basic", "username": "a:b", "password": ""}},
            [("auth.username", "cannot hold a colon: the other side would take it for the end")],
        ),
        (
            {"auth": {"type": "signature", "secret": "hunter2!"}},
            [("auth.secret", "the secret of the signature is neither `whsec_` with base64 behind it nor base64")],
        ),
        ({"auth": {"type": "bearer"}}, [("auth.token", "'auth.token' is required")]),
    ],
    ids=str,
)
def test_what_can_be_published(config: JsonObject, expected: list[tuple[str, str]]) -> None:
    assert problems(config) == expected


def test_an_unknown_kind_and_a_field_of_another_kind_are_refused() -> None:
    for auth, field in (
        ({"type": "digest"}, "auth"),
        ({"type": "bearer", "token": "x", "password": "y"}, "auth.password"),
        ("Bearer x", "auth"),
    ):
        assert [place for place, _ in problems({"auth": auth})] == [field]  # type: ignore[dict-item]


def test_no_key_is_in_a_header_that_follows_redirects() -> None:
    from automations.flow.http_auth import PLAIN_HEADERS
    from automations.integrations.outgoing_request import _HARMLESS

    assert {name.encode() for name in PLAIN_HEADERS} == _HARMLESS
