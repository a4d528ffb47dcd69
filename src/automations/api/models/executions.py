"""Runs as the API shows them; the fields are the seed's columns."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import Body
from automations.api.models.values import A_NUMBER

ExecutionStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
# What lists and actions on many take: a run that waits is `running` in the seed's column.
RunFilterStatus = Literal["pending", "running", "waiting", "completed", "failed", "cancelled"]


ON_VERSION = (
    "The number of the version to run. Null: the published one from the start, else the one that it ran. Where results "
    "are kept, it has to have the steps that made them, and the way to them, alike; else it is refused."
)


class Cancel(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "started by mistake"}]})

    reason: str | None = Field(default=None, max_length=2_000)


class Retry(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"start_from": "failed"}]})

    start_from: str = Field(
        default="start", max_length=200, description="start, failed, or the id of a step of the version that it ran."
    )
    version: Annotated[int, Field(ge=1, le=2_147_483_647), A_NUMBER] | None = Field(
        default=None, description=ON_VERSION
    )


class ExecutionListItem(BaseModel):
    """The seed's list columns, whom it is about, and whether it waits."""

    id: UUID
    automation_id: UUID
    trigger_type: str
    trigger_data: Any
    status: ExecutionStatus
    error: str | None
    error_node_id: str | None
    started_at: datetime = Field(description="When it was accepted.")
    completed_at: datetime | None
    duration_ms: int | None
    test_mode: bool
    triggered_by: UUID | None = Field(description="Who started it by hand.")
    lead_id: UUID | None
    conversation_id: UUID | None
    lead_name: str | None = Field(description="What that lead is called now, else its e-mail address.")
    waiting: bool = Field(
        description="Running, and no worker has it: it waits for a time, a reply, a decision, a signal."
    )
    waits_until: datetime | None = Field(
        description="While it waits: when it goes on at the latest; null: only what it waits for wakes it."
    )
    retried_in: UUID | None = Field(description="The newest run that retries this one, from its start or from a step.")


class Execution(ExecutionListItem):
    """The seed's detail columns, the output, and what it belongs to."""

    nodes_executed: Any = Field(description="The record of its steps, once it has ended; at most 1,000.")
    variables: Any
    output: Any
    parent_id: UUID | None = Field(description="The run that this one retries or was called by.")
    version_id: UUID | None
    version: int | None = Field(description="The number of the version that it runs; null: a test of the draft.")


class ExecutionPage(BaseModel):
    items: list[ExecutionListItem]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class ExecutionStep(BaseModel):
    """An entry of `nodes_executed`, with its key for the next page."""

    model_config = ConfigDict(extra="allow")

    key: str


class ExecutionSteps(BaseModel):
    items: list[ExecutionStep]


class EndedAs(BaseModel):
    status: ExecutionStatus = Field(description="`cancelled`, or what it had ended as before.")
