"""The hot queries use their indexes: plans of the statements inside our functions, as PostgreSQL reports them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from automations.db.connection import ENGINE_PLANS
from automations.db.contract import SELECT_LISTS
from automations.db.named_queries import queries
from automations.db.request_session import acting_as

REQUESTS = queries("requests")
ACCOUNTS = 20
RUNS = 20_000


@pytest.fixture
async def crowded(database: asyncpg.Connection) -> asyncpg.Connection:
    """20 accounts, 200 automations, 20,000 runs of which 1 in 20 is open; analysed."""
    await database.execute("set automations.fire = 'off'")
    await database.execute(
        """
        insert into agents (id, user_id)
        select md5('agent' || i)::uuid, md5('account' || i)::uuid from generate_series(1, 20) i;
        insert into automations (id, agent_id, user_id, name, status, enabled, trigger_type, trigger_config)
        select md5('automation' || i)::uuid, md5('agent' || i % 20 + 1)::uuid, md5('account' || i % 20 + 1)::uuid, 'x',
          'active', true, 'event', '{"event_source": "lead", "event_type": "INSERT"}'
        from generate_series(1, 200) i;
        insert into leads (id, user_id, name)
        select md5('lead' || i)::uuid, md5('account' || i % 20 + 1)::uuid, 'L' from generate_series(1, 5000) i;
        insert into automation_executions (
          automation_id, account_id, trigger_type, status, due_at, lead_id, started_at, completed_at
        )
        select md5('automation' || i % 200 + 1)::uuid, md5('account' || (i % 200 + 1) % 20 + 1)::uuid, 'event',
          case when i % 20 = 0 then 'pending' else 'completed' end,
          case when i % 20 = 0 then now() - interval '1 minute' end,
          md5('lead' || i % 5000 + 1)::uuid, now() - i * interval '1 minute',
          case when i % 20 <> 0 then now() - i * interval '1 minute' end
        from generate_series(1, 20000) i;
        """
    )
    await database.execute("analyze")
    await database.execute("reset automations.fire")
    return database


async def plans(connection: asyncpg.Connection, statement: str, *arguments: Any) -> list[str]:
    """The plan of every statement that runs, also those inside functions, as text."""
    seen: list[str] = []
    connection.add_log_listener(listener := lambda _connection, message: seen.append(str(message)))
    await connection.execute(
        """
        load 'auto_explain';
        set auto_explain.log_min_duration = 0;
        set auto_explain.log_nested_statements = on;
        set client_min_messages = log;
        """
    )
    try:
        await connection.fetch(statement, *arguments)
    finally:
        await connection.execute("set client_min_messages = notice; set auto_explain.log_min_duration = -1")
        connection.remove_log_listener(listener)
    assert seen, "auto_explain said nothing"
    return seen


def scans_of(found: list[str], table: str) -> list[str]:
    """The lines of the plans that read this table."""
    return [
        line.strip()
        for plan in found
        for line in plan.splitlines()
        if f" on {table} " in line and ("Scan" in line and not line.strip().startswith("->  Bitmap Index"))
    ]


async def test_a_claim_reads_by_the_index_of_due_runs(crowded: asyncpg.Connection) -> None:
    for name, value in ENGINE_PLANS.items():
        await crowded.execute(f"set {name} = '{value}'")
    found = await plans(crowded, "select * from automations.claim_runs($1, 100, $2)", 1, timedelta(seconds=30))
    scans = scans_of(found, "automation_executions")
    assert [line for line in scans if "Seq Scan" in line] == []
    assert any("idx_executions_due" in line for line in scans)


async def test_next_due_and_takeover_use_partial_indexes(crowded: asyncpg.Connection) -> None:
    await crowded.execute("set enable_seqscan = off")
    found = await plans(crowded, "select automations.next_due(), automations.release_absent_owners()")
    scans = scans_of(found, "automation_executions")
    assert [line for line in scans if "Seq Scan" in line] == []
    assert any("idx_executions_due" in line for line in scans)
    assert any("idx_executions_owner" in line for line in scans)


async def test_the_trigger_finds_matches_by_their_index(crowded: asyncpg.Connection) -> None:
    account = await crowded.fetchval("select md5('account3')::uuid")
    found = await plans(crowded, "insert into leads (user_id, name) values ($1, 'x')", account)
    assert any("idx_automations_match" in plan for plan in found)
    assert [line for line in scans_of(found, "automations") if "Seq Scan" in line] == []


async def test_a_list_of_runs_is_read_by_account_under_row_level_security(crowded: asyncpg.Connection) -> None:
    account = await crowded.fetchval("select md5('account3')::uuid")
    columns = ", ".join(SELECT_LISTS["AUTOMATION_EXECUTION_LIST_COLUMNS"])
    async with crowded.transaction():
        await crowded.execute("set local role authenticated")
        await crowded.execute("select set_config('request.jwt.claims', $1, true)", f'{{"sub": "{account}"}}')
        rows = await crowded.fetch(
            f"explain (analyze, format text) select {columns} from automation_executions "
            "order by started_at desc, seq desc limit 50"
        )
    text = "\n".join(row[0] for row in rows)
    assert "Seq Scan on automation_executions" not in text
    assert "idx_executions_account" in text or "idx_executions_started" in text


async def test_pages_of_the_api_are_read_by_the_order_in_which_they_are_shown(crowded: asyncpg.Connection) -> None:
    account = await crowded.fetchval("select md5('account1')::uuid")
    late = datetime.now(UTC) - timedelta(days=10)
    for started_at, seq in ((None, None), (late, 0)):
        async with acting_as(crowded, "authenticated", account, read_only=True) as session:
            filters = [account, *([None] * 6), 50, started_at, seq, None, None]
            rows = await session.fetch(f"explain {REQUESTS['list_executions']}", *filters)
        scans = scans_of(["\n".join(row[0] for row in rows)], "automation_executions e")
        assert len(scans) == 1, scans
        assert "Index Scan using idx_executions_account" in scans[0]


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("delete from conversations where id = $1", "idx_executions_conversation"),
        ("delete from leads where id = $1", "idx_executions_lead"),
        ("delete from automations where id = $1", "idx_executions_automation"),
    ],
)
async def test_deleting_what_runs_point_at_does_not_read_all_runs(
    crowded: asyncpg.Connection, statement: str, index: str
) -> None:
    agent = await crowded.fetchval("select id from agents limit 1")
    table = statement.split()[2]
    if table == "conversations":
        target = await crowded.fetchval("insert into conversations (agent_id) values ($1) returning id", agent)
    else:
        target = await crowded.fetchval(f"select id from {table} limit 1")
    found = await plans(crowded, statement, target)
    scans = scans_of(found, "automation_executions")
    assert [line for line in scans if "Seq Scan" in line] == []
    assert any(index in plan for plan in found)


async def test_cleanup_finds_old_runs_by_index(crowded: asyncpg.Connection) -> None:
    await crowded.execute("update automation_executions set completed_at = now() where false")
    found = await plans(crowded, "select automations.cleanup_batch(10)")
    assert any("idx_executions_completed" in plan for plan in found)


async def test_accounts_without_automations_pay_one_probe(crowded: asyncpg.Connection) -> None:
    found = await plans(crowded, "insert into leads (user_id, name) values ($1, 'x')", uuid.uuid4())
    assert not any("automation_executions" in plan or "automations.events" in plan for plan in found)


async def test_a_look_at_ten_thousand_schedules_reads_those_that_are_due(database: asyncpg.Connection) -> None:
    agent = await database.fetchval("insert into agents (user_id) values ($1) returning id", uuid.uuid4())
    await database.execute(
        """
        insert into automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config)
        select a.id, a.user_id, 'x', 'active', true, 'schedule', '{"cron": "0 9 * * 1"}'
        from agents a, generate_series(1, 10000) i
        where a.id = $1
        """,
        agent,
    )
    while await database.fetchval("select count(*) from automations.schedule_changes"):
        await database.execute("select automations.take_schedule_changes(now())")
    await database.execute(
        "update automations.schedules set look_at = now() + interval '1 day', next_due = now() + interval '1 day'"
    )
    await database.execute(
        "update automations.schedules set look_at = now() - interval '1 second'"
        " where automation_id in (select automation_id from automations.schedules limit 20)"
    )
    await database.execute("analyze")
    for name, value in ENGINE_PLANS.items():
        await database.execute(f"set {name} = '{value}'")
    statement = "select *, automations.seconds_until_schedule() from automations.due_schedules(100, interval '5 s')"
    found = await plans(database, statement)
    text = "\n".join(found)
    assert "idx_schedules_look_at" in text
    for table in ("schedules", "automations", "versions", "schedule_changes"):
        assert [line for line in scans_of(found, table) if "Seq Scan" in line] == [], table
    assert (
        await database.fetchval("select count(*) from automations.schedules where look_at > now() + '1 hour'") == 9_980
    )
    found = await plans(database, "select automations.reconcile_schedules()")
    assert [line for line in scans_of(found, "automations") if "Seq Scan" in line] == []


async def test_a_change_reads_no_wait_that_it_does_not_concern(crowded: asyncpg.Connection) -> None:
    """Counted while it runs, because only inside of the triggers texts have the collation that they have there."""
    account = await crowded.fetchval("select md5('account3')::uuid")
    await crowded.execute(
        "insert into automations.waits (execution_id, key, account_id, topic, since) "
        "select gen_random_uuid(), '/wait', $1, 'lead:' || gen_random_uuid(), now() from generate_series(1, 5000)",
        account,
    )
    await crowded.execute("analyze automations.waits")
    lead = await crowded.fetchval("select id from leads where user_id = $1 limit 1", account)
    async with crowded.transaction():
        await crowded.execute("update leads set score = 1 where id = $1", lead)
        read = await crowded.fetchval(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_all_tables "
            "where relid = 'automations.waits'::regclass"
        )
    assert read < 10


async def test_figures_for_scrapers_are_read_by_indexes(crowded: asyncpg.Connection) -> None:
    await crowded.execute(
        "update automation_executions set owner = 1, status = 'running' where seq % 500 = 0 and due_at is not null"
    )
    found = await plans(crowded, "select automations.figures(50000)")
    scans = scans_of(found, "automation_executions")
    assert [line for line in scans if "Seq Scan" in line] == []
    for index in ("due", "status", "owner", "started", "completed"):
        assert any(f"idx_executions_{index}" in line for line in scans), index
    told = (await crowded.fetchval("select automations.figures(100)"))["pending"]
    assert told == 100
