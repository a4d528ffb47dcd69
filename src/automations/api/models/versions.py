"""Versions of an automation, what differs between two, and what is wrong with a drawing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import EXAMPLE_EDGES, EXAMPLE_NODES, Body
from automations.api.models.values import Number, Whole

LARGEST_NUMBER = 2_147_483_647


class Drawing(Body):
    """A drawing that is not saved; what is left out is that of the draft."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"nodes": EXAMPLE_NODES, "edges": EXAMPLE_EDGES}]})

    nodes: list[Any] | None = Field(default=None, max_length=2_000)
    edges: list[Any] | None = Field(default=None, max_length=10_000)


class FlowProblem(BaseModel):
    """Where it is, what is wrong, what to do. `node_id` null: of the flow as a whole."""

    code: str
    message: str
    hint: str
    node_id: str | None
    edge_id: str | None
    field: str | None = Field(description="A dotted path in the config of the node, or `id`, `type`, `data.<name>`.")


class Validated(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "valid": False,
                    "problems": [
                        {
                            "code": "missing_field",
                            "message": "url is needed",
                            "hint": "Set it.",
                            "node_id": "call",
                            "edge_id": None,
                            "field": "url",
                        }
                    ],
                    "warnings": [],
                    "samples": {"ask": {"true": {"result": True}, "false": {"result": False}}},
                }
            ]
        }
    )

    valid: bool = Field(description="It can be published.")
    problems: list[FlowProblem]
    warnings: list[FlowProblem] = Field(description="What may be missing in a run; it can be published all the same.")
    samples: dict[str, dict[str, dict[str, Any]]] = Field(
        description="By step and way out: an example of what it comes to, where it leaves by that."
    )


class Duplicate(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Greet, second try"}]})

    name: str | None = Field(default=None, min_length=1, max_length=200, description="Default: its name, ` (copy)`.")


class Viewport(Body):
    """Where the canvas was left, as React Flow has it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"x": 0, "y": -40.5, "zoom": 1}]})

    x: Number = Field(ge=-1e9, le=1e9)
    y: Number = Field(ge=-1e9, le=1e9)
    zoom: Number = Field(gt=0, le=1_000)


class VersionListItem(BaseModel):
    id: UUID
    number: int
    trigger_type: str
    steps: int = Field(description="Nodes, the trigger included.")
    note: str | None
    origin: Literal["publish", "sql"] = Field(description="`sql`: a change of the row by plain SQL made it.")
    created_by: UUID | None
    created_at: datetime
    is_published: bool = Field(description="New runs get this one.")


class VersionPage(BaseModel):
    items: list[VersionListItem]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class Version(BaseModel):
    """A version with its flow."""

    id: UUID
    number: int
    trigger_type: str
    trigger_config: Any
    nodes: Any
    edges: Any
    note: str | None
    origin: Literal["publish", "sql"]
    created_by: UUID | None
    created_at: datetime
    is_published: bool


class Side(BaseModel):
    version: int | None = Field(description="Null: the draft, at `draft_revision`.")
    draft_revision: int | None


class FieldChange(BaseModel):
    path: str = Field(description="`type`, `config.<field>`, `data.<name>`; items of lists by their number.")
    change: Literal["added", "removed", "changed"]
    before: Any
    after: Any


class StepView(BaseModel):
    id: str
    type: str
    label: str


class ChangedStep(BaseModel):
    id: str
    label: str
    fields: list[FieldChange]


class EdgeView(BaseModel):
    source: str
    handle: str
    target: str


class Diff(BaseModel):
    """From one flow to the other; positions and ids of edges do not count."""

    before: Side
    after: Side
    same: bool
    added: list[StepView]
    removed: list[StepView]
    changed: list[ChangedStep]
    trigger: list[FieldChange]
    edges_added: list[EdgeView]
    edges_removed: list[EdgeView]


class RollBack(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "note": "the new mail was wrong"}]})

    version: Whole = Field(ge=1, le=LARGEST_NUMBER)
    note: str | None = Field(default=None, max_length=1_900)
