"""Databases that bring their own agents, leads, roles' grants, auth.uid() and idea of who may access what."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.db.migrate import migrate
from automations.errors import MigrationError

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Databases, Factory

LIKE_SUPABASE = """
    create schema auth;
    create function auth.uid() returns uuid language sql stable as
      $$ select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid $$;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
    create function public.update_updated_at_column() returns trigger language plpgsql as
      $$ begin new.updated_at = now(); return new; end $$;
    create table public.accounts (account uuid, person uuid);
    create function public.has_account_access(target uuid) returns boolean language sql stable security definer
      set search_path = public as
      $$ select target = auth.uid() or exists (select from accounts where account = target and person = auth.uid()) $$;
    create table public.agents (id uuid primary key default gen_random_uuid(), user_id uuid not null, prompt text);
    create table public.leads (
      id uuid primary key default gen_random_uuid(), user_id uuid not null, full_name text, company text,
      shoe_size numeric, secret text generated always as (md5(coalesce(full_name, ''))) stored
    );
    alter table public.leads enable row level security;
    create policy mine on public.leads for select using (public.has_account_access(user_id));
    create table public.conversations (
      id uuid primary key default gen_random_uuid(), agent_id uuid not null references public.agents (id)
    );
    create table public.messages (id bigint generated always as identity primary key, text text);
    comment on table public.leads is 'Ours since 2019';
"""
THEIRS = ["agents", "leads", "conversations", "messages", "accounts"]
STATE = """
    select pg_get_functiondef(oid) from pg_proc where oid in (
      'auth.uid()'::regprocedure, 'public.has_account_access(uuid)'::regprocedure,
      'public.update_updated_at_column()'::regprocedure
    )
    union all select policyname || tablename || qual from pg_policies where tablename = any ($1)
    union all select relname || relrowsecurity || relacl::text || coalesce(obj_description(oid, 'pg_class'), '-')
      from pg_class where relnamespace = 'public'::regnamespace and relname = any ($1)
    union all select table_name || column_name || data_type from information_schema.columns where table_name = any ($1)
    order by 1
