"""Random lives of the runs of a few lanes: whatever happens, one at a time is held, and a queue keeps its order."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.db.claim_bench import Desk, open_desk

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

KEYS = ("a", "b", "c")
INSERT = "insert into leads (user_id, name, email) values ($1, 'x', $2)"


class Life:
    """What may happen to runs: new ones (some committed late), claims by two workers, parking, ends, deaths."""

    def __init__(self, desk: Desk, chance: random.Random, writers: list[asyncpg.Connection]) -> None:
        self.desk = desk
        self.chance = chance
        self.writers = writers
        self.late: dict[asyncpg.Connection, Any] = {}
        self.now = 1.0
        self.begun: dict[str, list[int]] = defaultdict(list)
        self.seen: set[Any] = set()

    async def step(self) -> None:
        self.now += self.chance.choice((0.1, 1.0, 30.0))
        actions = {
            self.insert: 4,
            self.insert_late: 2,
            self.commit_late: 3,
            self.claim: 6,
            self.finish: 4,
            self.park: 2,
            self.cancel: 1,
            self.die: 1,
            self.look_again: 2,
        }
        action = self.chance.choices(list(actions), list(actions.values()))[0]
        await action()

    async def insert(self) -> None:
        await self.desk.db.execute(INSERT, self.desk.account, self.chance.choice(KEYS))

    async def insert_late(self) -> None:
        free = [writer for writer in self.writers if writer not in self.late]
        if free:
            transaction = free[0].transaction()
            await transaction.start()
            await free[0].execute(INSERT, self.desk.account, self.chance.choice(KEYS))
            self.late[free[0]] = transaction

    async def commit_late(self) -> None:
        if self.late:
            writer = self.chance.choice(list(self.late))
            transaction = self.late.pop(writer)
            await (transaction.commit() if self.chance.random() < 0.8 else transaction.rollback())

    async def claim(self) -> None:
        rows = await self.desk.db.fetch(
            "select * from automations.claim_runs($1, $2, '1 hour', $3)",
            self.chance.choice((1, 2)),
            self.chance.choice((1, 3, 100)),
            self.desk.time(self.now),
        )
        for row in rows:
            run = row["execution_id"]
            if row["kind"] in ("run", "alone") and run not in self.seen:
                self.seen.add(run)
                lane, seq = await self.desk.db.fetchrow(
                    "select coalesce(lane, ''), seq from automation_executions where id = $1", run
                )
                self.begun[lane].append(seq)

    async def one(self, condition: str) -> Any:
        rows = await self.desk.db.fetch(f"select id from automation_executions where {condition} order by seq")
        return self.chance.choice(rows)["id"] if rows else None

    async def finish(self) -> None:
        run = await self.one("owner is not null")
        if run is not None:
            number = (await self.desk.numbers())[run]
            await self.desk.finish(number, status=self.chance.choice(("completed", "failed")), at=self.now)

    async def park(self) -> None:
        run = await self.one("owner is not null")
        if run is not None:
            number = (await self.desk.numbers())[run]
            await self.desk.park(number, until=self.now + self.chance.choice((0.05, 20)))

    async def cancel(self) -> None:
        run = await self.one("status in ('pending', 'running')")
        if run is not None:
            await self.desk.db.execute("select automations.cancel_run($1)", run)

    async def die(self) -> None:
        await self.desk.db.execute(
            "update automation_executions set due_at = $1, takeovers = 0 where owner = $2",
            self.desk.time(self.now),
            self.chance.choice((1, 2)),
        )

    async def look_again(self) -> None:
        await self.desk.db.execute(
            "update automation_executions set due_at = $1 where status = 'pending'", self.desk.time(self.now)
        )

    async def check(self, mode: str) -> None:
        crowded = await self.desk.db.fetch(
            "select lane from automation_executions where status = 'running' and lane not like 'limit:%' "
            "group by lane having count(*) > 1"
        )
        assert crowded == [], mode

    async def end(self) -> None:
        """Everything that is open comes to its end, in bounded time."""
        while self.late:
            await self.commit_late()
        for _ in range(400):
            if not await self.desk.db.fetchval(
                "select exists (select from automation_executions where status in ('pending', 'running'))"
            ):
                return
            self.now += 61
            await self.claim()
            while await self.one("owner is not null") is not None:
                await self.finish()
        raise AssertionError("some runs never end")


@pytest.mark.parametrize("limit", [None, 2], ids=["no limit", "limit 2"])
@pytest.mark.parametrize("mode", ["queue", "skip", "cancel_previous"])
@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, 30))])
async def test_any_life(
    database: asyncpg.Connection, make: Factory, connect: Connect, seed: int, mode: str, limit: int | None
) -> None:
    desk = await open_desk(database, make)
    concurrency: dict[str, Any] = {"key": "new.email", "mode": mode}
    await desk.automation(
        {"event_type": "INSERT", "concurrency": concurrency if limit is None else {**concurrency, "limit": limit}}
    )
    life = Life(desk, random.Random(seed), [await connect() for _ in range(2)])
    for _ in range(120):
        await life.step()
        await life.check(mode)
        if limit is not None:
            held = await database.fetchval(
                "select count(*) from automation_executions where owner is not null and due_at > $1",
                desk.time(life.now),
            )
            assert held <= limit
    await life.end()

    states = await database.fetch("select status, error, run_started_at from automation_executions")
    assert len(states) >= 10
    if mode == "queue":
        # Nobody is ended who did not ask for it, and each lane begins in order, but for what was committed too late.
        assert {row["error"] for row in states if row["status"] == "cancelled"} <= {"cancelled"}
        late = await database.fetch(
            "select lane, array_agg(seq order by run_started_at, seq) as seqs from automation_executions "
            "where run_started_at is not null group by lane"
        )
        for row in late:
            assert sorted(row["seqs"]) == sorted(life.begun[row["lane"]])
    else:
        assert any(row["status"] == "cancelled" and row["error"] != "cancelled" for row in states)


@pytest.mark.parametrize("seed", [1, 2, 3, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(4, 30))])
async def test_a_queue_without_late_commits_begins_in_order(
    database: asyncpg.Connection, make: Factory, seed: int
) -> None:
    desk = await open_desk(database, make)
    await desk.automation({"event_type": "INSERT", "concurrency": {"key": "new.email"}})
    life = Life(desk, random.Random(seed), [])
    for _ in range(150):
        await life.step()
        await life.check("queue")
    await life.end()
    assert len(life.begun) == len(KEYS)
    for seqs in life.begun.values():
        assert seqs == sorted(seqs)
