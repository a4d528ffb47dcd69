"""Automations as the API takes and shows them; the fields are the seed's columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

TriggerType = Literal["event", "schedule", "manual", "ai_tool"]
Status = Literal["draft", "active", "paused", "error"]

_TRIGGER: dict[str, Any] = {
    "id": "start",
    "type": "trigger-manual",
    "position": {"x": 0, "y": 0},
    "data": {
        "label": "Start",
        "config": {"input_schema": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}
_STOP: dict[str, Any] = {
    "id": "done",
    "type": "logic-stop",
    "position": {"x": 0, "y": 120},
    "data": {"label": "Answer", "config": {"output": "Hello {{ trigger.input.name }}"}},
}
EXAMPLE_NODES: list[Any] = [_TRIGGER, _STOP]
EXAMPLE_EDGES: list[Any] = [{"id": "start-done", "source": "start", "target": "done"}]


class Body(BaseModel):
    """What is sent; a field that is not known is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Draft(Body):
    """A drawing and what people call it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Greet", "nodes": EXAMPLE_NODES, "edges": EXAMPLE_EDGES}]}
    )

    name: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=10_000)
    icon: str | None = Field(default=None, max_length=100)
    color: str | None = Field(default=None, max_length=100)
    nodes: list[dict[str, Any]] = Field(max_length=2_000)
    edges: list[dict[str, Any]] = Field(default_factory=list, max_length=10_000)


class NewAutomation(Draft):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agent_id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "name": "Greet",
                    "nodes": EXAMPLE_NODES,
                    "edges": EXAMPLE_EDGES,
                }
            ]
        }
    )

    agent_id: UUID
    nodes: list[dict[str, Any]] = Field(default_factory=list, max_length=2_000)


class Publish(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "greets by name"}]})

    note: str | None = Field(default=None, max_length=2_000, description="What is new, for the list of versions.")


class Pause(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the list of leads is being cleaned"}]})

    reason: str | None = Field(default=None, max_length=2_000)


class Start(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"input": {"name": "Ada"}}]})

    input: dict[str, Any] = Field(default_factory=dict, description="Fields of the input form.")
    lead_id: UUID | None = None
    conversation_id: UUID | None = None


class Started(BaseModel):
    id: UUID = Field(description="The run; `GET /executions/{id}` shows it.")


class Answered(BaseModel):
    """What a run came to. `running`: it had not ended in time, or nobody waited; it goes on by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0b0d3b1e-6a3e-4f57-8a76-4d3b3ab6a3f0",
                    "status": "completed",
                    "output": "Hello Ada",
                    "error": None,
                    "message": None,
                }
            ]
        }
    )

    id: UUID = Field(description="The run; `GET /executions/{id}` shows it.")
    status: Literal["completed", "failed", "cancelled", "running"]
    output: Any = Field(description="Of a run that completed.")
    error: str | None
    message: str | None = Field(description="Of one that goes on: what it does now.")


class AutomationListItem(BaseModel):
    """The seed's list columns."""

    id: UUID
    agent_id: UUID
    user_id: UUID = Field(description="The account.")
    name: str
    description: str | None
    icon: str | None
    color: str | None
    status: Status
    enabled: bool
    trigger_type: TriggerType
    trigger_config: dict[str, Any]
    execution_count: int
    last_executed_at: datetime | None
    last_execution_status: str | None
    created_at: datetime
    updated_at: datetime


class Automation(AutomationListItem):
    """The seed's detail columns, and what tells the draft from what is published."""

    nodes: list[Any]
    edges: list[Any]
    viewport: dict[str, Any] | None
    draft_revision: int
    published_number: int | None = Field(description="The version that new runs get; null: never published.")
    draft_is_published: bool


class AutomationPage(BaseModel):
    items: list[AutomationListItem]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")
