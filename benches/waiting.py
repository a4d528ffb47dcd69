"""(f) What waiting runs cost: a claim, a wake, a change of a lead, a worker's memory, with a million of them parked.

The parked runs are made in bulk, spread over 1,000 accounts and automations; half of them wait for a change of a lead
of their own, the others for a time. The claim is compared with the same claim before they were there, taken back each
time.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from statistics import median
from typing import Any

from automations.db.connection import Connection
from benches.lab import Account, Lab, connected, insert_leads, new_account, new_automation, worker
from benches.processes import Quietness, pss_mb
from benches.report import Figure, percentiles, spread

ACCOUNTS = 1_000
DELAY_SECONDS = 3.0
CLAIMS = 20

CLAIM = "select kind, account_id from automations.claim_runs(1, 100, '30 s', null, $1)"
PARK = """
insert into automation_executions (
  automation_id, account_id, trigger_type, trigger_data, status, epoch, run_started_at, due_at, started_at
)
select a.id, a.user_id, 'event', '{}', 'running', 1, now(), now() + interval '1 day' + i * interval '1 second', now()
from automations a, generate_series(1, $1::integer) i
where a.name = 'parked'
"""
WAIT = """
insert into automations.waits (execution_id, key, account_id, topic, since, settled)
select e.id, '/wait', e.account_id, 'lead:' || gen_random_uuid(), now(), true
from automation_executions e where e.status = 'running' and e.seq % 2 = 0
"""


def _flow(step: str, config: dict[str, Any], handle: str | None = None) -> tuple[list[Any], list[Any]]:
    trigger = {"event_source": "lead", "event_type": "INSERT"}
    nodes = [
        {"id": "trigger", "type": "trigger-event", "data": {"config": trigger}},
        {"id": "step", "type": step, "data": {"config": config}},
        {"id": "end", "type": "transform-set-variable", "data": {"config": {"variables": {"woke": True}}}},
    ]
    after: dict[str, Any] = {"id": "b", "source": "step", "target": "end"}
    if handle is not None:
        after["sourceHandle"] = handle
    return nodes, [{"id": "a", "source": "trigger", "target": "step"}, after]


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    parked = 100_000 if quick else 1_000_000
    few = 30 if quick else 100
    dsn = await lab.database("bench_f")
    async with connected(dsn) as connection:
        claimed = await new_account(connection)
        await new_automation(connection, claimed, [], [])
        await insert_leads(connection, claimed, 100)
        alone = await _claims(connection)
        quiet = await _updates(connection, claimed)
        quietness = Quietness((lab.server.pid,))
        await _park(connection, parked // ACCOUNTS)
        crowded = await _claims(connection)
        await connection.execute("delete from automation_executions where account_id = $1", claimed.id)
        waited_for = await _updates_among_waits(connection, claimed, parked // 10)
        with worker(dsn) as process:
            idle_mb = pss_mb([process.pid])
            timers = await _timers(connection, few)
            replies = await _replies(connection, few)
        others = quietness.others()
    name = "f waiting"
    t50, _, t99 = percentiles(timers)
    r50, _, r99 = percentiles(replies)
    return [
        Figure(name, "a claim of 100, nothing else there", median(alone), "ms", spread(alone, 1)),
        Figure(name, f"the same with {parked:,} waiting", median(crowded), "ms", spread(crowded, 1), "", others),
        Figure(name, "with them : without", median(crowded) / median(alone), "x"),
        Figure(name, f"{few} timers: from their time to the run's end, p50", t50, "ms", f"p99 {t99:.0f}", "< 1000"),
        Figure(name, f"{few} replies: from their commit to the run's end, p50", r50, "ms", f"p99 {r99:.0f}"),
        Figure(name, "UPDATE of a lead, no wait in its account", median(quiet), "µs/lead", spread(quiet)),
        Figure(name, f"with {parked // 10:,} waits for others", median(waited_for), "µs/lead", spread(waited_for)),
        Figure(name, f"a worker beside {parked:,} waiting", idle_mb, "MB PSS"),
    ]


async def _claims(connection: Connection) -> list[float]:
    """Milliseconds of a claim of 100 due runs."""
    took = []
    await connection.execute("analyze automation_executions")
    for i in range(CLAIMS + 3):
        transaction = connection.transaction()
        await transaction.start()
        begun = time.perf_counter()
        taken, after = 0, None
        # As a worker goes round: one look takes in the due times of 400 accounts.
        for _ in range(1 + ACCOUNTS // 400):
            rows = await connection.fetch(CLAIM, after)
            taken += sum(1 for row in rows if row["kind"] == "run")
            after = next((row["account_id"] for row in rows if row["kind"] in ("more", "scan")), None)
            if taken == 100 or after is None:
                break
        if i >= 3:
            took.append((time.perf_counter() - begun) * 1000)
        await transaction.rollback()
        if taken != 100:
            raise AssertionError(f"{taken} of 100 runs were claimed")
    return took


async def _park(connection: Connection, each: int) -> None:
    await connection.execute(
        "with account as (select gen_random_uuid() as id from generate_series(1, $1::integer)), agent as ("
        "insert into agents (user_id, name) select id, 'Bench' from account returning id, user_id) "
        "insert into automations (agent_id, user_id, name, status, enabled, trigger_type) "
        "select id, user_id, 'parked', 'active', true, 'manual' from agent",
        ACCOUNTS,
    )
    await connection.execute(PARK, each)
    await connection.execute(WAIT)
    await connection.execute("analyze")


async def _updates(connection: Connection, account: Account) -> list[float]:
    """Microseconds a lead of an UPDATE of 100."""
    took = []
    for i in range(CLAIMS):
        begun = time.perf_counter()
        await connection.execute("update leads set score = $2 where user_id = $1", account.id, i)
        took.append((time.perf_counter() - begun) * 1e6 / 100)
    return took


async def _updates_among_waits(connection: Connection, account: Account, waits: int) -> list[float]:
    await connection.execute(
        "insert into automations.waits (execution_id, key, account_id, topic, since, settled) "
        "select gen_random_uuid(), '/wait', $1, 'lead:' || gen_random_uuid(), now(), true "
        "from generate_series(1, $2::integer)",
        account.id,
        waits,
    )
    await connection.execute("analyze automations.waits")
    return await _updates(connection, account)


async def _timers(connection: Connection, count: int) -> list[float]:
    """Milliseconds from the time that a delay waits for to the end of its run; all at once, and one more step to do."""
    account = await new_account(connection)
    delay = {"mode": "duration", "amount": DELAY_SECONDS, "unit": "seconds"}
    automation = await new_automation(connection, account, *_flow("logic-delay", delay))
    await insert_leads(connection, account, count)
    rows = await _ended(connection, automation, count)
    late = []
    for row in rows:
        until = datetime.fromisoformat(row["until"])
        late.append((row["completed_at"] - until).total_seconds() * 1000)
    return late


async def _replies(connection: Connection, count: int) -> list[float]:
    """Milliseconds from the commit of a reply to the end of the run that waits for it, one by one."""
    account = await new_account(connection)
    await new_automation(connection, account, *_flow("logic-wait", {"wait_for": "reply"}, "met"))
    await insert_leads(connection, account, count)
    rows = await connection.fetch(
        "insert into conversations (agent_id, lead_id) select $1, id from leads where user_id = $2 "
        "returning id, lead_id",
        account.agent,
        account.id,
    )
    waiting = "select count(*) from automations.waits where account_id = $1"
    while await connection.fetchval(waiting, account.id) < count:
        await asyncio.sleep(0.05)
    took = []
    for row in rows:
        await connection.execute(
            "insert into messages (conversation_id, direction, body) values ($1, 'inbound', 'yes')", row["id"]
        )
        committed = await connection.fetchval("select clock_timestamp()")
        look = "select completed_at from automation_executions where lead_id = $1 and status = 'completed'"
        while (completed := await connection.fetchval(look, row["lead_id"])) is None:
            await asyncio.sleep(0.001)
        took.append((completed - committed).total_seconds() * 1000)
        await asyncio.sleep(0.01)
    return took


async def _ended(connection: Connection, automation: Any, count: int) -> list[Any]:
    """The runs of an automation once all have ended, each with the time that its delay was for."""
    while True:
        rows = await connection.fetch(
            "select e.completed_at, e.nodes_executed -> 1 -> 'output' ->> 'waited_until' as until "
            "from automation_executions e where e.automation_id = $1 and e.status = 'completed'",
            automation,
        )
        if len(rows) == count:
            return list(rows)
        await asyncio.sleep(0.05)
