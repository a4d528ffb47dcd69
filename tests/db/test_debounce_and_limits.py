"""Bursts that start once, starts in a window, and the breaker: judged at claim, at times that the test chooses."""

from __future__ import annotations

import asyncio
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.db.claim_bench import Desk, open_desk

from automations.db.sql_errors import as_ours
from automations.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Factory


@pytest.fixture
async def desk(database: asyncpg.Connection, make: Factory) -> Desk:
    return await open_desk(database, make)


async def changes(desk: Desk, lead: uuid.UUID, *at: float) -> None:
    """A change of the lead at each of these times."""
    for moment in at:
        latest = await desk.db.fetchval("select coalesce(max(seq), 0) from automation_executions")
        await desk.change(lead)
        await desk.accepted(moment, where=f"seq > {latest}")


# Debounce


async def test_a_burst_starts_once_for_its_last_change(desk: Desk) -> None:
    lead = await desk.lead()
    await desk.automation({"debounce": {"seconds": 10}, "event_type": "UPDATE"})
    await changes(desk, lead, 0, 4, 9)

    for moment in (9.5, 10, 14, 18.9):
        assert await desk.claim(moment) == []
    assert await desk.claim(19) == [3]
    assert await desk.states() == ["debounced", "debounced", "running"]
    ended = await desk.run(1)
    assert ended["error"] == "debounced: a later change came"
    assert (await desk.run(3))["trigger_data"]["new"]["score"] == 3
    # What comes later is a burst of its own, also while that run is open.
    await changes(desk, lead, 20)
    assert await desk.claim(29) == []
    assert await desk.claim(30) == [4]


async def test_the_writer_only_sets_the_time(desk: Desk) -> None:
    await desk.automation({"debounce": {"seconds": 3600}})
    before = await desk.db.fetchval("select clock_timestamp()")
    await desk.lead()
    assert (await desk.run(1))["due_at"] - before >= timedelta(seconds=3600)
    await desk.make.execution((await desk.run(1))["automation_id"], trigger_type="event")
    # A row about no record has nothing to be debounced by.
    assert (await desk.run(2))["due_at"] - before < timedelta(seconds=60)


async def test_at_most(desk: Desk) -> None:
    lead = await desk.lead()
    await desk.automation({"debounce": {"seconds": 10, "at_most_seconds": 25}, "event_type": "UPDATE"})
    await changes(desk, lead, 0, 8, 16, 24)
    assert await desk.claim(24.9) == []
    assert await desk.claim(25) == [4]
    await changes(desk, lead, 30)
    assert await desk.claim(39) == []
    assert await desk.claim(40) == [5]


async def test_each_record_has_its_own_burst(desk: Desk) -> None:
    one, two = await desk.lead(), await desk.lead()
    await desk.automation({"debounce": {"seconds": 10}, "event_type": "UPDATE"})
    await changes(desk, one, 0)
    await changes(desk, two, 1)
    await changes(desk, one, 5)
    assert await desk.claim(11) == [2]
    assert await desk.claim(15) == [3]
    assert await desk.states() == ["debounced", "running", "running"]


async def test_by_a_key_over_two_sessions_that_commit_out_of_order(desk: Desk, connect: Connect) -> None:
    await desk.automation({"concurrency": {"key": "new.email", "mode": "parallel"}, "debounce": {"seconds": 10}})
    slow = await connect()
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("insert into leads (user_id, name, email) values ($1, 'early', 'a@x.org')", desk.account)
    await desk.lead(email="a@x.org", name="late")
    await desk.lead(email=None, name="nobody's")
    await desk.accepted(0)
    # Without an address there is nothing to wait for.
    assert await desk.claim(1) == [2]
    await transaction.commit()
    await desk.accepted(0, where="trigger_data -> 'new' ->> 'name' = 'early'")
    assert await desk.claim(10) == [2]
    assert await desk.states() == ["debounced", "running", "running"]


