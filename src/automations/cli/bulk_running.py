"""`run` on many records: named ones, or leads that meet a condition."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import typer

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.db.automation_store import AutomationDetail
    from automations.services.bulk_starts import RecordKind, Started


async def run_on_many(
    session: Session,
    automation: AutomationDetail,
    values: dict[str, Any],
    *,
    leads: Sequence[str],
    conversations: Sequence[str],
    leads_where: str | None,
    key: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Starts and does not watch; exits with 1 when a record got no run."""
    from automations.errors import Unusable
    from automations.services.bulk_starts import prepare_bulk, start_for_records

    if sum((bool(leads), bool(conversations), leads_where is not None)) > 1:
        raise Unusable(
            "several kinds of records at once", hint="Give several --lead, several --conversation, or --leads-where."
        )
    kind: RecordKind = "conversation" if conversations else "lead"
    given = prepare_bulk(automation, kind, values, key)
    records = await _records(session, automation, kind, leads or conversations, leads_where)
    if not await _confirmed(automation, kind, len(records), ask=leads_where is not None and not yes, as_json=as_json):
        raise typer.Exit(1)
    started = [
        one async for one in start_for_records(session.executions, automation.id, kind, records, given=given, key=key)
    ]
    _report(automation, kind, started, as_json=as_json)
    if any(one.error is not None for one in started):
        raise typer.Exit(1)


async def _records(
    session: Session, automation: AutomationDetail, kind: RecordKind, named: Sequence[str], leads_where: str | None
) -> list[UUID]:
    from automations.errors import Unusable
    from automations.services.bulk_starts import leads_where as find_leads
    from automations.services.naming import find_record

    if leads_where is None:
        return [await find_record(session.executions, kind, text, automation.user_id) for text in named]
    try:
        condition = json.loads(leads_where)
    except (ValueError, RecursionError) as error:
        raise Unusable(
            f"--leads-where is not JSON: {error}",
            hint="""Write for example: --leads-where '{"field": "stage", "operator": "equals", "value": "new"}'.""",
        ) from None
    return await find_leads(session.executions, automation.user_id, condition)


async def _confirmed(automation: AutomationDetail, kind: RecordKind, count: int, *, ask: bool, as_json: bool) -> bool:
    from automations.errors import Unusable

    if not ask or count == 0:
        return True
    question = f"{count} {kind}s match"
    if as_json or not sys.stdin.isatty():
        raise Unusable(f"{question}, and nobody can be asked", hint="Add --yes to start a run for each.")
    answer: bool = await asyncio.to_thread(typer.confirm, f"{question}. Start {automation.name} for each?")
    return answer


def _report(automation: AutomationDetail, kind: RecordKind, started: list[Started], *, as_json: bool) -> None:
    from automations.cli.output import print_json, say, visible

    if as_json:
        print_json(
            [
                {
                    f"{kind}_id": one.record_id,
                    "id": one.run_id,
                    "error": None if one.error is None else {"code": one.error.code, "message": one.error.message},
                }
                for one in started
            ]
        )
        return
    for one in started:
        print(f"{one.record_id}  {one.run_id if one.error is None else visible(one.error.message)}")
    failed = sum(one.error is not None for one in started)
    say(f"{len(started) - failed} runs of {automation.name} started" + (f", {failed} not" if failed else ""))
