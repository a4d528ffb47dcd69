"""Many at once: starts on chosen records, and what is done to all runs that match. Each is told of by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from automations.api.models.starts import (
    BulkStart,
    BulkStarted,
    Cancelled,
    CancelledMany,
    CancelMany,
    Refusal,
    Retried,
    RetriedMany,
    RetryMany,
    RunsWhere,
    StartedOne,
)
from automations.api.pages import bad_cursor, read_cursor, write_cursor
from automations.api.problems import refusal
from automations.api.request_scope import InApi, Runner, Running
from automations.api.router import api_router
from automations.db.automation_store import AutomationStore
from automations.db.connection import Connection
from automations.db.execution_store import ExecutionStore, RunFilter
from automations.errors import AutomationsError, NotAllowed, NotFound
from automations.services import runs
from automations.services.bulk_starts import RecordKind, check_leads_condition, prepare_bulk, start_for_records
from automations.services.drafting import require_writer
from automations.services.publishing import get_automation

router: Final = api_router("", "executions")


@router.post("/automations/{automation_id}/executions/bulk", summary="Start a run for each of many records")
async def start_many_executions(automation_id: UUID, body: BulkStart, session: Running, api: InApi) -> BulkStarted:
    """In one transaction. What is wrong with one record does not keep the others from their run."""
    automations = AutomationStore(session)
    automation = await get_automation(automations, automation_id)
    await require_writer(automations, automation.user_id)
    kind: RecordKind = "lead" if body.conversation_ids is None else "conversation"
    given = prepare_bulk(automation, kind, body.input, body.key)
    following: UUID | None = None
    records: Sequence[UUID] = body.lead_ids or body.conversation_ids or []
    if body.leads_where is not None:
        async with api.engine() as engine:
            # The account's leads, with its rights: what the runs will see, too.
            store = ExecutionStore(engine)
            await check_leads_condition(store, body.leads_where)
            records = await store.matching_leads(
                automation.user_id, body.leads_where, limit=body.limit, after=body.after
            )
        following = records[-1] if len(records) == body.limit else None
    started = start_for_records(ExecutionStore(session), automation_id, kind, records, given=given, key=body.key)
    items = [
        StartedOne(record_id=one.record_id, execution_id=one.run_id, error=_told(one.error)) async for one in started
    ]
    return BulkStarted(items=items, next=following)


@router.post("/executions/cancel", summary="End open runs: those named, or all that match")
async def cancel_executions(body: CancelMany, caller: Runner, api: InApi) -> CancelledMany:
    """One after another, each in a transaction of its own: whoever ends a run holds no other."""
    action = runs.Cancel(body.reason)
    async with api.acting(caller, read_only=True) as session:
        ids, following = await _chosen(session, action, body.ids, body.filter, body.limit, body.cursor)
    acted = []
    for run_id in ids:
        async with api.acting(caller) as session:
            acted.append(await runs.act(ExecutionStore(session), action, run_id))
    _refuse_where_nothing_is_his(acted)
    items = [Cancelled(id=one.run_id, status=one.result, error=_told(one.error)) for one in acted]
    return CancelledMany(items=items, next=following)


@router.post("/executions/retry", summary="Run ended runs again: those named, or all that match")
async def retry_executions(body: RetryMany, session: Running) -> RetriedMany:
    """In one transaction; what cannot be done to one does not keep it from the others."""
    action = runs.Retry(body.start_from, body.version)
    ids, following = await _chosen(session, action, body.ids, body.filter, body.limit, body.cursor)
    acted = [one async for one in runs.act_on(ExecutionStore(session), action, ids)]
    _refuse_where_nothing_is_his(acted)
    items = [
        Retried(id=one.run_id, execution_id=None if one.result is None else UUID(one.result), error=_told(one.error))
        for one in acted
    ]
    return RetriedMany(items=items, next=following)


async def _chosen(
    session: Connection,
    action: runs.Action,
    named: list[UUID] | None,
    where: RunsWhere | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[UUID], str | None]:
    """Ids, and the cursor for those that are left."""
    if where is None:
        return list(dict.fromkeys(named or [])), None
    store = ExecutionStore(session)
    chosen = RunFilter(where.account, where.automation_id, tuple(where.status), where.lead_id, where.since)
    position = read_cursor(cursor)
    after, last = (0, await store.newest_seq()) if position is None else position
    if not all(type(one) is int and 0 <= one < 2**63 for one in (after, last)):
        raise bad_cursor()
    found = await store.matching_ids(runs.selectable(action, chosen), limit=limit, after_seq=after)
    ids = [run_id for run_id, seq in found if seq <= last]
    return ids, write_cursor(found[-1][1], last) if len(ids) == limit else None


def _refuse_where_nothing_is_his(acted: Sequence[runs.Acted]) -> None:
    """A caller who may do this to none of them is refused as for a single one."""
    if acted and all(isinstance(one.error, NotAllowed | NotFound) for one in acted):
        error = acted[0].error
        assert error is not None
        raise error


def _told(error: AutomationsError | None) -> Refusal | None:
    return None if error is None else Refusal(**refusal(error))
