"""Which runs belong together, and what becomes of the others while one is open."""

from __future__ import annotations

import asyncio
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.db.claim_bench import Desk, open_desk

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

A = "11111111-1111-4111-8111-111111111111"
RECORD = uuid.UUID("22222222-2222-4222-8222-222222222222")
LEAD = uuid.UUID("33333333-3333-4333-8333-333333333333")
CONVERSATION = uuid.UUID("44444444-4444-4444-8444-444444444444")
DATA = {
    "event": "INSERT",
    "new": {
        "email": "ada@x.org",
        "score": 1.50,
        "no": None,
        "empty": "",
        "zero": 0,
        "flag": False,
        "data": {"deep": [{"er": "ünïcødé ✓"}]},
        "odd": "a:b'\"\n\t%_\\",
        "long": "x" * 5_000,
        "list": [1, "two"],
    },
}


@pytest.fixture
async def desk(database: asyncpg.Connection, make: Factory) -> Desk:
    return await open_desk(database, make)


@pytest.mark.parametrize(
    ("config", "lane"),
    [
        ({}, None),
        ({"concurrency": {}}, None),
        ({"concurrency": {"per": "record"}}, f"{A}:{RECORD}"),
        ({"concurrency": {"per": "lead"}}, f"{A}:{LEAD}"),
        ({"concurrency": {"per": "conversation"}}, f"{A}:{CONVERSATION}"),
        ({"concurrency": {"per": "automation"}}, f"{A}:automation"),
        ({"concurrency": {"limit": 3}}, f"limit:{A}"),
        ({"concurrency": {"limit": 3, "per": "record"}}, f"{A}:{RECORD}"),
        ({"concurrency": {"limit": 3, "key": "new.no"}}, f"limit:{A}"),
        ({"concurrency": {"per": "record", "mode": "skip"}}, f"{A}:{RECORD}"),
        ({"concurrency": {"per": "record", "mode": "parallel"}}, None),
        ({"concurrency": {"limit": 2, "per": "record", "mode": "parallel"}}, f"limit:{A}"),
        ({"concurrency": {"per": "record", "mode": "parallel"}, "debounce": {"seconds": 5}}, f"{A}:{RECORD}"),
        ({"debounce": {"seconds": 5}}, f"{A}:{RECORD}"),
        ({"debounce": {}}, None),
        ({"concurrency": {"key": "new.email"}}, f'{A}:key:"ada@x.org"'),
        ({"concurrency": {"key": "new.email"}, "debounce": {"seconds": 5}}, f'{A}:key:"ada@x.org"'),
        ({"concurrency": {"key": "new.score"}}, f"{A}:key:1.5"),
        ({"concurrency": {"key": "new.zero"}}, f"{A}:key:0"),
        ({"concurrency": {"key": "new.flag"}}, f"{A}:key:false"),
        ({"concurrency": {"key": "new.data.deep.0.er"}}, f'{A}:key:"ünïcødé ✓"'),
        ({"concurrency": {"key": "new.odd"}}, A + ":key:" + r'''"a:b'\"\n\t%_\\"'''),
        ({"concurrency": {"key": "new.list"}}, f'{A}:key:[1, "two"]'),
        ({"concurrency": {"key": "new.no"}}, None),
        ({"concurrency": {"key": "new.empty"}}, None),
        ({"concurrency": {"key": "new.missing"}}, None),
        ({"concurrency": {"key": "new.email.more"}}, None),
        ({"concurrency": {"key": "new.list.-1"}}, None),
        ({"concurrency": {"key": ""}}, None),
        ({"concurrency": {"key": "x" * 5_000}}, None),
        ({"concurrency": {"key": 7}}, None),
        ({"concurrency": {"key": {"a": []}}}, None),
        ({"concurrency": {"per": 7}}, None),
        ({"concurrency": [1]}, None),
        ({"concurrency": "limit", "debounce": [1]}, None),
        ({"overlap": "skip"}, f"{A}:schedule"),
        ({"overlap": "queue"}, f"{A}:schedule"),
        ({"overlap": "allow"}, None),
    ],
    ids=str,
)
async def test_the_lane_of_a_run(database: asyncpg.Connection, config: dict[str, Any], lane: str | None) -> None:
    found = await database.fetchval(
        "select automations.lane_of($1, $2, $3, $4, $5, $6)", uuid.UUID(A), config, RECORD, DATA, LEAD, CONVERSATION
    )
    assert found == lane


