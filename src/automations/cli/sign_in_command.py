"""`sign-in`: a link that signs somebody in at the installation on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, read_account, read_user

if TYPE_CHECKING:
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command("sign-in")(sign_in)


def sign_in(
    user: Annotated[
        str | None, typer.Option("--user", metavar="UUID", help="Who signs in. Default: the owner of the account.")
    ] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Print a link that signs in, once and within ten minutes, where `up` issues the tokens. Keep it to yourself."""
    from automations.cli.output import print_json
    from automations.cli.token_command import owner_of
    from automations.cli.up.only_one import read_note
    from automations.errors import ConfigurationError
    from automations.settings import load_settings

    settings = load_settings()
    if not issues_tokens(settings):
        raise ConfigurationError(
            "people sign in elsewhere in this installation, or `automations up` has never run here",
            hint="Start `automations up`, or sign in where AUTOMATIONS_JWT_SECRET or AUTOMATIONS_JWKS_URL come from.",
        )
    who = read_user(user) or asyncio.run(owner_of(read_account(account)))
    base = settings.public_url or read_note(settings.data_dir).get("editor") or f"http://127.0.0.1:{settings.http_port}"
    link = sign_in_link(settings, who, str(base))
    print_json({"url": link, "user": who, "minutes": 10}) if as_json else print(link)


def issues_tokens(settings: Settings) -> bool:
    """Whether tokens are signed with the key in the data directory, not with one that others have."""
    from automations.cli.token_command import KEY_FILE

    return settings.jwks_url is None and settings.jwt_secret is None and (settings.data_dir / KEY_FILE).exists()


def sign_in_link(settings: Settings, user: UUID, base: str) -> str:
    from automations.integrations.sign_in_codes import SignInCodes

    return f"{base.rstrip('/')}/sign-in?code={SignInCodes(settings.data_dir).make(user)}"
