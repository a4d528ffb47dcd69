"""(c) Against the least that a durable run can cost by hand: INSERT pending, UPDATE running, UPDATE completed, a commit
each, on a copy of the seed's table with the seed's indexes and nothing else: no flow, no history, no trigger.

Both sides start one run a commit on one connection. Ours through the seed's door for edge functions (a row of
`automation_executions` with the seed's columns) and, the longer way, through a lead and its trigger. Rounds alternate.
"""

from __future__ import annotations

import asyncio
import time
from statistics import median
from uuid import UUID, uuid4

from automations.db.connection import Connection
from benches.flows import NO_OP_EDGES, NO_OP_NODES
from benches.lab import Account, Lab, all_finished, connected, new_account, new_automation, require_recorded, worker
from benches.processes import Quietness
from benches.report import Figure, spread

BARE_TABLE = """
create table public.bare_executions (
  id uuid not null default gen_random_uuid() primary key,
  automation_id uuid not null,
  trigger_type text not null,
  trigger_data jsonb,
  status text not null default 'pending' check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),
  nodes_executed jsonb default '[]',
  variables jsonb default '{}',
  error text,
  error_node_id text,
  started_at timestamptz not null default now(),
  completed_at timestamptz,
  duration_ms integer,
  test_mode boolean not null default false,
  triggered_by uuid,
  lead_id uuid,
  conversation_id uuid
);
create index on public.bare_executions (automation_id);
create index on public.bare_executions (status);
create index on public.bare_executions (started_at desc);
create index on public.bare_executions (lead_id) where lead_id is not null;
"""
WARM_UP = 100
PAUSE_SECONDS = 0.3


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_c")
    starts, pairs = (300, 3) if quick else (500, 9)
    rates: dict[str, list[float]] = {"bare": [], "row": [], "lead": []}
    async with connected(dsn) as connection:
        await connection.execute(BARE_TABLE)
        account = await new_account(connection)
        automation = await new_automation(connection, account, NO_OP_NODES, NO_OP_EDGES)
        with worker(dsn) as process:
            await start_by_rows(connection, automation, WARM_UP)
            await start_by_leads(connection, account, WARM_UP)
            await bare_lives(connection, WARM_UP)
            quietness = Quietness((lab.server.pid, process.pid))
            for _ in range(pairs):
                rates["row"].append(await start_by_rows(connection, automation, starts))
                await asyncio.sleep(PAUSE_SECONDS)
                rates["bare"].append(await bare_lives(connection, starts))
                await asyncio.sleep(PAUSE_SECONDS)
                rates["lead"].append(await start_by_leads(connection, account, starts))
                await asyncio.sleep(PAUSE_SECONDS)
            others = quietness.others()
        await require_recorded(connection, 2 * (WARM_UP + pairs * starts), len(NO_OP_NODES))
    row_ratios = [ours / bare for ours, bare in zip(rates["row"], rates["bare"], strict=True)]
    lead_ratios = [ours / bare for ours, bare in zip(rates["lead"], rates["bare"], strict=True)]
    return [
        Figure("c bare loop", f"ours : bare, {starts:,} starts, {pairs} pairs", median(row_ratios), "x",
               spread(row_ratios, 2), ">= 1.0", others),
        Figure("c bare loop", "ours, started by a lead and its trigger : bare", median(lead_ratios), "x",
               spread(lead_ratios, 2)),
        Figure("c bare loop", "ours", median(rates["row"]), "runs/s", spread(rates["row"])),
        Figure("c bare loop", "ours, started by a lead", median(rates["lead"]), "runs/s", spread(rates["lead"])),
        Figure("c bare loop", "bare", median(rates["bare"]), "runs/s", spread(rates["bare"])),
    ]  # fmt: skip


async def start_by_rows(connection: Connection, automation: UUID, count: int) -> float:
    insert = await connection.prepare(
        "insert into automation_executions (automation_id, trigger_type, trigger_data, status) "
        "values ($1, 'event', '{\"event\": \"INSERT\"}', 'pending')"
    )
    begun = time.perf_counter()
    for _ in range(count):
        await insert.fetch(automation)
    await all_finished(connection)
    return count / (time.perf_counter() - begun)


async def start_by_leads(connection: Connection, account: Account, count: int) -> float:
    insert = await connection.prepare("insert into leads (user_id, name, score) values ($1, 'Ada', 80)")
    begun = time.perf_counter()
    for _ in range(count):
        await insert.fetch(account.id)
    await all_finished(connection)
    return count / (time.perf_counter() - begun)


async def bare_lives(connection: Connection, count: int) -> float:
    automation = uuid4()
    insert = await connection.prepare(
        "insert into bare_executions (automation_id, trigger_type, trigger_data, status) "
        "values ($1, 'event', '{\"event\": \"INSERT\"}', 'pending') returning id"
    )
    begin = await connection.prepare("update bare_executions set status = 'running' where id = $1")
    end = await connection.prepare(
        "update bare_executions set status = 'completed', completed_at = clock_timestamp(), duration_ms = 1 "
        "where id = $1"
    )
    begun = time.perf_counter()
    for _ in range(count):
        execution = await insert.fetchval(automation)
        await begin.fetch(execution)
        await end.fetch(execution)
    return count / (time.perf_counter() - begun)
