"""`signal`: tell waiting runs that something has happened."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from automations.cli.options import Account, AsJson, read_account


def register(app: typer.Typer) -> None:
    app.command()(signal)


def signal(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the signal, as the step `Wait until` has it.")],
    run: Annotated[str | None, typer.Option("--run", help="To this run: its id, or a unique beginning of it.")] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="To every run that correlates by this value, such as an order number.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option("--payload", help="What the step answers with: JSON, or a plain text.")
    ] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Send a signal to a run, or to all that correlate by a value; it is kept for waits that are not reached yet."""
    from automations.cli.output import print_json

    woken = asyncio.run(_send(name, run, key, _read(payload), account))
    if as_json:
        print_json({"name": name, "woken": woken})
    elif woken:
        print(f"{woken} waiting {'run' if woken == 1 else 'runs'} woken")
    else:
        print("sent; nothing waits for it now, and what comes to wait for it will find it")


async def _send(name: str, run: str | None, key: str | None, payload: Any, account: str | None) -> int:
    from automations.cli.compose import open_session
    from automations.errors import Unusable
    from automations.services.naming import find_run
    from automations.services.transfer import known_account

    async with open_session(read_account(account)) as session:
        if (run is None) == (key is None):
            raise Unusable("a signal goes to a run or to a value", hint="Give --run ID or --key VALUE, one of the two.")
        run_id = None if run is None else await find_run(session.executions, run, session.account)
        owner = session.account if key is None else await known_account(session.automations, session.account)
        return await session.executions.send_signal(
            name, run_id=run_id, correlation=key, payload=payload, account=owner
        )


def _read(payload: str | None) -> Any:
    from automations.db.json_text import decode_json

    if payload is None:
        return None
    try:
        return decode_json(payload)
    except ValueError:
        return payload