async def test_long_values_become_short_lanes_that_differ(database: asyncpg.Connection) -> None:
    async def lane(value: Any) -> str:
        found: str = await database.fetchval(
            "select automations.lane_of($1, $2, null, $3)",
            uuid.UUID(A),
            {"concurrency": {"key": "new.x"}},
            {"new": {"x": value}},
        )
        return found

    long = ["x" * 5_000, "x" * 4_999, "\U0001f600" * 3_000, {"a": ["b" * 200]}, 1e300, "1" + "0" * 300]
    lanes = [await lane(value) for value in long]
    assert len(set(lanes)) == len(lanes)
    assert all(len(found) < 130 for found in lanes)
    assert lanes == [await lane(value) for value in long]
    # A number and its text are not the same value, 1 and 1.00 are.
    assert await lane(1) != await lane("1")
    assert await lane(1) == await lane(1.0)


async def test_three_arguments_are_enough(database: asyncpg.Connection) -> None:
    per = {"concurrency": {"per": "lead"}}
    assert (
        await database.fetchval("select automations.lane_of($1, $2, $3)", uuid.UUID(A), per, RECORD) == f"{A}:{RECORD}"
    )
    assert await database.fetchval("select automations.lane_of($1, $2, null)", uuid.UUID(A), per) is None
    key = {"concurrency": {"key": "new.email"}}
    assert await database.fetchval("select automations.lane_of($1, $2, $3)", uuid.UUID(A), key, RECORD) is None
    schedule = {"overlap": "skip"}
    found = await database.fetchval("select automations.lane_of($1, $2, null)", uuid.UUID(A), schedule)
    assert found == f"{A}:schedule"


@pytest.mark.parametrize("per", ["record", "lead", "conversation", "automation"])
async def test_every_way_to_start_gives_the_same_lane(desk: Desk, per: str) -> None:
    lead = await desk.lead()
    conversation = await desk.make.conversation(desk.agent, lead_id=lead)
    automation = await desk.automation(
        {"event_source": "conversation", "event_type": "UPDATE", "concurrency": {"per": per}}
    )
    await desk.db.execute("update conversations set status = 'closed' where id = $1", conversation)
    await desk.db.execute("select automations.start_run($1, '{}', $2, $3)", automation, lead, conversation)
    await desk.make.execution(automation, lead_id=lead, conversation_id=conversation)
    ended = await desk.make.execution(
        automation, lead_id=lead, conversation_id=conversation, status="failed", trigger_type="event"
    )
    await desk.db.execute("select automations.retry_run($1)", ended)

    lanes = await desk.db.fetch("select lane from automation_executions where status = 'pending' order by seq")
    one = {"record": conversation, "lead": lead, "conversation": conversation, "automation": "automation"}[per]
    assert [row["lane"] for row in lanes] == [f"{automation}:{one}"] * 4


async def test_a_lead_of_another_account_is_no_lane(desk: Desk) -> None:
    other = await desk.make.lead(uuid.uuid4())
    await desk.automation({"event_source": "conversation", "event_type": "INSERT", "concurrency": {"per": "lead"}})
    await desk.make.conversation(desk.agent, lead_id=other)
    assert (await desk.run(1))["lane"] is None


# Modes


async def test_queue_one_after_another_also_while_one_waits(desk: Desk) -> None:
    await desk.automation({"concurrency": {"key": "new.email"}})
    for email in ("a@x.org", "a@x.org", "b@x.org", "a@x.org", None, None):
        await desk.lead(email=email)

    assert await desk.claim() == [1, 3, 5, 6]
    assert await desk.claim(70) == []
    await desk.park(1, until=90)
    assert await desk.claim(80) == []
    assert await desk.claim(90) == [1]
    await desk.finish(1, at=91)
    assert await desk.claim(91) == [2]
    await desk.finish(2, status="failed", at=92)
    assert await desk.claim(92) == [4]


async def test_an_older_run_that_is_committed_later_does_not_begin_beside_a_younger(
    desk: Desk, connect: Connect
) -> None:
    await desk.automation({"concurrency": {"key": "new.email"}})
    slow = await connect()
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("insert into leads (user_id, name, email) values ($1, 'x', 'a@x.org')", desk.account)
    await desk.lead(email="a@x.org")
    numbers = await desk.claim()
    assert len(numbers) == 1
    await transaction.commit()
    assert await desk.states() == ["pending", "running"]

    assert await desk.claim(70) == []
    await desk.park(2, until=80)
    assert await desk.claim(79) == []
    # Due at the same time: the one that has begun goes on.
    assert await desk.claim(200) == [2]
    await desk.finish(2, at=201)
    assert await desk.claim(201) == [1]


