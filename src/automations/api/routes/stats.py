"""Figures: of one automation, and of all that the caller sees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from automations.api.models.stats import Overview, RunStats
from automations.api.models.values import ExactMoment
from automations.api.request_scope import Reading
from automations.api.router import api_router
from automations.db.automation_store import AutomationStore
from automations.db.stats_store import StatsStore
from automations.errors import Unusable
from automations.services.publishing import get_automation

router: Final = api_router("", "stats")

DEFAULT: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=92)
Since = Annotated[ExactMoment | None, Query(description="Default: 7 days before `until`.")]
Until = Annotated[ExactMoment | None, Query(description="Not included. Default: now. At most 92 days after `since`.")]


@router.get("/automations/{automation_id}/stats", response_model=RunStats, summary="How its runs went")
async def get_automation_stats(
    automation_id: UUID, session: Reading, since: Since = None, until: Until = None
) -> Response:
    automation = await get_automation(AutomationStore(session), automation_id)
    store = StatsStore(session)
    found = await store.runs(*await _span(store, since, until), account=automation.user_id, automation_id=automation_id)
    return Response(found, media_type="application/json")


@router.get("/stats", response_model=Overview, summary="How everything went")
async def get_stats(
    session: Reading,
    account: UUID | None = None,
    since: Since = None,
    until: Until = None,
    busiest: Annotated[int, Query(ge=1, le=200, description="Of how many automations to tell the runs.")] = 10,
) -> Response:
    store = StatsStore(session)
    span = await _span(store, since, until)
    executions = await store.runs(*span, account=account, automation_id=None)
    automations = await store.automations(*span, account=account, busiest=busiest)
    return Response(f'{{"automations":{automations},"executions":{executions}}}', media_type="application/json")


async def _span(store: StatsStore, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    try:
        end = until or await store.now()
        begin = since or end - DEFAULT
        usable = timedelta(0) < end - begin <= LONGEST
    except OverflowError:
        usable = False
    if not usable:
        raise Unusable(
            f"this is no span of time up to {LONGEST.days} days", hint="Give since and until, since before until."
        )
    return begin, end
