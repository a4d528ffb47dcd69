"""`run --test`: the draft for real, on one connection, rolled back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.db.automation_store import AutomationDetail


async def run_draft_test(
    session: Session,
    automation: AutomationDetail,
    given: dict[str, Any],
    lead_id: UUID | None,
    conversation_id: UUID | None,
    row_id: str | None = None,
) -> UUID:
    """The id of the test's record, which is final already."""
    from automations.cli.compose import load_registry
    from automations.cli.outside_world import OutsideTests, build_outside_world
    from automations.services.draft_test import prepare_test

    loaded, start = await prepare_test(
        session.executions,
        load_registry(),
        automation,
        given=given,
        lead_id=lead_id,
        conversation_id=conversation_id,
        row_id=row_id,
        now=datetime.now(UTC),
    )
    tests = OutsideTests(session.dsn, lambda: build_outside_world(session.dsn, session.settings))
    try:
        return await tests.run(loaded, start)
    finally:
        await tests.close()
