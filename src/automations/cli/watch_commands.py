"""`watch` and `unwatch`: any table starts automations."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import AsJson

if TYPE_CHECKING:
    from automations.db.watched_table_store import TableUser, Watched, WatchedTable


def register(app: typer.Typer) -> None:
    app.command()(watch)
    app.command()(unwatch)


def watch(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="Such as public.orders.")] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="COLUMN", help="The column that holds the account's id, a uuid.")
    ] = None,
    id_: Annotated[str, typer.Option("--id", metavar="COLUMN", help="The column of the row's id.")] = "id",
    lead: Annotated[
        str | None, typer.Option("--lead", metavar="COLUMN", help="The column of the lead that runs are about.")
    ] = None,
    grant: Annotated[
        bool, typer.Option("--grant", help="Let steps use it: grant select, insert, update to authenticated.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let changes of a table start automations, and steps use its rows. Alone: list the tables that are watched.

    For the role that migrates and owns the table. Safe to repeat; other columns replace those from before.
    """
    if table is None:
        _list(as_json)
        return
    from automations.cli.output import print_json, say
    from automations.errors import Unusable

    if account is None:
        raise Unusable(
            "which column holds the account of a row?", hint=f"`automations watch {table} --account user_id --id id`"
        )
    watched = asyncio.run(_watch(table, account, id_, lead, grant=grant))
    if as_json:
        print_json(watched)
        return
    again = " already, as it is" if watched.state == "unchanged" else ""
    print(f"{watched.source} is watched{again}: a record event of {watched.source} starts on its changes.")
    for warning in watched.warnings:
        say(f"! {warning.message}", stderr=True)
        say(f"    do: {warning.do}", stderr=True)


def unwatch(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="As `automations watch` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Take the trigger off a watched table. Runs that were started go on; steps no longer reach its rows."""
    from automations.cli.output import print_json, visible

    source, users = asyncio.run(_unwatch(table))
    if as_json:
        print_json({"source": source, "used_by": users})
        return
    print(f"{source} is watched no more.")
    for user in users:
        what = "listens to it and starts no more" if user.listens else "has a step that will fail"
        print(f"  {visible(user.name)} ({user.id}, {user.status}{'' if user.enabled else ', off'}) {what}")


def _list(as_json: bool) -> None:
    from automations.cli.output import COLOURS, ago, plain, print_json, print_table

    async def load() -> list[WatchedTable]:
        from automations.cli.compose import open_session
        from automations.db.watched_table_store import WatchedTableStore

        async with open_session() as session:
            return await WatchedTableStore(session.connection).all()

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
    elif not rows:
        print(
            "No table is watched beside leads and conversations. `automations watch TABLE --account COLUMN` adds one."
        )
    else:
        print_table(
            ("TABLE", "ACCOUNT", "ID", "LEAD", "STATE", "SINCE", "BY"),
            [
                (
                    row.source,
                    row.account_column,
                    row.id_column,
                    row.lead_column or "",
                    plain(row.state, COLOURS["ok" if row.state == "fires" else "broken"]),
                    ago(row.watched_at),
                    row.watched_by,
                )
                for row in rows
            ],
        )


async def _watch(table: str, account: str, id_: str, lead: str | None, *, grant: bool) -> Watched:
    from automations.cli.compose import find_dsn
    from automations.db.connection import connected
    from automations.db.watched_table_store import WatchedTableStore
    from automations.settings import load_settings

    # As the DSN's own role: the engine's owns no tables.
    async with connected(find_dsn(load_settings())) as connection:
        return await WatchedTableStore(connection).watch(table, account, id_, lead, grant=grant)


async def _unwatch(table: str) -> tuple[str, list[TableUser]]:
    from automations.cli.compose import find_dsn
    from automations.db.connection import connected
    from automations.db.watched_table_store import WatchedTableStore
    from automations.services.watched_tables import unwatch as take_off
    from automations.settings import load_settings

    async with connected(find_dsn(load_settings())) as connection:
        store = WatchedTableStore(connection)
        source = await take_off(store, table)
        return source, await store.users_of(source)
