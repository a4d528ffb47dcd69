"""What browsers are told, what they may do, and how much is sent to them."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.api.conftest import ApiServer, Hooks, refused
from tests.api.own_server import own_server
from tests.api.test_automations import made
from tests.engine.world import World

from automations.api.body_limit import DEEPEST_BODY
from automations.api.request_scope import Api

PAGE = "https://app.example.com"


def rules(answer: httpx2.Response) -> tuple[str, str]:
    return answer.headers["x-content-type-options"], answer.headers["referrer-policy"]


async def test_every_answer_has_them(
    world: World, hooks: Hooks, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api.signed_in(world.account)

    async def broken(*_: object) -> None:
        raise RuntimeError

    answers = [await client("GET", "/me"), await client("GET", "/nothing"), await api.bearer(None)("GET", "/me")]
    with monkeypatch.context() as patched:
        patched.setattr(Api, "caller", broken)
        answers.append(await client("GET", "/me"))
    assert [answer.status_code for answer in answers] == [200, 404, 401, 500]
    others = [await api.http.get("/health"), await api.http.post(await hooks.make(), json={})]
    for answer in (*answers, *others):
        assert rules(answer) == ("nosniff", "no-referrer")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert (await client("GET", "/me", headers={"Origin": PAGE})).headers.get("access-control-allow-origin") is None


async def test_the_pages_may_load_what_is_ours_and_nothing_else(
    api: ApiServer, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    for end in ("js", "css"):
        (tmp_path / "assets" / f"swagger-ui-5.35.0.{end}").write_text("x")
    async with own_server(database_url, editor=tmp_path) as server:
        docs = await server.http.get("/api/docs")
        assert "https:" not in docs.headers["content-security-policy"]
        loaded = re.findall(r'<(?:link|script|img)[^>]* (?:src|href)="([^"]+)"', docs.text)
        assert [one for one in loaded if not one.startswith("data:")] == [
            "/assets/swagger-ui-5.35.0.css",
            "/assets/swagger-ui-5.35.0.js",
        ]
        assert [(await server.http.get(one)).status_code for one in loaded if one.startswith("/")] == [200, 200]
        assert '<a href="/">Back to the editor</a>' in docs.text
        assert rules(docs) == ("nosniff", "no-referrer")
    without = await api.http.get("/api/docs")
    assert "/api/v1/openapi.json" in without.text
    assert "default-src 'none'" in without.headers["content-security-policy"]
    assert "default-src 'none'" in (await api.http.get("/sign-in")).headers["content-security-policy"]


@pytest.fixture
async def shared(database_url: str) -> AsyncIterator[ApiServer]:
    async with own_server(database_url, cors_origins=(PAGE,)) as server:
        yield server


async def test_pages_of_origins_that_are_named_may_call(world: World, shared: ApiServer) -> None:
    client = shared.signed_in(world.account)
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,if-match"}
    allowed = await shared.http.options("/api/v1/automations", headers={"Origin": PAGE, **asked})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, PAGE)
    assert "access-control-allow-credentials" not in allowed.headers
    answer = await client("GET", "/nothing", headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, PAGE)
    assert "etag" in answer.headers["access-control-expose-headers"]
    for other in ("https://app.example.com.evil.example", "http://app.example.com", "null"):
        assert (await shared.http.options("/api/v1/me", headers={"Origin": other, **asked})).status_code == 400
        told = (await client("GET", "/me", headers={"Origin": other})).headers
        assert "access-control-allow-origin" not in told
    # Webhooks answer OPTIONS themselves.
    refused(await shared.http.options("/webhooks/nothing", headers={"Origin": PAGE, **asked}), 404, "not_found")
    # Read without a token from this machine, where the browser may be, too.
    assert "access-control-allow-origin" not in (await shared.http.get("/metrics", headers={"Origin": PAGE})).headers


async def test_long_answers_are_compressed_for_who_takes_that(world: World, api: ApiServer) -> None:
    client = api.signed_in(world.account)
    path = f"/automations/{(await made(client, world, description='x' * 5_000))['id']}"
    plain = await client("GET", path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with api.http.stream(
        "GET", f"/api/v1{path}", headers={**client.headers, "Accept-Encoding": "gzip"}
    ) as answer:
        sent = b"".join([piece async for piece in answer.aiter_raw()])
    assert (answer.headers["content-encoding"], answer.headers["etag"]) == ("gzip", plain.headers["etag"])
    assert len(sent) < 2_500
    assert gzip.decompress(sent) == plain.content
    assert "content-encoding" not in (await client("GET", "/api-keys", headers={"Accept-Encoding": "gzip"})).headers


@pytest.mark.parametrize("deep", [DEEPEST_BODY, DEEPEST_BODY + 1, 5_000, 500_000])
async def test_json_is_not_nested_without_end(world: World, api: ApiServer, deep: int) -> None:
    client = api.signed_in(world.account)
    path = f"/automations/{(await made(client, world))['id']}"
    # An object and a list around it are levels, too.
    nested = '{"name": "x", "nodes": [' + '{"a":' * (deep - 2) + "1" + "}" * (deep - 2) + "]}"
    answer = await client("PUT", path, content=nested, headers={"Content-Type": "application/json"})
    if deep <= DEEPEST_BODY:
        assert answer.status_code in (200, 422)
    else:
        assert "64" in refused(answer, 400, "bad_request")["hint"]
