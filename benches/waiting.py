"""(waiting) What a million waiting runs cost those that do not wait, and how late the waiting ones wake.

Two databases, with the same thousand accounts and automations: in one nothing waits, in the other a million runs are
parked, due in a month, half of them with a row in `automations.waits` as well. Everything is measured in both.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID

from automations.db.connection import ENGINE_PLANS, Connection
from benches.flows import NO_OP_EDGES, NO_OP_NODES, chain, step
from benches.lab import Account, Lab, connected, insert_leads, new_automation, worker
from benches.processes import Quietness, pss_mb
from benches.report import Figure, percentiles, spread

ACCOUNTS = 1_000
MEASURED_ACCOUNTS = 20
DUE = 100
IDLE_SECONDS = 5.0
PAUSE_SECONDS = 0.05
GIVE_UP_SECONDS = 120.0

MAKE_ACCOUNTS = """
with accounts as materialized (select gen_random_uuid() as id from generate_series(1, $1)), agents as (
  insert into agents (user_id, name) select a.id, 'Bench' from accounts a returning id, user_id
)
insert into automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config, nodes, edges)
select g.id, g.user_id, 'Waiting', 'active', true, 'manual', '{}', '[]', '[]' from agents g
"""
# As the engine parks them. Without triggers and checks of references, which would take an hour.
MAKE_WAITING = """
insert into automation_executions (
  id, automation_id, trigger_type, trigger_data, status, account_id, version_id, epoch, due_at, run_started_at
)
select gen_random_uuid(), a.id, 'manual', '{"event": "manual"}', 'running', a.user_id, a.published_version, 1,
  now() + interval '30 days' + i * interval '1 millisecond', now()