async def test_by_hand_and_again_is_never_debounced(desk: Desk) -> None:
    automation = await desk.automation({"debounce": {"seconds": 10}, "event_type": "UPDATE"})
    lead = await desk.lead()
    await changes(desk, lead, 0)
    await desk.db.execute("select automations.start_run($1, '{}', $2)", automation, lead)
    await changes(desk, lead, 2)
    assert await desk.claim(3) == [2]
    assert await desk.claim(12) == [3]
    await desk.finish(3, status="failed", at=13)
    await desk.db.execute("select automations.retry_run($1)", (await desk.run(3))["id"])
    await changes(desk, lead, 14)
    assert await desk.claim(14) == [4]
    assert await desk.claim(24) == [5]
    assert await desk.states() == ["debounced", "running", "failed", "running", "running"]


async def test_a_manual_trigger_is_debounced_by_its_key(desk: Desk) -> None:
    automation = await desk.automation(
        {"concurrency": {"key": "input.order"}, "debounce": {"seconds": 10}}, trigger_type="manual"
    )
    for order in (7, 7, 8):
        await desk.db.execute("select automations.start_run($1, $2)", automation, {"order": order})
    await desk.accepted(0)
    assert await desk.claim(9) == []
    assert await desk.claim(10) == [2, 3]


async def test_what_came_while_a_run_was_open_is_one_run(desk: Desk) -> None:
    lead = await desk.lead()
    await desk.automation({"debounce": {"seconds": 5}, "concurrency": {"per": "record"}, "event_type": "UPDATE"})
    await changes(desk, lead, 0)
    assert await desk.claim(5) == [1]
    await changes(desk, lead, 6, 20, 40)
    assert await desk.claim(100) == []
    await desk.finish(1, at=101)
    assert await desk.claim(101) == [4]
    assert await desk.states() == ["completed", "debounced", "debounced", "running"]


async def test_a_locked_run_of_the_burst_is_waited_for_by_looking_again(desk: Desk, connect: Connect) -> None:
    lead = await desk.lead()
    await desk.automation({"debounce": {"seconds": 5}, "event_type": "UPDATE"})
    await changes(desk, lead, 0, 1, 2)
    other = await connect()
    for locked in (2, 3):
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "select from automation_executions where id = $1 for update", (await desk.run(locked))["id"]
        )
        async with asyncio.timeout(10):
            assert await desk.claim(8) == []
        await transaction.rollback()
        await desk.db.execute("update automation_executions set due_at = $1 where status = 'pending'", desk.time(8))
    assert await desk.claim(9) == [3]


async def test_cancel_previous_after_a_burst(desk: Desk) -> None:
    lead = await desk.lead()
    await desk.automation(
        {
            "debounce": {"seconds": 5},
            "concurrency": {"per": "record", "mode": "cancel_previous"},
            "event_type": "UPDATE",
        }
    )
    await changes(desk, lead, 0)
    assert await desk.claim(5) == [1]
    await changes(desk, lead, 10, 11)
    assert await desk.claim(15.5) == []
    assert await desk.claim(16) == [3]
    assert await desk.states() == ["cancelled", "debounced", "running"]


async def test_a_burst_through_small_claims(desk: Desk) -> None:
    lead = await desk.lead()
    await desk.automation({"debounce": {"seconds": 5}, "event_type": "UPDATE"})
    await changes(desk, lead, *(moment / 10 for moment in range(40)))
    taken: list[int] = []
    for step in range(200):
        taken += await desk.claim(3.9 + step / 10, limit=3)
    assert taken == [40]
    assert await desk.states() == ["debounced"] * 39 + ["running"]


async def test_resume_does_not_cut_a_burst_short(desk: Desk) -> None:
    automation = await desk.automation({"debounce": {"seconds": 3600}})
    await desk.lead()
    await desk.db.execute("select automations.pause_automation($1)", automation)
    await desk.db.execute("select automations.resume_automation($1)", automation)
    assert (await desk.run(1))["due_at"] < desk.time(60)
    assert await desk.claim(61) == []
    assert (await desk.run(1))["due_at"] > desk.time(3500)


# Windows


