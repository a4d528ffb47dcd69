"""`explain`: why a change did, or did not, start an automation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.services.explaining import Explained

STYLES = {
    "started": ("✓", "green"),
    "held": ("⊘", "yellow"),
    "not matched": ("·", "bright_black"),
    "unknown": ("?", "yellow"),
}


def register(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="EVENT|RECORD",
            help="Number of an event, a lead (id, e-mail address or name), or a row of a watched table, as orders:42.",
        ),
    ],
    automation: Annotated[str | None, typer.Argument(metavar="[AUTOMATION]", help="Only this one.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=100, help="How many changes of the record.")] = 3,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Say for each automation whether a change started it: the run, or why not."""

    async def load() -> list[Explained]:
        from automations.cli.compose import open_session
        from automations.services.explaining import explain as ask
        from automations.services.naming import find_automation

        async with open_session(read_account(account)) as session:
            chosen = await find_automation(session.automations, automation, session.account) if automation else None
            return await ask(
                session.journal,
                session.executions,
                subject,
                account=session.account,
                automation_id=chosen,
                last=last,
            )

    found = asyncio.run(load())
    if as_json:
        from automations.cli.output import print_json

        print_json(found)
        return
    for explained in found:
        _print(explained)


def _print(explained: Explained) -> None:
    from automations.cli.output import clock, console, plain, visible

    event, out = explained.event, console()
    head = plain(f"event {event.id}", "bold")
    record = visible(event.record_key or str(event.record_id))
    head.append(f"  {event.operation} {event.source} {record}  {clock(event.occurred_at)}")
    out.print(head, soft_wrap=True)
    changed = [name for name in event.changed or [] if name != "updated_at"]
    if event.operation == "UPDATE":
        told = ", ".join(_change(event.old, event.new, name) for name in changed[:6]) or "nothing"
        out.print(plain(f"  changed: {told}{', …' if len(changed) > 6 else ''}", "bright_black"), soft_wrap=True)
    if event.execution_id is not None:
        out.print(plain(f"  made by run {event.execution_id}", "bright_black"), soft_wrap=True)
    for verdict in explained.verdicts:
        mark, style = STYLES[verdict.outcome]
        line = plain(f"  {mark} ", style)
        line.append(visible(verdict.automation), style="bold").append(f"  {visible(verdict.reason)}")
        if verdict.caveat:
            line.append(f"\n      ({verdict.caveat})", style="bright_black")
        out.print(line, soft_wrap=True)
    if not explained.verdicts:
        out.print(plain("  the account has no automations now", "bright_black"))
    out.print()


def _change(old: dict[str, object] | None, new: dict[str, object] | None, name: str) -> str:
    from automations.cli.output import one_line

    return f"{name} {one_line((old or {}).get(name), 40)} → {one_line((new or {}).get(name), 40)}"
