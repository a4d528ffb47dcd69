"""A writer is never harmed: also not by a row that jsonb can hardly hold."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Factory

TOO_LARGE = "this row has more than 16 MB as JSON: look it up by its id"


async def only_run(database: asyncpg.Connection) -> Any:
    rows = await database.fetch("select trigger_data from automation_executions")
    assert len(rows) == 1
    return rows[0]["trigger_data"]


@pytest.mark.parametrize("megabytes", [20, pytest.param(140, marks=pytest.mark.full)])
async def test_a_lead(database: asyncpg.Connection, make: Factory, megabytes: int) -> None:
    account = uuid.uuid4()
    await make.automation(account, trigger_config={"event_source": "lead", "event_type": "UPDATE", "watch": ["score"]})
    lead = await make.lead(account)
    await database.execute("update leads set name = repeat('x', $1)", megabytes * 1_000_000)
    await database.execute("update leads set score = 1")
    data = await only_run(database)
    stand_in = {"id": str(lead), "user_id": str(account), "error": TOO_LARGE}
    assert (data["new"], data["previous"], data["changed"]) == (stand_in, stand_in, ["score", "updated_at"])
    journal = await database.fetchrow("select old, new from automations.events order by id desc limit 1")
    assert (journal["old"], journal["new"]) == (stand_in, stand_in)


@pytest.mark.full
async def test_a_row_of_a_watched_table(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    await database.execute(
        "create table public.docs "
        "(id bigint generated always as identity primary key, user_id uuid, name text, body bytea)"
    )
    await database.execute("select automations.watch_table('docs', 'user_id', 'id')")
    await make.automation(account, trigger_config={"event_source": "docs", "event_type": "UPDATE"})
    await database.execute(
        "insert into docs (user_id, name, body) select $1, 'a', convert_to(repeat('x', 70000000), 'UTF8')", account
    )
    await database.execute("update docs set name = 'b'")
    data = await only_run(database)
    assert (data["new"]["error"], data["record_id"], data["changed"]) == (TOO_LARGE, "1", ["name"])
