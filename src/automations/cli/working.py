"""`worker`: one worker on the configured database, until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from automations.cli.options import AsJson


def register(app: typer.Typer) -> None:
    app.command()(worker)


def worker(
    concurrency: Annotated[int | None, typer.Option("--concurrency", min=1, help="Runs at work at once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a worker here. Start as many as you like, on as many machines; Ctrl-C or SIGTERM ends it cleanly."""
    from automations.cli import logs
    from automations.cli.compose import find_dsn
    from automations.cli.event_loop import run
    from automations.cli.up.mail_catcher import beside_up
    from automations.settings import load_settings

    settings = beside_up(load_settings())
    if concurrency is not None:
        settings = settings.model_copy(update={"concurrency": concurrency})
    logs.configure(settings.log_level, "json" if as_json else settings.log_format)
    run(_work(find_dsn(settings), settings))


async def _work(dsn: str, settings: Any) -> None:
    from automations.cli.compose import build_engine
    from automations.cli.event_loop import on_end

    engine = build_engine(dsn, settings)
    on_end(engine.worker.stop)
    try:
        await engine.worker.run()
    finally:
        async with asyncio.timeout(2):
            await engine.close()