@pytest.mark.parametrize(("period", "seconds"), [("minute", 60), ("hour", 3600), ("day", 86_400)])
async def test_a_rate_limit_holds_back_in_order(desk: Desk, period: str, seconds: int) -> None:
    await desk.automation({"rate_limit": {"limit": 3, "period": period}})
    for _ in range(8):
        await desk.lead()

    assert await desk.claim(1) == [1, 2, 3]
    assert await desk.claim(seconds) == []
    assert await desk.claim(1 + seconds) == [4, 5, 6]
    await desk.lead()
    # The window is full, and who came first goes first in the next.
    assert await desk.claim(2 + seconds) == []
    later = 1 + 2 * seconds + (3600 if seconds == 86_400 else 0)
    assert await desk.claim(later) == [7, 8, 9]
    said = await desk.audits("automation.held_back")
    assert [(one["rate_limit"], one["until"][:16]) for one in said] == [
        ({"limit": 3, "period": period}, desk.time(1 + seconds).isoformat()[:16]),
        ({"limit": 3, "period": period}, desk.time(1 + 2 * seconds).isoformat()[:16]),
    ]


async def test_a_long_line_is_not_looked_at_in_every_window(desk: Desk) -> None:
    await desk.automation({"rate_limit": {"limit": 2, "period": "minute"}})
    for _ in range(200):
        await desk.lead()
    await desk.accepted(0)
    await desk.claim(1, limit=500)
    rows = await desk.db.fetch(
        "select round(extract(epoch from due_at - $1))::integer as due, count(*) as runs from automation_executions "
        "where status = 'pending' group by 1 order by 1",
        desk.time(1),
    )
    waves = {row["due"]: row["runs"] for row in rows}
    assert waves == {60 * wave: 2 for wave in range(1, 61)} | {60 * 61: 198 - 120}
    assert await desk.claim(61) == [3, 4]


async def test_a_raised_limit_is_noticed_within_the_hour(desk: Desk) -> None:
    automation = await desk.automation({"rate_limit": {"limit": 1, "period": "day"}})
    for _ in range(50):
        await desk.lead()
    await desk.accepted(0)
    assert await desk.claim(1) == [1]
    await desk.db.execute(
        "update automations set trigger_config = trigger_config - 'rate_limit' where id = $1", automation
    )
    assert await desk.claim(1 + 86_400 + 3600) == list(range(2, 51))


async def test_rates_of_automations_are_their_own(desk: Desk) -> None:
    limited = await desk.automation({"rate_limit": {"limit": 1, "period": "minute"}})
    free = await desk.automation({})
    for _ in range(3):
        await desk.lead()
    await desk.claim()
    rows = await desk.db.fetch(
        "select automation_id, count(*) as runs from automation_executions where status = 'running' group by 1"
    )
    assert {row["automation_id"]: row["runs"] for row in rows} == {limited: 1, free: 3}


@pytest.mark.parametrize("how", ["together", "one by one", "special"])
async def test_the_limit_of_an_account(desk: Desk, how: str) -> None:
    name = await desk.db.fetchval("select current_database()")
    await desk.db.execute(f"alter database {name} set automations.account_starts_per_hour = 5")
    await desk.db.execute("set automations.account_starts_per_hour = 5")
    for _ in range(2):
        await desk.automation({"max_starts_per_hour": 1000} if how == "special" else {})
    for _ in range(4):
        await desk.lead()

    limit = 1 if how == "one by one" else 100
    first = [run for _ in range(10) for run in await desk.claim(1, limit=limit)]
    assert len(first) == 5
    held = await desk.db.fetch("select due_at from automation_executions where status = 'pending'")
    assert {row["due_at"] for row in held} == {desk.time(3601)}
    (said,) = await desk.audits("account.held_back")
    assert said["account_starts_per_hour"] == 5
    assert datetime.fromisoformat(said["until"]) == desk.time(3601)
    # Another account is not concerned.
    other = await open_desk(desk.db, desk.make)
    other.opened = desk.opened
    await other.automation({})
    await other.lead()
    assert await other.claim(2) == [1]
    assert len(await desk.claim(3601)) == 3


