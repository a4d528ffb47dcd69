"""Redirects: followed only when asked, as browsers follow them, without secrets for other servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from automations.errors import StepError
from automations.flow.ports import HttpRequest
from automations.integrations.http_client import HttpClient
from automations.integrations.outgoing_request import Hop, first_hop, redirected

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer


async def test_a_redirect_is_an_answer_unless_it_is_to_be_followed(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/old", "301 Moved Permanently", Location="/new?x=1")
    server.reply("/new", body=b"here")
    answer = await client.send(HttpRequest("GET", url))
    followed = await client.send(HttpRequest("GET", url, follow_redirects=True))
    assert (answer.status, answer.url) == (301, url)
    assert (followed.status, followed.content, followed.url) == (200, b"here", server.url("/new?x=1"))


async def test_five_redirects_are_followed_and_no_more(server: LocalServer, client: HttpClient) -> None:
    for number in range(6):
        server.reply(f"/{number}", "302 Found", Location=f"/{number + 1}")
    server.reply("/6", body=b"end")
    five = await client.send(HttpRequest("GET", server.url("/1"), follow_redirects=True))
    assert five.content == b"end"
    with pytest.raises(StepError) as failed:
        await client.send(HttpRequest("GET", server.url("/0"), follow_redirects=True))
    assert (failed.value.code, failed.value.message, failed.value.retryable) == (
        "too_many_redirects",
        "more than 5 redirects",
        False,
    )


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        ("301 Moved", "POST", ("GET", b"", None)),
        ("302 Found", "POST", ("GET", b"", None)),
        ("303 See Other", "PUT", ("GET", b"", None)),
        ("307 Temporary", "POST", ("POST", b"body", "text/plain")),
        ("308 Permanent", "POST", ("POST", b"body", "text/plain")),
        ("302 Found", "PUT", ("PUT", b"body", "text/plain")),
    ],
)
async def test_method_and_body_after_a_redirect(
    client: HttpClient, server: LocalServer, status: str, method: str, expected: Any
) -> None:
    url = server.reply("/from", status, Location="/to")
    server.reply("/to")
    headers = {"Content-Type": "text/plain", "Authorization": "Bearer x"}
    await client.send(HttpRequest(method, url, headers=headers, content=b"body", follow_redirects=True))
    last = server.requests[-1]
    assert (last.method, last.body, last.headers.get("content-type")) == expected
    assert last.headers["authorization"] == "Bearer x"


async def test_another_server_gets_no_header_that_may_be_secret(server: LocalServer, other: LocalServer) -> None:
    url = server.reply("/", "307 Temporary Redirect", Location=other.url("/"))
    other.reply("/")
    client = HttpClient(allowed=[server.address, other.address])
    headers = {"Authorization": "Bearer x", "Cookie": "a=1", "X-Api-Key": "k", "Idempotency-Key": "i", "Accept": "*/*"}
    await client.send(HttpRequest("GET", url, headers=headers, follow_redirects=True))
    assert other.requests[0].headers == {
        "host": other.address,
        "idempotency-key": "i",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
    }
    await client.close()


def hop(url: str) -> Hop:
    return first_hop(HttpRequest("GET", url, headers={"Authorization": "Bearer x"}))


def test_the_same_host_keeps_secrets_when_it_turns_to_https() -> None:
    following = redirected(hop("http://example.com/"), 301, "https://example.com/")
    assert (b"Authorization", b"Bearer x") in following.headers


@pytest.mark.parametrize(
    "target",
    ["https://www.example.com/", "https://example.com:8443/", "//other.example.com/", "http://example.com:8080/"],
)
def test_another_host_or_port_does_not_get_them(target: str) -> None:
    following = redirected(hop("http://example.com/"), 301, target)
    assert (b"Authorization", b"Bearer x") not in following.headers


def test_a_redirect_never_leaves_encryption() -> None:
    with pytest.raises(StepError) as failed:
        redirected(hop("https://example.com/"), 302, "http://example.com/")
    assert (failed.value.code, failed.value.message) == (
        "bad_redirect",
        "example.com redirects to an address without encryption",
    )
