"""What is old goes, in bites, and nothing else."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory


async def _old_run(
    database: asyncpg.Connection, make: Factory, automation: uuid.UUID, status: str, days: int, *, ended: bool = True
) -> uuid.UUID:
    run = await make.execution(automation, status=status)
    await database.execute("set session_replication_role = replica")
    await database.execute(
        "update automation_executions set started_at = now() - $2 * interval '1 day',"
        " completed_at = case when $3 then now() - $2 * interval '1 day' end where id = $1",
        run,
        float(days),
        ended,
    )
    await database.execute("set session_replication_role = origin")
    return run


async def _left(database: asyncpg.Connection) -> set[uuid.UUID]:
    return {row["id"] for row in await database.fetch("select id from automation_executions")}


@pytest.fixture
async def automation(make: Factory) -> uuid.UUID:
    return await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})


async def test_the_seeds_call_removes_all_that_is_due(
    database: asyncpg.Connection, make: Factory, automation: uuid.UUID
) -> None:
    kept = {
        await _old_run(database, make, automation, "completed", 29),
        await _old_run(database, make, automation, "cancelled", 29, ended=False),
        await _old_run(database, make, automation, "failed", 6),
        await _old_run(database, make, automation, "pending", 400, ended=False),
        await _old_run(database, make, automation, "running", 400, ended=False),
    }
    for status, days in (("completed", 31), ("cancelled", 31), ("failed", 8)):
        await _old_run(database, make, automation, status, days)
        await _old_run(database, make, automation, status, days, ended=False)
    assert await database.fetchval("select public.cleanup_old_executions()") in (None, "")
    assert await _left(database) == kept


async def test_batches_are_bounded_and_end(database: asyncpg.Connection, make: Factory, automation: uuid.UUID) -> None:
    for days in (31, 32, 33):
        await _old_run(database, make, automation, "completed", days)
        await _old_run(database, make, automation, "failed", days)
    counts = [await database.fetchval("select automations.cleanup_batch(4)") for _ in range(3)]
    assert counts == [4, 2, 0]


async def test_the_times_are_settings_of_the_database(
    database: asyncpg.Connection, make: Factory, automation: uuid.UUID
) -> None:
    young = await _old_run(database, make, automation, "completed", 3)
    failed = await _old_run(database, make, automation, "failed", 8)
    await database.execute("set automations.retention_days = '2'; set automations.failed_retention_days = '9'")
    await database.execute("select cleanup_old_executions()")
    assert await _left(database) == {failed}
    assert young not in await _left(database)
    await database.execute("set automations.failed_retention_days = 'a week'")
    await database.execute("select cleanup_old_executions()")
    assert await _left(database) == set()


async def test_an_automation_may_keep_its_runs_for_a_shorter_time(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    short = await make.automation(account, trigger_type="manual", trigger_config={"keep_days": 3})
    long = await make.automation(account, trigger_type="manual", trigger_config={"keep_days": 400})
    broken = await make.automation(account, trigger_type="manual", trigger_config={"keep_days": "soon"})
    kept = {
        await _old_run(database, make, short, "completed", 2),
        await _old_run(database, make, short, "failed", 2, ended=False),
        await _old_run(database, make, short, "running", 50, ended=False),
        await _old_run(database, make, long, "completed", 29),
        await _old_run(database, make, broken, "completed", 29),
    }
    for status in ("completed", "cancelled", "failed"):
        await _old_run(database, make, short, status, 4)
        await _old_run(database, make, short, status, 4, ended=False)
    await _old_run(database, make, long, "completed", 31)
    await _old_run(database, make, broken, "failed", 8)
    counts = [await database.fetchval("select automations.cleanup_batch(5)") for _ in range(3)]
    assert counts == [5, 3, 0]
    assert await _left(database) == kept


async def test_the_journal_is_kept_for_open_runs(database: asyncpg.Connection, make: Factory) -> None:
    waiting, idle = uuid.uuid4(), uuid.uuid4()
    for account in (waiting, idle):
        automation = await make.automation(account, trigger_type="manual", trigger_config={})
        for _ in range(2):
            await make.lead(account)
        if account == waiting:
            await _old_run(database, make, automation, "running", 50, ended=False)
    await database.execute("update automations.events set occurred_at = now() - interval '40 days'")
    await database.execute(
        "update automations.events set occurred_at = now() - interval '60 days'"
        " where id = (select min(id) from automations.events where account_id = $1)",
        waiting,
    )
    await make.lead(idle)
    assert await database.fetchval("select automations.cleanup_batch(100)") == 3
    rows = await database.fetch("select account_id from automations.events order by id")
    assert [row["account_id"] for row in rows] == [waiting, idle]


async def test_keys_outlive_their_runs_for_a_while(
    database: asyncpg.Connection, make: Factory, automation: uuid.UUID
) -> None:
    account = await database.fetchval("select user_id from automations")
    run = await make.execution(automation)
    for key, age, execution in (("open", 90, run), ("young", 1, uuid.uuid4()), ("old", 90, uuid.uuid4())):
        await database.execute(
            "insert into automations.start_keys values ($1, $2, $3, $4, now() - $5 * interval '1 day')",
            automation,
            key,
            account,
            execution,
            float(age),
        )
    await database.execute("select cleanup_old_executions()")
    rows = await database.fetch("select key from automations.start_keys order by key")
    assert [row["key"] for row in rows] == ["open", "young"]


async def test_only_the_engine_may_clean_up(
    database: asyncpg.Connection, make: Factory, automation: uuid.UUID, acting: Acting
) -> None:
    owner = await database.fetchval("select user_id from automations")
    await _old_run(database, make, automation, "completed", 60)
    for role in ("anon", "authenticated"):
        for call in ("public.cleanup_old_executions()", "automations.cleanup_batch(5)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with acting(database, role, owner) as user:
                    await user.execute(f"select {call}")
    async with acting(database, "service_role") as engine:
        await engine.execute("select public.cleanup_old_executions()")
    assert await _left(database) == set()
