"""What holds of a row of public.automation_executions, whoever writes it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Factory


async def _run(database: asyncpg.Connection, run: uuid.UUID) -> dict[str, Any]:
    return dict(await database.fetchrow("select * from automation_executions where id = $1", run))


async def _force(database: asyncpg.Connection, run: uuid.UUID, **columns: Any) -> None:
    """Put a row into any state, past the guards."""
    await database.execute("set session_replication_role = replica")
    sets = ", ".join(f"{name} = ${index}" for index, name in enumerate(columns, 2))
    await database.execute(f"update automation_executions set {sets} where id = $1", run, *columns.values())
    await database.execute("set session_replication_role = origin")


async def test_a_row_with_the_seeds_columns_only_is_filled_and_due(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account)
    lead = await make.lead(account)
    await database.execute("delete from automation_executions; set role service_role")
    run = await _run(database, await make.execution(automation, lead_id=lead, test_mode=True))
    assert run["account_id"] == account
    assert run["version_id"] == await database.fetchval("select published_version from automations")
    assert run["due_at"] is not None
    assert (run["owner"], run["epoch"], run["depth"], run["ancestors"], run["lane"]) == (None, 0, 0, [], None)


async def test_what_others_run_or_ran_is_left_alone(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(
        uuid.uuid4(), trigger_type="manual", trigger_config={"concurrency": {"limit": 1}}
    )
    for status in ("running", "completed", "failed", "cancelled"):
        run = await _run(database, await make.execution(automation, status=status))
        assert (run["status"], run["due_at"], run["owner"], run["lane"]) == (status, None, None, None)
    # An edge function that takes a pending row itself.
    run_id = await make.execution(automation)
    await database.execute(
        "update automation_executions set status = 'running', started_at = now() where id = $1", run_id
    )
    run = await _run(database, run_id)
    assert (run["due_at"], run["owner"]) == (None, None)
    assert run["run_started_at"] is not None


@pytest.mark.parametrize(
    ("concurrency", "expected"),
    [
        (None, None),
        ({"limit": 3}, "limit:{automation}"),
        ({"per": "record"}, "{automation}:{lead}"),
        ({"per": "record", "limit": 1}, "{automation}:{lead}"),
        ({"per": "anything"}, None),
        (5, None),
    ],
)
async def test_lanes(database: asyncpg.Connection, make: Factory, concurrency: Any, expected: str | None) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account, trigger_type="manual", trigger_config={"concurrency": concurrency})
    lead = await make.lead(account)
    run = await _run(database, await make.execution(automation, lead_id=lead))
    assert run["lane"] == (expected.format(automation=automation, lead=lead) if expected else None)


async def test_records_of_another_account_are_refused(database: asyncpg.Connection, make: Factory) -> None:
    other = uuid.uuid4()
    automation = await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})
    their_lead = await make.lead(other)
    their_conversation = await make.conversation(await make.agent(other))
    for column, record in (("lead_id", their_lead), ("conversation_id", their_conversation)):
        with pytest.raises(asyncpg.PostgresError, match="different accounts") as caught:
            await make.execution(automation, **{column: record})
        assert caught.value.sqlstate == "AU002"
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await make.execution(uuid.uuid4())


ALLOWED = {
    ("pending", "running"),
    ("pending", "cancelled"),
    ("pending", "failed"),
    ("running", "completed"),
    ("running", "failed"),
    ("running", "cancelled"),
}
STATUSES = ["pending", "running", "completed", "failed", "cancelled"]


async def test_transitions(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})
    run = await make.execution(automation)
    for old in STATUSES:
        for new in STATUSES:
            final = old not in ("pending", "running")
            await _force(database, run, status=old, due_at=None, owner=None, completed_at=None, duration_ms=None)
            change = database.execute("update automation_executions set status = $1 where id = $2", new, run)
            if (old, new) in ALLOWED or old == new:
                await change
                after = await _run(database, run)
                assert after["status"] == new
                assert (after["completed_at"] is None) == (new in ("pending", "running") or final)
            else:
                with pytest.raises(asyncpg.PostgresError, match=f"a {old} run cannot become {new}") as caught:
                    await change
                assert caught.value.sqlstate == "AU005"
                assert caught.value.hint


async def test_a_final_row_may_still_be_redacted(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})
    run = await make.execution(automation, status="completed")
    await database.execute(
        "update automation_executions set trigger_data = null, nodes_executed = '[]', variables = '{}'"
    )
    assert (await _run(database, run))["trigger_data"] is None


async def test_acceptance_account_and_order_never_change(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account, trigger_type="manual", trigger_config={})
    other = await make.automation(account, trigger_type="manual", trigger_config={})
    run = await make.execution(automation)
    before = await _run(database, run)
    await database.execute("update automation_executions set started_at = now() + interval '1 day', error = 'x'")
    after = await _run(database, run)
    assert after["started_at"] == before["started_at"]
    assert after["error"] == "x"
    with pytest.raises(asyncpg.PostgresError, match="stays with its automation"):
        await database.execute("update automation_executions set account_id = gen_random_uuid()")
    with pytest.raises(asyncpg.PostgresError, match="stays with its automation"):
        await database.execute("update automation_executions set automation_id = $1", other)
    with pytest.raises(asyncpg.PostgresError, match="can only be updated to DEFAULT"):
        await database.execute("update automation_executions set seq = 5")


async def test_ended_by_plain_sql_a_run_is_released_and_its_worker_fenced_off(
    database: asyncpg.Connection, make: Factory
) -> None:
    automation = await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})
    held, parked = await make.execution(automation), await make.execution(automation)
    await _force(database, held, status="running", owner=7, epoch=3)
    await _force(database, parked, status="running", epoch=3)
    await database.execute("update automation_executions set status = 'cancelled'")
    row = await _run(database, held)
    assert (row["owner"], row["due_at"], row["epoch"]) == (None, None, 4)
    assert row["completed_at"] is not None
    assert row["duration_ms"] >= 0
    row = await _run(database, parked)
    assert (row["owner"], row["due_at"], row["epoch"]) == (None, None, 3)


async def test_a_run_of_forty_days_can_end(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})
    run = await make.execution(automation)
    await database.execute("set session_replication_role = replica")
    await database.execute(
        "update automation_executions set status = 'running', started_at = now() - interval '40 days', due_at = null"
    )
    await database.execute("set session_replication_role = origin")
    await database.execute("update automation_executions set status = 'completed'")
    assert (await _run(database, run))["duration_ms"] == 2147483647


async def test_the_engines_own_writes_pay_for_no_guard(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4(), trigger_type="manual", trigger_config={})
    run = await make.execution(automation)
    await database.execute(
        "alter function automations.guard_execution() set search_path = pg_catalog;"
        "create or replace function automations.guard_execution() returns trigger language plpgsql as"
        " $$ begin raise 'called'; end $$"
    )
    for change in (
        "status = 'running', owner = 7, epoch = 1, due_at = now() + interval '1 minute', run_started_at = now()",
        "due_at = now() + interval '2 minutes'",
        "owner = null, due_at = now() + interval '1 day', takeovers = 0",
        "owner = 8, epoch = 2, due_at = now() + interval '1 minute'",
        "status = 'completed', owner = null, due_at = null, completed_at = now(), duration_ms = 5",
    ):
        await database.execute(f"update automation_executions set {change} where id = $1", run)
    assert (await _run(database, run))["status"] == "completed"
    with pytest.raises(asyncpg.PostgresError, match="called"):
        await database.execute("update automation_executions set status = 'running'")


async def test_steps_and_signals_go_with_their_run(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account, trigger_type="manual", trigger_config={})
    first, second = await make.execution(automation), await make.execution(automation)

    async def remember() -> None:
        for run in (first, second):
            await database.execute(
                "insert into automations.steps (execution_id, key, account_id, node_id, status)"
                " values ($1, 'a', $2, 'a', 'completed')",
                run,
                account,
            )
            await database.execute(
                "insert into automations.signals (account_id, execution_id, name, key) values ($1, $2, 's', '/a')",
                account,
                run,
            )
            await database.execute(
                "insert into automations.waits (account_id, execution_id, topic, key, since) "
                "values ($1, $2, 's', '/a', now())",
                account,
                run,
            )

    await remember()
    await database.execute("delete from automation_executions where id = $1", first)
    for table in ("steps", "signals", "waits"):
        assert await database.fetchval(f"select array_agg(execution_id) from automations.{table}") == [second]
    await database.execute("truncate leads, conversations cascade")
    for table in ("steps", "signals", "waits"):
        assert await database.fetchval(f"select count(*) from automations.{table}") == 0
