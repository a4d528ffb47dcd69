"""`run`: start an automation by hand, and watch; on many records, start and go."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, Automation, Yes, read_account

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.db.automation_store import AutomationDetail
    from automations.db.execution_store import RunDetail


def register(app: typer.Typer) -> None:
    app.command()(run)


def run(
    automation: Automation,
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]…", help="Fields of the input form.")
    ] = None,
    given: Annotated[
        str | None, typer.Option("--input", "-i", metavar="JSON|@FILE", help="The input as JSON; @- is stdin.")
    ] = None,
    lead: Annotated[
        list[str] | None, typer.Option("--lead", metavar="ID", help="On this lead: id, e-mail, name; repeat for more.")
    ] = None,
    conversation: Annotated[
        list[str] | None, typer.Option("--conversation", metavar="ID", help="On this one; repeat for more.")
    ] = None,
    row: Annotated[
        str | None,
        typer.Option("--row", metavar="ID", help="With --test: on this row of the watched table it listens to."),
    ] = None,
    leads_where: Annotated[
        str | None,
        typer.Option("--leads-where", metavar="CONDITION", help="On all leads that meet this condition (JSON)."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="TEXT", help="Idempotency key: the same key (and record) is the same run."),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Start it and go.")] = False,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", min=0, help="Stop watching after that long.")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Run the draft for real and leave nothing; outside steps are not sent.")
    ] = False,
    yes: Yes = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Start an automation and watch its steps. Exit code 1 when the run does not complete.

    On several records, a run each is started, and not watched.
    """
    status = asyncio.run(
        _run(
            automation,
            fields or [],
            given,
            lead or [],
            conversation or [],
            leads_where,
            yes=yes,
            key=key,
            wait=not no_wait,
            timeout=timeout,
            test=test,
            row=row,
            account=account,
            as_json=as_json,
        )
    )
    if status not in (None, "completed"):
        raise typer.Exit(1)


async def _run(
    automation: str,
    fields: list[str],
    given: str | None,
    leads: list[str],
    conversations: list[str],
    leads_where: str | None,
    *,
    yes: bool,
    key: str | None,
    wait: bool,
    timeout: float | None,
    test: bool,
    row: str | None,
    account: str | None,
    as_json: bool,
) -> str | None:
    from automations.cli.bulk_running import run_on_many
    from automations.cli.compose import open_session
    from automations.cli.output import print_json, say
    from automations.errors import Unusable
    from automations.flow.input_form import form_of, read_words
    from automations.services.naming import find_automation, find_record
    from automations.services.publishing import get_automation
    from automations.services.runs import start_run

    async with open_session(read_account(account)) as session:
        chosen = await get_automation(
            session.automations, await find_automation(session.automations, automation, session.account)
        )
        form = form_of(chosen.trigger_type, chosen.trigger_config)
        values = {**read_input_option(given), **read_words(form.schema, read_fields(fields))}
        if row is not None and not test:
            raise Unusable("a run on a row is started by its change", hint="Add --test to try it, or change the row.")
        if leads_where is not None or len(leads) > 1 or len(conversations) > 1:
            if test:
                raise Unusable("a test runs on one record", hint="Choose one: --lead or --conversation.")
            await run_on_many(
                session,
                chosen,
                values,
                leads=leads,
                conversations=conversations,
                leads_where=leads_where,
                key=key,
                yes=yes,
                as_json=as_json,
            )
            return None
        lead_id = await find_record(session.executions, "lead", leads[0], chosen.user_id) if leads else None
        conversation_id = (
            await find_record(session.executions, "conversation", conversations[0], chosen.user_id)
            if conversations
            else None
        )
        if test:
            return await _test(session, chosen, values, lead_id, conversation_id, row, as_json=as_json)
        started = await start_run(
            session.executions,
            session.automations,
            chosen.id,
            given=values,
            lead_id=lead_id,
            conversation_id=conversation_id,
            key=key,
        )
        run_id = started.run_id
        if not wait:
            if as_json:
                print_json({"id": run_id, "automation_id": chosen.id})
            else:
                print(run_id)
            return None
        if not as_json:
            say(f"run {run_id} of {chosen.name}")
        return await _watch(session, run_id, timeout=timeout, as_json=as_json)


async def _watch(session: Session, run_id: UUID, *, timeout: float | None, as_json: bool) -> str:
    from automations.cli.output import console
    from automations.cli.showing import step_text
    from automations.errors import Conflict
    from automations.services.watching import follow_run

    out = console()
    try:
        async with asyncio.timeout(timeout):
            async for seen in follow_run(session.executions, run_id):
                if seen.step is not None and not as_json:
                    out.print(step_text(seen.step), soft_wrap=False)
                elif seen.run is not None:
                    return _end(seen.run, as_json=as_json)
    except TimeoutError:
        raise Conflict(
            f"the run has not ended within {timeout:g} seconds; it goes on",
            hint=f"See `automations show {str(run_id)[:8]}`; `automations doctor` says whether a worker is there.",
        ) from None
    raise AssertionError


def _end(run: RunDetail, *, as_json: bool) -> str:
    from automations.cli.output import console, one_line, plain, print_json, span, status_text, visible

    if as_json:
        from dataclasses import asdict

        print_json({**asdict(run), "steps": run.nodes_executed})
        return run.status
    line = plain("")
    line.append_text(status_text(run.status)).append(f"  in {span(run.duration_ms)}")
    if run.error:
        where = f" at {run.error_node_id}" if run.error_node_id else ""
        line.append(f"{where}: {visible(' '.join(run.error.split()))}", style="red")
    out = console()
    out.print(line, soft_wrap=True)
    if run.output is not None:
        out.print(plain(f"output {one_line(run.output)}", "bright_black"))
    return run.status


def read_fields(fields: list[str]) -> dict[str, str]:
    """`name=value` words. `Unusable`."""
    from automations.errors import Unusable

    found = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals or not name.strip():
            raise Unusable(f"{field!r} is not name=value", hint="Write for example: note='call back', or --input JSON.")
        found[name.strip()] = value
    return found


def read_input_option(text: str | None) -> dict[str, Any]:
    """JSON, or @file. `Unusable`."""
    from automations.errors import Unusable

    if text is None:
        return {}
    origin = "--input"
    try:
        if text.startswith("@"):
            origin = text[1:]
            text = sys.stdin.read() if origin == "-" else Path(origin).read_text(encoding="utf-8")
        value = json.loads(text)
    except OSError as error:
        raise Unusable(f"{origin} cannot be read: {error.strerror}", hint="Check the path after the @.") from None
    except (ValueError, RecursionError) as error:
        raise Unusable(
            f"{origin} is not JSON: {error}", hint="""Write for example: --input '{"note": "hi"}'."""
        ) from None
    if not isinstance(value, dict):
        raise Unusable(f"{origin} is not a JSON object", hint="Give the fields of the input form by name.")
    return value


async def _test(
    session: Session,
    automation: AutomationDetail,
    given: dict[str, Any],
    lead_id: UUID | None,
    conversation_id: UUID | None,
    row: str | None,
    *,
    as_json: bool,
) -> str:
    from automations.cli.output import say
    from automations.cli.testing_run import run_draft_test

    run_id = await run_draft_test(session, automation, given, lead_id, conversation_id, row)
    if not as_json:
        say(f"test run {run_id} of {automation.name}")
    return await _watch(session, run_id, timeout=None, as_json=as_json)
