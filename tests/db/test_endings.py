"""Runs that are ended from outside: in every state, with the runs that they wait for, and never in anybody's way."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Factory

END = "select automations.end_open_run($1, 'cancelled', 'replaced', null, $2)"


@dataclass
class Place:
    """One account with a manual automation; runs of it in any state."""

    db: asyncpg.Connection
    make: Factory
    account: uuid.UUID
    automation: uuid.UUID

    async def run(self, parent: uuid.UUID | None = None, **columns: Any) -> uuid.UUID:
        run = await self.make.execution(self.automation)
        columns = {"parent_id": parent, **columns}
        for name, value in columns.items():
            await self.db.execute(f"update automation_executions set {name} = $1 where id = $2", value, run)
        return run

    async def held(self, parent: uuid.UUID | None = None) -> uuid.UUID:
        """By a worker that no longer lives."""
        run = await self.run(parent)
        await self.db.execute(
            "update automation_executions set status = 'running', owner = 7, epoch = 3, run_started_at = now(),"
            " due_at = now() + interval '1 hour' where id = $1",
            run,
        )
        return run

    async def parked(self, parent: uuid.UUID | None = None, *, on: str | None = None) -> uuid.UUID:
        """On a retry, or on a topic."""
        run = await self.held(parent)
        await self.db.execute(
            "update automation_executions set owner = null, due_at = case when $2::text is null then due_at end"
            " where id = $1",
            run,
            on,
        )
        if on is not None:
            await self.wait(run, on)
        return run

    async def wait(self, run: uuid.UUID, topic: str, key: str = "/call") -> None:
        await self.db.execute(
            "insert into automations.waits (execution_id, key, account_id, topic, since)"
            " values ($1, $2, $3, $4, now())",
            run,
            key,
            self.account,
            topic,
        )
        await self.db.execute(
            "insert into automations.signals (account_id, execution_id, name, key) values ($1, $2, $3, $4)",
            self.account,
            run,
            topic,
            key,
        )

    async def step(self, run: uuid.UUID, node_id: str, status: str, outcome: Any) -> None:
        shown = "running" if status == "started" else status
        entry = {"node_id": node_id, "type": "action-http", "status": shown, "error": None}
        await self.db.execute(
            "insert into automations.steps (execution_id, key, account_id, node_id, status, outcome, record)"
            " values ($1, '/' || $2, $3, $2, $4, $5, $6)",
            run,
            node_id,
            self.account,
            status,
            outcome,
            entry,
        )

    async def states(self, *runs: uuid.UUID) -> list[tuple[Any, ...]]:
        rows = [
            await self.db.fetchrow("select status, error, owner, due_at from automation_executions where id = $1", run)
            for run in runs
        ]
        return [tuple(row) for row in rows]

    async def leftovers(self) -> int:
        left: int = await self.db.fetchval(
            "select (select count(*) from automations.waits) + (select count(*) from automations.signals)"
        )
        return left


@pytest.fixture
async def place(database: asyncpg.Connection, make: Factory) -> Place:
    account = uuid.uuid4()
    automation = await make.automation(account, trigger_type="manual", trigger_config={})
    return Place(database, make, account, automation)


CANCELLED = ("cancelled", "replaced", None, None)
ALONG = ("cancelled", "the run that waited for this one has ended: replaced", None, None)


@pytest.mark.parametrize("nowait", [False, True])
async def test_every_open_state_is_ended_and_what_has_ended_is_left_alone(place: Place, nowait: bool) -> None:
    runs = {
        "pending": await place.run(),
        "held": await place.held(),
        "retry": await place.parked(),
        "lead": await place.parked(on=f"lead:{uuid.uuid4()}"),
        "signal": await place.parked(on="signal:go@x"),
    }
    epochs = dict(await place.db.fetch("select id, epoch from automation_executions"))
    for run in runs.values():
        assert await place.db.fetchval(END, run, nowait) is True
        row = dict(await place.db.fetchrow("select * from automation_executions where id = $1", run))
        assert (row["status"], row["error"], row["owner"], row["due_at"]) == CANCELLED
        assert row["epoch"] == epochs[run] + 1
        assert row["completed_at"] is not None
        assert row["duration_ms"] is not None
    before = await place.db.fetch("select * from automation_executions order by seq")
    for run in [*runs.values(), uuid.uuid4()]:
        assert await place.db.fetchval(END, run, nowait) is False
    for status in ("completed", "failed"):
        assert (
            await place.db.fetchval(END, await place.make.execution(place.automation, status=status), nowait) is False
        )
    assert await place.db.fetch("select * from automation_executions order by seq limit 5") == before
    assert await place.leftovers() == 0


async def test_it_ends_as_told_at_the_time_that_is_told(place: Place) -> None:
    run = await place.held()
    await place.step(run, "a", "completed", {"kind": "continue"})
    await place.step(run, "b", "started", None)
    at = await place.db.fetchval("select now() + interval '90 seconds' from automation_executions where id = $1", run)
    await place.db.execute(
        "update automation_executions set run_started_at = $2::timestamptz - interval '2 s' where id = $1", run, at
    )
    assert await place.db.fetchval("select automations.end_open_run($1, 'failed', 'poison', $2)", run, at)
    row = dict(await place.db.fetchrow("select * from automation_executions where id = $1", run))
    assert (row["status"], row["error"], row["completed_at"], row["duration_ms"]) == ("failed", "poison", at, 2000)
    assert [(entry["node_id"], entry["status"]) for entry in row["nodes_executed"]] == [
        ("a", "completed"),
        ("b", "failed"),
    ]


async def test_the_runs_that_it_waits_for_are_cancelled_with_it(place: Place) -> None:
    parent = await place.held()
    child = await place.held(parent)
    await place.wait(parent, f"run:{child}")
    grandchild = await place.run(child)
    # The child has not parked: that it waits stands in its checkpoint only.
    await place.step(child, "call", "waiting", {"kind": "wait", "until": None, "signal": f"run:{grandchild}"})
    # Called without waiting, looked on, named in nonsense, ended.
    called = await place.run(parent)
    other = await place.run()
    done = await place.make.execution(place.automation, status="completed")
    await place.db.execute("update automation_executions set parent_id = $1 where id = $2", parent, done)
    for number, topic in enumerate((f"run:{other}", f"run:{done}", "run:", "run:x", f"run:{'-' * 36}")):
        await place.wait(parent, topic, f"/step{number}")
    assert await place.db.fetchval(END, parent, False)
    assert await place.states(parent, child, grandchild) == [CANCELLED, ALONG, ALONG]
    assert [state[0] for state in await place.states(called, other, done)] == ["pending", "pending", "completed"]
    assert await place.leftovers() == 0


async def test_waits_of_others_stay(place: Place) -> None:
    mine, theirs = await place.parked(on="signal:go@a"), await place.parked(on="signal:go@b")
    assert await place.db.fetchval(END, mine, False)
    assert await place.db.fetch("select execution_id from automations.waits") == [(theirs,)]
    assert await place.db.fetch("select execution_id from automations.signals") == [(theirs,)]


async def test_the_next_run_of_the_lane_is_due(place: Place) -> None:
    first, second = await place.held(), await place.run(lane="a")
    await place.db.execute("update automation_executions set lane = 'a' where id = $1", first)
    await place.db.execute("update automation_executions set due_at = now() + interval '1 hour' where id = $1", second)
    assert await place.db.fetchval(END, first, True)
    assert await place.db.fetchval("select due_at <= now() from automation_executions where id = $1", second)


@pytest.mark.parametrize("locked", ["run", "child", "wait"])
async def test_without_waiting_nothing_happens_while_somebody_has_it(
    place: Place, connect: Connect, locked: str
) -> None:
    parent = await place.held()
    child = await place.run(parent)
    await place.wait(parent, f"run:{child}")
    other = await connect()
    await other.execute("begin")
    if locked == "wait":
        await other.execute("update automations.waits set settled = true")
    else:
        await other.execute(
            "update automation_executions set variables = '{}' where id = $1", parent if locked == "run" else child
        )
    before = await place.states(parent, child)
    async with asyncio.timeout(20):
        assert await place.db.fetchval(END, parent, True) is False
    assert await place.states(parent, child) == before
    assert await place.leftovers() == 2
    await other.execute("rollback")
    assert await place.db.fetchval(END, parent, True) is True
    assert await place.states(parent, child) == [CANCELLED, ALONG]


async def test_whoever_holds_the_called_run_and_wants_the_calling_one_gets_it(place: Place, connect: Connect) -> None:
    """As one who deletes the lead of both: with a cancel that held the one and waited for the other, a deadlock."""
    parent = await place.held()
    child = await place.run(parent)
    await place.wait(parent, f"run:{child}")
    deleting, cancelling = await connect(), await connect()
    touch = "update automation_executions set lead_id = null where id = $1"
    await deleting.execute("set deadlock_timeout = '20ms'; begin")
    await cancelling.execute("set deadlock_timeout = '20ms'")
    await deleting.execute(touch, child)
    cancel = asyncio.create_task(cancelling.fetchval("select automations.cancel_run($1, 'replaced')", parent))
    # Until the cancel has come upon the locked child at least once: then it is asleep, with nothing in hand.
    async with asyncio.timeout(20):
        while not await place.db.fetchval(
            "select count(*) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'",
            cancelling.get_server_pid(),
        ):
            await asyncio.sleep(0.005)
    async with asyncio.timeout(20):
        await deleting.execute(touch, parent)
    await deleting.execute("commit")
    async with asyncio.timeout(20):
        assert await cancel == "cancelled"
    assert await place.states(parent, child) == [CANCELLED, ALONG]


async def test_two_who_cancel_the_same_tree(place: Place, connect: Connect) -> None:
    for _ in range(10):
        parent = await place.held()
        child = await place.run(parent)
        await place.wait(parent, f"run:{child}")
        sessions = [await connect(), await connect()]
        answers = await asyncio.gather(
            sessions[0].fetchval("select automations.cancel_run($1, 'replaced')", parent),
            sessions[1].fetchval("select automations.cancel_run($1, 'replaced')", child),
        )
        assert tuple(answers) == ("cancelled", "cancelled")
        states = await place.states(parent, child)
        assert states[0] == CANCELLED
        assert states[1] in (CANCELLED, ALONG)
        for session in sessions:
            await session.close()


async def test_a_person_cancels_and_the_called_run_goes_along(place: Place, make: Factory, acting: Acting) -> None:
    parent = await place.parked(on="reply:lead:x")
    child = await place.run(parent)
    await place.step(parent, "call", "waiting", {"kind": "wait", "signal": f"run:{child}"})
    member = await make.team_member(place.account)
    async with acting(place.db, "authenticated", member) as user:
        assert await user.fetchval("select public.cancel_run($1, ' replaced ')", parent) == "cancelled"
    assert await place.states(parent, child) == [CANCELLED, ALONG]
    logged = await place.db.fetch(
        "select actor, action, execution_id, details from automations.audit_log where actor is not null"
    )
    assert [tuple(row) for row in logged] == [
        (member, "cancel_run", parent, {"reason": " replaced ", "was": "running"})
    ]
    assert await place.leftovers() == 0


async def test_only_the_engine_may_call_what_ends_runs(place: Place, make: Factory, acting: Acting) -> None:
    run = await place.run()
    calls: dict[str, tuple[Any, ...]] = {
        "end_open_run($1, 'cancelled', 'x')": (run,),
        "hold_with_awaited($1, true)": (run,),
        "awaited_runs($1)": ([run],),
    }
    people: list[tuple[str, uuid.UUID | None]] = [
        ("authenticated", place.account),
        ("authenticated", await make.team_member(place.account)),
        ("authenticated", await make.team_member(place.account, "viewer")),
        ("authenticated", uuid.uuid4()),
        ("anon", None),
    ]
    for call, arguments in calls.items():
        for role, person in people:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with acting(place.db, role, person) as session:
                    await session.fetch(f"select automations.{call}", *arguments)
        async with acting(place.db, "service_role") as engine:
            await engine.fetch(f"select automations.{call}", *arguments)
        await place.db.execute("delete from automation_executions")
        run = await place.run()