async def test_garbage_in_the_account_setting_is_the_default(database: asyncpg.Connection) -> None:
    for value, limit in {
        "": 1_000_000,
        "many": 1_000_000,
        "-1": 1_000_000,
        "9" * 30: 1_000_000,
        "0": 1,
        "12": 12,
    }.items():
        await database.execute("select set_config('automations.account_starts_per_hour', $1, false)", value)
        assert await database.fetchval("select automations.account_starts_per_hour()") == limit


# Breaker


async def test_the_breaker_opens_says_so_and_is_lifted(desk: Desk, acting: Acting) -> None:
    automation = await desk.automation({"breaker": {"starts": 3, "minutes": 10}, "event_type": "UPDATE"})
    lead, other = await desk.lead(), await desk.lead()
    await changes(desk, lead, -400, -300, -200, -100, -99)
    await changes(desk, other, -98)

    assert await desk.claim(0) == [1, 2, 3, 6]
    assert await desk.states() == ["running"] * 3 + ["stopped"] * 2 + ["running"]
    error = (
        "stopped by the breaker: changes of this record started the automation more than 3 times within 10 minutes; "
        f"see why, then lift it: automations lift {automation} {lead}"
    )
    assert [(await desk.run(number))["error"] for number in (4, 5)] == [error] * 2
    opened = await desk.db.fetch("select * from automations.breakers")
    assert [dict(row) for row in opened] == [
        {
            "automation_id": automation,
            "record_id": lead,
            "account_id": desk.account,
            "opened_at": desk.time(0),
            "starts": 3,
            "minutes": 10,
            "lifted_at": None,
            "lifted_by": None,
        }
    ]
    # It stays open, however quiet it becomes; said once.
    await changes(desk, lead, 0.1)
    assert await desk.claim(5000) == []
    assert (await desk.run(7))["error"] == error
    assert await desk.audits("automation.breaker_opened") == [{"record_id": str(lead), "starts": 3, "minutes": 10}]

    async with acting(desk.db, "authenticated", desk.account) as owner:
        assert await owner.fetchval("select lift_breaker($1, $2)", automation, lead) == 1
        assert await owner.fetchval("select lift_breaker($1, $2)", automation, lead) == 0
    assert await desk.audits("lift_breaker") == [{"record_id": str(lead), "lifted": 1}]
    # From here on it counts anew.
    lifted = await desk.db.fetchval(
        "select extract(epoch from lifted_at - $1)::float8 from automations.breakers", desk.opened
    )
    await changes(desk, lead, lifted + 1, lifted + 2, lifted + 3, lifted + 4)
    assert await desk.claim(lifted + 5) == [8, 9, 10]
    assert (await desk.run(11))["error"] == error
    assert len(await desk.audits("automation.breaker_opened")) == 2


async def test_only_what_started_within_the_window_counts(desk: Desk) -> None:
    await desk.automation({"breaker": {"starts": 2, "minutes": 1}, "event_type": "UPDATE"})
    lead = await desk.lead()
    await changes(desk, lead, 0, 50, 61, 112, 173, 200)
    assert await desk.claim(201) == [1, 2, 3, 4, 5, 6]
    await changes(desk, lead, 210)
    assert await desk.claim(211) == []
    assert (await desk.states())[6] == "stopped"


async def test_the_default_is_a_hundred_in_ten_minutes_and_false_is_none(desk: Desk) -> None:
    default = await desk.automation({"event_type": "UPDATE"})
    off = await desk.automation({"event_type": "UPDATE", "breaker": False})
    lead = await desk.lead()
    for _ in range(130):
        await desk.change(lead)
    await desk.accepted(0)
    for moment in range(1, 20):
        await desk.claim(moment, limit=37)
    counts = await desk.db.fetch(
        "select automation_id, status, count(*) as runs from automation_executions group by 1, 2 order by 1, 2"
    )
    assert {(row["automation_id"], row["status"]): row["runs"] for row in counts} == {
        (default, "running"): 100,
        (default, "cancelled"): 30,
        (off, "running"): 130,
    }


