"""`POST /automations/{id}/test`: the draft for real, rolled back at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from fastapi.responses import Response

from automations.api.models.executions import Execution
from automations.api.models.starts import Test
from automations.api.request_scope import InApi, Runner
from automations.api.router import api_router
from automations.api.routes.explain import journal_of
from automations.db.automation_store import AutomationStore
from automations.db.execution_store import ExecutionStore
from automations.db.listing_store import ListingStore
from automations.db.schedule_store import ScheduleStore
from automations.errors import Conflict
from automations.services.draft_test import Past, past_event, past_run, prepare_test
from automations.services.drafting import require_writer
from automations.services.publishing import get_automation

router: Final = api_router("/automations", "automations")


@router.post("/{automation_id}/test", response_model=Execution, summary="Try the draft: nothing stays but its record")
async def try_draft(automation_id: UUID, caller: Runner, api: InApi, body: Test | None = None) -> Response:
    """Answers when it is over, 30 seconds at most. Steps outside answer with samples, or with what is pinned."""
    # No transaction is held while the test runs, so three of them.
    wanted = body or Test()
    async with api.acting(caller, read_only=True) as session:
        executions, automations = ExecutionStore(session), AutomationStore(session)
        automation = await get_automation(automations, automation_id)
        await require_writer(automations, automation.user_id)
        past: Past | None = None
        if wanted.event_id is not None:
            past = await past_event(journal_of(caller, session), executions, automation, wanted.event_id)
        elif wanted.execution_id is not None:
            past = await past_run(executions, automation, wanted.execution_id)
    async with api.engine() as engine:
        # As a start does: the records are those that the account has.
        loaded, start = await prepare_test(
            ExecutionStore(engine),
            api.registry,
            automation,
            given=wanted.input,
            lead_id=wanted.lead_id,
            conversation_id=wanted.conversation_id,
            row_id=wanted.row_id,
            past=past,
            pinned={step: one.model_dump(exclude_unset=True) for step, one in wanted.pinned.items()},
            now=await ScheduleStore(engine).now(),
        )
    run_id = await api.draft_tests.run(loaded, replace(start, triggered_by=caller.user_id))
    async with api.acting(caller, read_only=True) as session:
        found = await ListingStore(session).execution(run_id)
    if found is None:
        raise Conflict("the record of the test was deleted already", hint="Try it again.")
    return Response(found, media_type="application/json")
