"""(e) How long it takes until a worker is ready on an empty machine and on the second start, and what both idle in."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from automations.db.embedded import find_running, stop
from benches.lab import Lab, worker
from benches.processes import Quietness, command_line, pss_mb, tree
from benches.report import Figure

IDLE_SECONDS = 5.0
SECOND_STARTS = 3


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    data_dir = lab.directory / "footprint"
    quietness = Quietness(())
    try:
        first, _, _ = await _start(data_dir, idle=0)
        seconds = []
        for i in range(SECOND_STARTS):
            taken, worker_mb, server_mb = await _start(data_dir, idle=IDLE_SECONDS if i == SECOND_STARTS - 1 else 0)
            seconds.append(taken)
    finally:
        stop(data_dir)
        shutil.rmtree(data_dir, ignore_errors=True)
    return [
        Figure("e footprint", "first start: initdb, schema, worker ready", first, "s", others=quietness.others()),
        Figure("e footprint", "second start", sorted(seconds)[len(seconds) // 2], "s", "", "< 2"),
        Figure("e footprint", f"idle for {IDLE_SECONDS:g} s, both", worker_mb + server_mb, "MB PSS", "", "< 120"),
        Figure("e footprint", "of which the worker", worker_mb, "MB PSS"),
        Figure("e footprint", "of which PostgreSQL", server_mb, "MB PSS"),
    ]


async def _start(data_dir: Path, *, idle: float) -> tuple[float, float, float]:
    """Seconds until ready, then megabytes of worker and server; all is stopped again."""
    try:
        with worker("--up", str(data_dir)) as process:
            await asyncio.sleep(idle)
            server = find_running(data_dir)
            assert server is not None
            postgres = [pid for pid in tree(server.pid) if "postgres" in command_line(pid)]
            mine = [pid for pid in tree(process.pid) if pid not in postgres]
            return process.seconds_to_ready, pss_mb(mine), pss_mb(postgres)
    finally:
        stop(data_dir)
