"""Pause and resume, enable and disable: whether what is published runs."""

from __future__ import annotations

from uuid import UUID

from automations.db.automation_store import AutomationDetail, AutomationStore
from automations.errors import Conflict
from automations.services.drafting import require_writer
from automations.services.publishing import get_automation


async def pause(store: AutomationStore, automation_id: UUID, reason: str | None) -> AutomationDetail:
    """Changes start nothing; runs that are there wait. `Conflict` for what was never published."""
    await store.pause(automation_id, reason)
    return await get_automation(store, automation_id)


async def resume(store: AutomationStore, automation_id: UUID) -> AutomationDetail:
    """Active again, and what was held starts. `Conflict` for what was never published."""
    await store.resume(automation_id)
    return await get_automation(store, automation_id)


async def set_enabled(store: AutomationStore, automation_id: UUID, enabled: bool) -> AutomationDetail:
    """The owner's switch. Runs that are pending when it is switched off are cancelled."""
    await require_writer(store, (await get_automation(store, automation_id)).user_id)
    await store.set_enabled(automation_id, enabled)
    automation = await get_automation(store, automation_id)
    if automation.enabled is not enabled:
        raise Conflict(
            f"the automation is still {'on' if automation.enabled else 'off'}",
            hint="A trigger or policy of this database keeps it so; see `automations doctor`.",
        )
    return automation
