"""(a) From the commit of a lead to the end of its run, one by one.

Observed: from the moment in which the client knows of its commit to the first look that finds the run completed (a look
every half millisecond, one index probe each). Stamped: from the server's clock just after the commit to
`completed_at`, which the run's last transaction takes before it is flushed.
"""

from __future__ import annotations

import asyncio
import time

from benches.flows import FIVE_EDGES, FIVE_NODES
from benches.lab import Lab, connected, new_account, new_automation, require_recorded, worker
from benches.processes import Quietness
from benches.report import Figure, percentiles, spread

LOOK_SECONDS = 0.0005
PAUSE_SECONDS = 0.01
WARM_UP = 20


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_a")
    count = 50 if quick else 200
    observed: list[float] = []
    stamped: list[float] = []
    async with connected(dsn) as connection:
        account = await new_account(connection)
        await new_automation(connection, account, FIVE_NODES, FIVE_EDGES)
        insert = await connection.prepare(
            "insert into leads (user_id, name, score) values ($1, 'Ada', 80) returning id"
        )
        clock = await connection.prepare("select clock_timestamp()")
        look = await connection.prepare(
            "select completed_at from automation_executions where lead_id = $1 and status = 'completed'"
        )
        with worker(dsn) as process:
            for i in range(WARM_UP + count):
                if i == WARM_UP:
                    quietness = Quietness((lab.server.pid, process.pid))
                lead = await insert.fetchval(account.id)
                committed = time.perf_counter()
                committed_at = await clock.fetchval()
                deadline = committed + 10
                while (completed_at := await look.fetchval(lead)) is None:
                    if time.perf_counter() > deadline:
                        raise TimeoutError("a run was not completed within 10 seconds")
                    await asyncio.sleep(LOOK_SECONDS)
                if i >= WARM_UP:
                    observed.append((time.perf_counter() - committed) * 1000)
                    stamped.append((completed_at - committed_at).total_seconds() * 1000)
                # A person's pace, not a queue's: the worker has gone back to sleep.
                await asyncio.sleep(PAUSE_SECONDS)
            others = quietness.others()
        await require_recorded(connection, WARM_UP + count, len(FIVE_NODES))
    p50, p95, p99 = percentiles(observed)
    s50, s95, s99 = percentiles(stamped)
    return [
        Figure("a latency", f"{count} leads one by one, p50", p50, "ms", spread(observed, 1), "< 5", others),
        Figure("a latency", "p95", p95, "ms"),
        Figure("a latency", "p99", p99, "ms", "", "< 20"),
        Figure("a latency", "stamped by the server, p50", s50, "ms", f"p95 {s95:.1f}, p99 {s99:.1f}"),
    ]
