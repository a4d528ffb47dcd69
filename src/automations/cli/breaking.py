"""`breakers` and `lift`: records that started an automation too often, and how they may again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import Account, AsJson, Automation, read_account

if TYPE_CHECKING:
    from automations.db.breaker_store import OpenBreaker


def register(app: typer.Typer) -> None:
    app.command()(breakers)
    app.command()(lift)


def breakers(account: Account = None, as_json: AsJson = False) -> None:
    """List the breakers that are open: records whose changes started an automation too often."""

    async def load() -> list[OpenBreaker]:
        from automations.cli.compose import open_session

        async with open_session(read_account(account)) as session:
            return await session.breakers.open(session.account)

    from automations.cli.output import ago, plain, print_json, print_table, short

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
    elif not rows:
        print("No breaker is open.")
    else:
        print_table(
            ("AUTOMATION", "NAME", "RECORD", "OPENED", "MORE THAN"),
            [
                (
                    short(row.automation_id),
                    plain(row.automation),
                    str(row.record_id),
                    ago(row.opened_at),
                    f"{row.starts} in {row.minutes} min",
                )
                for row in rows
            ],
            shrink="NAME",
        )


def lift(
    automation: Automation,
    record: Annotated[
        str | None,
        typer.Argument(metavar="[RECORD]", help="Only for this lead or conversation: its id or a beginning."),
    ] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Lift breakers: changes of the record (or of all) start the automation again. What was stopped stays stopped."""

    async def work() -> list[OpenBreaker]:
        from automations.cli.compose import open_session
        from automations.services.breakers import lift as lift_them
        from automations.services.naming import find_automation

        async with open_session(read_account(account)) as session:
            automation_id = await find_automation(session.automations, automation, session.account)
            return await lift_them(session.breakers, automation_id, record, session.account)

    from automations.cli.output import print_json, say

    lifted = asyncio.run(work())
    if as_json:
        print_json(lifted)
        return
    for one in lifted:
        say(f"lifted: changes of {one.record_id} start {one.automation} again")
