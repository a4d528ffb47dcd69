"""The seed's figures, without its hot row."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

FIGURES = "select execution_count, last_executed_at, last_execution_status from automations where id = $1"


async def _running(database: asyncpg.Connection, make: Factory, automation: uuid.UUID, count: int) -> list[uuid.UUID]:
    runs = [await make.execution(automation) for _ in range(count)]
    await database.execute("update automation_executions set status = 'running' where id = any ($1)", runs)
    return runs


async def _manual(make: Factory, account: uuid.UUID) -> uuid.UUID:
    return await make.automation(account, trigger_type="manual", trigger_config={})


async def test_the_seeds_figures(database: asyncpg.Connection, make: Factory) -> None:
    automation = await _manual(make, uuid.uuid4())
    runs = await _running(database, make, automation, 6)
    await database.execute("update automation_executions set status = 'completed' where id = $1", runs[0])
    await database.execute(
        "update automation_executions set status = 'failed', test_mode = true where id = $1", runs[1]
    )
    # Neither cancelled runs, nor pending ones that failed, nor changes of finished ones count.
    await database.execute("update automation_executions set status = 'cancelled' where id = $1", runs[2])
    pending = await make.execution(automation)
    await database.execute("update automation_executions set status = 'failed' where id = $1", pending)
    await database.execute("update automation_executions set error = 'x'")
    figures = await database.fetchrow(FIGURES, automation)
    last = await database.fetchval("select completed_at from automation_executions where id = $1", runs[1])
    assert tuple(figures) == (2, last, "failed")
    # A batch, and an end that lies before the last one.
    earlier = datetime(2020, 1, 1, tzinfo=UTC)
    await database.execute(
        "update automation_executions set status = 'completed', completed_at = $2 where id = any ($1)",
        runs[3:],
        earlier,
    )
    assert tuple(await database.fetchrow(FIGURES, automation)) == (5, last, "failed")
    assert await database.fetchval("select count(*) from automations.stat_deltas") == 0


async def test_an_end_is_no_edit(database: asyncpg.Connection, make: Factory) -> None:
    automation = await _manual(make, uuid.uuid4())
    runs = await _running(database, make, automation, 1)
    before = await database.fetchval("select updated_at from automations")
    await database.execute("update automation_executions set status = 'completed' where id = $1", runs[0])
    assert await database.fetchval("select execution_count from automations") == 1
    assert await database.fetchval("select updated_at from automations") == before


async def test_runs_of_one_automation_finish_side_by_side(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await _manual(make, uuid.uuid4())
    first, second, third = await _running(database, make, automation, 3)
    one, two = await connect(), await connect()
    await one.execute("begin")
    await one.execute("update automation_executions set status = 'completed' where id = $1", first)
    # Not lock_timeout: the trigger would survive that, late.
    await two.execute("set statement_timeout = '3s'")
    await two.execute("update automation_executions set status = 'failed' where id = $1", second)
    # Held by the first session, so the second left its figures aside; nobody waited.
    assert (await database.fetchrow(FIGURES, automation))["execution_count"] == 0
    await one.execute("commit")
    assert (await database.fetchrow(FIGURES, automation))["execution_count"] == 1
    await database.execute("update automation_executions set status = 'completed' where id = $1", third)
    assert (await database.fetchrow(FIGURES, automation))["execution_count"] == 3


async def test_batches_in_opposite_order_do_not_deadlock(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    account = uuid.uuid4()
    a, b = await _manual(make, account), await _manual(make, account)
    of_a, of_b = await _running(database, make, a, 2), await _running(database, make, b, 2)
    one, two = await connect(), await connect()
    finish = "update automation_executions set status = 'completed' where id = $1"
    for session in (one, two):
        # Less than it takes to find a deadlock.
        await session.execute("set statement_timeout = '900ms'")
        await session.execute("begin")
    await one.execute(finish, of_a[0])
    await two.execute(finish, of_b[0])
    await asyncio.gather(one.execute(finish, of_b[1]), two.execute(finish, of_a[1]))
    await one.execute("commit")
    await two.execute("commit")
    assert await database.fetchval("select automations.fold_stats()") == 2
    assert [tuple(row) for row in await database.fetch("select execution_count from automations")] == [(2,), (2,)]
    assert await database.fetchval("select count(*) from automations.stat_deltas") == 0
    assert await database.fetchval("select automations.fold_stats()") == 0


async def test_many_sessions_lose_no_run(database: asyncpg.Connection, make: Factory, connect: Connect) -> None:
    account = uuid.uuid4()
    automations = [await _manual(make, account) for _ in range(3)]
    runs = [run for automation in automations for run in await _running(database, make, automation, 20)]
    sessions = [await connect() for _ in range(4)]

    async def finish(session: asyncpg.Connection, mine: list[uuid.UUID]) -> None:
        for index in range(0, len(mine), 5):
            await session.execute(
                "update automation_executions set status = 'completed' where id = any ($1)", mine[index : index + 5]
            )

    await asyncio.gather(*(finish(session, runs[index::4]) for index, session in enumerate(sessions)))
    await database.fetchval("select automations.fold_stats()")
    assert await database.fetchval("select array_agg(execution_count) from automations") == [20, 20, 20]


async def test_nothing_about_figures_can_stop_a_run(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await _manual(make, uuid.uuid4())
    runs = await _running(database, make, automation, 4)
    finish = "update automation_executions set status = 'completed' where id = $1"
    # The count is full.
    await database.execute("update automations set execution_count = 2147483647")
    await database.execute(finish, runs[0])
    assert await database.fetchval("select execution_count from automations") == 2147483647
    # Somebody edits it and does not commit.
    editor = await connect()
    await editor.execute("begin; update automations set name = 'being edited'")
    await database.execute("set statement_timeout = '3s'")
    await database.execute(finish, runs[1])
    await editor.execute("rollback")
    # A transaction of stricter isolation, begun before the row changed.
    strict = await connect()
    await strict.execute("begin isolation level repeatable read; select from automations")
    await database.execute("update automations set execution_count = 5")
    await strict.execute(finish, runs[2])
    await strict.execute("commit")
    # A trigger of the owner's that fails.
    await database.execute(
        "create function public.nobody_may() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
        "create trigger nobody_may before update on automations for each row execute function nobody_may()"
    )
    await database.execute(finish, runs[3])
    assert await database.fetchval("select count(*) from automation_executions where status = 'completed'") == 4
    await database.execute("drop trigger nobody_may on automations")
    await database.fetchval("select automations.fold_stats()")
    assert await database.fetchval("select execution_count from automations") == 8


async def test_deltas_of_a_deleted_automation_do_no_harm(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await _manual(make, uuid.uuid4())
    (run,) = await _running(database, make, automation, 1)
    editor = await connect()
    await editor.execute("begin; update automations set name = 'x'")
    await database.execute("update automation_executions set status = 'completed' where id = $1", run)
    await editor.execute("commit")
    await database.execute("delete from automations")
    assert await database.fetchval("select automations.fold_stats()") == 0
    await database.fetchval("select automations.cleanup_batch(10)")
    assert await database.fetchval("select count(*) from automations.stat_deltas") == 0


async def test_a_time_in_the_past_is_the_last_one_when_there_is_no_other(
    database: asyncpg.Connection, make: Factory
) -> None:
    automation = await _manual(make, uuid.uuid4())
    (run,) = await _running(database, make, automation, 1)
    ended = datetime.now(UTC) - timedelta(days=3)
    await database.execute(
        "update automation_executions set status = 'completed', completed_at = $2 where id = $1", run, ended
    )
    assert tuple(await database.fetchrow(FIGURES, automation)) == (1, ended, "completed")
