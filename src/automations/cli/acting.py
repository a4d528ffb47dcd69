"""`cancel` and `retry`: one run, or all that match."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from automations.cli.options import (
    LARGEST_NUMBER,
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
    from automations.services.runs import Acted, Action

Verb = Literal["cancel", "retry"]
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
    from automations.services.runs import Cancel

    filters = (automation, status, lead, since)
    asyncio.run(_work(Cancel(reason), runs, filters, every=every, yes=yes, account=account, as_json=as_json))


def retry(
    runs: Runs = None,
    automation: FilterAutomation = None,
    status: FilterStatus = None,
    lead: FilterLead = None,
    since: FilterSince = None,
    every: All = False,
    start_from: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="failed|start|STEP",
            help="Where to begin. failed, or the id of a step: on the version that the run ran unless --version says "
            "another, with the results of the finished steps before it. (step:ID for one called start or failed.)",
        ),
    ] = "start",
    version: Annotated[
        int | None,
        typer.Option(
            "--version",
            metavar="N",
            min=1,
            max=LARGEST_NUMBER,
            help="On this version; with --from one that has what the run has done, and the way to it, alike.",
        ),
    ] = None,
    yes: Yes = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Run again, as new runs: those named, or all failed ones that match and have no retry yet.

    From the start on what is published, unless --from or --version say otherwise.
    """
    from automations.services.runs import Retry

    filters = (automation, status, lead, since)
    action = Retry(start_from, version)
    asyncio.run(_work(action, runs, filters, every=every, yes=yes, account=account, as_json=as_json))


async def _work(
    action: Action,
    runs: list[str] | None,
    filters: tuple[str | None, list[str] | None, str | None, str | None],
    *,
    every: bool,
    yes: bool,
    account: str | None,
    as_json: bool,
) -> None:
    from automations.cli.compose import open_session
    from automations.cli.listing import read_filter
    from automations.errors import Unusable
    from automations.services.naming import find_run
    from automations.services.runs import Cancel, act_on, act_on_all, selectable

    verb: Verb = "cancel" if isinstance(action, Cancel) else "retry"
    filtered = any(filters)
    if bool(runs) == (filtered or every):
        raise Unusable(
            "name runs, or filters, not both" if runs else "which runs?",
            hint=f"`automations {verb} RUN…`, or all that match: --automation, --status, --lead, --since, or --all.",
        )
    async with open_session(read_account(account)) as session:
        if runs:
            ids = [await find_run(session.executions, text, session.account) for text in runs]
            acted = act_on(session.executions, action, list(dict.fromkeys(ids)))
        else:
            chosen = selectable(action, await read_filter(session, *filters))
            if not await _confirmed(session, verb, chosen, yes=yes, as_json=as_json):
                raise typer.Exit(1)
            acted = act_on_all(session.executions, action, chosen)
        await _report(verb, acted, as_json=as_json)


async def _confirmed(session: Session, verb: Verb, chosen: RunFilter, *, yes: bool, as_json: bool) -> bool:
    from automations.errors import Unusable

    count = await session.executions.count(chosen)
    runs = f"{count} {' or '.join(chosen.statuses)} runs match"
    if chosen.unretried:
        runs += ", those left out that were retried already"
    if yes or count == 0:
        return True
    if as_json or not sys.stdin.isatty():
        raise Unusable(f"{runs}, and nobody can be asked", hint="Add --yes to do it.")
    answer: bool = await asyncio.to_thread(typer.confirm, f"{runs}. {verb.capitalize()} them?")
    return answer


async def _report(verb: Verb, acted: AsyncIterator[Acted], *, as_json: bool) -> None:
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
        elif verb == "retry":
            print(f"{short(one.run_id)}  runs again as {one.result}")
        else:
            print(f"{short(one.run_id)}  {one.result if one.result == 'cancelled' else f'had ended: {one.result}'}")
    if as_json:
        print_json(
            [
                {
                    "run": one.run_id,
                    "status" if verb == "cancel" else "new_run": _value(verb, one.result),
                    "error": None if one.error is None else {"code": one.error.code, "message": one.error.message},
                }
                for one in found
            ]
        )
    elif len(found) != 1:
        done = "cancelled" if verb == "cancel" else "retried"
        worked = sum(one.error is None and (verb == "retry" or one.result == "cancelled") for one in found)
        print(f"{worked} {done}" + (f", {len(found) - worked} not" if worked != len(found) else ""))
    if failed:
        raise typer.Exit(1)


def _value(verb: Verb, result: str | None) -> str | UUID | None:
    return UUID(result) if verb == "retry" and result is not None else result
