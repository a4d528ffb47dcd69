"""The runner: from any state, beside anybody, and never over something newer."""

from __future__ import annotations

import asyncio
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from automations.db import embedded
from automations.db.migrate import LATEST, export, migrate, render, schema_version, status
from automations.db.schema_files import schema_files
from automations.errors import DatabaseUnreachable, MigrationChanged, MigrationError, SchemaTooNew

if TYPE_CHECKING:
    from tests.conftest import Connect, Databases, Factory

ALL = [file.name for file in schema_files()]
FIRST = ALL[0]


async def test_an_empty_database_gets_everything_and_a_second_run_does_nothing(
    empty_database_url: str, connect: Connect
) -> None:
    connection = await connect(empty_database_url)
    assert await schema_version(connection) is None
    assert {file.state for file in await status(empty_database_url)} == {"pending"}
    report = await migrate(empty_database_url)
    assert list(report.applied) == ALL
    assert report.version == LATEST == await schema_version(connection)
    before = await connection.fetch("select * from automations.migrations order by name")
    assert (await migrate(empty_database_url)).applied == ()
    assert await connection.fetch("select * from automations.migrations order by name") == before
    assert {file.state for file in await status(empty_database_url)} == {"applied"}


async def test_several_migrators_at_once_share_the_work(empty_database_url: str) -> None:
    reports = await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    assert sorted(name for report in reports for name in report.applied) == sorted(ALL)


async def test_a_numbered_migration_whose_text_changed_is_refused(
    database_url: str, database: asyncpg.Connection
) -> None:
    await database.execute("update automations.migrations set checksum = 'other' where name = $1", FIRST)
    with pytest.raises(MigrationChanged, match=FIRST) as caught:
        await migrate(database_url)
    assert caught.value.hint
    assert {file.name for file in await status(database_url) if file.state == "changed"} == {FIRST}


async def test_a_changed_function_is_applied_again_and_closed_again(
    database_url: str, database: asyncpg.Connection
) -> None:
    await database.execute(
        "update automations.migrations set checksum = 'older' where name = 'functions/stats.sql';"
        "drop function automations.fold_stats(integer)"
    )
    report = await migrate(database_url)
    assert report.applied == ("functions/stats.sql", "policies/functions.sql")
    assert not await database.fetchval(
        "select has_function_privilege('authenticated', 'automations.fold_stats(integer)', 'execute')"
    )


async def test_every_file_can_be_applied_again(database_url: str, database: asyncpg.Connection) -> None:
    await database.execute("update automations.migrations set checksum = 'older' where name not like 'migrations/%'")
    report = await migrate(database_url)
    assert list(report.applied) == [name for name in ALL if not name.startswith("migrations/")]


async def test_a_database_of_a_newer_release_is_refused(database_url: str, database: asyncpg.Connection) -> None:
    newer = "migrations/29991231000000_better.sql"
    await database.execute("insert into automations.migrations values ($1, 'x', '9.1.0')", newer)
    with pytest.raises(SchemaTooNew, match="29991231000000_better") as caught:
        await migrate(database_url)
    assert "9.1.0" in (caught.value.hint or "")
    assert (await schema_version(database) or "") > LATEST
    assert (await status(database_url))[-1].state == "unknown"


async def test_functions_of_a_newer_release_are_not_replaced_by_older_ones(
    database_url: str, database: asyncpg.Connection
) -> None:
    await database.execute(
        "update automations.migrations set checksum = 'newer', release = '10.0.0' where name = 'functions/stats.sql'"
    )
    with pytest.raises(SchemaTooNew, match=r"10\.0\.0"):
        await migrate(database_url)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://nobody@127.0.0.1:1/nothing",
        "postgresql:///nothing?host=/nowhere",
        "postgresql://127.0.0.1:not-a-port/x",
    ],
)
async def test_an_unreachable_database_is_said_in_words(dsn: str) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        await migrate(dsn)
    assert caught.value.hint


async def test_a_database_that_does_not_exist_is_unreachable(databases: Databases) -> None:
    with pytest.raises(DatabaseUnreachable, match="does not exist"):
        await migrate(databases.server.dsn_for("never_made"))


async def test_leads_without_an_account_are_refused_and_nothing_is_left_behind(
    empty_database_url: str, connect: Connect
) -> None:
    connection = await connect(empty_database_url)
    await connection.execute("create table public.leads (id uuid primary key, name text)")
    with pytest.raises(MigrationError, match=r"leads\.user_id uuid") as caught:
        await migrate(empty_database_url)
    assert "Add these columns" in (caught.value.hint or "")
    assert await connection.fetchval("select to_regclass('public.automations')") is None
    await connection.execute("alter table public.leads add user_id uuid")
    assert (await migrate(empty_database_url)).version == LATEST


async def test_it_gives_way_to_writers(database_url: str, connect: Connect) -> None:
    long, other = await connect(), await connect()
    await long.execute("begin; lock table public.leads in row exclusive mode")
    await long.execute("update automations.migrations set checksum = 'older' where name = 'policies/leads.sql'; commit")
    await long.execute("begin; lock table public.leads in row exclusive mode")
    migrating = asyncio.create_task(migrate(database_url))
    for _ in range(10):
        await asyncio.wait_for(
            other.execute("insert into public.leads (user_id) values (gen_random_uuid())"), timeout=3
        )
        await asyncio.sleep(0.05)
    assert not migrating.done()
    await long.execute("rollback")
    report = await asyncio.wait_for(migrating, timeout=20)
    assert "policies/leads.sql" in report.applied