@pytest.mark.parametrize("journal", ["on", "off"])
async def test_with_and_without_a_journal(desk: Desk, journal: str) -> None:
    await desk.db.execute("select set_config('automations.journal', $1, false)", journal)
    await desk.automation({"event_type": "UPDATE"})
    lead = await desk.lead()
    for _ in range(101):
        await desk.change(lead)
    await desk.accepted(0)
    assert len(await desk.claim(limit=500)) == 100
    assert (await desk.states())[100] == "stopped"


async def test_conversations_have_their_own(desk: Desk) -> None:
    """Not their lead's: a busy contact is no loop."""
    await desk.automation({"event_source": "conversation", "event_type": "UPDATE", "breaker": {"starts": 2}})
    lead = await desk.lead()
    for _ in range(3):
        conversation = await desk.make.conversation(desk.agent, lead_id=lead)
        for _ in range(2):
            await desk.db.execute("update conversations set status = 'closed' where id = $1", conversation)
    assert await desk.claim() == [1, 2, 3, 4, 5, 6]
    await desk.db.execute("update conversations set status = 'open' where id = $1", conversation)
    assert await desk.claim(2) == []
    assert await desk.db.fetchval("select record_id from automations.breakers") == conversation


async def test_people_are_not_stopped_and_what_never_began_does_not_count(desk: Desk) -> None:
    automation = await desk.automation({"breaker": {"starts": 2}, "event_type": "UPDATE", "debounce": {"seconds": 1}})
    lead = await desk.lead()
    taken = []
    for burst in range(3):
        await changes(desk, lead, *(burst * 10 + step / 10 for step in range(5)))
        taken.append(await desk.claim(burst * 10 + 2))
    # Fifteen changes, three starts: the third is one too many.
    assert taken == [[5], [10], []]
    assert await desk.claim(24) == []
    assert (await desk.states())[10:] == ["stopped", "debounced", "debounced", "debounced", "stopped"]
    await desk.db.execute("select automations.start_run($1, '{}', $2)", automation, lead)
    await desk.db.execute("select automations.retry_run($1)", (await desk.run(11))["id"])
    assert await desk.claim(30) == [16, 17]


async def test_a_breaker_that_was_switched_off_stops_nothing(desk: Desk) -> None:
    automation = await desk.automation({"breaker": {"starts": 1}, "event_type": "UPDATE"})
    lead = await desk.lead()
    await changes(desk, lead, 0, 1)
    assert await desk.claim(2) == [1]
    await desk.db.execute(
        "update automations set trigger_config = trigger_config || '{\"breaker\": false}' where id = $1", automation
    )
    await changes(desk, lead, 3)
    assert await desk.claim(4) == [3]


async def test_an_open_lift_is_not_waited_for(desk: Desk, connect: Connect) -> None:
    automation = await desk.automation({"breaker": {"starts": 1}, "event_type": "UPDATE"})
    lead = await desk.lead()
    await changes(desk, lead, 0, 1)
    assert await desk.claim(2) == [1]
    person = await connect()
    transaction = person.transaction()
    await transaction.start()
    assert await person.fetchval("select automations.lift_breaker($1)", automation) == 1
    async with asyncio.timeout(10):
        await changes(desk, lead, 3)
        assert await desk.claim(4) == []
    await transaction.commit()
    assert (await desk.states())[2] == "stopped"


