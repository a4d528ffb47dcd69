"""Automations as files, and templates from which they are made."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import EXAMPLE_EDGES, EXAMPLE_NODES, Body
from automations.api.models.versions import FlowProblem

_FILE: dict[str, Any] = {
    "format": "automations/1",
    "id": None,
    "name": "Greet",
    "nodes": EXAMPLE_NODES,
    "edges": EXAMPLE_EDGES,
}
_RESCUE: dict[str, Any] = {"members": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11", "email": "sales@example.com"}


class FlowFile(BaseModel):
    """What `GET /automations/{id}/export` gave, whole; keys that mean nothing here are refused."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_FILE]})

    name: Any = Field(default=None, json_schema_extra={"type": "string"})
    nodes: list[Any] = Field(default_factory=list, max_length=2_000)
    edges: list[Any] = Field(default_factory=list, max_length=10_000)


class Imported(BaseModel):
    id: UUID
    name: str
    change: Literal["created", "updated", "unchanged"]
    published: bool = Field(description="What is drawn is what runs.")
    draft_revision: int
    problems: list[FlowProblem] = Field(description="What keeps the draft from being published; it is imported.")


class TemplateListItem(BaseModel):
    key: str
    name: str
    description: str


class TemplateList(BaseModel):
    items: list[TemplateListItem]


class Parameter(BaseModel):
    name: str
    description: str
    kind: Literal["text", "mail", "number", "list", "users"] = Field(
        description="mail: addresses. Lists are of texts, or of ids of users."
    )
    example: str
    default: Any = Field(description="Null: it has to be given.")


class Template(TemplateListItem):
    needs: list[str] = Field(description="What has to be there, in words.")
    parameters: list[Parameter]
    nodes: list[Any] = Field(description="As it is drawn; `${name}` stands where a parameter goes.")
    edges: list[Any]


class FromTemplate(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"template": "stale-lead-rescue", "name": "Rescue", "parameters": _RESCUE}]}
    )

    template: str = Field(min_length=1, max_length=100)
    parameters: dict[str, Annotated[str, Field(max_length=10_000)]] = Field(
        default_factory=dict, max_length=100, description="By name, as texts; lists with commas between their items."
    )
    name: str | None = Field(default=None, max_length=200, description="Default: the template's.")
    agent_id: UUID | None = Field(default=None, description="Default: the only one of the account.")
    account: UUID | None = Field(default=None, description="Default: that of the agent, or the only one that you have.")
