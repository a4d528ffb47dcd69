"""`serve`: what is called over HTTP, for installations whose workers run elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import AsJson

if TYPE_CHECKING:
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address of this machine to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="Default: AUTOMATIONS_HTTP_PORT. 0: a free one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in webhooks here, without a worker. Start as many as you like; Ctrl-C or SIGTERM ends it cleanly."""
    from automations.cli import logs
    from automations.cli.compose import find_dsn
    from automations.cli.event_loop import run
    from automations.cli.up.mail_catcher import beside_up
    from automations.settings import load_settings

    settings = beside_up(load_settings())
    logs.configure(settings.log_level, "json" if as_json else settings.log_format)
    run(_serve(find_dsn(settings), settings, host, settings.http_port if port is None else port, as_json=as_json))


async def _serve(dsn: str, settings: Settings, host: str, port: int, *, as_json: bool) -> None:
    from automations.cli.compose_web import build_web
    from automations.cli.event_loop import on_end
    from automations.cli.output import as_json as to_json

    server = build_web(dsn, settings).server
    server.bind(host, port)
    on_end(server.stop)
    facts = {"status": "ready", "http": server.url}
    print(
        to_json(facts) if as_json else f"Webhooks are taken at {server.url}/webhooks/<id of an automation>", flush=True
    )
    await server.serve()
