"""Config that the trigger types share: how often runs may start, how many at once, what follows on a failure, and input
forms.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from automations.flow.node import Config

LITERAL: JsonDict = {"template": False}


class Concurrency(BaseModel):
    """How many runs of one automation may be active side by side; a waiting run does not count.

    `limit` is the number for the whole automation. `per: "record"` lets one run at a time touch a lead (or
    conversation) and starts the others in the order in which they came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        title="Runs at once",
        description="At most this many runs of this automation are active at the same time. Empty: no limit.",
    )
    per: Literal["record"] | None = Field(
        default=None,
        title="One after another for",
        description="`record`: runs for the same lead or conversation go one after another. Empty: side by side.",
    )


class StartLimits(Config):
    """Base of every trigger's config."""

    concurrency: Concurrency | None = Field(
        default=None,
        title="Concurrency",
        description="Limits on runs of this automation that are active at the same time.",
        json_schema_extra=LITERAL,
    )
    on_failure: str | None = Field(
        default=None,
        pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        title="On failure, run",
        description="Id of an automation of the same account that runs when a run of this one has failed; "
        "`{{ trigger.input }}` tells it what happened.",
        json_schema_extra={"widget": "automation", **LITERAL},
    )
    max_starts_per_hour: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        title="Starts per hour",
        description="Hold back further starts once this many runs began within an hour. Empty: the default limit.",
        json_schema_extra=LITERAL,
    )


def input_schema_problems(schema: dict[str, JsonValue] | None, field: str) -> list[tuple[str, str]]:
    """What keeps `schema` from being the JSON Schema of an input form: an object with named properties.

    Property schemas themselves are not judged: forms and language models take what they know and ignore the rest.
    """
    if schema is None:
        return []
    problems: list[tuple[str, str]] = []
    if schema.get("type") != "object":
        problems.append((f"{field}.type", 'must be "object": an input is a set of named values'))
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        problems.append((f"{field}.properties", "must be an object that maps each input's name to its schema"))
        properties = {}
    for name, definition in properties.items():
        if not isinstance(definition, dict):
            problems.append((f"{field}.properties.{name}", 'must be a schema such as {"type": "string"}'))
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        problems.append((f"{field}.required", "must be a list of input names"))
    else:
        missing = [str(name) for name in required if name not in properties]
        if missing:
            problems.append((f"{field}.required", f"names inputs that have no property: {', '.join(missing)}"))
    return problems
