"""Config that the trigger types share: which runs belong together, how many may start, and input forms."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from automations.flow.json_schema import schema_problem
from automations.flow.node import Config

LITERAL: JsonDict = {"template": False}

Mode = Literal["queue", "skip", "cancel_previous", "parallel"]
WEEK_SECONDS = 604_800
LONGEST_KEY = 500


class Concurrency(BaseModel):
    """Which runs belong together, and how many of one automation may be active side by side.

    `limit` is the number for the whole automation; a waiting run does not count. `per` or `key` say which runs belong
    together: of these one at a time is open (also while it waits), and `mode` says what becomes of the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        title="Runs at once",
        description="At most this many runs of this automation are active at the same time. Empty: no limit.",
    )
    per: Literal["record", "lead", "conversation", "automation"] | None = Field(
        default=None,
        title="One at a time for",
        description="`record`: what the trigger is about. `lead`, `conversation`: the one that the run belongs to. "
        "`automation`: all of its runs. Empty: side by side.",
    )
    key: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_KEY,
        title="Or for the same value of",
        description="A path into the trigger's data, such as `new.email`. Without a value there a run goes by itself.",
        examples=["new.email", "input.order"],
    )
    mode: Mode = Field(
        default="queue",
        title="While one is open",
        description="`queue`: others wait, in order. `skip`: others end as cancelled. `cancel_previous`: a newer one "
        "ends those before it. `parallel`: side by side; `per` and `key` are for the debounce alone.",
    )


class Debounce(BaseModel):
    """Wait until changes have ceased, then run once, for the last one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: int = Field(
        ge=1, le=WEEK_SECONDS, title="Quiet for", description="Seconds without a further change before the run starts."
    )
    at_most_seconds: int | None = Field(
        default=None,
        ge=1,
        le=WEEK_SECONDS,
        title="But at most",
        description="Seconds after the first change at which it starts in any case. Empty: however long it goes on.",
    )


class RateLimit(BaseModel):
    """So many starts in a period; what is more is held back, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(ge=1, le=10_000_000, title="Starts", description="How many runs may start in a period.")
    period: Literal["minute", "hour", "day"] = Field(title="In a", description="A day is 24 hours, not a calendar day.")


class Breaker(BaseModel):
    """When changes of one record start an automation too often: further ones are stopped until a person lifts it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    starts: int = Field(default=100, ge=1, le=100_000, title="More than", description="Starts for one record.")
    minutes: int = Field(default=10, ge=1, le=10_080, title="Within", description="Minutes.")


class StartLimits(Config):
    """Base of every trigger's config."""

    concurrency: Concurrency | None = Field(
        default=None,
        title="Concurrency",
        description="Which runs of this automation wait for, skip or end each other, and how many are active at once.",
        json_schema_extra=LITERAL,
    )
    debounce: Debounce | None = Field(
        default=None,
        title="Debounce",
        description="Start once, when the changes of the same record (or key) have ceased.",
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
    rate_limit: RateLimit | None = Field(
        default=None,
        title="Rate limit",
        description="Hold back further starts once this many runs began within a minute, an hour or a day.",
        json_schema_extra=LITERAL,
    )
    breaker: Breaker | Literal[False] | None = Field(
        default=None,
        title="Breaker",
        description="Stop starts by one record that are too many, until a person lifts it. Empty: more than 100 within "
        "10 minutes. false: never.",
        json_schema_extra=LITERAL,
    )
    keep_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        title="Days to keep runs",
        description="Delete runs, with their steps, so many days after they ended, where the installation would keep "
        "them longer. Empty: as long as the installation keeps them.",
        json_schema_extra=LITERAL,
    )


def limit_problems(
    config: StartLimits,
    roots: tuple[str, ...],
    *,
    has_record: bool,
    has_conversation: bool = True,
    debounces: bool = True,
) -> list[tuple[str, str]]:
    """Settings that contradict each other, or could have no effect, as (dotted field, message).

    `roots`: where a key may begin. `has_record`: runs are about a lead or a conversation. `debounces`: starts of this
    trigger can be debounced at all.
    """
    problems: list[tuple[str, str]] = []
    concurrency = config.concurrency or Concurrency()
    grouped = concurrency.per is not None or concurrency.key is not None
    if concurrency.per is not None and concurrency.key is not None:
        problems.append(("concurrency.key", f"contradicts per: {concurrency.per}; keep one of the two"))
    if concurrency.key is not None:
        problems += _key_problems(concurrency.key, roots)
    if concurrency.per == "conversation" and not has_conversation:
        problems.append(("concurrency.per", "a run of this trigger has no conversation; use record or lead"))
    mode = concurrency.mode
    if mode in ("skip", "cancel_previous") and not grouped:
        problems.append(("concurrency.mode", f"{mode} needs per or key to know which runs belong together"))
    elif mode == "cancel_previous" and concurrency.limit is not None:
        problems.append(
            (
                "concurrency.limit",
                "contradicts mode: cancel_previous; a run that waits for a free place could not end the one before it",
            )
        )
    elif mode == "parallel" and grouped and config.debounce is None:
        problems.append(
            ("concurrency.mode", "parallel starts all of them, so per and key have no effect; remove one of these")
        )
    if config.debounce is not None:
        longest = config.debounce.at_most_seconds
        if not debounces:
            problems.append(("debounce", "has no effect here: each of these starts is wanted"))
        elif not has_record and concurrency.key is None and concurrency.per != "automation":
            problems.append(
                ("debounce", "has nothing to tell starts apart by: there is no record; name a key, such as input.order")
            )
        if longest is not None and longest < config.debounce.seconds:
            problems.append(("debounce.at_most_seconds", "is shorter than seconds; it would start before it is quiet"))
    return problems


def _key_problems(key: str, roots: tuple[str, ...]) -> list[tuple[str, str]]:
    if not roots:
        return [("concurrency.key", "finds nothing: a schedule has no data; use per: automation")]
    begins = " or ".join(f"{root}." for root in roots)
    if "{{" in key:
        return [("concurrency.key", f"is a path, not a template; write it without braces, beginning with {begins}")]
    root, dot, rest = key.partition(".")
    if root not in roots or not dot or not all(rest.split(".")):
        return [("concurrency.key", f"{key!r} is not a path into the trigger's data; begin with {begins}")]
    if key.count(".") >= 50:
        return [("concurrency.key", "has more than 50 parts")]
    return []


def input_schema_problems(schema: dict[str, JsonValue] | None, field: str) -> list[tuple[str, str]]:
    """What keeps `schema` from being the JSON Schema of an input form: an object with named properties.

    What cannot be judged when it is filled in is refused: a form that promises more than it holds helps nobody.
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
    if not problems and (problem := schema_problem(schema)) is not None:
        problems.append((field, problem))
    return problems
