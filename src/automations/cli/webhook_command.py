"""`webhook`: where an automation is called, and how its callers show who they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.services.webhook_addresses import WebhookAddress
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(webhook)


def webhook(
    automation: Annotated[str, typer.Argument(metavar="AUTOMATION", help="Id, a unique beginning of it, or name.")],
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Show the address of a webhook automation, how it is called, and what keeps it from taking deliveries."""

    async def load() -> WebhookAddress:
        from automations.cli.compose import open_session, secret_keys
        from automations.services.naming import find_automation
        from automations.services.webhook_addresses import address_of

        async with open_session(read_account(account)) as session:
            automation_id = await find_automation(session.automations, automation, session.account)
            return await address_of(
                session.automations,
                session.secrets,
                secret_keys(session.settings).box,
                automation_id,
                base_url(session.settings),
            )

    found = asyncio.run(load())
    if as_json:
        from automations.cli.output import print_json

        print_json(found)
        return
    from automations.cli.output import say

    say(f"{', '.join(found.methods)} {found.url}")
    for line in (found.how, found.state):
        say(f"  {line}")


def base_url(settings: Settings) -> str:
    """Where callers reach this installation: as the settings say, else where `up` listens."""
    from automations.cli.up.only_one import read_note

    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    note: dict[str, Any] = read_note(settings.data_dir) if settings.dsn is None else {}
    return str(note.get("http") or f"http://127.0.0.1:{settings.http_port}")
