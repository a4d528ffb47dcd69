"""`mcp`: the tools of an account for an agent on this machine, over stdin and stdout."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from automations.cli.options import Account, read_account

if TYPE_CHECKING:
    from automations.api.mcp.server import Who
    from automations.api.request_scope import Api
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(mcp)


def mcp(
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print what MCP clients want in their settings, and end.")
    ] = False,
    account: Account = None,
) -> None:
    """Serve the tools of an account to an MCP client that started this, over stdin and stdout. No port is opened.

    It acts as the owner of the account, or as AUTOMATIONS_API_KEY allows. Other programs use /mcp of `serve` and `up`.
    """
    from automations.cli import logs
    from automations.cli.compose import find_dsn
    from automations.cli.event_loop import run
    from automations.cli.up.mail_catcher import beside_up
    from automations.settings import load_settings

    settings, chosen = beside_up(load_settings()), read_account(account)
    if print_config:
        _print_config(settings, chosen)
        return
    # stdout is the protocol's.
    logs.configure(settings.log_level, settings.log_format)
    # Python's own way would wait for stdin.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    run(_serve(find_dsn(settings), settings, chosen))


async def _serve(dsn: str, settings: Settings, account: UUID | None) -> None:
    from mcp.server.stdio import stdio_server

    from automations.api.mcp.server import build_server
    from automations.cli.compose import build_pool
    from automations.cli.compose_web import build_api, build_live_feed
    from automations.cli.outside_world import OutsideTests, build_outside_world
    from automations.services.run_answers import RunAnswers

    pool, engine_pool = build_pool(dsn, name="mcp"), build_pool(dsn, name="mcp", size=1)
    tests = OutsideTests(dsn, lambda: build_outside_world(dsn, settings))
    try:
        api = build_api(pool, engine_pool, settings, tests, RunAnswers(pool), build_live_feed(dsn))
        if settings.api_key is None:
            account, who = await _as_owner(api, account)
        else:
            who = _as_key(api, settings.api_key.get_secret_value())
            await who()
        server = build_server(api, who, account)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
    finally:
        await tests.close()
        await engine_pool.close()
        await pool.close()


async def _as_owner(api: Api, account: UUID | None) -> tuple[UUID, Who]:
    from automations.api.tokens import Caller
    from automations.db.automation_store import AutomationStore
    from automations.services.transfer import known_account

    async with api.engine() as engine:
        owner = await known_account(AutomationStore(engine), account)

    async def who() -> Caller:
        return Caller("authenticated", owner)

    return owner, who


def _as_key(api: Api, key: str) -> Who:
    """Judged at each request: a key may be revoked meanwhile."""
    from starlette.requests import Request

    from automations.api.tokens import Caller, NotSignedIn
    from automations.errors import NotAllowed

    headers = [(b"authorization", f"Bearer {key}".encode())]
    request = Request({"type": "http", "method": "POST", "path": "/mcp", "headers": headers})

    async def who() -> Caller:
        try:
            return await api.caller(request)
        except NotSignedIn as error:
            raise NotAllowed(
                f"AUTOMATIONS_API_KEY does not sign in: {error}", hint="Set it to a key that is valid now."
            ) from None

    return who


def _print_config(settings: Settings, account: UUID | None) -> None:
    import sys

    from automations.cli.output import print_json

    # Clients start it with next to nothing of this environment. Of secrets only the place is printed.
    environment = {"AUTOMATIONS_DATA_DIR": str(settings.data_dir.absolute())}
    if settings.database_url is not None:
        environment["AUTOMATIONS_DATABASE_URL"] = "<the DSN>"
    if settings.api_key is not None:
        environment["AUTOMATIONS_API_KEY"] = "<the key>"
    arguments = ["-m", "automations.cli.main", "mcp", *(["--account", str(account)] if account is not None else [])]
    server = {"command": sys.executable, "args": arguments, "env": environment}
    print_json({"mcpServers": {"automations": server}})
