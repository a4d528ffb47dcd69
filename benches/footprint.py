"""(e) How long `automations up` takes until it is ready, first and second start, and what it idles in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from automations.db.embedded import find_running, stop
from benches.lab import STOP_SECONDS, Lab
from benches.processes import Quietness, command_line, pss_mb, tree
from benches.report import Figure, spread

IDLE_SECONDS = 5.0
SECOND_STARTS = 3


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    data_dir = lab.directory / "footprint"
    quietness = Quietness(())
    second: list[float] = []
    try:
        with _up(data_dir) as (_, first):
            pass
        for _ in range(1 if quick else SECOND_STARTS):
            with _up(data_dir) as (pid, seconds):
                second.append(seconds)
        others = quietness.others()
        with _up(data_dir) as (pid, _):
            await asyncio.sleep(IDLE_SECONDS)
            server = find_running(data_dir / "postgres")
            assert server is not None
            postgres = [one for one in tree(server.pid) if "postgres" in command_line(one)]
            server_mb = pss_mb(postgres)
            worker_mb = pss_mb([one for one in tree(pid) if one not in postgres])
    finally:
        stop(data_dir / "postgres")
        shutil.rmtree(data_dir, ignore_errors=True)
    return [
        Figure("e footprint", "`up`, first start: initdb, schema, demo", first, "s", others=others),
        Figure("e footprint", "`up`, second start", median(second), "s", spread(second, 2), "< 2"),
        Figure(
            "e footprint", f"idle for {IDLE_SECONDS:g} s, all processes", worker_mb + server_mb, "MB PSS", "", "< 120"
        ),
        Figure("e footprint", "of which the worker", worker_mb, "MB PSS"),
        Figure("e footprint", "of which PostgreSQL", server_mb, "MB PSS"),
    ]


@contextlib.contextmanager
def _up(data_dir: Path) -> Iterator[tuple[int, float]]:
    """Its pid, and the seconds from the start of the process until it said that it is ready."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("automations")), "up", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=os.environ
        | {"AUTOMATIONS_DATA_DIR": str(data_dir), "AUTOMATIONS_ECHO_PORT": "0", "AUTOMATIONS_LOG_LEVEL": "warning"},
    )
    assert process.stdout is not None
    try:
        said = b""
        for line in process.stdout:
            said += line
            with contextlib.suppress(ValueError):
                if json.loads(said)["status"] == "ready":
                    break
        else:
            raise RuntimeError(f"`automations up` did not become ready: {said!r}, exit code {process.wait()}")
        yield process.pid, time.perf_counter() - begun
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