from automations a cross join generate_series(1, $1) i
"""
MAKE_WAITS = """
insert into automations.waits (execution_id, key, account_id, topic, since, settled)
select e.id, '/wait', e.account_id, 'lead:' || gen_random_uuid(), e.started_at, true
from automation_executions e where e.seq % 2 = 0
"""
MAKE_DUE = """
insert into automation_executions (
  automation_id, trigger_type, trigger_data, status, account_id, version_id, due_at
)
select a.id, 'manual', '{}', 'pending', a.user_id, a.published_version, clock_timestamp()
from (select * from automations where name = 'Waiting' order by user_id offset $1 limit $2) a
cross join generate_series(1, $3)
"""
CLAIM = "select kind, execution_id, account_id from automations.claim_runs(7, 100, interval '30 s', null, $1)"

DELAYED = [
    step("trigger", "trigger-manual", {}),
    step("delay", "logic-delay", {"mode": "duration", "amount": 0.4, "unit": "seconds"}),
    step("after", "transform-set-variable", {"variables": {"at": "{{ env.now }}"}}),
]
ANSWERED = [
    step("trigger", "trigger-manual", {}),
    step("reply", "logic-wait", {"wait_for": "reply"}),
    step("after", "transform-set-variable", {"variables": {"at": "{{ env.now }}"}}),
]


@dataclass
class Place:
    """A database and what was measured in it."""

    dsn: str
    waiting: int
    accounts: list[Account] = field(default_factory=list)
    delayed: list[UUID] = field(default_factory=list)
    answered: list[UUID] = field(default_factory=list)
    claims: dict[str, list[float]] = field(default_factory=lambda: {"one": [], "many": []})
    timers: list[float] = field(default_factory=list)
    signals: list[float] = field(default_factory=list)
    memory: float = 0.0


class _RollbackError(Exception):
    pass


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    waiting, rounds, wakes = (100_000, 8, 40) if quick else (1_000_000, 20, 200)
    places = [Place(await lab.database("bench_none"), 0), Place(await lab.database("bench_waiting"), waiting)]
    quietness = Quietness((lab.server.pid,))
    for place in places:
        begun = time.perf_counter()
        await _prepare(place)
        print(f"{place.waiting:,} waiting: made in {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    for _ in range(rounds):
        for place in places:
            await _claims(place)
    for _ in range(2):
        for place in places:
            await _wakes(place, wakes // 2)
    others_waits, no_waits = await _updates(places[1], rounds)
    none, many = places
    named = f"{waiting:,} waiting"
    others = quietness.others()
    figures = [
        Figure(
            "waiting", f"claim of {DUE} due runs of one account, {named} : none", *_ratio(none, many, "one"), others
        ),
        Figure("waiting", f"claim of {DUE} due runs of as many accounts, {named} : none", *_ratio(none, many, "many")),
    ]
    for place, words in ((none, "none waiting"), (many, named)):
        claims = place.claims["one"]
        figures.append(Figure("waiting", f"claim of {DUE} due runs, {words}", median(claims), "ms", spread(claims, 1)))
    for place, words in ((none, "none waiting"), (many, named)):
        for what, delays in (("time to its step", place.timers), ("answer to the step behind it", place.signals)):
            p50, p95, p99 = percentiles(delays)
            tail = f"p95 {p95:.1f}, p99 {p99:.1f}"
            figures.append(Figure("waiting", f"from {what}, {words}, p50", p50, "ms", tail))
    added = [with_ - without for with_, without in zip(others_waits, no_waits, strict=True)]
    figures += [
        Figure("waiting", f"lead UPDATE, {waiting // ACCOUNTS // 2:,} waits on other leads of the account: adds",
               median(added), "µs/lead", spread(added, 1)),
        Figure("waiting", "lead UPDATE where nothing waits", median(no_waits), "µs/lead", spread(no_waits, 1)),
        Figure("waiting", f"worker, {named}", many.memory, "MB PSS", f"none waiting: {none.memory:.1f}"),
    ]  # fmt: skip
    return figures


def _ratio(none: Place, many: Place, kind: str) -> tuple[float, str, str, str]:
    """How many times as long; value, unit, spread, target."""
    ratios = [a / b for a, b in zip(many.claims[kind], none.claims[kind], strict=True)]
    return median(ratios), "x", spread(ratios, 2), ""


async def _prepare(place: Place) -> None:
    async with connected(place.dsn) as connection:
        await connection.execute(MAKE_ACCOUNTS, ACCOUNTS)
        if place.waiting:
            async with connection.transaction():
                await connection.execute("set local session_replication_role = replica")
                await connection.execute(MAKE_WAITING, place.waiting // ACCOUNTS, timeout=1800)
                await connection.execute(MAKE_WAITS, timeout=1800)
        rows = await connection.fetch(
            "select a.user_id, a.agent_id from automations a order by a.user_id offset $1", ACCOUNTS - MEASURED_ACCOUNTS
        )
        for row in rows:
            account = Account(row["user_id"], row["agent_id"])
            place.accounts.append(account)
            manual: dict[str, Any] = {"trigger_type": "manual"}
            place.delayed.append(await new_automation(connection, account, DELAYED, chain(DELAYED), {}, **manual))
            place.answered.append(await new_automation(connection, account, ANSWERED, chain(ANSWERED), {}, **manual))
        await connection.execute("vacuum analyze", timeout=1800)
        await connection.execute("checkpoint", timeout=600)


async def _claims(place: Place) -> None:
    """Until all that is due was taken, as a worker goes on; rolled back."""
    async with connected(place.dsn) as connection:
        for name, value in ENGINE_PLANS.items():
            await connection.execute(f"set {name} = {value}")
        for kind, accounts in (("one", 1), ("many", DUE)):
            # The first warms up and does not count: plans are made once a session.
            for counts in (False, True):
                try:
                    async with connection.transaction():
                        offset = random.randrange(ACCOUNTS - DUE)
                        await connection.execute(MAKE_DUE, offset, accounts, DUE // accounts)
                        begun = time.perf_counter()
                        taken, after = 0, None
                        while taken < DUE:
                            rows = await connection.fetch(CLAIM, after)
                            taken += sum(1 for row in rows if row["kind"] == "run")
                            after = next((row["account_id"] for row in rows if row["kind"] in ("more", "scan")), None)
                        if counts:
                            place.claims[kind].append((time.perf_counter() - begun) * 1000)
                        raise _RollbackError
                except _RollbackError:
                    pass


async def _wakes(place: Place, count: int) -> None:
    async with connected(place.dsn) as connection:
        with worker(place.dsn) as process:
            await _timers(place, connection, count)
            await _signals(place, connection, count)
            await asyncio.sleep(IDLE_SECONDS)
            place.memory = max(place.memory, pss_mb([process.pid]))


async def _timers(place: Place, connection: Connection, count: int) -> None:
    runs = []
    for _ in range(count):
        runs.append(await connection.fetchval("select automations.start_run($1)", random.choice(place.delayed)))
        await asyncio.sleep(PAUSE_SECONDS)
    for row in await _ended(connection, runs):
        delay = next(entry for entry in row["nodes"] if entry["node_id"] == "delay")
        due = datetime.fromisoformat(delay["output"]["waited_until"])
        place.timers.append((_at(row) - due).total_seconds() * 1000)


async def _signals(place: Place, connection: Connection, count: int) -> None:
    conversations: dict[UUID, UUID] = {}
    for _ in range(count):
        at = random.randrange(MEASURED_ACCOUNTS)
        account = place.accounts[at]
        lead = await connection.fetchval("insert into leads (user_id) values ($1) returning id", account.id)
        conversation = await connection.fetchval(
            "insert into conversations (agent_id, lead_id) values ($1, $2) returning id", account.agent, lead
        )
        run = await connection.fetchval("select automations.start_run($1, '{}', $2)", place.answered[at], lead)
        conversations[run] = conversation
    await _until(
        connection, "select count(*) = $2 from automations.waits where execution_id = any ($1) and settled",
        list(conversations), count,
    )  # fmt: skip
    answered: dict[UUID, datetime] = {}
    for run, conversation in conversations.items():
        await connection.execute(
            "insert into messages (conversation_id, direction, body) values ($1, 'inbound', 'yes')", conversation
        )
        answered[run] = await connection.fetchval("select clock_timestamp()")
        await asyncio.sleep(PAUSE_SECONDS)
    for row in await _ended(connection, list(conversations)):
        place.signals.append((_at(row) - answered[row["id"]]).total_seconds() * 1000)


async def _ended(connection: Connection, runs: list[UUID]) -> list[Any]:
    await _until(
        connection,
        "select count(*) = $2 from automation_executions where id = any ($1) and status = 'completed'",
        runs,
        len(runs),
    )

    rows = await connection.fetch(
        "select id, nodes_executed, variables from automation_executions where id = any ($1)", runs
    )
    return [
        {"id": row["id"], "nodes": json.loads(row["nodes_executed"]), "at": json.loads(row["variables"])["at"]}
        for row in rows
    ]


def _at(row: Any) -> datetime:
    return datetime.fromisoformat(row["at"]).astimezone(UTC)


async def _until(connection: Connection, question: str, *values: Any) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not await connection.fetchval(question, *values):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {GIVE_UP_SECONDS:g} s: {question}")
        await asyncio.sleep(0.1)


async def _updates(place: Place, rounds: int) -> tuple[list[float], list[float]]:
    """Microseconds a lead of one UPDATE of 1,000, rolled back: in an account where others wait, and in one without."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    async with connected(place.dsn) as connection:
        lonely = Account(
            *await connection.fetchrow(
                "insert into agents (user_id, name) values (gen_random_uuid(), 'Bench') returning user_id, id"
            )
        )
        await new_automation(connection, lonely, NO_OP_NODES, NO_OP_EDGES, {}, trigger_type="manual")
        for account in (place.accounts[0], lonely):
            await insert_leads(connection, account, 1_000)
        await connection.execute("vacuum analyze leads")
        for turn in range(rounds + 1):
            for waits, account in ((True, place.accounts[0]), (False, lonely)):
                try:
                    async with connection.transaction():
                        begun = time.perf_counter()
                        await connection.execute("update leads set score = score + 1 where user_id = $1", account.id)
                        if turn:
                            taken[waits].append((time.perf_counter() - begun) * 1000)
                        raise _RollbackError
                except _RollbackError:
                    pass
    return taken[True], taken[False]
