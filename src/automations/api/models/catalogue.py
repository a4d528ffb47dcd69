"""Node types and expressions: what a flow is drawn of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class ConfigField(BaseModel):
    name: str = Field(description="Dotted, with `[]` for what is in a list.")
    kind: str = Field(description="Its type in words.")
    required: bool = Field(description="Of a field in a field: where the outer one is given.")
    default: str | None = Field(description="JSON; null: there is none.")
    meaning: str
    templates: bool = Field(description="`{{ … }}` in it is filled in.")
    secrets: bool = Field(description="It may hold `{{ secrets.NAME }}`.")


class NodeType(BaseModel):
    """One type of step. In a flow it is `{"id", "type", "position", "data": {"label", "config"}}`."""

    type: str
    title: str
    group: str = Field(description="trigger, logic, transform or action.")
    icon: str
    effect: str = Field(description="pure, database (exactly once) or external (at least once).")
    trigger: bool = Field(description="It starts a flow; a flow has one.")
    description: str
    documentation: str
    handles: list[str] = Field(description="Ways out, as `sourceHandle` of an edge; empty: the run ends here.")
    handles_note: str | None = Field(description="Where they follow from the config: how.")
    error_handle: bool = Field(description="An edge from `error` is taken when it fails.")
    config_schema: dict[str, Any] = Field(description="JSON Schema of `data.config`.")
    fields: list[ConfigField]
    sample_output: dict[str, Any] = Field(
        description="What `{{ steps.<id>.… }}` may find, of a trigger `{{ trigger.… }}`."
    )
    package: str


class NodeTypes(BaseModel):
    items: list[NodeType]


class Root(BaseModel):
    name: str
    meaning: str


class Filter(BaseModel):
    name: str
    example: str


class ConditionOperator(BaseModel):
    """Of `{"field": "trigger.new.stage", "operator": "equals", "value": "won"}`."""

    name: str
    value: str = Field(description="What it takes as `value`: any, comparable, pair, text, list, time, nothing.")
    meaning: str


class Expressions(BaseModel):
    roots: list[Root] = Field(description="What a path begins with.")
    filters: list[Filter]
    functions: list[str]
    operators: list[str]
    conditions: list[ConditionOperator]
