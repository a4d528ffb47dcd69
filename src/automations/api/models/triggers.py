"""When a schedule comes, and where a webhook is called."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import Body
from automations.api.models.values import Whole


class ScheduleToPreview(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "config": {
                        "kind": "weekly",
                        "weekdays": ["monday"],
                        "times": ["09:00"],
                        "timezone": "Europe/Berlin",
                    },
                    "count": 3,
                }
            ]
        }
    )

    config: dict[str, Any] = Field(description="As of the node type trigger-schedule.")
    count: Whole = Field(default=10, ge=1, le=100, description="How many due times.")


class Due(BaseModel):
    at: datetime
    local: datetime = Field(description="In the zone of the schedule.")
    clock: Literal["as written", "moved", "first of two", "second of two"] = Field(
        description="What a change of the clocks does to it."
    )


class SchedulePreview(BaseModel):
    words: str
    timezone: str
    since: datetime
    next: list[Due] = Field(description="Empty: it does not come any more.")


class WebhookAddress(BaseModel):
    id: UUID
    name: str
    url: str
    methods: list[str]
    how: str = Field(description="How callers show who they are.")
    live: bool
    state: str = Field(description="Whether deliveries are taken now, and what to do where not.")
