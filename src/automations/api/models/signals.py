"""What waiting runs are told, and breakers that keep records from starting."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from automations.api.models.automations import Body


class Signal(Body):
    """To a run, or to all that correlate by a value; kept for waits that are not reached yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "paid", "correlation": "order-42", "payload": {"amount": 99.5, "currency": "EUR"}}]
        }
    )

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="As the step Wait until has it.")
    execution_id: UUID | None = None
    correlation: str | None = Field(default=None, min_length=1, max_length=500)
    payload: Any = Field(default=None, description="What the step answers with; 256 kB at most.")
    account: UUID | None = Field(default=None, description="With a correlation. Default: your own.")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.execution_id is None) == (self.correlation is None):
            raise ValueError("give execution_id or correlation: one of them")
        return self


class Sent(BaseModel):
    woken: int = Field(description="How many waits it has woken now.")


class Breaker(BaseModel):
    """More than `starts` within `minutes` by changes of the record; since `opened_at` it starts nothing more."""

    id: str
    automation_id: UUID
    automation: str
    record_id: UUID
    account_id: UUID
    opened_at: datetime
    starts: int
    minutes: int


class BreakerPage(BaseModel):
    items: list[Breaker]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class Lift(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"record_id": "0b9d1f62-9a3b-4f43-8c11-3f6a5e1a7d20"}]})

    record_id: UUID | None = Field(default=None, description="Only of this lead or conversation. Default: all.")


class Lifted(BaseModel):
    lifted: int = Field(description="How many were open.")
