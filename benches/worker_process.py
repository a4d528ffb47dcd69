"""A worker in a process of its own, composed as the CLI composes it: `python -m benches.worker_process DSN`.

Says `ready` on its standard output, stops on SIGTERM or when its standard input ends (so it never outlives a bench).
`--profile FILE` writes cProfile's figures at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import structlog


async def work(dsn: str, profile: cProfile.Profile | None) -> None:
    from automations.engine.flow_versions import FlowVersions
    from automations.engine.outside import Outside
    from automations.engine.step_runner import StepRunner
    from automations.engine.worker import Worker, WorkerOptions
    from automations.flow.registry import NodeRegistry
    from automations.integrations.http_client import HttpClient
    from automations.integrations.template_process import TemplateProcess

    http, renderer = HttpClient(), TemplateProcess()
    registry = NodeRegistry([entry.load()() for entry in entry_points(group="automations.nodes")])
    steps = StepRunner(outside=Outside(http=http), renderer=renderer, clock=lambda: datetime.now(UTC))
    worker = Worker(WorkerOptions(dsn=dsn), FlowVersions(registry), steps)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    loop.add_reader(sys.stdin, lambda: _on_input(loop, worker.stop))
    running = asyncio.create_task(worker.run())
    ready = asyncio.create_task(worker.ready.wait())
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        print("ready", flush=True)
        if profile is not None:
            profile.enable()
    try:
        await running
    finally:
        if profile is not None:
            profile.disable()
        ready.cancel()
        await http.close()
        await renderer.close()


def _on_input(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin)
        stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("dsn")
    parser.add_argument("--profile", type=Path)
    arguments = parser.parse_args()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    profile = cProfile.Profile() if arguments.profile else None

    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    asyncio.run(work(arguments.dsn, profile))
    if profile is not None:
        profile.dump_stats(arguments.profile)


if __name__ == "__main__":
    main()
