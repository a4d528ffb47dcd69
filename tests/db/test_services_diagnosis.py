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
