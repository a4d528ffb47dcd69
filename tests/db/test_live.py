"""What is written for whoever watches: only for them, and never at the cost of a writer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.db.test_query_plans import plans, scans_of

from automations.db.live_store import SQL

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

INSERT = "insert into automation_executions (automation_id, trigger_type) values ($1, 'manual')"


async def watch(database: asyncpg.Connection, account: uuid.UUID) -> None:
    await database.execute(
        "insert into automations.live_watchers (account_id, until) values ($1, now() + interval '90 s')", account
    )


async def changes(database: asyncpg.Connection) -> list[tuple[Any, ...]]:
    rows = await database.fetch("select kind, state ->> 'status' from automations.live_changes order by id")
    return [tuple(row) for row in rows]


async def test_only_what_is_visible_and_watched_is_written(database: asyncpg.Connection, make: Factory) -> None:
    account, other = uuid.uuid4(), uuid.uuid4()
    await watch(database, account)
    run = await make.execution(await make.automation(account))
    await make.execution(await make.automation(other))
    assert await changes(database) == [("automation", "active"), ("execution", "pending")]
    # A lease that is renewed is nobody's business.
    await database.execute("update automation_executions set due_at = now() + interval '1 h', variables = '{}'")
    await database.execute("update automations set execution_count = 3")
    assert len(await changes(database)) == 2
    await database.execute("update automation_executions set status = 'cancelled' where id = $1", run)
    await database.execute("update automations set name = 'Other', enabled = false")
    await database.execute("delete from automations")
    assert sorted((await changes(database))[2:]) == [
        ("automation", "active"),
        ("automation", "deleted"),
        ("execution", "cancelled"),
        ("execution", "deleted"),
    ]
    await database.execute("update automations.live_watchers set until = now() - interval '1 s'")
    await make.execution(await make.automation(account))
    assert len(await changes(database)) == 6


BREAKS = {
    "somebody has locked who watches": "lock table automations.live_watchers in access exclusive mode",
    "somebody has locked the changes": "lock table automations.live_changes in access exclusive mode",
}


@pytest.mark.parametrize("lock", BREAKS.values(), ids=BREAKS)
async def test_a_writer_waits_for_no_lock_of_ours(
    database: asyncpg.Connection, make: Factory, connect: Connect, lock: str
) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account)
    await watch(database, account)
    holder = await connect()
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute(lock)
    await database.execute("set statement_timeout = '5s'")
    lead = await make.lead(account)
    await database.execute("update automation_executions set status = 'cancelled'")
    await database.execute("delete from automation_executions where lead_id = $1", lead)
    await database.execute(INSERT, automation)
    await database.execute("delete from automations where id = $1", automation)
    await transaction.rollback()


async def test_a_writer_is_not_harmed_by_what_is_broken(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account)
    await watch(database, account)
    await database.execute(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
        "create trigger refuse before insert on automations.live_changes for each row execute function refuse()"
    )
    async with database.transaction():
        await make.lead(account)
        await database.execute("update automation_executions set status = 'cancelled'")
    assert await changes(database) == []
    await database.execute("drop table automations.live_changes")
    await database.execute(INSERT, automation)
    await database.execute("drop table automations.live_watchers")
    await database.execute(INSERT, automation)
    await database.execute("update automations set enabled = false")
    assert await database.fetchval("select count(*) from automation_executions") == 3


async def test_stricter_isolation_is_neither_blind_nor_refused(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account)
    one, two = await connect(), await connect()
    for isolation in ("repeatable_read", "serializable"):
        first, second = one.transaction(isolation=isolation), two.transaction(isolation=isolation)
        await first.start()
        await second.start()
        await one.fetch("select from agents")
        await two.fetch("select from agents")
        await watch(database, account)
        await one.execute(INSERT, automation)
        await two.execute(INSERT, automation)
        await first.commit()
        await second.commit()
        await database.execute("delete from automations.live_watchers")
    assert await changes(database) == [("execution", "pending")] * 4


async def test_a_look_reads_what_is_new(database: asyncpg.Connection) -> None:
    await database.execute(
        "insert into automations.live_changes (xid, account_id, kind, object_id)"
        " select -i / 10, gen_random_uuid(), 'execution', 'x' from generate_series(1, 20000) i"
    )
    await database.execute("analyze automations.live_changes")
    snapshot = await database.fetchval(SQL["live_snapshot"])
    # Also once it is planned for any snapshot.
    for _ in range(8):
        found = scans_of(await plans(database, SQL["read_live_changes"], snapshot, 5_000, []), "live_changes")
        assert found
        assert not [line for line in found if "Seq Scan" in line]


async def test_who_is_not_watched_costs_a_look_at_an_empty_table(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4())
    found = "\n".join(await plans(database, INSERT, automation))
    assert "live_watchers" in found
    assert "live_changes" not in found
    assert "watched_accounts" not in found


async def test_users_neither_read_nor_write_it(database: asyncpg.Connection, connect: Connect) -> None:
    session = await connect()
    for role in ("anon", "authenticated"):
        await session.execute(f"set role {role}")
        for table in ("live_changes", "live_watchers"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await session.fetch(f"select * from automations.{table}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.fetch("select automations.forget_live_changes()")
        await session.execute("reset role")


async def test_the_same_on_postgresql_15(postgres15_url: str, connect: Connect) -> None:
    from tests.conftest import Factory

    session = await connect(postgres15_url)
    await test_only_what_is_visible_and_watched_is_written(session, Factory(session))
