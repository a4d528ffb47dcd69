"""Schedules in the database: when they are live, who decides, that nobody waits. Times are given, not waited for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

HOURLY = {"cron": "0 * * * *"}
HOUR = timedelta(hours=1)


async def schedule(make: Factory, account: uuid.UUID | None = None, **columns: Any) -> uuid.UUID:
    return await make.automation(
        account or uuid.uuid4(), **{"trigger_type": "schedule", "trigger_config": HOURLY, **columns}
    )


async def look(session: asyncpg.Connection, now: datetime | None = None) -> list[Any]:
    rows: list[Any] = await session.fetch("select * from automations.due_schedules(100, '5 seconds', $1)", now)
    return rows


async def taken_in(session: asyncpg.Connection) -> Any:
    """The only schedule, after somebody has looked."""
    await look(session)
    return await session.fetchrow("select * from automations.schedules")


async def fire(
    session: asyncpg.Connection, row: Any, dues: Sequence[datetime], *, next_due: datetime | None = None, **given: Any
) -> int | None:
    """Decide up to the last of `dues`, or up to `now`."""
    started: int | None = await session.fetchval(
        "select automations.fire_schedule($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row["automation_id"],
        given.get("version", row["version_id"]),
        given.get("fired_until", row["fired_until"]),
        dues,
        next_due,
        given.get("now", max(dues) if dues else None),
        given.get("locals", []),
        given.get("missed", 0),
        given.get("dropped", 0),
    )
    return started


def after(row: Any, number: int) -> datetime:
    """A whole second after the schedule went live."""
    moment: datetime = row["fired_until"].replace(microsecond=0) + number * HOUR
    return moment


async def runs(session: asyncpg.Connection) -> list[Any]:
    rows: list[Any] = await session.fetch("select * from automation_executions order by seq")
    return rows


async def test_a_schedule_that_goes_live_is_looked_at_at_once_and_only_once(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await schedule(make)
    await schedule(make, enabled=False)
    await schedule(make, status="paused")
    await make.automation(uuid.uuid4())
    now = datetime.now(UTC) + HOUR
    (row,) = await look(database, now)
    live_since = await database.fetchval("select live_since from automations.schedules")
    version = await database.fetchval("select published_version from automations where id = $1", automation)
    assert dict(row) == {
        "automation_id": automation,
        "account_id": await database.fetchval("select user_id from automations where id = $1", automation),
        "version_id": version,
        "fired_until": live_since,
        "looked_at": now,
        "trigger_config": HOURLY,
    }
    assert abs(live_since - datetime.now(UTC)) < timedelta(minutes=1)
    # It is that worker's for the lease; then anybody's.
    other = await connect()
    assert await look(other, now) == []
    assert [row["automation_id"] for row in await look(other, now + timedelta(seconds=5))] == [automation]


async def test_a_run_has_the_shape_of_the_seed_and_the_schedule_moves_on(
    database: asyncpg.Connection, make: Factory
) -> None:
    automation = await schedule(make, trigger_config={**HOURLY, "concurrency": {"limit": 1}})
    row = await taken_in(database)
    missed, due, following = (after(row, number) for number in (1, 2, 3))
    local = due.isoformat()
    started = await fire(
        database, row, [missed, due], next_due=following, missed=1, dropped=4, locals=["x", local], now=due
    )
    assert started == 2
    first, second = await runs(database)
    expected = {"event": "schedule", "table": None, "old": None, "new": None}
    for run, at, shown, is_missed in ((first, missed, "x", True), (second, due, local, False)):
        timestamp = run["trigger_data"].pop("timestamp")
        assert datetime.fromisoformat(timestamp).tzinfo is not None
        assert run["trigger_data"] == {**expected, "due_at": at.isoformat(), "due_local": shown, "missed": is_missed}
        assert (run["automation_id"], run["trigger_type"], run["status"]) == (automation, "schedule", "pending")
        assert (run["version_id"], run["account_id"]) == (row["version_id"], row["account_id"])
        assert (run["lane"], run["due_at"] is not None) == (f"limit:{automation}", True)
    now = await database.fetchrow("select * from automations.schedules")
    assert dict(now) == {
        **dict(row),
        **{"fired_until": due, "last_due": due, "next_due": following, "look_at": following, "finished": False},
    }
    audit = await database.fetchrow("select * from automations.audit_log where action = 'schedule.missed'")
    assert (audit["automation_id"], audit["details"]["missed"], audit["details"]["made_up_for"]) == (automation, 5, 1)
    # Nothing comes any more.
    assert await fire(database, now, [], now=following) == 0
    now = await database.fetchrow("select * from automations.schedules")
    assert (now["next_due"], now["look_at"], now["finished"], now["last_due"]) == (None, None, True, due)


async def test_a_due_time_starts_once_whoever_decides_and_whatever_the_clock_does(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    await schedule(make)
    row = await taken_in(database)
    due = after(row, 1)
    assert await fire(database, row, [due]) == 1
    # Another worker, which had looked before.
    assert await fire(await connect(), row, [due]) is None
    # A clock that was set back, or a row that came out of a backup.
    await database.execute("update automations.schedules set fired_until = live_since, last_due = null")
    assert await fire(database, row, [due, due + HOUR]) == 1
    assert [run["trigger_data"]["due_at"] for run in await runs(database)] == [
        due.isoformat(),
        (due + HOUR).isoformat(),
    ]


async def test_two_sessions_that_decide_at_the_same_moment(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    await schedule(make)
    row = await taken_in(database)
    due = after(row, 1)
    other = await connect()
    await other.execute("set lock_timeout = '1s'")
    transaction = database.transaction()
    await transaction.start()
    assert await fire(database, row, [due]) == 1
    assert await fire(other, row, [due]) is None
    await transaction.rollback()
    # The first one died: its work is as if it had never been.
    assert await fire(other, row, [due]) == 1
    assert len(await runs(database)) == 1


@pytest.mark.parametrize(
    "edit",
    [
        "update automations set enabled = false",
        "update automations set enabled = false; update automations set enabled = true",
        "update automations set status = 'paused'; update automations set status = 'active'",
        """update automations set trigger_config = '{"cron": "5 * * * *"}'""",
        "select automations.publish_version(id, '[]', '[]', 'schedule', trigger_config) from automations",
        "update automations set name = 'Other'",
    ],
)
async def test_who_edits_an_automation_does_not_wait_for_a_worker_nor_it_for_him(
    database: asyncpg.Connection, make: Factory, connect: Connect, edit: str
) -> None:
    automation = await schedule(make)
    row = await taken_in(database)
    other = await connect()
    for session in (database, other):
        await session.execute("set lock_timeout = '1s'")
    # A worker in the middle of it.
    transaction = database.transaction()
    await transaction.start()
    assert await fire(database, row, [after(row, 1)]) == 1
    await other.execute(edit)
    await transaction.commit()
    assert len(await runs(database)) == 1
    # An editor in the middle of it: what he does is not there yet, so the schedule is as it was.
    await database.execute("delete from automations.schedule_changes; delete from automations.schedules")
    await database.execute("update automations set enabled = false, status = 'paused'")
    await database.execute("update automations set enabled = true, status = 'active'")
    row = await taken_in(database)
    async with other.transaction():
        await other.execute(edit)
        assert await fire(database, row, [after(row, 2)]) == 1
        await look(database)
    # Somebody deletes it: neither waits.
    row = await database.fetchrow("select * from automations.schedules")
    async with other.transaction():
        await other.execute("delete from automations where id = $1", automation)
        assert await fire(database, row, [after(row, 5)]) is None


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ("update automations set enabled = false", "update automations set enabled = true"),
        ("update automations set status = 'paused'", "update automations set status = 'active'"),
        ("update automations set status = 'error'", "update automations set status = 'active'"),
        (
            """update automations set trigger_type = 'manual', trigger_config = '{}'""",
            """update automations set trigger_type = 'schedule', trigger_config = '{"cron": "0 * * * *"}'""",
        ),
    ],
)
async def test_what_was_due_while_it_was_off_is_never_replayed(
    database: asyncpg.Connection, make: Factory, off: str, on: str
) -> None:
    await schedule(make)
    row = await taken_in(database)
    await database.execute(off)
    # At the very moment, before anybody has looked.
    assert await fire(database, row, [after(row, 1)]) is None
    assert await look(database, after(row, 1)) == []
    rested = await database.fetchrow("select * from automations.schedules")
    assert (rested["look_at"], rested["next_due"], rested["finished"]) == (None, None, False)
    await database.execute(on)
    # On again, but its change was not taken in yet: the old row does not count.
    assert await fire(database, row, [after(row, 1)]) is None
    again = await taken_in(database)
    assert again["fired_until"] == again["live_since"] > row["live_since"]
    assert again["look_at"] is not None
    assert await runs(database) == []


async def test_publishing_other_steps_keeps_what_is_due_and_another_trigger_begins_anew(
    database: asyncpg.Connection, make: Factory
) -> None:
    automation = await schedule(make)
    row = await taken_in(database)
    due = after(row, 1)
    assert await fire(database, row, [due], next_due=due + HOUR) == 1
    steps = [
        {"id": "trigger", "type": "trigger-schedule", "data": {"config": HOURLY}},
        {"id": "end", "type": "logic-stop", "data": {}},
    ]
    publish = "select automations.publish_version($1, $2, '[]', 'schedule', $3)"
    version = await database.fetchval(publish, automation, steps, HOURLY)
    moved = await taken_in(database)
    assert (moved["version_id"], moved["fired_until"], moved["live_since"]) == (version, due, row["live_since"])
    assert await fire(database, moved, [due + HOUR], version=row["version_id"]) is None
    assert await fire(database, moved, [due + HOUR], next_due=due + 2 * HOUR) == 1
    # Another time begins now; the decided span lies ahead here, and stays decided.
    version = await database.fetchval(publish, automation, steps, {"cron": "30 * * * *"})
    anew = await taken_in(database)
    assert (anew["version_id"], anew["fired_until"]) == (version, due + HOUR)
    assert anew["live_since"] > row["live_since"]


async def test_the_newest_of_several_changes_wins_and_only_one_worker_takes_them_in(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await schedule(make)
    other = await connect()
    await other.execute("set lock_timeout = '1s'")
    async with database.transaction():
        await look(database)
        await other.execute("""update automations set trigger_config = '{"cron": "5 * * * *"}'""")
        assert await look(other) == []
    for minute in (10, 15):
        await database.execute("update automations set trigger_config = $1", {"cron": f"{minute} * * * *"})
    (row,) = await look(other)
    assert row["trigger_config"] == {"cron": "15 * * * *"}
    assert await database.fetchval("select count(*) from automations.schedule_changes") == 0
    assert row["version_id"] == await database.fetchval(
        "select published_version from automations where id = $1", automation
    )


@pytest.mark.parametrize(
    ("dues", "next_due"),
    [([0], None), ([-1, 1], None), ([3], None), ([1], 1), ([1], 0)],
    ids=["decided already", "one of them", "in the future", "next is now", "next is past"],
)
async def test_what_a_confused_worker_asks_for_is_refused(
    database: asyncpg.Connection, make: Factory, dues: list[int], next_due: int | None
) -> None:
    await schedule(make)
    row = await taken_in(database)
    start = row["fired_until"]
    with pytest.raises(asyncpg.PostgresError) as caught:
        await fire(
            database,
            row,
            [start + number * HOUR for number in dues],
            next_due=None if next_due is None else start + next_due * HOUR,
            now=start + 2 * HOUR if 3 in dues else start + HOUR,
        )
    assert caught.value.sqlstate == "AU007"
    assert await runs(database) == []


def as_fire(row: Any, due: datetime) -> dict[str, Any]:
    return {
        "automation_id": str(row["automation_id"]),
        "version_id": str(row["version_id"]),
        "fired_until": row["fired_until"].isoformat(),
        "looked_at": due.isoformat(),
        "dues": [due.isoformat()],
        "locals": [due.isoformat()],
        "missed": 0,
        "dropped": 0,
        "next_due": (due + HOUR).isoformat(),
    }


async def test_one_that_fails_does_not_stop_the_others_and_is_tried_again(
    database: asyncpg.Connection, make: Factory
) -> None:
    broken = await schedule(make)
    sound = await schedule(make)
    rows = {row["automation_id"]: row for row in await look(database)}
    await database.execute(
        f"""
        create function public.refuse() returns trigger language plpgsql as
          $$ begin raise exception 'not on my watch'; end $$;
        create trigger refuse before insert on automation_executions for each row
          when (new.automation_id = '{broken}') execute function public.refuse();
        """
    )
    due = max(row["fired_until"] for row in rows.values()).replace(microsecond=0) + HOUR
    fires = [as_fire(rows[broken], due), as_fire(rows[sound], due)]
    for _ in range(2):
        answers = await database.fetch("select * from automations.fire_schedules($1)", fires)
        assert dict(answers[0]) == {"automation_id": broken, "started": None, "error": "not on my watch"}
    assert [run["automation_id"] for run in await runs(database)] == [sound]
    row = await database.fetchrow("select * from automations.schedules where automation_id = $1", broken)
    assert (row["error"], row["fired_until"]) == ("not on my watch", rows[broken]["fired_until"])
    assert timedelta(0) < row["look_at"] - datetime.now(UTC) <= timedelta(seconds=30)
    audit = await database.fetch("select * from automations.audit_log where action = 'schedule.failed'")
    assert [(entry["automation_id"], entry["details"]) for entry in audit] == [(broken, {"error": "not on my watch"})]
    # Mended: the due time is not lost, and the error is gone.
    await database.execute("drop trigger refuse on automation_executions")
    answers = await database.fetch("select * from automations.fire_schedules($1)", fires)
    assert [answer["started"] for answer in answers] == [1, None]
    assert await database.fetchval("select error from automations.schedules where automation_id = $1", broken) is None


async def test_rows_that_came_in_without_triggers_are_found(database: asyncpg.Connection, make: Factory) -> None:
    automation = await schedule(make)
    other = await schedule(make)
    finished = await schedule(make)
    for row in await look(database):
        if row["automation_id"] == finished:
            await fire(database, row, [], now=row["fired_until"])
    assert await database.fetchval("select automations.reconcile_schedules()") == 0
    await database.execute("delete from automations.schedules where automation_id = $1", automation)
    await database.execute("update automations.schedules set look_at = null where automation_id = $1", other)
    assert await database.fetchval("select automations.reconcile_schedules()") == 2
    assert await database.fetchval("select automations.reconcile_schedules()") == 0
    assert {row["automation_id"] for row in await look(database)} == {automation, other}


async def test_rows_of_automations_that_are_gone_are_cleaned_up(database: asyncpg.Connection, make: Factory) -> None:
    kept, gone = await schedule(make), await schedule(make)
    await look(database)
    await database.execute("delete from automations where id = $1", gone)
    assert await look(database, datetime.now(UTC) + HOUR) != []
    assert await database.fetchval("select automations.cleanup_batch(100)") == 1
    rows = await database.fetch("select automation_id from automations.schedules")
    assert [row["automation_id"] for row in rows] == [kept]


async def test_an_upgrade_takes_schedules_that_were_live_before(database: asyncpg.Connection, make: Factory) -> None:
    """The trigger is created with the functions; what was there is taken in by the same transaction."""
    automation = await schedule(make)
    await database.execute(
        "drop trigger automations_schedule_inserted on automations;"
        " drop trigger automations_schedule_updated on automations;"
        " delete from automations.schedule_changes"
    )
    from automations.db.schema_files import schema_files

    (functions,) = [file for file in schema_files() if file.name == "functions/schedules.sql"]
    await database.execute(functions.script())
    assert [row["automation_id"] for row in await look(database)] == [automation]


async def test_users_neither_decide_nor_write(database: asyncpg.Connection, make: Factory, connect: Connect) -> None:
    await schedule(make)
    row = await taken_in(database)
    session = await connect()
    await session.execute("set role authenticated")
    await session.execute("select set_config('request.jwt.claims', $1, false)", f'{{"sub": "{row["account_id"]}"}}')
    assert await session.fetchval("select count(*) from automations.schedules") == 1
    for statement in (
        "update automations.schedules set fired_until = now()",
        "delete from automations.schedules",
        "select * from automations.schedule_changes",
        "select automations.reconcile_schedules()",
        "select automations.due_schedules(1, '1 s')",
        "select automations.fire_schedules('[]')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.execute(statement)


async def test_the_same_on_postgresql_15(postgres15_url: str, connect: Connect) -> None:
    from tests.conftest import Factory

    session = await connect(postgres15_url)
    make = Factory(session)
    await test_a_run_has_the_shape_of_the_seed_and_the_schedule_moves_on(session, make)
