"""`keys`: what machines call the API with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.db.api_key_store import ApiKeyStore
    from automations.db.request_session import KeyScope

app = typer.Typer()
SHOWN = 200
SCOPES: tuple[KeyScope, ...] = ("read", "run", "write")


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="keys")


@app.callback(invoke_without_command=True)
def keys(context: typer.Context) -> None:
    """Keys with which machines call the API for an account. Alone: list them."""
    if context.invoked_subcommand is None:
        list_keys()


@app.command("list")
def list_keys(account: Account = None, as_json: AsJson = False) -> None:
    """List the latest keys; nobody can read them back."""
    import orjson

    from automations.cli.output import clock_of, plain, print_json, print_table, short

    async def load() -> Any:
        from automations.cli.compose import open_session

        async with open_session(read_account(account)) as session:
            return orjson.loads(await _store(session.connection).page(session.account, limit=SHOWN))

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
    elif not rows:
        print("There are no keys. `automations keys create NAME --scope read` makes one.")
    else:
        print_table(
            ("ID", "NAME", "ENDS IN", "SCOPES", "LAST USED", "STATUS"),
            [
                (
                    short(row["id"]),
                    plain(row["name"]),
                    plain(row["hint"]),
                    ", ".join(row["scopes"]),
                    "never" if row["last_used_at"] is None else clock_of(row["last_used_at"]),
                    _status(row),
                )
                for row in rows
            ],
        )


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", "-s", metavar="SCOPE", help="read, run, write; repeat. None includes another."),
    ],
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3_650, help="How long it holds. Default: until it is revoked.")
    ] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, and print it: this once."""
    from datetime import UTC, datetime, timedelta

    from automations.cli.output import print_json, say
    from automations.errors import Unusable
    from automations.services.api_keys import create_api_key

    if not name.strip() or len(name.strip()) > 100:
        raise Unusable("a key has a name of 1 to 100 characters", hint="Name what will use it.")
    scopes = [one for one in SCOPES if one in scope]
    if len(scopes) != len(set(scope)):
        raise Unusable("there is no such scope", hint=f"Choose from {', '.join(SCOPES)}.")
    ends = None if days is None else datetime.now(UTC) + timedelta(days=days)

    async def work() -> tuple[str, dict[str, Any]]:
        from automations.cli.compose import open_session
        from automations.services.transfer import known_account

        async with open_session(read_account(account)) as session:
            owner = await known_account(session.automations, session.account)
            return await create_api_key(_store(session.connection), owner, name.strip(), scopes, ends)

    text, row = asyncio.run(work())
    if as_json:
        print_json({**row, "key": text})
    else:
        print(text)
        say("Keep it: it is not shown again. `Authorization: Bearer aut_…` calls with it.", stderr=True)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="Id, or a unique beginning of it.")],
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """End a key, at once and for good."""
    from automations.cli.output import print_json, short

    async def work() -> UUID:
        from automations.cli.compose import open_session
        from automations.services.naming import find_api_key

        async with open_session(read_account(account)) as session:
            store = _store(session.connection)
            found = await find_api_key(store, key, session.account)
            await store.revoke(found)
            return found

    found = asyncio.run(work())
    print_json({"id": found, "revoked": True}) if as_json else print(f"{short(found)} is revoked.")


def _store(connection: Any) -> ApiKeyStore:
    from automations.db.api_key_store import ApiKeyStore

    return ApiKeyStore(connection)


def _status(row: dict[str, Any]) -> str:
    from datetime import UTC, datetime

    if row["revoked_at"] is not None:
        return "revoked"
    ends = row["expires_at"]
    if ends is None:
        return "valid"
    return "valid" if datetime.fromisoformat(ends) > datetime.now(UTC) else "expired"
