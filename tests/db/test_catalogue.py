"""Rules that hold for every table and function there is, so that a new one cannot forget them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Connect, Databases, Factory

API_ROLES = ["anon", "authenticated", "service_role"]
GRANTED_TO_USERS = {
    "accessible_account_ids",
    "writable_account_ids",
    "managed_account_ids",
    "execution_steps",
    "start_run",
    "start_runs",
    "cancel_run",
    "decide_approval",
    "retry_run",
    "publish_version",
    "pause_automation",
    "resume_automation",
    "lift_breaker",
    "send_signal",
    "take_request",
    "keep_answer",
    "create_api_key",
    "revoke_api_key",
    "require_own_team",
    "my_accounts",
    "known_people",
    "set_profile",
    "set_team_role",
    "remove_team_member",
    "create_invitation",
    "revoke_invitation",
    "accept_invitation",
    "secret_id",
    "put_secret",
    "delete_secret",
    "list_secrets",
    "account_settings_of",
    "put_account_settings",
    "ai_usage_of",
    "role_in",
    "may_decide",
    "claim",
    "claimed_account",
    "record_held",
    "record_column",
    "require_record_table",
    "require_record_columns",
    "refuse_record",
    "list_records",
    "get_record",
    "create_record",
    "update_record",
    "delete_record",
    "create_draft",
}
OURS = """
    p.pronamespace = 'automations'::regnamespace or p.proname in (
      'fire_lead_automations', 'fire_conversation_automations', 'update_automation_stats', 'cleanup_old_executions',
      'has_account_access', 'start_run', 'cancel_run', 'retry_run', 'publish_version', 'pause_automation',
      'resume_automation', 'lift_breaker', 'send_signal', 'start_runs', 'decide_approval'
    )
