"""The journal of changes, and what came of one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Operation = Literal["INSERT", "UPDATE", "DELETE"]


class Event(BaseModel):
    """One change of a row, as it is in the journal."""

    id: int
    account_id: UUID
    source: str = Field(description="The table.")
    operation: Operation
    record_id: UUID | None
    old: Any
    new: Any
    changed: list[str] | None = Field(description="Of an UPDATE: the columns that differ.")
    actor: UUID | None
    occurred_at: datetime
    execution_id: UUID | None = Field(description="The run that made the change.")
    held: Any = Field(description="Automations that matched and were held back, each with the reason.")


class EventPage(BaseModel):
    items: list[Event]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class Verdict(BaseModel):
    automation_id: UUID
    automation: str
    outcome: Literal["started", "held", "not matched", "unknown"]
    reason: str
    run_id: UUID | None
    run_status: str | None
    caveat: str | None = Field(description="It changed since: what is said is about how it is now.")


class Explained(BaseModel):
    event: Event
    verdicts: list[Verdict]


class Explanation(BaseModel):
    items: list[Explained] = Field(description="Of a record its latest changes, the newest first.")
