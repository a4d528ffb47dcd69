"""`cancel` and `retry`: one run, or all that match."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from automations.cli.options import (
    Account,
    AsJson,
    FilterAutomation,
    FilterLead,
    FilterSince,
    FilterStatus,
    Yes,
    read_account,
)

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.db.execution_store import RunFilter
    from automations.services.runs import Acted

Action = Literal["cancel", "retry"]
Runs = Annotated[list[str] | None, typer.Argument(metavar="[RUN]…", help="Ids, or unique beginnings of them.")]
All = Annotated[bool, typer.Option("--all", help="Every run that it can be done to.")]


def register(app: typer.Typer) -> None:
    app.command()(cancel)
    app.command()(retry)


def cancel(
    runs: Runs = None,
    automation: FilterAutomation = None,
    status: FilterStatus = None,
    lead: FilterLead = None,
    since: FilterSince = None,
    every: All = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the record.")] = None,
    yes: Yes = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Cancel runs: those named, or all open ones that match the filters. Works without any worker, too."""
    filters = (automation, status, lead, since)
    asyncio.run(_work("cancel", runs, filters, every=every, reason=reason, yes=yes, account=account, as_json=as_json))


def retry(
    runs: Runs = None,
    automation: FilterAutomation = None,
    status: FilterStatus = None,
    lead: FilterLead = None,
    since: FilterSince = None,
    every: All = False,
    yes: Yes = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Run again, as new runs of what is published: those named, or all failed ones that match and have no retry yet."""
    filters = (automation, status, lead, since)
    asyncio.run(_work("retry", runs, filters, every=every, reason=None, yes=yes, account=account, as_json=as_json))


async def _work(
    action: Action,
    runs: list[str] | None,
    filters: tuple[str | None, list[str] | None, str | None, str | None],
    *,
    every: bool,
    reason: str | None,
    yes: bool,
    account: str | None,
    as_json: bool,
) -> None:
    from automations.cli.compose import open_session
    from automations.cli.listing import read_filter
    from automations.errors import Unusable
    from automations.services.naming import find_run
    from automations.services.runs import act_on, act_on_all, selectable

    filtered = any(filters)
    if bool(runs) == (filtered or every):
        raise Unusable(
            "name runs, or filters, not both" if runs else "which runs?",
            hint=f"`automations {action} RUN…`, or all that match: --automation, --status, --lead, --since, or --all.",
        )
    async with open_session(read_account(account)) as session:
        if runs:
            ids = [await find_run(session.executions, text, session.account) for text in runs]
            acted = act_on(session.executions, action, list(dict.fromkeys(ids)), reason)
        else:
            chosen = selectable(action, await read_filter(session, *filters))
            if not await _confirmed(session, action, chosen, yes=yes, as_json=as_json):
                raise typer.Exit(1)
            acted = act_on_all(session.executions, action, chosen, reason)
        await _report(session, action, acted, as_json=as_json)


async def _confirmed(session: Session, action: Action, chosen: RunFilter, *, yes: bool, as_json: bool) -> bool:
    from automations.errors import Unusable

    count = await session.executions.count(chosen)
    runs = f"{count} {' or '.join(chosen.statuses)} runs match"
    if chosen.unretried:
        runs += ", those left out that were retried already"
    if yes or count == 0:
        return True
    if as_json or not sys.stdin.isatty():
        raise Unusable(f"{runs}, and nobody can be asked", hint="Add --yes to do it.")
    answer: bool = await asyncio.to_thread(typer.confirm, f"{runs}. {action.capitalize()} them?")
    return answer


async def _report(session: Session, action: Action, acted: AsyncIterator[Acted], *, as_json: bool) -> None:
    from automations.cli.output import print_json, say, short

    found, failed = [], 0
    async for one in acted:
        failed += one.error is not None
        found.append(one)
        if as_json:
            continue
        if one.error is not None:
            say(f"{short(one.run_id)}  not done: {one.error.message}", stderr=True)
            if one.error.hint:
                say(f"          do: {one.error.hint}", stderr=True)
        elif action == "retry":
            print(f"{short(one.run_id)}  runs again as {one.result}")
        else:
            print(f"{short(one.run_id)}  {one.result if one.result == 'cancelled' else f'had ended: {one.result}'}")
    if as_json:
        print_json(
            [
                {
                    "run": one.run_id,
                    "status" if action == "cancel" else "new_run": _value(action, one.result),
                    "error": None if one.error is None else {"code": one.error.code, "message": one.error.message},
                }
                for one in found
            ]
        )
    elif len(found) != 1:
        done = "cancelled" if action == "cancel" else "retried"
        worked = sum(one.error is None and (action == "retry" or one.result == "cancelled") for one in found)
        print(f"{worked} {done}" + (f", {len(found) - worked} not" if worked != len(found) else ""))
    if failed:
        raise typer.Exit(1)


def _value(action: Action, result: str | None) -> str | UUID | None:
    return UUID(result) if action == "retry" and result is not None else result
