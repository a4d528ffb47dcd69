"""Signing in by a link where the installation issues its tokens itself: once, in time, and few guesses."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.api.conftest import SECRET, ApiServer, refused, token
from tests.api.own_server import own_server
from tests.engine.world import World

from automations.api.rate_limits import Buckets, RateLimits
from automations.api.sign_in import SignIn
from automations.api.tokens import TokenIssuer
from automations.errors import ConfigurationError
from automations.integrations.sign_in_codes import SECONDS, SignInCodes

ISSUER = TokenIssuer(SECRET, "authenticated", None)


@pytest.fixture
def codes(tmp_path: Path) -> SignInCodes:
    return SignInCodes(tmp_path)


@pytest.fixture
async def api(database_url: str, codes: SignInCodes) -> AsyncIterator[ApiServer]:
    limits = RateLimits(Buckets(0), Buckets(6, clock=lambda: 1.0))
    async with own_server(database_url, sign_in=SignIn(codes, ISSUER), limits=limits) as server:
        yield server


async def test_a_link_signs_in_once(world: World, api: ApiServer, codes: SignInCodes) -> None:
    nobody, code = api.bearer(None), codes.make(world.account)
    answers = await asyncio.gather(*(nobody("POST", "/sign-in", json={"code": code}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    (signed_in,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert signed_in["user_id"] == str(world.account)
    assert datetime.fromisoformat(signed_in["expires_at"]) > datetime.now(UTC) + timedelta(hours=11)
    owner = api.bearer(signed_in["token"])
    assert (await owner.ok("GET", "/me"))["user_id"] == str(world.account)
    again = await owner.ok("POST", "/sign-in/renew")
    assert again["user_id"] == str(world.account)
    assert (await api.bearer(again["token"]).ok("GET", "/me"))["user_id"] == str(world.account)
    refused(await nobody("POST", "/sign-in/renew"), 401, "not_signed_in")


async def test_guesses_of_codes_are_few(world: World, api: ApiServer, codes: SignInCodes) -> None:
    nobody = api.bearer(None)
    for guess in ("x", "../jwt.key", "a\u0000b", ""):
        answer = await nobody("POST", "/sign-in", json={"code": guess})
        assert answer.status_code in (401, 422), guess
    for _ in range(5):
        refused(await nobody("POST", "/sign-in", json={"code": "guess"}), 401, "not_signed_in")
    code = codes.make(world.account)
    for guess in ("guess", code):
        refused(await nobody("POST", "/sign-in", json={"code": guess}), 429, "too_many_requests")


async def test_renewing_ends_a_month_after_the_sign_in(world: World, api: ApiServer) -> None:
    month = 30 * 86_400
    for ago, ok in ((month - 600, True), (month + 600, False)):
        old = token(world.account, auth_time=int(time.time()) - ago)
        answer = await api.bearer(old)("POST", "/sign-in/renew")
        assert answer.is_success == ok
    refused(await api.bearer(token(world.account, auth_time="x"))("POST", "/sign-in/renew"), 401, "not_signed_in")
    refused(await api.bearer(token(None))("POST", "/sign-in/renew"), 403, "not_allowed")
    key = await api.signed_in(world.account).ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]})
    refused(await api.bearer(key["key"])("POST", "/sign-in/renew"), 403, "not_allowed")


async def test_where_others_issue_the_tokens_nobody_signs_in_here(world: World, database_url: str) -> None:
    async with own_server(database_url) as api:
        told = refused(await api.bearer(None)("POST", "/sign-in", json={"code": "x"}), 404, "not_found")
        assert "elsewhere" in told["detail"]
        refused(await api.signed_in(world.account)("POST", "/sign-in/renew"), 404, "not_found")


async def test_the_pages_run_their_own_script_and_nothing_else(api: ApiServer) -> None:
    for path in ("/sign-in?code=x", "/join"):
        answer = await api.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'sha256-" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers


def test_codes_are_private_and_go_with_time(codes: SignInCodes, tmp_path: Path) -> None:
    user = uuid.uuid4()
    code = codes.make(user)
    assert len(code) == 43
    (path,) = (tmp_path / "sign-in").iterdir()
    assert code not in path.name + path.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    old = time.time() - SECONDS - 1
    os.utime(path, (old, old))
    late = codes.make(user)
    assert codes.take(code) is None
    (path,) = (tmp_path / "sign-in").iterdir()
    path.write_text(path.read_text().replace('"until": 1', '"until": 0'))
    assert codes.take(late) is None
    assert codes.take(codes.make(user)) == user
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="no link to sign in"):
        SignInCodes(tmp_path / "file").make(user)
