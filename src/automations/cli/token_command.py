"""`token`: a bearer token for the API of the installation on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, read_account, read_user

if TYPE_CHECKING:
    from automations.api.tokens import TokenIssuer
    from automations.settings import Settings

KEY_FILE = "jwt.key"


def register(app: typer.Typer) -> None:
    app.command()(token)


def token(
    user: Annotated[
        str | None, typer.Option("--user", metavar="UUID", help="Who signs in. Default: the owner of the account.")
    ] = None,
    hours: Annotated[float, typer.Option("--hours", min=0.01, max=720, help="How long it holds.")] = 12,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Print a token that signs a user in to the API, for `Authorization: Bearer …`. Keep it to yourself."""
    from datetime import timedelta

    from automations.cli.output import print_json
    from automations.errors import ConfigurationError
    from automations.settings import load_settings

    settings = load_settings()
    secret = signing_secret(settings)
    if secret is None:
        raise ConfigurationError(
            "tokens for this installation are issued elsewhere"
            if settings.jwks_url is not None
            else "this installation has no secret to sign tokens with",
            hint="Start `automations up`, or set AUTOMATIONS_JWT_SECRET to the one that the server has.",
        )
    who = read_user(user) or asyncio.run(owner_of(read_account(account)))
    text = token_issuer(secret, settings).issue(who, timedelta(hours=hours)).token
    print_json({"token": text, "user": who, "hours": hours}) if as_json else print(text)


def signing_secret(settings: Settings, *, create: bool = False) -> str | None:
    """The configured one, else that of this machine's `up`; `create`: made where there is none. None beside a JWKS."""
    import secrets

    from automations.integrations.private_file import make_private, read_private

    if settings.jwks_url is not None:
        return None
    if settings.jwt_secret is not None:
        return settings.jwt_secret.get_secret_value()
    path = settings.data_dir / KEY_FILE
    if create:
        make_private(path, secrets.token_urlsafe(48))
    return read_private(path, "key of tokens", "Start `automations up` once.") if path.exists() else None


def token_issuer(secret: str, settings: Settings) -> TokenIssuer:
    from automations.api.tokens import TokenIssuer

    return TokenIssuer(secret, settings.jwt_audience, settings.jwt_issuer)


async def owner_of(account: UUID | None) -> UUID:
    from automations.cli.compose import open_session
    from automations.services.transfer import known_account

    async with open_session(account) as session:
        return await known_account(session.automations, session.account)
