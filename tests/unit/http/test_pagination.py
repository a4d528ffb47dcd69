"""Lists that come page by page, from a real server: every mode, every limit, and servers that go round in circles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from automations.flow.outcomes import Continue, Fail, JsonObject, Outcome
from automations.flow.pagination import next_link
from automations.nodes.action_http import ActionHttp
from automations.testing import StepContext, run_node

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer, Received

    from automations.integrations.http_client import HttpClient

Answers = Callable[[dict[str, str]], tuple[Any, dict[str, str]]]


def answering(server: LocalServer, path: str, answers: Answers, status: str = "200 OK") -> str:
    """`answers` gets the parameters of the address, and gives a JSON body and further headers."""

    async def write(request: Received, writer: asyncio.StreamWriter) -> None:
        query = {name: values[-1] for name, values in parse_qs(urlsplit(request.target).query).items()}
        body, headers = answers(query)
        content = json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        await writer.drain()

    return server.on(path, write)


async def run(client: HttpClient, url: str, pagination: JsonObject, **config: Any) -> Outcome:
    return await run_node(ActionHttp(), {"url": url, "pagination": pagination, **config}, http=client)


def came(outcome: Outcome) -> tuple[Any, Any, Any]:
    """Items, number of pages, whether there is more."""
    assert isinstance(outcome, Continue), outcome
    assert isinstance(outcome.output, dict)
    assert set(outcome.output) == {"status", "headers", "body", "url", "items", "pages", "more"}
    return outcome.output["items"], outcome.output["pages"], outcome.output["more"]


def targets(server: LocalServer) -> list[str]:
    return [request.target for request in server.requests]


async def test_links(server: LocalServer, client: HttpClient) -> None:
    def page(query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        number = int(query.get("page", "1"))
        link = f'</list?page=1>; rel="first", </list?page={number + 1}>; title="a, b"; rel="next last"'
        return [number, number * 10], {"Link": link} if number < 3 else {"Link": '</list?page=1>; rel="first"'}

    url = answering(server, "/list", page)
    assert came(await run(client, url, {"mode": "link"}, query={"q": "x"})) == ([1, 10, 2, 20, 3, 30], 3, False)
    assert targets(server) == ["/list?q=x", "/list?page=2", "/list?page=3"]
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys == [StepContext().idempotency_key + end for end in ("", "-2", "-3")]


async def test_addresses_in_the_body(server: LocalServer, client: HttpClient) -> None:
    def page(query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        after = int(query.get("after", "0"))
        following = server.url(f"/deals?after={after + 2}&key=old") if after < 4 else None
        return {"data": [{"id": after}, {"id": after + 1}], "paging": {"next": following}}, {}

    url = answering(server, "/deals", page)
    how: JsonObject = {"mode": "next_url", "items": "data", "next": "paging.next"}
    items, pages, more = came(await run(client, url, how, auth={"type": "query", "name": "key", "value": "k"}))
    assert ([item["id"] for item in items], pages, more) == ([0, 1, 2, 3, 4, 5], 3, False)
    # The key goes along with each page, once, however the address was written.
    assert targets(server) == ["/deals?key=k", "/deals?after=2&key=k", "/deals?after=4&key=k"]


@pytest.mark.parametrize("last", [None, "", False, "missing"])
async def test_cursors(server: LocalServer, client: HttpClient, last: Any) -> None:
    def page(query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        at = int(query.get("c", "0"))
        meta = {"next": at + 1} if at < 2 else {} if last == "missing" else {"next": last}
        return {"result": {"rows": [at]}, "meta": meta}, {}

    url = answering(server, "/rows", page)
    how: JsonObject = {"mode": "cursor", "items": "result.rows", "cursor": "meta.next", "parameter": "c"}
    assert came(await run(client, f"{url}?c=0", how, query={"a": 1})) == ([0, 1, 2], 3, False)
    assert targets(server) == ["/rows?c=0&a=1", "/rows?a=1&c=1", "/rows?a=1&c=2"]


async def test_numbered_pages_end_with_an_empty_one(server: LocalServer, client: HttpClient) -> None:
    url = answering(server, "/n", lambda query: ([query["p"]] if int(query["p"]) < 3 else [], {}))
    how: JsonObject = {"mode": "page", "parameter": "p", "start": 0}
    assert came(await run(client, url, how, query={"p": 9})) == (["0", "1", "2"], 4, False)
    assert targets(server) == [f"/n?p={number}" for number in range(4)]


async def test_offsets_end_with_a_page_that_is_not_full(server: LocalServer, client: HttpClient) -> None:
    rows = list(range(25))

    def page(query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        start = int(query["offset"])
        return rows[start : start + int(query["limit"])], {}

    url = answering(server, "/o", page)
    how: JsonObject = {"mode": "offset", "size": 10, "size_parameter": "limit"}
    assert came(await run(client, url, how)) == (rows, 3, False)
    assert targets(server)[2] == "/o?offset=20&limit=10"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_pages": 2}, ([1, 2, 3, 4], 2, True)),
        ({"max_items": 3}, ([1, 2, 3], 2, True)),
        ({"max_items": 4}, ([1, 2, 3, 4], 2, True)),
        ({"max_items": 6, "max_pages": 3}, ([1, 2, 3, 4, 5, 6], 3, False)),
    ],
)
async def test_limits_say_that_there_is_more(
    server: LocalServer, client: HttpClient, limits: JsonObject, expected: Any
) -> None:
    def page(query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        number = int(query.get("page", "1"))
        return [2 * number - 1, 2 * number], {"Link": f"<?page={number + 1}>; rel=next"} if number < 3 else {}

    url = answering(server, "/", page)
    assert came(await run(client, url, {"mode": "link", **limits})) == expected


@pytest.mark.parametrize(
    ("how", "answer"),
    [
        ({"mode": "cursor", "cursor": "next", "items": "rows"}, {"rows": [1], "next": "same"}),
        ({"mode": "next_url", "next": "next", "items": "rows"}, {"rows": [1], "next": "?page=2"}),
        ({"mode": "page"}, [1]),
        ({"mode": "offset", "size": 1}, [1]),
    ],
    ids=str,
)
async def test_a_circle_is_an_error_and_no_loop(
    server: LocalServer, client: HttpClient, how: JsonObject, answer: Any
) -> None:
    url = answering(server, "/", lambda query: (answer, {}))
    outcome = await run(client, url, how)
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.retryable) == ("repeated_page", False)
    assert "came twice" in outcome.error
    assert len(server.requests) == 2


async def test_pages_of_another_server_are_not_fetched(
    server: LocalServer, other: LocalServer, client: HttpClient
) -> None:
    for number, there in enumerate(
        (other.url("/x"), "//example.com/x", "ftp://127.0.0.1/x", "http://[", "file:///etc")
    ):
        url = answering(server, f"/{number}", lambda query, there=there: ([1], {"Link": f'<{there}>; rel="next"'}))  # type: ignore[misc]
        outcome = await run(client, url, {"mode": "link"}, auth={"type": "bearer", "token": "t"})
        assert isinstance(outcome, Fail)
        assert outcome.code in ("other_origin", "bad_page"), there
    assert other.requests == []


async def test_a_redirected_first_page_does_not_make_another_server_the_home(
    server: LocalServer, other: LocalServer
) -> None:
    from automations.integrations.http_client import HttpClient

    client = HttpClient(allowed=[server.address, other.address])
    there = answering(other, "/there", lambda query: ([1], {"Link": '</there?page=2>; rel="next"'}))
    url = server.reply("/", "302 Found", Location=there)
    outcome = await run(client, url, {"mode": "link"}, follow_redirects=True, auth={"type": "bearer", "token": "t"})
    await client.close()
    assert isinstance(outcome, Fail)
    assert outcome.code == "other_origin"
    assert ["authorization" in request.headers for request in other.requests] == [False]


async def test_all_pages_together_are_bounded(server: LocalServer, client: HttpClient) -> None:
    url = answering(server, "/", lambda query: (["x" * 400, query["page"]], {}))
    outcome = await run(client, url, {"mode": "page"}, max_response_bytes=1_000)
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.error) == ("response_too_large", "the pages together are longer than 1000 bytes")
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "items"), [({"data": {}}, "data"), ({"data": None}, "data"), ({}, "data"), ({"data": []}, ""), ("x", "")]
)
async def test_an_answer_without_the_list_fails(
    server: LocalServer, client: HttpClient, answer: Any, items: str
) -> None:
    url = answering(server, "/", lambda query: (answer, {}))
    outcome = await run(client, url, {"mode": "link", "items": items})
    assert isinstance(outcome, Fail)
    assert (outcome.code, "on page 1" in outcome.error) == ("no_items", True)


async def test_a_page_that_fails_for_now_fails_the_step_for_now(server: LocalServer, client: HttpClient) -> None:
    calls = iter([(b"[1]", "200 OK"), (b"busy", "503 Service Unavailable")])

    async def write(request: Received, writer: asyncio.StreamWriter) -> None:
        body, status = next(calls)
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nretry-after: 7\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    outcome = await run(client, server.on("/", write), {"mode": "page"})
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.retryable, outcome.retry_after) == ("http_status", True, 7.0)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", ""),
        ("</a>; rel=next", "/a"),
        ('</a>;rel="prev", </b>;REL="Next"', "/b"),
        ('<https://x.example/a,b;c?d>; title="x; rel=next"; rel="next"', "https://x.example/a,b;c?d"),
        ('</a>; title="rel=next"', ""),
        ('</a>; title="x; rel=next"', ""),
        ("</a>", ""),
        ("no link at all; rel=next", ""),
        ("<" * 5_000 + ";rel=next" * 500, ""),
        ('<a>; rel="' + "x " * 5_000, ""),
    ],
)
def test_link_headers(header: str, target: str) -> None:
    assert next_link(header) == target
