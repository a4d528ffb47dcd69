"""(b) One INSERT of many leads through five nodes, until the last run is completed with its nodes on record."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from benches.flows import FIVE_EDGES, FIVE_NODES
from benches.lab import (
    Lab,
    all_finished,
    connected,
    insert_leads,
    new_account,
    new_automation,
    require_recorded,
    worker,
)
from benches.processes import Quietness, cpu_seconds, tree
from benches.report import Figure, spread

WARM_UP = 100
PAUSE_SECONDS = 0.5


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_b")
    leads, rounds = (1000, 3) if quick else (2000, 5)
    rates: list[float] = []
    inserts: list[float] = []
    async with connected(dsn) as connection:
        account = await new_account(connection)
        await new_automation(connection, account, FIVE_NODES, FIVE_EDGES)
        with worker(dsn) as process:
            await insert_leads(connection, account, WARM_UP)
            await all_finished(connection)
            quietness = Quietness((lab.server.pid, process.pid))
            worker_cpu, server_cpu = cpu_seconds([process.pid]), cpu_seconds(tree(lab.server.pid))
            for _ in range(rounds):
                await asyncio.sleep(PAUSE_SECONDS)
                begun = time.perf_counter()
                await insert_leads(connection, account, leads)
                inserts.append((time.perf_counter() - begun) / leads * 1_000_000)
                await all_finished(connection)
                rates.append(leads / (time.perf_counter() - begun))
            others = quietness.others()
            worker_cpu = cpu_seconds([process.pid]) - worker_cpu
            server_cpu = cpu_seconds(tree(lab.server.pid)) - server_cpu
        await require_recorded(connection, WARM_UP + rounds * leads, len(FIVE_NODES))
        changed = await connection.fetchval(
            "select count(*) from leads where data ->> 'message' like 'Hello Lead %hot'"
        )
        if changed != WARM_UP + rounds * leads:
            raise AssertionError(f"only {changed} leads were changed")
    total = rounds * leads
    return [
        Figure(
            "b throughput",
            f"{leads:,} leads in one INSERT, 5 nodes, {rounds} rounds",
            median(rates),
            "rows/s",
            spread(rates),
            ">= 1000",
            others,
        ),
        Figure("b throughput", "of which the INSERT itself", median(inserts), "µs/lead", spread(inserts)),
        Figure("b throughput", "processor time of the worker", worker_cpu / total * 1_000_000, "µs/lead"),
        Figure("b throughput", "processor time of PostgreSQL", server_cpu / total * 1_000_000, "µs/lead"),
    ]
