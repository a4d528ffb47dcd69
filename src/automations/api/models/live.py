"""Events of `GET /live`; their stream is text, so these are in the document as its parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: Final = """event: ready
id: 8114-5a0c31f2
data: {"resumed":false}

event: execution
id: 8117-5a0c31f2
data: {"kind":"execution","id":"0d3f…","account_id":"77aa…","automation_id":"c1e0…","execution_id":"0d3f…",\
"status":"running","at":"2026-11-26T20:00:00.123456Z"}

: alive
id: 8123-5a0c31f2

"""


class LiveEvent(BaseModel):
    """`data` of the events `execution`, `step`, `automation` and `approval`: what is in another state now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "step",
                    "id": "/ask",
                    "account_id": "77aa0e0e-6d0a-4d8a-8a51-0c7e6a5f1d11",
                    "automation_id": "c1e0a6a4-3d1b-4b7e-9f4e-1f6f5d9f0a22",
                    "execution_id": "0d3f7d5e-52a1-4f0d-b0ad-2f3c6b1f7e33",
                    "status": "completed",
                    "node_id": "ask",
                    "attempt": 1,
                    "at": "2026-11-26T20:00:00.123456Z",
                }
            ]
        }
    )

    kind: Literal["execution", "step", "automation", "approval"]
    id: str = Field(description="Of a step its key in the run, of all else a UUID.")
    account_id: UUID
    automation_id: UUID
    execution_id: UUID | None = Field(description="The run; null for an automation.")
    status: str = Field(description="As the thing itself has it; `deleted` where it is gone.")
    at: datetime
    waiting: bool | None = Field(default=None, description="Runs only: it has begun, and no worker has it.")
    node_id: str | None = Field(default=None, description="Steps only.")
    attempt: int | None = Field(default=None, description="Steps only.")
    enabled: bool | None = Field(default=None, description="Automations only.")
    draft_revision: int | None = Field(default=None, description="Automations only.")


_DATA: Final[dict[str, Any]] = {"type": "string", "contentMediaType": "application/json"}
# As of OpenAPI 3.2, which is where it has a word for what is in a stream; who does not know it passes it over.
_EVENT: Final[dict[str, Any]] = {
    "oneOf": [
        {
            "type": "object",
            "properties": {
                "event": {"enum": ["execution", "step", "automation", "approval"]},
                "id": {"type": "string"},
                "data": {**_DATA, "contentSchema": {"$ref": "#/components/schemas/LiveEvent"}},
            },
            "required": ["event", "id", "data"],
        },
        {
            "type": "object",
            "properties": {
                "event": {"enum": ["ready", "reset", "expired"]},
                "id": {"type": "string"},
                "data": {**_DATA, "contentSchema": {"type": "object"}},
            },
            "required": ["event", "data"],
        },
    ]
}
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A stream of events until either side leaves.",
        "content": {"text/event-stream": {"itemSchema": _EVENT, "example": EXAMPLE}},
    }
}