@pytest.mark.parametrize("state", ["pending", "held", "parked", "waiting for a signal", "gone"])
async def test_skip(desk: Desk, state: str) -> None:
    automation = await desk.automation({"concurrency": {"per": "record", "mode": "skip"}})
    lead = await desk.lead()
    if state != "pending":
        assert await desk.claim() == [1]
    if state == "parked":
        await desk.park(1, until=3600)
    elif state == "waiting for a signal":
        await desk.park(1)
    elif state == "gone":
        await desk.db.execute("update automation_executions set due_at = $1", desk.time(2))
    await desk.change(lead)
    await desk.lead()

    assert await desk.claim(10) == {"pending": [1, 3], "gone": [1, 3]}.get(state, [3])
    assert (await desk.states())[1] == "skipped"
    skipped = await desk.run(2)
    first = await desk.run(1)
    assert skipped["error"] == f"skipped: run {first['id']}, which came before it, is still open"
    assert (skipped["due_at"], skipped["owner"], skipped["nodes_executed"]) == (None, None, [])
    assert skipped["completed_at"] is not None
    # A start by hand is one of the lane, too; and once the record is out, it may come in again.
    await desk.db.execute("select automations.start_run($1, '{}', $2)", automation, lead)
    await desk.claim(11)
    assert (await desk.states())[3] == "skipped"
    await desk.finish(1, at=12)
    await desk.change(lead)
    assert await desk.claim(13) == [5]


async def test_a_run_is_not_skipped_for_one_that_ends_in_the_same_claim(desk: Desk) -> None:
    automation = await desk.automation({"concurrency": {"per": "record", "mode": "skip"}, "breaker": {"starts": 1}})
    lead = await desk.lead()
    assert await desk.claim() == [1]
    await desk.finish(1)
    await desk.change(lead)
    await desk.db.execute("select automations.start_run($1, '{}', $2)", automation, lead)

    # The second opens the breaker; the third, started by a person, has nobody before it.
    assert await desk.claim(2) == [3]
    assert await desk.states() == ["completed", "stopped", "running"]


@pytest.mark.parametrize("state", ["pending", "held", "parked", "waiting for a signal", "gone"])
async def test_cancel_previous(desk: Desk, state: str) -> None:
    await desk.automation({"concurrency": {"per": "record", "mode": "cancel_previous"}})
    lead = await desk.lead()
    other = await desk.lead()
    if state == "pending":
        await desk.db.execute("update automation_executions set due_at = $1 where lead_id = $2", desk.time(5), other)
    else:
        assert await desk.claim() == [1, 2]
        first = await desk.run(1)
        await desk.db.execute(
            "insert into automations.steps (execution_id, key, account_id, node_id, status, record) values "
            "($1, '/one', $2, 'one', 'completed', '{\"node_id\": \"one\", \"started_at\": \"1\"}'), "
            "($1, '/two', $2, 'two', 'started', '{\"node_id\": \"two\", \"started_at\": \"2\"}')",
            first["id"],
            desk.account,
        )
        for run in (first["id"], (await desk.run(2))["id"]):
            await desk.db.execute(
                "insert into automations.waits (execution_id, key, account_id, topic, since) "
                "values ($1, 'k', $2, 't', now())",
                run,
                desk.account,
            )
    if state == "parked":
        await desk.park(1, until=3600)
    elif state == "waiting for a signal":
        await desk.park(1)
    elif state == "gone":
        await desk.db.execute("update automation_executions set due_at = $1 where lead_id = $2", desk.time(-1), lead)
    if state != "pending":
        # Of a wake that has been taken: what is not would make the run due.
        for run in (first["id"], (await desk.run(2))["id"]):
            await desk.db.execute(
                "insert into automations.signals (execution_id, key, account_id, name, woken) "
                "values ($1, 'k', $2, 't', true)",
                run,
                desk.account,
            )
    await desk.change(lead)

    # A dead worker's run is due itself, and looked at first here: it goes all the same.
    assert await desk.claim(3) == [3]
    first = await desk.run(1)
    assert (first["status"], first["error"]) == ("cancelled", "cancelled: a newer run came")
    assert (first["due_at"], first["owner"]) == (None, None)
    assert first["duration_ms"] is not None
    if state != "pending":
        assert first["epoch"] >= 2
        assert [(entry["node_id"], entry.get("status")) for entry in first["nodes_executed"]] == [
            ("one", None),
            ("two", "failed"),
        ]
        # What hung on it is gone, what hangs on others is not.
        second = (await desk.run(2))["id"]
        assert [row[0] for row in await desk.db.fetch("select execution_id from automations.waits")] == [second]
        assert [row[0] for row in await desk.db.fetch("select execution_id from automations.signals")] == [second]
    # And the late worker changes nothing.
    held = await desk.db.fetch("select automations.hold_runs(4711, array[$1::uuid], array[1])", first["id"])
    assert held == []


