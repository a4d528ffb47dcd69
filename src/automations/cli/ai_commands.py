"""`ai`: what the AI steps of accounts have used of their budgets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.db.ai_usage_store import DayOfUse

app = typer.Typer()


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="ai")


@app.callback(invoke_without_command=True)
def ai(context: typer.Context) -> None:
    """What AI steps have used of their budgets. Alone: the last seven days."""
    if context.invoked_subcommand is None:
        usage()


@app.command()
def usage(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=400, help="So many days, today (UTC) included.")
    ] = 7,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Show the tokens that AI steps used, by account and day (UTC), and how many a day may have."""

    async def load() -> tuple[list[DayOfUse], int]:
        from automations.cli.compose import open_session

        async with open_session(read_account(account)) as session:
            return await session.ai_usage.since(session.account, days), session.settings.ai_tokens_per_day

    from automations.cli.output import print_json, print_table

    rows, limit = asyncio.run(load())
    if as_json:
        print_json([_fields(row, limit) for row in rows])
    elif not rows:
        print(f"No AI step has run in this time. A day may have {limit:,} tokens for each account.")
    else:
        print_table(
            ("DAY", "ACCOUNT", "CALLS", "TOKENS IN", "TOKENS OUT", "SET ASIDE", "OF"),
            [
                (
                    str(row.day),
                    str(row.account_id),
                    f"{row.calls:,}",
                    f"{row.input_tokens:,}",
                    f"{row.output_tokens:,}",
                    f"{row.reserved:,}",
                    f"{limit if row.own_limit is None else row.own_limit:,}",
                )
                for row in rows
            ],
        )


def _fields(row: DayOfUse, limit: int) -> dict[str, Any]:
    from dataclasses import asdict

    fields = asdict(row)
    own = fields.pop("own_limit")
    return {**fields, "limit": limit if own is None else own}
