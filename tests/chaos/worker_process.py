"""A worker as a process of its own, to be killed: `python worker_process.py '{"dsn": …}'`.

Keys: dsn; lease, concurrency, outside_at_most, committers, drain_seconds, poll_seconds; sink (a file: a line for every
outside call); die_after_commits (end without a word after the N-th transaction that wrote something);
stop_in_transaction (SIGSTOP to itself after the database steps of its first transaction, before the commit);
die_with_schedules ("before" or "after": SIGKILL to itself with due schedules in its hands, before it has handed them in
or with the answer); smtp_port (a mail server on 127.0.0.1); allow (host:port that HTTP steps may reach; without it
there is no HTTP). Prints `ready` when it works.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.engine.mailing import mailing
from tests.engine.probe_nodes import Probes
from tests.engine.world import NoHttp, step_runner

from automations.db.run_store import RunStore
from automations.db.schedule_store import ScheduleStore
from automations.engine.commits import Committer
from automations.engine.flow_versions import FlowVersions
from automations.engine.outside import NoMailer, Outside
from automations.engine.worker import Worker, WorkerOptions
from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import Context
from automations.integrations.http_client import HttpClient


def scripts(probes: Probes, sink: str | None) -> None:
    def write(ctx: Context, value: Any) -> None:
        if sink is None:
            return
        line = json.dumps([ctx.idempotency_key, ctx.step_key, ctx.attempt, value, os.getpid()])
        # One write of a short line: no two processes ever mix theirs.
        descriptor = os.open(sink, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode() + b"\n")
        os.close(descriptor)

    async def note(value: Any, ctx: Context) -> Any:
        write(ctx, value)
        await asyncio.sleep(0)
        return Continue(output=value)

    async def slow(value: Any, ctx: Context) -> Any:
        write(ctx, value)
        await asyncio.sleep(float(value))
        return Continue(output="woke")

    async def flaky(value: Any, ctx: Context) -> Any:
        write(ctx, value)
        return Continue(output=value) if ctx.attempt > 1 else Fail("busy", retryable=True)

    async def die(value: Any, ctx: Context) -> Any:
        write(ctx, value)
        if value == "guilty":
            os._exit(9)
        await asyncio.sleep(0.05)
        return Continue(output=value)

    for script in (note, slow, flaky, die):
        probes.on(script.__name__, script)


def die_after_commits(count: int) -> None:
    """The N-th transaction that left something is committed; nobody is told."""
    original = Committer.commit
    left = [count]

    async def commit(self: Committer, store: RunStore, runs: Any) -> Any:
        result = await original(self, store, runs)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Committer.commit = commit  # type: ignore[method-assign]


def stop_in_transaction() -> None:
    original = Committer._write
    stopped = [False]

    async def write(self: Committer, store: RunStore, result: Any) -> None:
        await original(self, store, result)
        if not stopped[0]:
            stopped[0] = True
            os.kill(os.getpid(), signal.SIGSTOP)

    Committer._write = write  # type: ignore[method-assign]


def die_with_schedules(when: str) -> None:
    original = ScheduleStore.fire

    async def fire(self: ScheduleStore, fires: Any) -> Any:
        result = None if when == "before" else await original(self, fires)
        if any(fire.dues for fire in fires):
            os.kill(os.getpid(), signal.SIGKILL)
        return await original(self, fires) if result is None else result

    ScheduleStore.fire = fire  # type: ignore[method-assign]


async def main(given: dict[str, Any]) -> None:
    probes = Probes()
    scripts(probes, given.get("sink"))
    if given.get("die_after_commits"):
        die_after_commits(given["die_after_commits"])
    if given.get("stop_in_transaction"):
        stop_in_transaction()
    if given.get("die_with_schedules"):
        die_with_schedules(given["die_with_schedules"])
    options = WorkerOptions(
        dsn=given["dsn"],
        concurrency=given.get("concurrency", 400),
        outside_at_most=given.get("outside_at_most", 2000),
        committers=given.get("committers", 2),
        lease=timedelta(seconds=given.get("lease", 30)),
        poll_seconds=given.get("poll_seconds", 0.2),
        drain_seconds=given.get("drain_seconds", 7.0),
        reconnect_seconds=0.05,
        reconnect_seconds_at_most=0.5,
    )
    mailer = mailing(given["dsn"], given["smtp_port"]) if "smtp_port" in given else NoMailer()
    http = HttpClient(allowed=given["allow"]) if "allow" in given else NoHttp()
    worker = Worker(options, FlowVersions(probes.registry), step_runner(Outside(http=http, mailer=mailer)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    running = asyncio.create_task(worker.run())
    ready = asyncio.create_task(worker.ready.wait())
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    print("ready", flush=True)
    await running


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))
