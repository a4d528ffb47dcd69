"""What `automations schedules` and `automations schedule` say."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.db.automation_store import AutomationStore
from automations.db.connection import connected
from automations.db.schedule_store import ScheduleStore
from automations.errors import Conflict, NotFound, Unusable
from automations.services.scheduling import Preview, list_schedules, preview_schedule

if TYPE_CHECKING:
    from tests.conftest import Factory

WEEKLY = {"kind": "weekly", "weekdays": ["monday"], "times": ["09:00"], "timezone": "Europe/Berlin"}


async def preview(dsn: str, automation: uuid.UUID, *, draft: bool = False, count: int = 3) -> Preview:
    async with connected(dsn, role="service_role") as session:
        stores = AutomationStore(session), ScheduleStore(session)
        return await preview_schedule(*stores, automation, count=count, draft=draft)


async def test_a_list_says_when_each_comes_and_why_one_does_not(
    database: asyncpg.Connection, database_url: str, make: Factory
) -> None:
    account = uuid.uuid4()
    agent = await make.agent(account)

    async def add(name: str, config: dict[str, Any], **columns: Any) -> uuid.UUID:
        return await make.automation(
            account, agent, name=name, trigger_type="schedule", trigger_config=config, **columns
        )

    week = await add("week", {**WEEKLY, "on_missed": "all", "overlap": "skip"})
    await add("bad", {"cron": "0 9 * * 1", "timezone": "Mars"})
    await add("off", WEEKLY)
    await add("over", {"kind": "dates", "dates": ["2020-01-01"]})
    await add("draft", WEEKLY, status="draft")
    await make.automation(account, agent)
    await make.automation(uuid.uuid4(), trigger_type="schedule", trigger_config=WEEKLY)
    await database.execute("update automations set enabled = false where name = 'off'")
    await database.execute("select automations.due_schedules(100, '5 s')")
    monday = datetime(2030, 7, 1, 7, tzinfo=UTC)
    await database.execute(
        "update automations.schedules set next_due = $2, last_due = $3, look_at = $2 where automation_id = $1",
        week,
        monday,
        monday - timedelta(days=7),
    )
    await database.execute(
        "update automations.schedules set finished = true, look_at = null"
        " where automation_id = (select id from automations where name = 'over')"
    )
    async with connected(database_url, role="service_role") as session:
        rows = await list_schedules(ScheduleStore(session), account)
    shown = {row.name: row for row in rows}
    assert set(shown) == {"week", "bad", "off", "over"}
    first = shown["week"]
    assert rows[0] == first
    assert (first.state, first.words) == ("live", "every Monday at 09:00 in Europe/Berlin")
    assert (first.overlap, first.on_missed, first.next_due) == ("skip", "all, at most 10", monday)
    assert [str(first.next_local), str(first.last_local)] == ["2030-07-01 09:00:00+02:00", "2030-06-24 09:00:00+02:00"]
    assert (shown["off"].state, shown["off"].next_due) == ("off", None)
    assert (shown["over"].finished, shown["over"].words) == (True, "on 2020-01-01 in UTC")
    assert shown["bad"].words.startswith("cannot be used: timezone: 'Mars' is not a known time zone")
    assert (shown["bad"].timezone, shown["bad"].on_missed) == (None, None)


async def test_a_preview_of_what_is_published_and_of_the_draft(
    database: asyncpg.Connection, database_url: str, make: Factory
) -> None:
    automation = await make.automation(uuid.uuid4(), trigger_type="schedule", trigger_config=WEEKLY)
    nodes = [{"id": "trigger", "type": "trigger-schedule", "data": {"config": {"cron": "*/30 * * * *"}}}]
    await database.execute("update automations set nodes = $1", nodes)
    published = await preview(database_url, automation)
    drawn = await preview(database_url, automation, draft=True)
    assert (published.of, published.words) == ("published", "every Monday at 09:00 in Europe/Berlin")
    assert [f"{due.local:%A %H:%M}" for due in published.next] == ["Monday 09:00"] * 3
    assert published.next[0].at > published.since
    assert (drawn.of, drawn.words) == ("draft", "every 30th minute of every hour in UTC")
    assert [due.at.minute % 30 for due in drawn.next] == [0, 0, 0]
    never_published = await make.automation(
        uuid.uuid4(), trigger_type="schedule", trigger_config=WEEKLY, status="draft", enabled=False
    )
    assert (await preview(database_url, never_published)).of == "draft"


async def test_what_has_no_preview(database: asyncpg.Connection, database_url: str, make: Factory) -> None:
    event = await make.automation(uuid.uuid4())
    bad = await make.automation(uuid.uuid4(), trigger_type="schedule", trigger_config={"cron": "now and then"})
    with pytest.raises(Conflict, match="the automation starts on event, not on a schedule"):
        await preview(database_url, event)
    with pytest.raises(Unusable, match="the schedule cannot be used: cron: needs five fields"):
        await preview(database_url, bad)
    with pytest.raises(NotFound):
        await preview(database_url, uuid.uuid4())