"""


async def test_every_table_has_an_account_row_level_security_and_a_policy(database: asyncpg.Connection) -> None:
    rows = await database.fetch(
        """
        select c.relname, c.relrowsecurity,
          exists (select from pg_policy p where p.polrelid = c.oid) as has_policy,
          exists (
            select from pg_attribute a
            where a.attrelid = c.oid and a.attname = 'account_id' and a.attnotnull and a.atttypid = 'uuid'::regtype
          ) as has_account
        from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace = 'automations'::regnamespace and c.relname <> 'migrations'
        """
    )
    assert len(rows) >= 8
    for row in rows:
        # Which tables are watched is the installation's, a profile is its person's; no user reads either.
        of_accounts = row["relname"] not in ("watched_tables", "profiles")
        assert tuple(row)[1:] == (True, True, of_accounts), row["relname"]


async def test_policies_are_for_named_roles(database: asyncpg.Connection) -> None:
    rows = await database.fetch("select tablename, policyname, roles from pg_policies")
    for row in rows:
        assert row["roles"] in (["authenticated"], ["service_role"]), dict(row)


async def test_every_definer_function_pins_its_path_and_only_named_ones_are_for_users(
    database: asyncpg.Connection,
) -> None:
    rows = await database.fetch(
        f"""
        select p.oid, p.oid::regprocedure::text as name, p.proname, p.prosecdef,
          coalesce(p.proconfig, '{{}}') as config,
          p.prorettype = 'trigger'::regtype as is_trigger,
          has_function_privilege('anon', p.oid, 'execute') as anon,
          has_function_privilege('authenticated', p.oid, 'execute') as users,
          has_function_privilege('service_role', p.oid, 'execute') as engine,
          exists (
            select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0
          ) as public
        from pg_proc p where {OURS}
        """
    )
    assert len(rows) > 40
    for row in rows:
        if row["prosecdef"]:
            assert "search_path=pg_catalog, pg_temp" in row["config"], row["name"]
        assert not row["anon"], row["name"]
        assert not row["public"], row["name"]
        # To be allowed to call a trigger function is to be allowed to attach it to a table of one's own.
        if row["is_trigger"]:
            assert not row["users"], row["name"]
            assert not row["engine"], row["name"]
        elif row["users"]:
            allowed = row["proname"] in GRANTED_TO_USERS | {"has_account_access"}
            assert allowed or row["proname"].startswith("condition_"), row["name"]


async def test_trigger_functions_cannot_be_attached_elsewhere(database: asyncpg.Connection, connect: Connect) -> None:
    functions = await database.fetch(
        f"select p.oid::regproc::text from pg_proc p where ({OURS}) and p.prorettype = 'trigger'::regtype"
    )
    assert len(functions) >= 9
    for role in API_ROLES:
        session = await connect()
        await session.execute(f"set role {role}; create temp table mine (id uuid, user_id uuid, automation_id uuid)")
        for (function,) in functions:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await session.execute(
                    f"create trigger forged after insert on mine for each row execute function {function}()"
                )


async def test_a_temporary_type_does_not_run_as_the_owner(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    """pg_temp is searched first for types unless it is named last: a domain there ran its CHECK as the owner."""
    account = uuid.uuid4()
    agent = await make.agent(account)
    condition = {"field": "new.name", "operator": "equals", "value": "x"}
    on_lead = {"event_source": "lead", "event_type": "any", "conditions": condition}
    automation = await make.automation(account, agent, trigger_config=on_lead)
    on_conversation = {"event_source": "conversation", "event_type": "any"}
    await make.automation(account, agent, trigger_config=on_conversation)
    manual = await make.automation(account, agent, trigger_type="manual", trigger_config={})
    ended = await make.execution(manual, status="failed")
    await database.execute(
        "create table public.orders (id bigint, user_id uuid, lead_id uuid);"
        "grant select, insert, update, delete on public.orders to authenticated"
    )
    await database.execute("select automations.watch_table('orders', 'user_id', 'id', 'lead_id')")
    await make.automation(account, agent, trigger_config={**on_lead, "event_source": "orders"})
    await database.execute("create table public.caught (who text, what text)")
    await database.execute("grant insert on public.caught to authenticated; grant temporary on database %I to public"
                           .replace("%I", await database.fetchval("select current_database()")))  # fmt: skip
    session = await connect()
    await session.execute("set role authenticated")
    await session.execute(f'set request.jwt.claims = \'{{"sub": "{account}", "role": "authenticated"}}\'')
    await session.execute("create temp table marker ()")
    await session.execute(
        """
        create function pg_temp.evil(p_what text) returns boolean language plpgsql as $$
        begin
          if current_user <> 'authenticated' then
            insert into public.caught values (current_user, p_what);
          end if;
          return true;
        end $$
        """
    )
    # Not integer, boolean, interval and the like: the grammar itself says that those are pg_catalog's.
    for name in ("jsonb", "uuid", "text", "timestamptz", "record", "int4", "bool"):
        base = "text" if name == "record" else name
        await session.execute(f"create domain pg_temp.{name} as pg_catalog.{base} check (pg_temp.evil('{name}'))")
    # Operators and functions of the same names, should any be looked up without a schema.
    await session.execute(
        "create function pg_temp.now() returns timestamptz language sql as"
        " $$ select pg_catalog.now() from (select pg_temp.evil('now')) x $$"
    )
    for statement in (
        # PL/pgSQL looks types up once per session: here, before a definer function uses the same helper.
        """select automations.condition_holds('{"field": "a", "operator": "equals", "value": 1}', '{"a": 1}')""",
        f"insert into public.leads (user_id, name) values ('{account}', 'x')",
        "update public.leads set status = 'won'",
        f"insert into public.conversations (agent_id) values ('{agent}')",
        "update public.conversations set status = 'closed'",
        "insert into public.messages (conversation_id, direction, body)"
        " select id, 'inbound', 'x' from public.conversations",
        "delete from public.messages",
        f"insert into public.orders (id, user_id, lead_id) select 1, '{account}', id from public.leads",
        "update public.orders set id = 2",
        "delete from public.orders",
        f"insert into public.automations (agent_id, user_id, name, status, trigger_type) values"
        f" ('{agent}', '{account}', 'x', 'active', 'manual')",
        f"insert into public.automations (agent_id, user_id, name, status, enabled, trigger_type) values"
        f" ('{agent}', '{account}', 'x', 'active', true, 'schedule')",
        "update public.automations set status = 'paused'",
        "update public.automations set status = 'active', nodes = '[{\"type\": \"trigger-event\"}]'",
        f"select automations.start_run('{manual}', p_idempotency_key => 'k')",
        f"select automations.cancel_run(automations.start_run('{manual}'))",
        f"select automations.retry_run('{ended}')",
        f"select automations.publish_version('{manual}', '[]', '[]', 'manual', '{{}}')",
        f"select automations.pause_automation('{manual}'); select automations.resume_automation('{manual}')",
        f"select automations.execution_steps('{ended}')",
        "select automations.accessible_account_ids(); select automations.writable_account_ids()",
        "select automations.managed_account_ids(array['owner'])",
        f"select public.has_account_access('{account}')",
        f"delete from public.automation_executions where id = '{ended}'",
        "delete from public.leads",
        f"delete from public.automations where id = '{automation}'",
    ):
        await session.execute(statement)
    assert await database.fetch("select * from public.caught") == []
    assert await database.fetchval("select count(*) from automations.events where source = 'leads'") == 3


async def test_the_trap_itself_works(database: asyncpg.Connection, connect: Connect) -> None:
    """The mutant of the test above: a definer function with the path that is usually advised does fall for it."""
    await database.execute(
        "create function public.naive() returns boolean language plpgsql security definer set search_path = '' as"
        " $$ declare v jsonb; begin v := '{}'; return true; end $$;"
        "create table public.caught (who text)"
    )
    session = await connect()
    await session.execute("set role authenticated; create temp table marker ()")
    await session.execute(
        "create function pg_temp.evil() returns boolean language plpgsql as"
        " $$ begin insert into public.caught values (current_user); return true; end $$"
    )
    await session.execute("create domain pg_temp.jsonb as pg_catalog.jsonb check (pg_temp.evil())")
    await session.execute("select public.naive()")
    assert await database.fetchval("select who from public.caught limit 1") == "postgres"


async def test_no_unindexed_foreign_key(database: asyncpg.Connection) -> None:
    """Deleting the other side would scan the table."""
    rows = await database.fetch(
        """
        select c.conrelid::regclass::text, c.conname
        from pg_constraint c
        where c.contype = 'f' and not exists (
          select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
        )
        """
    )
    assert rows == []


async def test_nothing_of_ours_references_runs(database: asyncpg.Connection) -> None:
    """A partitioned table of runs (by month) must stay possible: no foreign key to it, no unique key but the seed's."""
    assert await database.fetchval(
        "select count(*) from pg_constraint"
        " where contype = 'f' and confrelid = 'public.automation_executions'::regclass"
    ) == 0  # fmt: skip
    assert await database.fetchval(
        "select count(*) from pg_index where indisunique and indrelid = 'public.automation_executions'::regclass"
    ) == 1  # fmt: skip


async def test_the_same_rules_on_postgresql_15(postgres15_url: str, databases15: Databases, connect: Connect) -> None:
    session = await connect(postgres15_url)
    assert (await session.fetchval("show server_version")).startswith("15.")
    await test_every_table_has_an_account_row_level_security_and_a_policy(session)
    await test_every_definer_function_pins_its_path_and_only_named_ones_are_for_users(session)
