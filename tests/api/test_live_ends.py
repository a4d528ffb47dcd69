"""How streams end and what they survive: rights that are taken away, callers who do not read, servers that stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest
from tests.api.conftest import ApiServer, Hooks, serving, token
from tests.api.live_client import watching
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World, eventually

from automations.api import event_stream, uvicorn_server

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

LISTENING = (
    "select pid from pg_stat_activity where query ilike '%live%' and datname = current_database()"
    " and pid <> pg_backend_pid()"
)
LARGE = (
    "insert into automations.live_changes (account_id, kind, object_id, state)"
    " select $1, 'execution', 'x', jsonb_build_object('status', repeat('x', 100000)) from generate_series(1, 100)"
)
INSERT = "insert into automation_executions (automation_id, trigger_type) select $1, 'm' from generate_series(1, $2)"


@asynccontextmanager
async def another_process(dsn: str, hooks: Hooks) -> AsyncIterator[ApiServer]:
    """As far as the database can tell."""
    async with (
        serving(dsn, hooks.secrets) as (server, _),
        httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        yield ApiServer(client)


async def test_a_member_who_was_removed_is_told_nothing_more(
    world: World, api: ApiServer, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.2)
    automation = await make.automation(world.account, world.agent)
    person = await make.team_member(world.account)
    member = api.signed_in(person)
    async with watching(member) as live, watching(member, account=str(world.account)) as of_account:
        await make.execution(automation)
        await live.until_told("pending")
        await world.db.execute("delete from team_members")
        await live.until(lambda one: one.names()[-1] == "reset")
        await of_account.until(lambda one: one.over)
        assert of_account.names()[-1] == "expired"
        told = len(live.events)
        await make.execution(automation)
        # Of the own account, which is there still.
        own = await make.execution(await make.automation(person))
        await live.until(lambda one: str(own) in str(one.events[told:]))
        assert {data["account_id"] for data in live.told()[told:]} == {str(person)}
        # Back again, and all is told.
        await world.db.execute(
            "insert into team_members (owner_id, member_id, role) values ($1, $2, 'viewer')", world.account, person
        )
        await live.until(lambda one: one.names()[-1] == "reset")
        await make.execution(automation)
        await live.until(lambda one: one.told()[-1].get("account_id") == str(world.account))


async def test_a_token_and_a_key_end_their_streams(
    world: World, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.2)
    key, _ = await key_of(world, api, "read")
    async with (
        watching(api.signed_in(world.account, exp=int(time.time()) + 2)) as owner,
        watching(api.signed_in(None, exp=int(time.time()) + 2), account=str(world.account)) as server,
        watching(key) as machine,
        watching(api.signed_in(world.account)) as other,
    ):
        await world.db.execute("update automations.api_keys set revoked_at = now()")
        for live in (owner, server, machine):
            await live.until(lambda one: one.over)
            assert live.names() == ["ready", "expired"]
        assert not other.over


async def test_who_cannot_be_checked_for_a_moment_stays(
    world: World, api: ApiServer, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(event_stream, "CHECK_AGAIN_SECONDS", 0.1)
    automation = await make.automation(world.account, world.agent)
    async with watching(api.signed_in(world.account)) as live:
        # Policies know it by its number.
        await world.db.execute("alter function automations.accessible_account_ids rename to elsewhere")
        await asyncio.sleep(1)
        await make.execution(automation)
        await live.until_told("pending")
        await world.db.execute("alter function automations.elsewhere rename to accessible_account_ids")
        await asyncio.sleep(0.5)
        await make.execution(automation)
        await live.until_told("pending", "pending")
        assert live.names() == ["ready", "execution", "execution"]
        monkeypatch.setattr(event_stream, "UNCHECKED_SECONDS", 0.5)
        await world.db.execute("alter function automations.accessible_account_ids rename to elsewhere")
        await live.until(lambda one: one.over)
        assert live.names()[-1] == "execution"
    await world.db.execute("alter function automations.elsewhere rename to accessible_account_ids")


async def test_a_quiet_stream_says_that_it_is_alive_and_where_it_is(
    world: World, api: ApiServer, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "BEAT_SECONDS", 0.1)
    async with watching(api.signed_in(world.account)) as live:
        first = live.last_id
        # Others' transactions move it on.
        await make.execution(await make.automation(uuid.uuid4()))
        await live.until(lambda one: one.last_id != first)
        assert live.names() == ["ready"]


@asynccontextmanager
async def deaf(hooks: Hooks, user: uuid.UUID) -> AsyncIterator[asyncio.StreamReader]:
    """A client that has asked, and reads nothing of the answer until somebody does so here."""
    # Beyond its limit nothing is taken from the socket.
    reader, writer = await asyncio.open_connection("127.0.0.1", hooks.server.port, limit=1024)
    writer.write(f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token(user)}\r\n\r\n".encode())
    await reader.readuntil(b"event: ready")
    try:
        yield reader
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_who_does_not_read_holds_up_nobody_and_loads_anew(
    world: World, api: ApiServer, hooks: Hooks, make: Factory
) -> None:
    automation = await make.automation(world.account, world.agent)
    async with deaf(hooks, world.account) as reader, watching(api.signed_in(world.account)) as live:
        # More than sockets hold, then more than waits for anybody; so that it is the deaf one alone that has too much.
        await world.db.execute(LARGE, world.account)
        await live.until(lambda one: len(one.told("execution")) == 100)
        for _ in range(7):
            told = len(live.events)
            await world.db.execute(INSERT, automation, 200)
            await live.until(lambda one, told=told: len(one.events) == told + 200)  # type: ignore[misc]
        assert len(live.told("execution")) == 1_500
        assert "reset" not in live.names()
        seen = b""
        async with asyncio.timeout(30):
            while b"event: reset" not in seen:
                seen = seen[-100:] + await reader.read(65_536)
        await make.execution(automation)
        async with asyncio.timeout(30):
            while b'"status":"pending"' not in seen:
                seen = seen[-100:] + await reader.read(65_536)


async def test_who_never_reads_is_hung_up_on(
    world: World, hooks: Hooks, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_server, "STUCK_SECONDS", 0.2)
    automation = await make.automation(world.account, world.agent)
    async with deaf(hooks, world.account):

        async def gone() -> bool:
            await world.db.execute(INSERT, automation, 200)
            return not await world.db.fetch(LISTENING)

        await eventually(gone)


async def test_a_server_that_stops_ends_its_streams(world: World, api: ApiServer, hooks: Hooks) -> None:
    async with watching(api.signed_in(world.account)) as one, watching(api.signed_in(world.account)) as two:
        hooks.server.stop()
        for live in (one, two):
            await live.until(lambda live: live.over)
            assert live.names() == ["ready"]


async def test_a_lost_connection_loses_nothing(world: World, api: ApiServer, make: Factory) -> None:
    automation = await make.automation(world.account, world.agent)
    async with watching(api.signed_in(world.account)) as live:
        for _ in range(3):
            await world.db.execute(f"select pg_terminate_backend(pid) from ({LISTENING}) x")
            await make.execution(automation)
        await live.until_told("pending", "pending", "pending")
        assert live.names() == ["ready", *["execution"] * 3]


async def test_a_crash_of_the_server_is_a_reload(world: World, api: ApiServer, make: Factory) -> None:
    """It empties tables that are not logged."""
    automation = await make.automation(world.account, world.agent)
    async with watching(api.signed_in(world.account)) as live:
        await make.execution(automation)
        await live.until_told("pending")
        before = live.last_id
        await world.db.execute("truncate automations.live_changes, automations.live_watchers")
        await make.execution(automation)
        await world.db.execute(f"select pg_terminate_backend(pid) from ({LISTENING}) x")
        await live.until(lambda one: one.names()[-1] == "reset")

        # There is another reset when the transactions are over that did not know of the new watcher; it stands for what
        # was not told yet.
        async def told() -> bool:
            await make.execution(automation)
            return len(live.told("execution")) > 1

        await eventually(told)
        async with watching(api.signed_in(world.account), since=before) as again:
            await again.until(lambda one: one.names() == ["ready", "reset"])


async def test_what_was_copied_from_another_server_is_not_told(world: World, api: ApiServer, make: Factory) -> None:
    automation = await make.automation(world.account, world.agent)
    async with watching(api.signed_in(world.account)) as live:
        await world.db.execute(
            "insert into automations.live_changes (xid, account_id, kind, object_id)"
            " values (1000000000000, $1, 'execution', 'x')", world.account,
        )  # fmt: skip
        for _ in range(3):
            await make.execution(automation)
        await live.until(lambda one: len(one.told("execution")) == 3)
        assert live.statuses() == ["pending"] * 3


async def test_without_notifications_it_looks_each_second(
    world: World, api: ApiServer, make: Factory, database_url: str
) -> None:
    automation = await make.automation(world.account, world.agent)
    await world.db.execute("set automations.wake = 'off'")
    async with watching(api.signed_in(world.account)) as live:
        await make.execution(automation)
        await live.until_told("pending")


async def test_two_processes_tell_the_same_and_take_over_from_each_other(
    world: World, api: ApiServer, hooks: Hooks, make: Factory, database_url: str
) -> None:
    automation = await make.automation(world.account, world.agent)
    async with (
        another_process(database_url, hooks) as other,
        watching(api.signed_in(world.account)) as here,
        watching(other.signed_in(world.account)) as there,
    ):
        assert len(await world.db.fetch(LISTENING)) == 2
        runs = [str(await make.execution(automation)) for _ in range(3)]
        for live in (here, there):
            await live.until_told("pending", "pending", "pending")
            assert [data["id"] for data in live.told("execution")] == runs
        missed = str(await make.execution(automation))
        async with watching(other.signed_in(world.account), since=here.last_id) as moved:
            assert moved.events[0] == ("ready", {"resumed": True})
            await moved.until(lambda one: missed in str(one.events))


async def test_a_database_that_is_not_there_is_said(world: World, api: ApiServer, connect: Connect) -> None:
    async with watching(api.signed_in(world.account)):
        pass
    await world.db.execute("alter table automations.live_watchers rename to elsewhere")
    answer = await api.signed_in(world.account)("GET", "/live")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    await world.db.execute("alter table automations.elsewhere rename to live_watchers")
    async with watching(api.signed_in(world.account)) as live:
        assert live.names() == ["ready"]
