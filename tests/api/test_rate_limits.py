"""Nobody calls without end, and guessing is slow; who only shares an address with somebody who guesses gets through."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
from tests.api.conftest import ApiServer, refused
from tests.api.own_server import own_server
from tests.engine.world import World

from automations.api.rate_limits import MOST_REMEMBERED, Buckets, RateLimits
from automations.errors import TooManyRequests


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(database_url: str, clock: Clock) -> AsyncIterator[ApiServer]:
    """Five requests a minute, and three guesses."""
    limits = RateLimits(Buckets(5, clock=clock), Buckets(3, clock=clock))
    async with own_server(database_url, limits=limits) as server:
        yield server


async def test_who_calls_too_often_is_told_when_to_come_back(world: World, api: ApiServer, clock: Clock) -> None:
    owner, other = api.signed_in(world.account), api.signed_in(uuid.uuid4())
    for _ in range(5):
        await owner.ok("GET", "/automations")
    answer = await owner("GET", "/automations")
    told = refused(answer, 429, "too_many_requests")
    assert told["detail"] == "more than 5 requests a minute"
    assert {name: answer.headers[name] for name in ("retry-after", "ratelimit-policy", "ratelimit")} == {
        "retry-after": "12",
        "ratelimit-policy": '"default";q=5;w=60',
        "ratelimit": '"default";r=0;t=12',
    }
    await other.ok("GET", "/automations")
    clock.now += 12
    await owner.ok("GET", "/automations")
    refused(await owner("GET", "/automations"), 429, "too_many_requests")
    server = api.signed_in(None)
    for _ in range(8):
        await server.ok("GET", "/automations")


async def test_each_key_is_counted_for_itself(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    one, two = [
        api.bearer((await owner.ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]}))["key"])
        for _ in range(2)
    ]
    for _ in range(5):
        await one.ok("GET", "/automations")
    refused(await one("GET", "/automations"), 429, "too_many_requests")
    await two.ok("GET", "/automations")
    await owner.ok("GET", "/automations")


async def test_guesses_are_few(world: World, api: ApiServer, clock: Clock) -> None:
    owner = api.signed_in(world.account)
    known, unknown = [
        (await owner.ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]}))["key"] for _ in range(2)
    ]
    await api.bearer(known).ok("GET", "/automations")
    # Without any proof nobody guesses.
    for _ in range(5):
        refused(await api.bearer(None)("GET", "/automations"), 401, "not_signed_in")
    for guess in ("aut_x", "x.y.z", "aut_y"):
        refused(await api.bearer(guess)("GET", "/automations"), 401, "not_signed_in")
    for guess in ("aut_x", "x.y.z"):
        refused(await api.bearer(guess)("GET", "/automations"), 429, "too_many_requests")
    # Not even a right guess is taken now; tokens cannot be guessed, and a key that was known stays so.
    refused(await api.bearer(unknown)("GET", "/automations"), 429, "too_many_requests")
    await api.bearer(known).ok("GET", "/automations")
    await owner.ok("GET", "/automations")
    clock.now += 20
    await api.bearer(unknown).ok("GET", "/automations")


def test_strangers_do_not_grow_it_for_ever(clock: Clock) -> None:
    buckets: Buckets[int] = Buckets(2, clock=clock)
    for caller in range(MOST_REMEMBERED * 2):
        assert buckets.take(caller)
    assert len(buckets) == MOST_REMEMBERED
    assert [buckets.take(-1) for _ in range(3)] == [True, True, False]


def test_a_line_of_ipv6_is_one_address() -> None:
    limits = RateLimits(Buckets(0), Buckets(1))
    limits.count_failure("2001:db8::1")
    with pytest.raises(TooManyRequests):
        limits.require_patience("2001:db8::ffff:1")
    limits.require_patience("2001:db8:0:1::1")
    limits.count_failure("192.0.2.1")
    with pytest.raises(TooManyRequests):
        limits.count_failure("::ffff:192.0.2.1")
    limits.require_patience(None)


def test_what_is_not_limited_is_not_counted() -> None:
    limits = RateLimits.per_minute(0)
    for _ in range(3):
        limits.count(uuid.uuid4())
    assert len(limits.requests) == 0


async def test_tokens_of_mails_are_not_guessed(database_url: str) -> None:
    limits = RateLimits(Buckets(0), Buckets(2, clock=Clock()))
    async with own_server(database_url, limits=limits) as server:
        for token, status in (("x" * 43, 404), ("no token", 404), ("y" * 43, 429)):
            answer = await server.http.get("/api/v1/approvals/by-token", headers={"Approval-Token": token})
            assert answer.status_code == status, answer.text
        page = await server.http.post("/approve", data={"token": "z" * 43})
        assert (page.status_code, "too many" in page.text) == (429, True)
