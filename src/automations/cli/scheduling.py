"""`schedules`, `schedule`: what starts by the clock, and when next."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import Account, AsJson, Automation, read_account

if TYPE_CHECKING:
    from automations.services.scheduling import Preview, ScheduleView

CLOCK_WORDS = {
    "as written": "",
    "moved": "moved: the clocks skip that time",
    "first of two": "the first of two: the clocks go back",
    "second of two": "again: the clocks have gone back",
}


def register(app: typer.Typer) -> None:
    app.command()(schedules)
    app.command()(schedule)


def schedules(account: Account = None, as_json: AsJson = False) -> None:
    """List the published schedules: in words, when they come next, when they came last."""
    from automations.cli.output import plain, print_json, print_table, shortest

    async def load() -> list[ScheduleView]:
        from automations.cli.compose import open_session
        from automations.services.scheduling import list_schedules

        async with open_session(read_account(account)) as session:
            return await list_schedules(session.schedules, session.account)

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
        return
    if not rows:
        print("There are no published schedules. `automations schedule ID` shows when a draft would come.")
        return
    brief = shortest([row.id for row in rows])
    colours = {"live": "green", "error": "red"}
    print_table(
        ("ID", "AUTOMATION", "STATE", "SCHEDULE", "NEXT", "LAST", "OVERLAP", "MISSED"),
        [
            (
                brief[str(row.id)],
                plain(row.name),
                plain(row.state, colours.get(row.state, "yellow")),
                plain(row.words if row.error is None else f"{row.words} (fails: {row.error})"),
                plain(_next(row)),
                plain(_local(row.last_local)),
                plain(row.overlap or ""),
                plain(row.on_missed or ""),
            )
            for row in rows
        ],
        shrink="SCHEDULE",
    )


def schedule(
    automation: Automation,
    count: Annotated[int, typer.Option("--next", "-n", min=1, max=1_000, help="How many due times.")] = 10,
    draft: Annotated[bool, typer.Option("--draft", help="Of the drawing, not of what is published.")] = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Show when a schedule comes next, in its zone and in UTC, and what clock changes do to it."""
    from automations.cli.output import plain, print_json, print_table, say

    async def load() -> Preview:
        from automations.cli.compose import open_session
        from automations.services.naming import find_automation
        from automations.services.scheduling import preview_schedule

        async with open_session(read_account(account)) as session:
            found = await find_automation(session.automations, automation, session.account)
            return await preview_schedule(session.automations, session.schedules, found, count=count, draft=draft)

    shown = asyncio.run(load())
    if as_json:
        print_json(shown)
        return
    say(f"{shown.name}{' (draft)' if shown.of == 'draft' else ''}: {shown.words}")
    say(f"overlap: {shown.overlap}; missed: {shown.on_missed}")
    if not shown.next:
        print("It does not come any more.")
        return
    print_table(
        ("LOCAL", "UTC", "CLOCKS"),
        [(_local(due.local), f"{due.at:%Y-%m-%d %H:%M:%S}", plain(CLOCK_WORDS[due.clock])) for due in shown.next],
    )


def _next(row: ScheduleView) -> str:
    if row.state != "live":
        return ""
    if row.finished:
        return "does not come any more"
    return _local(row.next_local) or "not looked at yet"


def _local(moment: datetime | None) -> str:
    """`Mon 2026-03-30 09:00 CEST`."""
    if moment is None:
        return ""
    return f"{moment:%a %Y-%m-%d %H:%M}{f':{moment:%S}' if moment.second else ''} {moment:%Z}"
