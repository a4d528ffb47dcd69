"""The web editor as it is served: its pages where they are, its files for ever, and nothing where something else is."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.api.conftest import ApiServer, refused
from tests.api.own_server import own_server

from automations.api.editor import PAGES

SCRIPT = b"export const text = 'a script';" * 50
INDEX = "<!doctype html><title>Automations</title>"


@pytest.fixture
async def editor(database_url: str, tmp_path: Path) -> AsyncIterator[ApiServer]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "theme.js").write_text("1")
    (tmp_path / "assets" / "main-1a2b.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    async with own_server(database_url, editor=tmp_path) as server:
        yield server


async def test_every_page_is_the_editor(editor: ApiServer) -> None:
    for path in ("/", *(f"/{page}" for page in PAGES), "/automations/0d3f/runs", "/sign-in?code=x"):
        answer = await editor.http.get(path)
        assert (answer.status_code, answer.text) == (200, INDEX), path
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-cache"
    assert (await editor.http.head("/runs")).headers["content-type"] == "text/html; charset=utf-8"


async def test_what_is_something_else_is_never_a_page(editor: ApiServer) -> None:
    paths = (
        "/api",
        "/api/v1/nothing",
        "/webhooks/nothing",
        "/mcp/x",
        "/metrics/x",
        "/health/x",
        "/nothing",
        "/assets/x.js",
    )
    for path in (*paths, "/assets/..%2Findex.html", "/index.html", "/assets/main-1a2b.js.gz"):
        refused(await editor.http.get(path), 404, "not_found")
    for path in ("/health", "/ready", "/metrics", "/api/docs", "/approve"):
        answer = await editor.http.get(path)
        assert (answer.status_code, answer.text == INDEX) == (200, False), path
    refused(await editor.http.post("/automations"), 405, "wrong_method")


async def test_a_person_at_no_address_is_told_by_the_editor(editor: ApiServer, api: ApiServer) -> None:
    person = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = await editor.http.get("/nothing/here", headers=person)
    assert (answer.status_code, answer.text) == (404, INDEX)
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    for path in ("/api/v1/nothing", "/assets/x.js", "/webhooks/nothing", "/mcp/x"):
        refused(await editor.http.get(path, headers=person), 404, "not_found")
    refused(await editor.http.post("/nothing", headers=person), 404, "not_found")
    refused(await api.http.get("/nothing", headers=person), 404, "not_found")


async def test_files_are_kept_for_ever_and_sent_small(editor: ApiServer) -> None:
    plain = await editor.http.get("/assets/main-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == SCRIPT
    assert plain.headers["content-type"].startswith("text/javascript")
    packed = await editor.http.get("/assets/main-1a2b.js", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert (packed.content, packed.headers["content-encoding"]) == (SCRIPT, "gzip")
    for answer in (plain, packed):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await editor.http.get("/theme.js")).headers["cache-control"] == "no-cache"


async def test_without_the_editor_it_is_said(api: ApiServer) -> None:
    answer = await api.http.get("/")
    assert (answer.status_code, "without the web editor" in answer.text) == (200, True)
    refused(await api.http.get("/automations"), 404, "not_found")
    assert "automations sign-in" in (await api.http.get("/sign-in")).text


def test_the_pages_are_those_of_the_editor() -> None:
    source = Path(__file__).parents[2] / "web" / "src" / "app" / "pages.ts"
    listed = re.findall(r'^  "([a-z-]+)",$', source.read_text(), re.MULTILINE)
    assert listed == list(PAGES)
