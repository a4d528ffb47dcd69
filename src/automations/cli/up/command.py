"""The database, the schema, the demo, a worker and an echo endpoint, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import AsJson

if TYPE_CHECKING:
    from automations.db.embedded import EmbeddedServer
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty database empty.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run everything here: a database, the schema, a worker. An empty database gets a demo account."""
    from automations.cli import logs
    from automations.cli.compose import secret_keys
    from automations.cli.event_loop import run
    from automations.cli.token_command import signing_secret
    from automations.cli.up.only_one import only_one
    from automations.cli.up.serving import Serving
    from automations.settings import load_settings

    settings = load_settings()
    logs.configure(settings.log_level, settings.log_format)
    with contextlib.ExitStack() as stack:
        note = None
        server: EmbeddedServer | None = None
        if settings.dsn is None:
            note = stack.enter_context(only_one(settings.data_dir))
            secret_keys(settings).make()
            signing_secret(settings, create=True)
            server = stack.enter_context(_local_server(settings))
        serving = Serving(settings, settings.dsn or (server.dsn if server else ""), server, note)
        run(serving.run(demo=not no_demo, as_json=as_json))


@contextlib.contextmanager
def _local_server(settings: Settings) -> Iterator[EmbeddedServer]:
    """Running; stopped afterwards if we started it."""
    from automations.db.embedded import ensure_running, stop

    # Before the event loop: it blocks, and it ends with this process however that ends.
    server = ensure_running(settings.postgres_dir, bin_dir=settings.postgres_bin_dir, die_with_parent=True)
    try:
        yield server
    finally:
        if server.started_here:
            stop(settings.postgres_dir, timeout=8)
