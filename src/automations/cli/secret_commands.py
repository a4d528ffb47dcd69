"""`secrets`: what steps may use and nobody may read."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.db.secret_store import SecretName

app = typer.Typer()
Name = Annotated[str, typer.Argument(metavar="NAME", help="A letter or `_`, then letters, digits or `_`.")]


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="secrets")


@app.callback(invoke_without_command=True)
def secrets(context: typer.Context) -> None:
    """Secrets that steps use as {{ secrets.NAME }}; nobody can read them back. Alone: list them."""
    if context.invoked_subcommand is None:
        list_secrets()


@app.command("list")
def list_secrets(account: Account = None, as_json: AsJson = False) -> None:
    """List the names of secrets."""
    from automations.cli.output import ago, print_json, print_table

    async def load() -> list[SecretName]:
        from automations.cli.compose import open_session

        async with open_session(read_account(account)) as session:
            return await session.secrets.names(session.account)

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
    elif not rows:
        print("There are no secrets. `automations secrets set NAME` sets one.")
    else:
        print_table(
            ("NAME", "SET", "KEY", "ACCOUNT"),
            [(row.name, ago(row.updated_at), row.key_id, str(row.account_id)) for row in rows],
        )


@app.command("set")
def set_(name: Name, account: Account = None, as_json: AsJson = False) -> None:
    """Set a secret, or replace it. The value is asked for, or read from standard input; never from the command line."""
    from automations.cli.output import print_json

    value = typer.prompt(f"Value of {name}", hide_input=True) if sys.stdin.isatty() else _piped()
    asyncio.run(_set(name, value, account))
    if as_json:
        print_json({"name": name, "set": True})
    else:
        print(f"{name} is set. Steps use it as {{{{ secrets.{name} }}}}, where a field allows it.")


@app.command()
def delete(name: Name, account: Account = None, as_json: AsJson = False) -> None:
    """Delete a secret. Steps that use it fail from now on."""
    from automations.cli.output import print_json, say

    async def work() -> list[str]:
        from automations.cli.compose import open_session
        from automations.services.secrets import delete_secret
        from automations.services.transfer import known_account

        async with open_session(read_account(account)) as session:
            owner = await known_account(session.automations, session.account)
            return await delete_secret(session.secrets, owner, name)

    users = asyncio.run(work())
    if as_json:
        print_json({"name": name, "deleted": True, "used_by": users})
    else:
        say(f"{name} is deleted.")
        for user in users:
            say(f"  still used by {user}: its steps fail from now on, and a webhook is answered with 503")


@app.command()
def rotate(
    no_new_key: Annotated[
        bool, typer.Option("--no-new-key", help="Only seal what older keys have sealed with the first one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a new key to the key file and seal every secret with it. Running workers notice by themselves."""
    from automations.cli.output import print_json

    async def work() -> tuple[int, str]:
        from automations.cli.compose import open_session, secret_keys
        from automations.services.secrets import reseal_all

        async with open_session() as session:
            keys = secret_keys(session.settings)
            box = keys.box() if no_new_key else keys.add()
            return await reseal_all(session.secrets, box), box.key_id

    count, key_id = asyncio.run(work())
    if as_json:
        print_json({"resealed": count, "key_id": key_id})
    else:
        print(
            f"{count} {'secret is' if count == 1 else 'secrets are'} sealed anew with the key {key_id}. Older keys are "
            "needed only for older backups: remove their lines when you need those no more."
        )


async def _set(name: str, value: str, account: str | None) -> None:
    from automations.cli.compose import open_session, secret_keys
    from automations.services.secrets import set_secret
    from automations.services.transfer import known_account

    async with open_session(read_account(account)) as session:
        owner = await known_account(session.automations, session.account)
        await set_secret(session.secrets, secret_keys(session.settings).box(), owner, name, value)


def _piped() -> str:
    from automations.errors import Unusable

    try:
        return sys.stdin.buffer.read(100_000).decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Unusable("the value is not UTF-8 text", hint="Put bytes into base64 first.") from None
