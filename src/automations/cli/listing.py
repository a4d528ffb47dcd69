"""`list`, `runs`: what there is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import (
    Account,
    AsJson,
    FilterAutomation,
    FilterLead,
    FilterSince,
    FilterStatus,
    read_account,
    read_since,
    read_statuses,
)

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.db.execution_store import RunFilter, RunRow


def register(app: typer.Typer) -> None:
    app.command("list")(list_automations)
    app.command()(runs)


def list_automations(account: Account = None, as_json: AsJson = False) -> None:
    """List the automations."""
    from automations.cli.compose import open_session
    from automations.cli.output import ago, plain, print_json, print_table, shortest, status_text

    async def load() -> list[Any]:
        async with open_session(read_account(account)) as session:
            return await session.automations.all_of(session.account)

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
        return
    if not rows:
        print("There are no automations. `automations import FILE` brings some.")
        return
    brief = shortest([row.id for row in rows])
    print_table(
        ("ID", "NAME", "STATUS", "ENABLED", "STARTS ON", "RUNS", "LAST RUN"),
        [
            (
                brief[str(row.id)],
                plain(row.name),
                status_text(row.status, mark=False),
                plain("yes", "green") if row.enabled else plain("no", "yellow"),
                plain(starts_on(row.trigger_type, row.trigger_config)),
                str(row.execution_count),
                plain(f"{row.last_execution_status or ''} {ago(row.last_executed_at)}".strip()),
            )
            for row in rows
        ],
        shrink="NAME",
    )


def starts_on(trigger_type: str, config: dict[str, Any]) -> str:
    """`lead INSERT`, `every day at 09:00 in UTC`, `tool book_meeting`, `manual on lead`."""
    if "unreadable" in config:
        return f"{trigger_type} ({config['unreadable']})"
    match trigger_type:
        case "event" if config.get("event_source") == "webhook":
            return f"webhook {', '.join(map(str, config.get('methods', ['POST'])))}"
        case "event":
            condition = " if …" if config.get("conditions") else ""
            return f"{config.get('event_source')} {config.get('event_type')}{condition}"
        case "schedule":
            return schedule_words(config)
        case "ai_tool":
            return f"tool {config.get('tool_name')}"
        case _:
            record = config.get("record")
            return f"{trigger_type} on {record}" if record not in (None, "none") else trigger_type


def schedule_words(config: dict[str, Any]) -> str:
    """`every Monday at 09:00 in Europe/Berlin`, or why there are no words for it."""
    from automations.flow.recurrence import ScheduleInvalid, read_schedule
    from automations.flow.schedule_words import in_words

    try:
        return in_words(read_schedule(config))
    except ScheduleInvalid as invalid:
        return f"a schedule that cannot be used ({invalid})"


def runs(
    automation: FilterAutomation = None,
    status: FilterStatus = None,
    lead: FilterLead = None,
    since: FilterSince = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many at most.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as runs come and end.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the ids, for other commands.")] = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first (with --follow: oldest first, then new ones and changes as they come)."""

    async def work() -> None:
        from automations.cli.compose import open_session
        from automations.cli.output import print_json

        async with open_session(read_account(account)) as session:
            chosen = await read_filter(session, automation, status, lead, since)
            rows = await session.executions.latest(chosen, limit=limit)
            if follow:
                await _follow(session, chosen, rows, as_json)
            elif quiet:
                print("\n".join(str(row.id) for row in rows))
            elif as_json:
                print_json(rows)
            elif rows:
                print_runs(rows)
            else:
                print("No runs match." if chosen.arguments != (None,) * 5 else "There are no runs yet.")

    asyncio.run(work())


async def read_filter(
    session: Session, automation: str | None, status: list[str] | None, lead: str | None, since: str | None
) -> RunFilter:
    from automations.db.execution_store import RunFilter
    from automations.services.naming import find_automation, find_record

    return RunFilter(
        account=session.account,
        automation_id=await find_automation(session.automations, automation, session.account) if automation else None,
        statuses=read_statuses(status),
        lead_id=await find_record(session.executions, "lead", lead, session.account) if lead else None,
        since=read_since(since),
    )


def print_runs(rows: list[RunRow]) -> None:
    from automations.cli.output import ago, plain, print_table, short, shortest, span, status_text

    brief = shortest([row.id for row in rows])
    print_table(
        ("RUN", "AUTOMATION", "STATUS", "STARTED BY", "LEAD", "STEPS", "ACCEPTED", "TOOK", "ERROR OR WAIT"),
        [
            (
                brief[str(row.id)],
                plain(row.automation),
                status_text("waiting" if row.waiting else row.status),
                plain(started_by(row)),
                short(row.lead_id),
                str(row.steps),
                ago(row.started_at),
                span(row.duration_ms),
                plain(" ".join((row.error or "").split()) or _waits_until(row)),
            )
            for row in rows
        ],
        shrink="ERROR OR WAIT",
    )


def _waits_until(row: RunRow) -> str:
    from automations.cli.output import clock

    if not row.waiting:
        return ""
    return f"until {clock(row.due_at)}, or an event" if row.due_at else "for an event"


def started_by(row: Any) -> str:
    what = f"{row.event} {row.table}" if row.table else "webhook" if row.event == "RECEIVED" else row.trigger_type
    return (
        what
        + (" (test)" if row.test_mode else "")
        + (" (called)" if row.called else " (retry)" if row.parent_id else "")
    )


async def _follow(session: Session, chosen: RunFilter, rows: list[RunRow], as_json: bool) -> None:
    from automations.cli.output import as_json as to_json
    from automations.cli.output import clock, say, short, span
    from automations.services.watching import follow_runs

    def show(row: RunRow) -> None:
        if as_json:
            print(to_json(row), flush=True)
            return
        took = f" in {span(row.duration_ms)}" if row.duration_ms is not None else ""
        error = f": {' '.join(row.error.split())}" if row.error else ""
        when = clock(row.completed_at or row.run_started_at or row.started_at)
        say(f"{when}  {short(row.id)}  {row.status:<9}  {row.automation}  {started_by(row)}{took}{error}")

    for row in reversed(rows):
        show(row)
    async for row in follow_runs(session.executions, chosen, newest=rows):
        show(row)