"""


@pytest.fixture
async def theirs(databases: Databases, connect: Connect) -> Any:
    dsn = await databases.migrated()  # so that the roles are there, as on Supabase
    await databases.drop(dsn)
    dsn = await databases.create()
    connection = await connect(dsn)
    await connection.execute(LIKE_SUPABASE)
    yield dsn, connection
    await connection.close()
    await databases.drop(dsn)


async def test_what_is_there_is_left_alone(theirs: tuple[str, asyncpg.Connection]) -> None:
    dsn, connection = theirs
    before = await connection.fetch(STATE, THEIRS)
    await migrate(dsn)
    assert await connection.fetch(STATE, THEIRS) == before
    triggers = await connection.fetch(
        "select tgrelid::regclass::text, tgname from pg_trigger"
        " where not tgisinternal and tgrelid::regclass::text = any ($1)",
        THEIRS,
    )
    # Their messages have no conversation: no journal of them.
    assert {tuple(row) for row in triggers} == {
        ("leads", "trigger_lead_automations"),
        ("conversations", "trigger_conversation_automations"),
    }


async def test_their_idea_of_access_decides(theirs: tuple[str, asyncpg.Connection], acting: Acting) -> None:
    dsn, connection = theirs
    await migrate(dsn)
    account, colleague, stranger = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    await connection.execute("insert into accounts values ($1, $2)", account, colleague)
    agent = await connection.fetchval("insert into agents (user_id) values ($1) returning id", account)
    async with acting(connection, "authenticated", colleague) as user:
        await user.execute(
            "insert into automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config) values"
            " ($1, $2, 'Theirs', 'active', true, 'event', $3)",
            agent,
            account,
            {"event_source": "lead", "event_type": "INSERT"},
        )
    await connection.execute("insert into leads (user_id, full_name, shoe_size) values ($1, 'Ada', 38.5)", account)
    expected = {account: 1, colleague: 1, stranger: 0, None: 0}
    for person, count in expected.items():
        async with acting(connection, "authenticated", person) as user:
            for table in ("automations", "automation_executions", "automations.versions", "automations.events"):
                assert await user.fetchval(f"select count(*) from {table}") == count, table
    data = await connection.fetchval("select trigger_data from automation_executions")
    assert (data["new"]["full_name"], data["new"]["shoe_size"]) == ("Ada", 38.5)
    # The grants that such a database gives to everything new do not reach ours.
    for sql in ("select * from automations", "select * from automation_executions", "select cleanup_old_executions()",
                "select start_run(gen_random_uuid())"):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(connection, "anon") as nobody:
                await nobody.execute(sql)


async def test_an_accessor_of_their_own_is_kept(theirs: tuple[str, asyncpg.Connection], acting: Acting) -> None:
    dsn, connection = theirs
    await connection.execute(
        "create schema automations; create function automations.accessible_account_ids() returns setof uuid"
        " language sql stable security definer set search_path = pg_catalog, pg_temp as"
        " $$ select account from public.accounts where person = auth.uid() $$"
    )
    await migrate(dsn)
    await connection.execute("update automations.migrations set checksum = 'older' where name = 'functions/access.sql'")
    await migrate(dsn)
    account, person = uuid.uuid4(), uuid.uuid4()
    await connection.execute("insert into accounts values ($1, $2)", account, person)
    async with acting(connection, "authenticated", person) as user:
        assert await user.fetch("select * from automations.accessible_account_ids()") == [(account,)]
        assert await user.fetch("select * from automations.writable_account_ids()") == [(account,)]


async def test_functions_of_theirs_with_our_names_are_kept(theirs: tuple[str, asyncpg.Connection]) -> None:
    dsn, connection = theirs
    await connection.execute(
        "create function public.retry_run(a uuid) returns text language sql as $$ select 'theirs' $$"
    )
    await migrate(dsn)
    assert await connection.fetchval("select public.retry_run(gen_random_uuid())") == "theirs"
    assert await connection.fetchval("select to_regprocedure('public.cancel_run(uuid, text)')") is not None


async def test_a_team_table_of_another_shape_asks_for_their_own_function(
    empty_database_url: str, connect: Connect
) -> None:
    connection = await connect(empty_database_url)
    await connection.execute("create table public.team_members (team text, person text)")
    with pytest.raises(MigrationError, match="team_members") as caught:
        await migrate(empty_database_url)
    assert "has_account_access" in (caught.value.hint or "")
    await connection.execute(
        "create function public.has_account_access(user_id uuid) returns boolean language sql as $$ select true $$"
    )
    await migrate(empty_database_url)


async def test_accounts_of_a_person(database: asyncpg.Connection, make: Factory, acting: Acting) -> None:
    mine, member_of, viewer_of = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    await database.execute(
        "insert into team_members values ($2, $1, 'member'), ($3, $1, 'viewer'), ($1, $1, 'viewer')",
        mine,
        member_of,
        viewer_of,
    )
    async with acting(database, "authenticated", mine) as user:
        seen = {row[0] for row in await user.fetch("select * from automations.accessible_account_ids()")}
        written = {row[0] for row in await user.fetch("select * from automations.writable_account_ids()")}
        for account in (mine, member_of, viewer_of):
            assert await user.fetchval("select has_account_access($1)", account)
    assert seen == {mine, member_of, viewer_of}
    # Nobody is a viewer of his own account.
    assert written == {mine, member_of}
    async with acting(database, "authenticated", None) as nobody:
        assert await nobody.fetch("select * from automations.accessible_account_ids()") == []
        assert await nobody.fetchval("select has_account_access($1)", mine) is False
    # The older spelling of the claims.
    async with database.transaction():
        await database.execute("select set_config('request.jwt.claim.sub', $1, true)", str(mine))
        assert len(await database.fetch("select * from automations.accessible_account_ids()")) == 3
