"""`account`: what an account has of its own, where the installation has one for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.services.account_settings import ShownSetting

app = typer.Typer()
Pairs = Annotated[
    list[str],
    typer.Argument(metavar="NAME VALUE [NAME VALUE]…", help="`automations account` lists the names."),
]
Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="`automations account` lists the names.")]


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="account")


@app.callback(invoke_without_command=True)
def account(context: typer.Context) -> None:
    """Settings of an account: its sender, its mail server, its language model. Alone: show them."""
    if context.invoked_subcommand is None:
        show()


@app.command()
def show(account: Account = None, as_json: AsJson = False) -> None:
    """Show the settings: the account's own, those of the installation, and what nobody has set."""

    async def nothing(session: Session, owner: UUID) -> None:
        return

    _show(asyncio.run(_work(account, nothing)), as_json=as_json)


@app.command("set")
def set_(pairs: Pairs, account: Account = None, as_json: AsJson = False) -> None:
    """Set one or more, for example `account set mail-user ada mail-password-secret SMTP_PASSWORD`."""
    from automations.errors import Unusable
    from automations.services.account_settings import known, set_settings

    if len(pairs) % 2:
        raise Unusable("each name needs a value", hint=f"`automations account set {pairs[-1]} VALUE`.")
    given = {known(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=True)}

    async def change(session: Session, owner: UUID) -> None:
        await set_settings(session.account_settings, session.secrets, owner, given)

    _show(asyncio.run(_work(account, change)), as_json=as_json)


@app.command()
def unset(names: Names, account: Account = None, as_json: AsJson = False) -> None:
    """Unset one or more: what the installation has holds again."""
    from automations.services.account_settings import unset_settings

    async def change(session: Session, owner: UUID) -> None:
        await unset_settings(session.account_settings, owner, names)

    _show(asyncio.run(_work(account, change)), as_json=as_json)


async def _work(account: str | None, change: Callable[[Session, UUID], Awaitable[None]]) -> list[ShownSetting]:
    """The settings as they are after the change."""
    from automations.cli.compose import installation_settings, open_session
    from automations.services.account_settings import shown_settings
    from automations.services.transfer import known_account

    async with open_session(read_account(account)) as session:
        owner = await known_account(session.automations, session.account)
        await change(session, owner)
        return await shown_settings(session.account_settings, owner, installation_settings(session.settings))


def _show(rows: list[ShownSetting], *, as_json: bool) -> None:
    from automations.cli.output import plain, print_json, print_table

    if as_json:
        print_json(rows)
        return
    said = {"account": "this account", "installation": "the installation", "none": "not set"}
    print_table(
        ("NAME", "VALUE", "FROM"),
        [
            (
                row.name,
                plain("" if row.source == "none" else "(not shown)" if row.value is None else str(row.value)),
                said[row.source],
            )
            for row in rows
        ],
    )
