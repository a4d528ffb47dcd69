from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from automations.db.connection import connected
from automations.db.doctor_store import DoctorStore
from automations.db.migrate import status
from automations.services.diagnosis import Finding, examine_database

Examine = Callable[[], Awaitable[list[Finding]]]


@pytest.fixture
def examine(database_url: str) -> Examine:
    async def ask() -> list[Finding]:
        async with connected(database_url) as connection:
            return await examine_database(DoctorStore(connection), await status(database_url), embedded=True)

    return ask


def levels(found: list[Finding], area: str) -> list[str]:
    return [finding.level for finding in found if finding.area == area]


async def test_a_fresh_database_has_nothing_broken_but_no_worker(examine: Examine) -> None:
    found = await examine()
    assert [finding for finding in found if finding.level == "broken"] == []
    assert levels(found, "workers") == ["warning"]
    assert all((finding.do is None) == (finding.level == "ok") for finding in found)


async def test_an_empty_database_is_not_migrated(empty_database_url: str) -> None:
    async with connected(empty_database_url) as connection:
        found = await examine_database(DoctorStore(connection), await status(empty_database_url), embedded=True)
    assert levels(found, "schema") == ["broken"]


async def test_runs_that_wait_without_a_worker_are_broken(make: Any, examine: Examine) -> None:
    await make.automation(uuid.uuid4())
    account = uuid.uuid4()
    await make.automation(account)
    await make.lead(account)
    found = await examine()
    assert levels(found, "workers") == ["broken"]


async def test_a_trigger_that_was_switched_off_is_found(database: asyncpg.Connection, examine: Examine) -> None:
    await database.execute("alter table leads disable trigger trigger_lead_automations")
    assert "broken" in levels(await examine(), "trigger")
    await database.execute("alter table leads enable trigger trigger_lead_automations")
    await database.execute("drop trigger trigger_conversation_automations on conversations")
    assert "broken" in levels(await examine(), "trigger")


@pytest.mark.parametrize(
    ("setting", "area"),
    [("fire", "trigger"), ("journal", "journal"), ("wake", "notify")],
)
async def test_a_switch_that_is_off_is_found(
    database: asyncpg.Connection, examine: Examine, setting: str, area: str
) -> None:
    name = await database.fetchval("select quote_ident(current_database())")
    await database.execute(f"alter database {name} set automations.{setting} = 'off'")
    assert set(levels(await examine(), area)) - {"ok"}


async def test_automations_that_do_not_run_are_counted(make: Any, examine: Examine) -> None:
    account = uuid.uuid4()
    agent = await make.agent(account)
    await make.automation(account, agent, status="error")
    await make.automation(account, agent, status="paused")
    assert sorted(levels(await examine(), "automations")) == ["broken", "ok", "warning"]


async def test_leads_without_an_agent_are_found(make: Any, examine: Examine) -> None:
    await make.lead(uuid.uuid4())
    assert levels(await examine(), "agents") == ["warning"]


async def test_schedules_that_are_overdue_or_fail_are_found(
    database: asyncpg.Connection, make: Any, examine: Examine, connect: Any
) -> None:
    assert levels(await examine(), "schedules") == ["ok"]
    for _ in range(3):
        await make.automation(uuid.uuid4(), trigger_type="schedule", trigger_config={"cron": "0 * * * *"})
    assert levels(await examine(), "schedules") == ["ok"]
    await database.execute("update automations.schedule_changes set live_since = live_since - interval '2 minutes'")
    # Nobody is there to be late: that no worker runs is said elsewhere.
    assert levels(await examine(), "schedules") == ["ok"]
    worker = await connect()
    await worker.execute("set application_name = 'automations worker: presence'; select pg_advisory_lock(4711)")
    (warning,) = [one for one in await examine() if one.area == "schedules" and one.level == "warning"]
    assert warning.what == "3 are overdue by more than a minute although workers are present"
    await database.execute("select * from automations.due_schedules(100, interval '5 s')")
    assert levels(await examine(), "schedules") == ["ok"]
    await database.execute(
        "update automations.schedules set next_due = now() - interval '61 s' where automation_id ="
        " (select automation_id from automations.schedules limit 1)"
    )
    await database.execute(
        "select automations.note_schedule_error(automation_id, 'x') from automations.schedules"
        " where next_due is null limit 1"
    )
    found = [one.what for one in await examine() if one.area == "schedules"]
    assert [what.split(" ")[:2] for what in found] == [["3", "live;"], ["1", "are"], ["1", "could"]]


async def test_open_breakers_are_named_with_the_command_that_lifts_them(
    make: Any, database: asyncpg.Connection, examine: Examine
) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account)
    await database.execute(
        "insert into automations.breakers (automation_id, record_id, account_id, opened_at, starts, minutes) "
        "select $1, gen_random_uuid(), $2, now(), 100, 10 from generate_series(1, 3)",
        automation,
        account,
    )
    (found,) = [finding for finding in await examine() if finding.area == "breakers"]
    assert found.level == "warning"
    assert found.what.startswith("3 open")
    assert f"automations lift {automation}" in (found.do or "")
    await database.execute("select automations.lift_breaker($1)", automation)
    assert [finding for finding in await examine() if finding.area == "breakers"] == []
