"""Who may see and change what: every role against every table, through the database alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory

Request = Callable[..., Any]


@dataclass
class World:
    account: uuid.UUID
    agent: uuid.UUID
    automation: uuid.UUID
    run: uuid.UUID
    lead: uuid.UUID
    people: dict[str, tuple[str, uuid.UUID | None]]


@pytest.fixture
async def world(database: asyncpg.Connection, make: Factory) -> World:
    account, other = uuid.uuid4(), uuid.uuid4()
    agent = await make.agent(account)
    automation = await make.automation(account, agent)
    lead = await make.lead(account)
    conversation = await make.conversation(agent, lead_id=lead)
    await database.execute(
        "insert into messages (conversation_id, direction, body) values ($1, 'inbound', 'Hello')", conversation
    )
    run: uuid.UUID = await database.fetchval("select id from automation_executions")
    for table in (
        *("steps", "signals", "start_keys", "stat_deltas", "start_windows", "audit_log"),
        *("schedules", "schedule_changes"),
    ):
        columns = {
            "steps": "(execution_id, key, account_id, node_id, status) values ($2, 'a', $1, 'a', 'completed')",
            "signals": "(account_id, execution_id, name, key) values ($1, $2, 's', '/a')",
            "start_keys": f"(account_id, execution_id, automation_id, key) values ($1, $2, '{automation}', 'k')",
            "stat_deltas": f"(account_id, automation_id, finished, last_executed_at, last_execution_status)"
            f" select $1, '{automation}', 1, now(), 'failed' where $2::uuid is not null",
            "start_windows": f"select '{automation}', $1, now(), 1 where $2::uuid is not null",
            "audit_log": "(account_id, execution_id, action) values ($1, $2, 'x')",
            "schedules": f"(account_id, automation_id, version_id, live_since, fired_until)"
            f" select $1, '{automation}', $2, now(), now()",
            "schedule_changes": f"(account_id, automation_id, version_id) values ($1, '{automation}', $2)",
        }[table]
        await database.execute(f"insert into automations.{table} {columns}", account, run)
    # Another account, so that "sees nothing" is not "there is nothing".
    await make.automation(other)
    await make.lead(other)
    people: dict[str, tuple[str, uuid.UUID | None]] = {
        "owner": ("authenticated", account),
        "admin": ("authenticated", await make.team_member(account, "admin")),
        "member": ("authenticated", await make.team_member(account, "member")),
        "viewer": ("authenticated", await make.team_member(account, "viewer")),
        "stranger": ("authenticated", uuid.uuid4()),
        "nobody": ("authenticated", None),
        "anon": ("anon", None),
        "engine": ("service_role", None),
    }
    return World(account, agent, automation, run, lead, people)


TEAM = ("owner", "admin", "member", "viewer")
WRITERS = ("owner", "admin", "member")
USER_TABLES = [
    "public.automations",
    "public.automation_executions",
    "public.agents",
    "public.leads",
    "public.conversations",
    "public.messages",
    "public.team_members",
    "automations.versions",
    "automations.events",
    "automations.audit_log",
    "automations.schedules",
]
ENGINE_TABLES = [
    "automations.steps",
    "automations.signals",
    "automations.start_keys",
    "automations.stat_deltas",
    "automations.start_windows",
    "automations.schedule_changes",
]


async def test_who_sees_what(database: asyncpg.Connection, world: World, acting: Acting) -> None:
    for table in USER_TABLES + ENGINE_TABLES:
        everything = await database.fetchval(f"select count(*) from {table}")
        assert everything > 0, table
        for person, (role, user) in world.people.items():
            seen: int | str
            try:
                async with acting(database, role, user) as session:
                    seen = await session.fetchval(f"select count(*) from {table}")
            except asyncpg.InsufficientPrivilegeError:
                seen = "refused"
            expected: int | str
            if person == "engine":
                expected = everything
            elif person == "anon" or table in ENGINE_TABLES:
                expected = "refused"
            elif person in TEAM:
                expected = {"public.team_members": 3, "automations.events": 3, "automations.audit_log": 6}.get(table, 1)
            else:
                expected = 0
            assert (table, person, seen) == (table, person, expected)


async def _try(
    database: asyncpg.Connection, acting: Acting, who: tuple[str, uuid.UUID | None], sql: str, *arguments: Any
) -> str:
    """How the statement ends for that person, undone afterwards: the rows it touched, or "refused"."""
    outer = database.transaction()
    await outer.start()
    try:
        async with acting(database, *who) as session:
            result = await session.execute(sql, *arguments)
    except asyncpg.InsufficientPrivilegeError:
        return "refused"
    finally:
        await outer.rollback()
    return str(result.split()[-1])


INSERT_AUTOMATION = (
    "insert into automations (agent_id, user_id, name, trigger_type) values ($1, $2, 'New', 'manual') returning *"
)


async def test_who_changes_what(database: asyncpg.Connection, world: World, acting: Acting) -> None:
    conversation = await database.fetchval("select id from conversations")
    writes: dict[str, tuple[str, tuple[Any, ...]]] = {
        "create automation": (INSERT_AUTOMATION, (world.agent, world.account)),
        "update automation": ("update automations set name = 'Mine', nodes = '[{}]'", ()),
        "activate": ("update automations set status = 'active', enabled = true, trigger_config = $1",
                     ({"event_source": "lead", "event_type": "any"},)),
        "delete automation": ("delete from automations where true", ()),
        "delete run": ("delete from automation_executions where true", ()),
        "create agent": ("insert into agents (user_id, name) values ($1, 'A')", (world.account,)),
        "rename agent": ("update agents set name = 'B'", ()),
        "create lead": ("insert into leads (user_id, agent_id) values ($1, $2)", (world.account, world.agent)),
        "update lead": ("update leads set status = 'won'", ()),
        "delete lead": ("delete from leads where true", ()),
        "create conversation": ("insert into conversations (agent_id, lead_id) values ($1, $2)",
                                (world.agent, world.lead)),
        "close conversation": ("update conversations set status = 'closed'", ()),
        "write message": ("insert into messages (conversation_id, lead_id, direction, body)"
                          " values ($1, $2, 'outbound', 'Hi')", (conversation, world.lead)),
        "change message": ("update messages set body = 'x'", ()),
    }  # fmt: skip
    for what, (sql, arguments) in writes.items():
        for person, who in world.people.items():
            outcome = await _try(database, acting, who, sql, *arguments)
            if person in WRITERS:
                expected = {"1"}
            elif person == "engine":
                # Sees the other account's rows, too.
                expected = {"1", "2"}
            elif person == "anon":
                expected = {"refused"}
            else:
                expected = {"refused"} if sql.startswith("insert") else {"0"}
            assert outcome in expected, (what, person, outcome)


async def test_runs_are_not_written_by_users(database: asyncpg.Connection, world: World, acting: Acting) -> None:
    for person in (*TEAM, "stranger", "nobody", "anon"):
        who = world.people[person]
        for sql in (
            f"insert into automation_executions (automation_id, trigger_type) values ('{world.automation}', 'manual')",
            "update automation_executions set status = 'cancelled'",
        ):
            assert await _try(database, acting, who, sql) == "refused"
        for table in ("versions", "events", "audit_log"):
            assert await _try(database, acting, who, f"delete from automations.{table}") == "refused"
            assert await _try(database, acting, who, f"update automations.{table} set account_id = null") == "refused"


@pytest.mark.parametrize(
    "column",
    [
        "id",
        "execution_count",
        "last_executed_at",
        "last_execution_status",
        "created_at",
        "updated_at",
        "published_version",
        "draft_revision",
    ],
)
async def test_what_the_database_keeps_users_do_not_write(
    database: asyncpg.Connection, world: World, acting: Acting, column: str
) -> None:
    owner = world.people["owner"]
    assert await _try(database, acting, owner, f"update automations set {column} = default") == "refused"
    sql = f"insert into automations (agent_id, user_id, name, trigger_type, {column})"
    outcome = await _try(
        database, acting, owner, f"{sql} values ($1, $2, 'x', 'manual', default)", world.agent, world.account
    )
    assert outcome == "refused"


async def test_an_automation_cannot_be_hung_on_another_accounts_agent(
    database: asyncpg.Connection, make: Factory, world: World, acting: Acting
) -> None:
    """Whoever deletes that agent deletes the automation and its history."""
    other = uuid.uuid4()
    their_agent = await make.agent(other)
    both = await make.team_member(world.account, "member")
    await database.execute("insert into team_members values ($1, $2, 'member')", other, both)
    await make.automation(world.account, world.agent, status="draft")
    for user in (world.account, both):
        for sql, arguments in (
            (INSERT_AUTOMATION, (their_agent, world.account)),
            ("update automations set agent_id = $1", (their_agent,)),
            ("update automations set user_id = $1", (other,)),
        ):
            with pytest.raises(asyncpg.PostgresError) as caught:
                async with acting(database, "authenticated", user) as session:
                    await session.execute(sql, *arguments)
            assert caught.value.sqlstate in {"42501", "AU002", "AU006"}
    # The owner cannot give it away either, not even agent and account at once.
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with acting(database, "authenticated", world.account) as session:
            await session.execute(
                "update automations set user_id = $1, agent_id = $2 where status = 'draft'", other, their_agent
            )
    assert caught.value.sqlstate == "42501"


async def test_records_stay_within_the_account(
    database: asyncpg.Connection, make: Factory, world: World, acting: Acting
) -> None:
    other = uuid.uuid4()
    their_agent, their_lead = await make.agent(other), await make.lead(other)
    owner = world.people["owner"]
    conversation = await database.fetchval("select id from conversations")
    for sql, arguments in (
        ("update leads set user_id = $1", (other,)),
        ("update leads set agent_id = $1", (their_agent,)),
        ("insert into leads (user_id) values ($1)", (other,)),
        ("update agents set user_id = $1", (other,)),
        ("insert into conversations (agent_id) values ($1)", (their_agent,)),
        ("insert into conversations (agent_id, lead_id) values ($1, $2)", (world.agent, their_lead)),
        (
            "insert into messages (conversation_id, lead_id, direction, body) values ($1, $2, 'inbound', 'x')",
            (conversation, their_lead),
        ),
    ):
        assert await _try(database, acting, owner, sql, *arguments) == "refused", sql


async def test_nobody_rises_in_a_team_by_his_own_hand(
    database: asyncpg.Connection, make: Factory, world: World, acting: Acting
) -> None:
    co_owner = ("authenticated", await make.team_member(world.account, "owner"))
    friend = uuid.uuid4()
    add = "insert into team_members (owner_id, member_id, role) values ($1, $2, $3)"
    for person, who in {**world.people, "co-owner": co_owner}.items():
        for role in ("viewer", "member", "admin", "owner"):
            allowed = {"owner": True, "co-owner": True, "engine": True, "admin": role != "owner"}.get(person, False)
            outcome = await _try(database, acting, who, add, world.account, friend, role)
            assert outcome == ("1" if allowed else "refused"), (person, role)
    admin, member, viewer = (world.people[person] for person in ("admin", "member", "viewer"))
    rise = "update team_members set role = $1 where member_id = $2"
    assert await _try(database, acting, admin, rise, "owner", admin[1]) == "refused"
    assert await _try(database, acting, member, rise, "admin", member[1]) == "0"
    assert await _try(database, acting, viewer, rise, "member", viewer[1]) == "0"
    # An admin cannot put down an owner.
    assert await _try(database, acting, admin, rise, "viewer", co_owner[1]) == "0"
    assert await _try(database, acting, admin, "delete from team_members where role = 'owner'") == "0"
    # Nor pull a row of his team over to an account of which he is only a member.
    other = uuid.uuid4()
    await database.execute("insert into team_members values ($1, $2, 'member')", other, admin[1])
    move = "update team_members set owner_id = $1, role = 'admin' where member_id = $2 and owner_id = $3"
    assert await _try(database, acting, admin, move, other, admin[1], world.account) == "refused"


async def test_lists_ask_for_the_accounts_once(database: asyncpg.Connection, world: World, acting: Acting) -> None:
    """Per row it costs 80 ms at 10,000 automations, and grows with other tenants."""
    for table in USER_TABLES:
        async with acting(database, "authenticated", world.account) as user:
            plan = "\n".join(
                row[0] for row in await user.fetch(f"explain (analyze, costs off, timing off) select * from {table}")
            )
        assert "accessible_account_ids" in plan or "InitPlan" in plan, plan
        for line in plan.splitlines():
            if "ProjectSet" in line:
                assert line.endswith(("loops=1)", "(never executed)")), plan


async def test_no_table_has_two_permissive_policies_for_one_command(database: asyncpg.Connection) -> None:
    """They are or-ed, and each is paid for."""
    rows = await database.fetch(
        """
        select p.tablename, c.cmd, r.role, count(*)
        from pg_policies p, unnest(p.roles) r (role), unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) c (cmd)
        where p.permissive = 'PERMISSIVE' and p.cmd in (c.cmd, 'ALL')
        group by 1, 2, 3 having count(*) > 1
        """
    )
    assert rows == []
