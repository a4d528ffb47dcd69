"""Figures over a span of time."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field


class ByStatus(BaseModel):
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int


class Durations(BaseModel):
    """Of completed runs, in milliseconds; null without any."""

    p50: int | None
    p95: int | None


class Day(BaseModel):
    day: date = Field(description="In UTC.")
    runs: int
    completed: int
    failed: int
    cancelled: int


class RunStats(BaseModel):
    """Runs that were accepted in the span, tests aside."""

    since: datetime
    until: datetime
    runs: int
    by_status: ByStatus
    duration_ms: Durations
    days: list[Day]


class AutomationsByStatus(BaseModel):
    draft: int
    active: int
    paused: int
    error: int


class Busy(BaseModel):
    id: UUID
    name: str
    runs: int
    failed: int


class AutomationCounts(BaseModel):
    total: int
    live: int = Field(description="Active and enabled.")
    by_status: AutomationsByStatus
    busiest: list[Busy] = Field(description="Those with the most runs in the span; ten, or as `busiest` says.")


class Overview(BaseModel):
    automations: AutomationCounts
    executions: RunStats
