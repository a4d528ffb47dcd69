"""Automations as the tools of language models: in the forms of those who call them, and what a call is answered."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import Body
from automations.api.models.values import Number

ToolForm = Literal["openai", "anthropic", "mcp"]

_EXAMPLE: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "book_meeting",
        "description": "Books a meeting with a lead. Call it when a day was agreed on.",
        "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
    },
}


class ToolPage(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next": None}]})

    items: list[dict[str, Any]] = Field(description="Definitions, as the chosen API takes them in `tools`.")
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class Call(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"arguments": {"day": "Monday"}}]})

    arguments: dict[str, Any] = Field(default_factory=dict, description="As the input schema of the tool asks for.")
    timeout_seconds: Number = Field(default=30.0, ge=0, le=300, description="How long to wait for the answer.")


class ToolCallAnswer(BaseModel):
    """`running`: the run has not ended; it goes on, and `message` says how to ask for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "completed",
                    "execution_id": "0190b1a2-6f7e-7d3a-9a55-0f4f2f0f6a11",
                    "output": {"booked": "Monday"},
                    "error": None,
                    "message": None,
                }
            ]
        }
    )

    status: Literal["completed", "failed", "cancelled", "running"]
    execution_id: UUID
    output: Any = Field(default=None, description="What the run ended with, where it is completed.")
    error: str | None = Field(default=None, description="Why it failed or was cancelled.")
    message: str | None = Field(default=None, description="What an open run is at, and what to do.")