async def test_who_may_lift_and_who_may_see(desk: Desk, acting: Acting) -> None:
    automation = await desk.automation({"breaker": {"starts": 1}, "event_type": "UPDATE"})
    lead = await desk.lead()
    await changes(desk, lead, 0, 1)
    await desk.claim(2)
    people = {
        "owner": desk.account,
        "admin": await desk.make.team_member(desk.account, "admin"),
        "member": await desk.make.team_member(desk.account, "member"),
        "viewer": await desk.make.team_member(desk.account, "viewer"),
        "stranger": uuid.uuid4(),
        "nobody": None,
    }
    refusals = {"viewer": ("AU003", NotAllowed), "stranger": ("AU004", NotFound), "nobody": ("AU004", NotFound)}
    for person, user in people.items():
        async with acting(desk.db, "authenticated", user) as session:
            seen = await session.fetchval("select count(*) from automations.breakers")
            assert (person, seen) == (person, 0 if person in ("stranger", "nobody") else 1)
        for schema in ("automations", "public"):
            transaction = desk.db.transaction()
            await transaction.start()
            call = f"select {schema}.lift_breaker($1, $2)"
            if person in refusals:
                code, kind = refusals[person]
                with pytest.raises(asyncpg.PostgresError) as caught:
                    async with acting(desk.db, "authenticated", user) as session:
                        await session.execute(call, automation, lead)
                assert (person, caught.value.sqlstate) == (person, code)
                assert isinstance(as_ours(caught.value), kind)
            else:
                async with acting(desk.db, "authenticated", user) as session:
                    assert await session.fetchval(call, automation, lead) == 1
            await transaction.rollback()
            for statement in (
                "update automations.breakers set lifted_at = now()",
                "delete from automations.breakers",
                "insert into automations.breakers select * from automations.breakers",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with acting(desk.db, "authenticated", user) as session:
                        await session.execute(statement)
    for role in ("anon",):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(desk.db, role) as session:
                await session.execute("select public.lift_breaker($1)", automation)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(desk.db, role) as session:
                await session.execute("select * from automations.breakers")


async def test_cleanup_takes_what_is_past_and_what_belongs_to_nothing(desk: Desk) -> None:
    automation = await desk.automation({"breaker": {"starts": 1}, "event_type": "UPDATE"})
    for _ in range(2):
        lead = await desk.lead()
        await changes(desk, lead, 0, 1)
    await desk.claim(2)
    assert await desk.db.fetchval("select automations.cleanup_batch(100)") == 0
    await desk.db.execute(
        "update automations.breakers set lifted_at = now() - interval '31 days' where record_id = $1", lead
    )
    assert await desk.db.fetchval("select automations.cleanup_batch(100)") == 1
    await desk.db.execute("delete from automations where id = $1", automation)
    # The other breaker and the automation's window; the account's window stays.
    assert await desk.db.fetchval("select automations.cleanup_batch(100)") == 2
    left: list[Any] = await desk.db.fetch("select automation_id from automations.start_windows")
    assert [row[0] for row in left] == [desk.account]


@pytest.mark.parametrize(
    "config",
    [
        {"concurrency": {"key": "new.email", "mode": 7}},
        {"concurrency": {"key": ["new"]}},
        {"concurrency": {"key": "new..email"}},
        {"concurrency": {"per": "record", "mode": "cancel_previous", "limit": 1}},
        {"debounce": {"seconds": "soon"}},
        {"debounce": {"seconds": -5}},
        {"debounce": {"seconds": 0.001, "at_most_seconds": -1}},
        {"debounce": 1},
        {"debounce": [1], "concurrency": {"per": "record"}},
        {"rate_limit": {"limit": 1e300, "period": "minute"}},
        {"rate_limit": {"limit": "x", "period": "hour"}},
        {"rate_limit": {"limit": 5, "period": "fortnight"}},
        {"rate_limit": 5},
        {"breaker": {"starts": "x", "minutes": 1e300}},
        {"breaker": {"starts": -1e300, "minutes": -1}},
        {"breaker": True},
        {"breaker": [False]},
        {"overlap": 7},
    ],
    ids=str,
)
async def test_malformed_limits_harm_neither_writer_nor_claim(desk: Desk, config: dict[str, Any]) -> None:
    """Straight into the column, as anybody with SQL can."""
    await desk.automation(config)
    lead = await desk.lead(email="a@x.org")
    assert await desk.claim(10) == [1]
    await desk.finish(1, at=11)
    await desk.change(lead)
    assert await desk.claim(20) in ([2], [])
    assert (await desk.run(2))["status"] in ("running", "cancelled")
