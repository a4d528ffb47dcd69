"""What starts automations: when a schedule comes, and where and how a webhook is called."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final
from uuid import UUID

from fastapi import Request

from automations.api.api_words import in_words_of_the_api
from automations.api.models.triggers import SchedulePreview, ScheduleToPreview, WebhookAddress
from automations.api.request_scope import InApi, Reading
from automations.api.router import api_router
from automations.db.automation_store import AutomationStore
from automations.db.schedule_store import ScheduleStore
from automations.db.secret_store import SecretStore
from automations.services.publishing import get_automation
from automations.services.scheduling import preview_config
from automations.services.webhook_addresses import address_of

router: Final = api_router("", "triggers")


@router.post("/schedule-preview", summary="Say a schedule in words, and when it comes next")
async def preview_schedule(body: ScheduleToPreview, session: Reading) -> SchedulePreview:
    found = await preview_config(ScheduleStore(session), body.config, body.count)
    return SchedulePreview.model_validate(found, from_attributes=True)


@router.get("/automations/{automation_id}/webhook", summary="Where it is called, and how callers sign")
async def get_webhook(automation_id: UUID, request: Request, session: Reading, api: InApi) -> WebhookAddress:
    await get_automation(AutomationStore(session), automation_id)
    base = api.installation.public_url or str(request.base_url)
    async with api.engine() as engine:
        found = await address_of(AutomationStore(session), SecretStore(engine), None, automation_id, base.rstrip("/"))
    shown = {**asdict(found), "state": in_words_of_the_api(found.state)}
    return WebhookAddress.model_validate(shown)
