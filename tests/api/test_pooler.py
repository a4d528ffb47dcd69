"""Behind PgBouncer in transaction mode: few connections of the database for many callers, each with his own rights."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
from pydantic import SecretStr
from tests.api.conftest import ApiServer, Hooks, refused
from tests.api.own_server import own_server
from tests.api.pgbouncer import LOGIN, PgBouncer, program, running
from tests.api.test_automations import made
from tests.conftest import Connect, Databases, Factory
from tests.engine.world import World, new_world

from automations.cli.compose_web import build_http_pool
from automations.settings import Settings

LEFT = """
select pg_backend_pid() as pid, current_user, session_user,
  coalesce(current_setting('request.jwt.claims', true), ''), (select count(*) from pg_prepared_statements)
"""


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.full)], ids=["one server connection", "two"])
async def pooler(request: pytest.FixtureRequest, databases: Databases, database_url: str) -> AsyncIterator[PgBouncer]:
    binary = program()
    if not await _has_login(databases):
        # As Supabase's authenticator: it has no rights but to become somebody.
        await databases.execute(f"create role {LOGIN} login noinherit")
    await databases.execute(f"grant anon, authenticated, service_role to {LOGIN}")
    with running(binary, databases, request.param) as found:
        yield found


async def _has_login(databases: Databases) -> bool:
    connection = await asyncpg.connect(databases.server.dsn)
    try:
        return bool(await connection.fetchval("select exists (select from pg_roles where rolname = $1)", LOGIN))
    finally:
        await connection.close()


@pytest.fixture
async def served(database_url: str, pooler: PgBouncer) -> AsyncIterator[ApiServer]:
    settings = Settings(http_database_url=SecretStr(pooler.dsn_for(database_url)))
    async with own_server(database_url, build_http_pool(database_url, settings)) as server:
        yield server


async def test_callers_of_different_accounts_see_their_own(
    world: World, served: ApiServer, make: Factory, pooler: PgBouncer, connect: Connect, database_url: str
) -> None:
    worlds = [world, *[await new_world(world.db, make) for _ in range(4)]]
    stranger = served.signed_in(uuid.uuid4())
    drafts = [await made(served.signed_in(one.account), one, f"of {one.account}") for one in worlds]
    rounds = 15

    async def call(number: int) -> None:
        one, draft = worlds[number], drafts[number]
        client, path = served.signed_in(one.account), f"/automations/{draft['id']}"
        others = f"/automations/{drafts[number - 1]['id']}"
        for turn in range(rounds):
            found = await client.ok("GET", "/automations")
            assert [(item["id"], item["user_id"]) for item in found["items"]] == [(draft["id"], str(one.account))]
            refused(await client("GET", others), 404, "not_found")
            # What is refused in the middle of a transaction that writes.
            refused(await client("PUT", others, json={"name": "x", "nodes": []}), 404, "not_found")
            saved = await client.ok("PUT", path, json={"name": f"{one.account} {turn}", "nodes": draft["nodes"]})
            assert (saved["id"], saved["name"]) == (draft["id"], f"{one.account} {turn}")
            assert (await stranger.ok("GET", "/automations"))["items"] == []

    async with asyncio.timeout(120):
        await asyncio.gather(*(call(number) for number in range(len(worlds))))
    names = await world.db.fetch("select user_id, name from automations")
    assert {row["name"] for row in names} == {f"{row['user_id']} {rounds - 1}" for row in names}
    everything = await served.signed_in(None).ok("GET", "/automations")
    assert len(everything["items"]) == len(worlds)
    # A server's token, API keys and refusals are read and written as service_role, each in a transaction that says so.
    key = await served.signed_in(world.account).ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]})
    found = await served.bearer(key["key"]).ok("GET", "/automations")
    assert [item["id"] for item in found["items"]] == [drafts[0]["id"]]
    await nothing_stays(pooler, connect, database_url)


async def nothing_stays(pooler: PgBouncer, connect: Connect, database_url: str) -> None:
    """Whoever comes next finds each of the server's connections as he would find a new one."""
    through = [await connect_to(pooler, database_url) for _ in range(pooler.servers)]
    try:
        # Open transactions keep them apart: each has another server's connection.
        for one in through:
            await one.execute("begin")
        found = [await one.fetchrow(LEFT) for one in through]
        assert len({row["pid"] for row in found}) == pooler.servers
        assert {tuple(row)[1:] for row in found} == {(LOGIN, LOGIN, "", 0)}
        held = "select count(*) from pg_stat_activity where usename = $1 and datname = current_database()"
        assert await (await connect()).fetchval(held, LOGIN) == pooler.servers
    finally:
        for one in through:
            await one.close()


async def connect_to(pooler: PgBouncer, database_url: str) -> asyncpg.Connection:
    return await asyncpg.connect(pooler.dsn_for(database_url), statement_cache_size=0)


async def test_errors_and_callers_who_leave_take_no_role_along(
    world: World,
    served: ApiServer,
    hooks: Hooks,
    pooler: PgBouncer,
    connect: Connect,
    database_url: str,
) -> None:
    client = served.signed_in(world.account)
    path = f"/automations/{(await made(client, world))['id']}"
    published = f"/automations/{(await made(client, world, 'Published'))['id']}"
    await client.ok("POST", f"{published}/publish")
    await client.ok("POST", f"{published}/enable")
    hook, nothing = await hooks.make(), {"agent_id": str(uuid.uuid4()), "name": "x"}
    for _ in range(5):
        # Refused by the database, by us, and not refused at all.
        refused(await client("POST", "/automations", json=nothing), 404, "not_found")
        refused(await client("POST", f"{path}/executions", json={}), 409, "conflict")
        await client.ok("POST", f"{published}/executions", json={"input": {"name": "Ada"}})
        assert (await served.http.post(hook, json={})).status_code == 202
        leaving = [asyncio.create_task(client("GET", "/automations")) for _ in range(4)]
        await asyncio.sleep(0)
        for task in leaving[::2]:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    assert (await client.ok("GET", "/automations"))["items"]
    runs = await world.db.fetch("select trigger_type, count(*) from automation_executions group by 1 order by 1")
    assert [tuple(row) for row in runs] == [("event", 5), ("manual", 5)]
    await nothing_stays(pooler, connect, database_url)