async def test_of_several_that_wait_only_the_newest_begins(desk: Desk) -> None:
    await desk.automation({"concurrency": {"per": "record", "mode": "cancel_previous"}})
    lead = await desk.lead()
    for _ in range(30):
        await desk.change(lead)
    await desk.accepted(0)
    assert await desk.claim(limit=7) == []
    assert await desk.claim() == [31]
    assert await desk.states() == ["cancelled"] * 30 + ["running"]


async def test_cancel_previous_waits_for_nobody(desk: Desk, connect: Connect) -> None:
    await desk.automation({"concurrency": {"per": "record", "mode": "cancel_previous"}})
    lead = await desk.lead()
    assert await desk.claim() == [1]
    await desk.change(lead)
    worker = await connect()
    transaction = worker.transaction()
    await transaction.start()
    await worker.execute("select from automation_executions where id = $1 for update", (await desk.run(1))["id"])

    async with asyncio.timeout(10):
        assert await desk.claim(2) == []
    assert await desk.states() == ["running", "pending"]
    assert (await desk.run(2))["due_at"] == desk.time(2.2)
    await transaction.rollback()
    assert await desk.claim(2.2) == [2]
    assert await desk.states() == ["cancelled", "running"]


async def test_a_run_that_somebody_else_cancelled_leaves_the_lane(desk: Desk) -> None:
    await desk.automation({"concurrency": {"per": "automation"}})
    await desk.lead()
    await desk.lead()
    assert await desk.claim() == [1]
    await desk.db.execute("select automations.cancel_run($1)", (await desk.run(1))["id"])
    assert await desk.claim(2) == [2]


async def test_overlap_of_a_schedule(desk: Desk) -> None:
    automation = await desk.automation({"cron": "* * * * *", "overlap": "skip"}, trigger_type="schedule")
    for _ in range(2):
        await desk.make.execution(automation, trigger_type="schedule", trigger_data={"due_at": "x"})
    await desk.db.execute("select automations.start_run($1)", automation)
    # By hand it starts beside.
    assert await desk.claim() == [1, 3]
    assert await desk.states() == ["running", "skipped", "running"]

    await desk.db.execute(
        'update automations set trigger_config = trigger_config || \'{"overlap": "queue"}\' where id = $1', automation
    )
    await desk.make.execution(automation, trigger_type="schedule", trigger_data={"due_at": "x"})
    assert await desk.claim(2) == []
    await desk.finish(1, at=3)
    assert await desk.claim(3) == [4]


async def test_the_mode_is_the_one_of_now(desk: Desk) -> None:
    automation = await desk.automation({"concurrency": {"per": "record"}})
    lead = await desk.lead()
    assert await desk.claim() == [1]
    await desk.change(lead)
    assert await desk.claim(2) == []
    await desk.db.execute(
        "update automations set trigger_config = jsonb_set(trigger_config, '{concurrency,mode}', '\"skip\"') "
        "where id = $1",
        automation,
    )
    assert await desk.claim(100) == []
    assert await desk.states() == ["running", "skipped"]


# A limit and lanes


async def test_a_limit_and_lanes_together(desk: Desk) -> None:
    """The place that one record leaves is another's at once, though their lanes differ."""
    await desk.automation({"concurrency": {"limit": 2, "per": "record"}})
    first = await desk.lead()
    await desk.change(first)
    for _ in range(3):
        await desk.lead()
    assert await desk.claim() == [1, 3]
    assert await desk.claim(1.1) == []
    await desk.finish(3, at=1.2)
    # The oldest that may: run 2 has to wait for run 1.
    assert await desk.claim(1.2) == [4]
    await desk.park(1, until=60)
    # Parked it holds its lane, but no place.
    now = await desk.db.fetchval("select extract(epoch from clock_timestamp() - $1)::float8", desk.opened)
    await desk.db.execute(
        "update automation_executions set due_at = least(due_at, $1) where status = 'pending'", desk.opened
    )
    assert await desk.claim(max(now, 2)) == [5]
    assert await desk.states() == ["parked", "pending", "completed", "running", "running"]


async def test_a_freed_place_pulls_the_next_lane_forward(desk: Desk) -> None:
    await desk.automation({"concurrency": {"limit": 1, "per": "record"}})
    for _ in range(3):
        await desk.lead()
    assert await desk.claim() == [1]
    assert (await desk.run(2))["due_at"] > desk.time(1)
    # Long ago: they look again seldom.
    await desk.db.execute("update automation_executions set due_at = $1 where status = 'pending'", desk.time(600))
    await desk.finish(1, at=10)
    assert [(await desk.run(number))["due_at"] for number in (2, 3)] == [desk.time(10), desk.time(600)]
    assert await desk.claim(10) == [2]
    await desk.park(2)
    assert (await desk.run(3))["due_at"] < desk.time(600)
