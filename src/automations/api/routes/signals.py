"""`/api/v1/signals` and `/breakers`: runs that wait, and records that may start nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi.responses import Response

from automations.api.models.signals import BreakerPage, Lift, Lifted, Sent, Signal
from automations.api.pages import Cursor, Limit, bad_cursor, page, read_cursor
from automations.api.request_scope import Reading, Running, Writing
from automations.api.router import api_router
from automations.db.breaker_store import BreakerStore
from automations.db.execution_store import ExecutionStore

router: Final = api_router("", "executions")


@router.post("/signals", summary="Tell waiting runs that something has happened")
async def send_signal(body: Signal, session: Running) -> Sent:
    woken = await ExecutionStore(session).send_signal(
        body.name, run_id=body.execution_id, correlation=body.correlation, payload=body.payload, account=body.account
    )
    return Sent(woken=woken)


@router.get("/breakers", response_model=BreakerPage, summary="List the breakers that are open, the newest first")
async def list_breakers(
    session: Reading,
    account: UUID | None = None,
    automation_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    after = None
    if (position := read_cursor(cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), str(position[1]))
        except (TypeError, ValueError):
            raise bad_cursor() from None
    items = await BreakerStore(session).page(account=account, automation_id=automation_id, limit=limit, after=after)
    return page(items, limit, "opened_at", "id")


@router.post("/automations/{automation_id}/breakers/lift", summary="Let records start it again")
async def lift_breakers(automation_id: UUID, session: Writing, body: Lift | None = None) -> Lifted:
    """What was stopped stays stopped; retry the runs that are wanted after all."""
    record = body.record_id if body is not None else None
    return Lifted(lifted=await BreakerStore(session).lift(automation_id, record))