async def test_where_it_and_a_writer_want_each_others_tables_the_writer_wins(
    database_url: str, connect: Connect, make: Factory
) -> None:
    agent = await make.agent()
    writer = await connect()
    await writer.execute("update automations.migrations set checksum = 'older' where name = 'functions/fire.sql'")
    await writer.execute("begin")
    await writer.execute("insert into public.conversations (agent_id) values ($1)", agent)
    migrating = asyncio.create_task(migrate(database_url))
    # It has replaced the trigger on leads and waits for conversations.
    await asyncio.sleep(0.2)
    await writer.execute("insert into public.leads (user_id) values (gen_random_uuid())")
    await writer.execute("commit")
    assert "functions/fire.sql" in (await asyncio.wait_for(migrating, timeout=20)).applied


async def test_it_gives_up_in_words_when_it_never_gets_its_locks(database_url: str, connect: Connect) -> None:
    long = await connect()
    await long.execute("update automations.migrations set checksum = 'older' where name = 'policies/leads.sql'")
    await long.execute("begin; lock table public.leads in row exclusive mode")
    with pytest.raises(MigrationError, match="other transactions hold its tables") as caught:
        await migrate(database_url, patience=0.1)
    assert "pg_stat_activity" in (caught.value.hint or "")
    await long.execute("rollback")


def test_no_file_needs_psql() -> None:
    assert not re.search(r"^\\", render(), re.MULTILINE)


async def test_printed_sql_and_export_make_the_same_schema_as_the_runner(databases: Databases, tmp_path: Path) -> None:
    await _same_schema(databases, tmp_path)


async def test_printed_sql_and_export_make_the_same_schema_on_postgresql_15(
    databases15: Databases, tmp_path: Path
) -> None:
    await _same_schema(databases15, tmp_path)


async def _same_schema(databases: Databases, tmp_path: Path) -> None:
    by_runner, by_psql, by_files = [await databases.create() for _ in range(3)]
    await migrate(by_runner)
    _psql(databases, by_psql, render())
    written = export(tmp_path / "supabase", now=datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert all(re.fullmatch(r"\d{14}_automations_\w+\.sql", path.name) for path in written)
    assert written == sorted(written)
    for path in written:
        _psql(databases, by_files, f"reset all;\n{path.read_text(encoding='utf-8')}", "--single-transaction")
    assert export(tmp_path / "supabase", now=datetime(2027, 1, 1, tzinfo=UTC)) == []

    dumps = [_dump(databases, dsn) for dsn in (by_runner, by_psql, by_files)]
    assert "create table public.automations " in dumps[0].lower()
    assert dumps[1] == dumps[0]
    assert dumps[2] == dumps[0]
    # The runner agrees with whoever was there before.
    assert (await migrate(by_psql)).applied == ()
    assert (await migrate(by_files)).applied == ()
    for dsn in (by_runner, by_psql, by_files):
        await databases.drop(dsn)


def _psql(databases: Databases, dsn: str, sql: str, *options: str) -> None:
    subprocess.run(
        [databases.server.bin_dir / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *options, "-d", dsn, "-f", "-"],
        input=sql, text=True, check=True, capture_output=True,
    )  # fmt: skip


def _dump(databases: Databases, dsn: str) -> str:
    done = subprocess.run(
        [databases.server.bin_dir / "pg_dump", "--schema-only", "-d", dsn], text=True, check=True, capture_output=True
    )
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)


async def test_no_superuser_is_needed(tmp_path: Path) -> None:
    await _as_database_owner(tmp_path, None)


async def test_no_superuser_is_needed_on_postgresql_15(databases15: Databases, tmp_path: Path) -> None:
    await _as_database_owner(tmp_path, databases15.server.bin_dir)


async def _as_database_owner(tmp_path: Path, bin_dir: Path | None) -> None:
    """On a server of its own: roles belong to the server, and here they must not be there yet."""
    server = embedded.ensure_running(
        tmp_path / "pg", bin_dir=bin_dir, settings={"fsync": "off"}, die_with_parent=True, timeout=60
    )
    try:
        admin = await asyncpg.connect(server.dsn)
        await admin.execute("create role keeper login createrole nosuperuser")
        await admin.execute("create database kept owner keeper")
        await admin.close()
        dsn = server.dsn_for("kept").replace("postgres@", "keeper@")
        report = await migrate(dsn)
        assert list(report.applied) == ALL
        owner = await asyncpg.connect(dsn)
        bypasses = await owner.fetchval("select rolbypassrls from pg_roles where rolname = 'service_role'")
        assert not bypasses
        agent = await owner.fetchval(
            "insert into agents (user_id) values ('11111111-1111-1111-1111-111111111111') returning id"
        )
        # Without BYPASSRLS policies let the engine work; members are held to theirs.
        await owner.execute("set role service_role")
        await owner.execute(
            "insert into automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config) values"
            " ($1, '11111111-1111-1111-1111-111111111111', 'x', 'active', true, 'event',"
            ' \'{"event_source": "lead", "event_type": "INSERT"}\')',
            agent,
        )
        await owner.execute("insert into leads (user_id) values ('11111111-1111-1111-1111-111111111111')")
        assert await owner.fetchval("select count(*) from automation_executions") == 1
        assert await owner.fetchval("select count(*) from automations.versions") == 1
        await owner.execute("reset role; set role authenticated")
        assert await owner.fetchval("select count(*) from automation_executions") == 0
        await owner.close()
    finally:
        embedded.stop(server.data_dir)
