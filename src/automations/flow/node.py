"""The shape of a node type: a config model, metadata, and `run`.

A node type is one file in `nodes/` (or in anybody's package), registered in the entry-point group `automations.nodes`.
Palette, form, docs page, JSON Schema and AI-tool schema are derived from it.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from automations.flow.outcomes import DEFAULT_HANDLE, Effect, Json, JsonObject, Outcome
from automations.flow.outside_ports import Need
from automations.flow.ports import Context
from automations.flow.record_tables import ColumnUse, TableUse

Group = Literal["trigger", "logic", "transform", "action"]
JoinMode = Literal["all", "any"]
Impact = Literal["nothing", "additions", "anything"]

MAX_DELAY_SECONDS = 604_800


class Config(BaseModel):
    """Base of every node's config. Config models only ever gain optional fields; a breaking change is a new type.

    A field whose `json_schema_extra` holds `"template": False` is taken literally: its `{{ }}` is never rendered. One
    with `"secrets": True` may hold `{{ secrets.NAME }}`, also in texts below it. One with `"escape": "html"` is HTML:
    what templates insert into it is escaped, and it is a text once they are filled in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


C = TypeVar("C", bound=Config)


class Retry(BaseModel):
    """When a step that failed with `retryable` is tried again. `attempts` counts the first try, too.

    `max_delay_seconds` left out: 300, or `delay_seconds` where that is longer. `retry_if` is a condition over
    `error.message`, `error.code`, `output` and `attempt`; where it is set, it alone decides whether to try again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=1, ge=1, le=100)
    delay_seconds: float = Field(default=1.0, ge=0, le=MAX_DELAY_SECONDS)
    backoff: Literal["fixed", "exponential"] = "exponential"
    max_delay_seconds: float = Field(default=300.0, ge=0, le=MAX_DELAY_SECONDS)
    jitter: bool = True
    retry_if: dict[str, JsonValue] | None = None

    @property
    def longest_delay_seconds(self) -> float:
        if "max_delay_seconds" in self.model_fields_set:
            return self.max_delay_seconds
        return max(self.max_delay_seconds, self.delay_seconds)


@cache
def literal_fields(model: type[BaseModel]) -> frozenset[str]:
    """Dotted fields of a config (`*` for any list index or key) whose text is never rendered, nested ones too."""
    return _fields_with(model, "template", False)


@cache
def secret_fields(model: type[BaseModel]) -> frozenset[str]:
    """Dotted fields of a config in which, and below which, secrets may be inserted."""
    return _fields_with(model, "secrets", True)


@cache
def html_fields(model: type[BaseModel]) -> frozenset[str]:
    """Dotted fields of a config that are HTML: what templates insert there is escaped."""
    return _fields_with(model, "escape", "html")


@cache
def duration_fields(model: type[BaseModel]) -> frozenset[str]:
    """Dotted fields of a config that are a `Duration`."""
    return _fields_with(model, "duration", True)


def _fields_with(model: type[BaseModel], mark: str, value: bool | str) -> frozenset[str]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    found: set[str] = set()
    pending: list[tuple[str, dict[str, Any], frozenset[str]]] = [("", schema, frozenset())]
    while pending:
        field, part, seen = pending.pop()
        if part.get(mark) == value:
            found.add(field)
            continue
        reference = part.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            pending.append((field, definitions.get(reference.rsplit("/", 1)[-1], {}), seen | {reference}))
        for name, child in part.get("properties", {}).items():
            pending.append((f"{field}.{name}" if field else name, child, seen))
        below = f"{field}.*" if field else "*"
        pending += [
            (below, part[word], seen) for word in ("items", "additionalProperties") if isinstance(part.get(word), dict)
        ]
        for keyword in ("anyOf", "allOf", "oneOf"):
            pending += [(field, child, seen) for child in part.get(keyword, ())]
    return frozenset(found)


class Node(ABC, Generic[C]):
    """One node type. `title` and `group` are for people; the first line of the docstring is its description."""

    type: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[Group]
    icon: ClassVar[str]
    effect: ClassVar[Effect] = "pure"
    is_trigger: ClassVar[bool] = False
    default_retry: ClassVar[Retry] = Retry()
    # The way past such a step where it did nothing (disabled, or failed and continued), if it is not the first one.
    passing_handle: ClassVar[str | None] = None
    # Which handles it has where they follow from the config, for people; Markdown.
    handles_note: ClassVar[str | None] = None
    # An `external` step that leaves nothing anywhere: a test of a draft runs it, too.
    runs_in_tests: ClassVar[bool] = False
    # Each name that its outputs may have stands in its samples: another one is a mistake of whoever inserts it.
    output_is_known: ClassVar[bool] = False
    # What a model that calls such a flow does to the world. None: nothing where it is pure, else anything.
    impact: ClassVar[Impact | None] = None
    config_model: ClassVar[builtins.type[Config]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, builtins.type) and issubclass(argument, Config):
                    cls.config_model = argument

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        """Output handles, in a fixed order, for this raw (not yet rendered) config; `error` is never listed.

        A disabled node passes through its first handle, or its `passing_handle`.
        """
        return (DEFAULT_HANDLE,)

    def loop_names(self, config: JsonObject) -> tuple[str, str] | None:
        """A type that answers with `Loop`: how its body calls the item and its number. None: no loop."""
        return None

    def join(self, config: JsonObject) -> JoinMode:
        """What a step of this type with several edges into it does, for this raw config.

        `all`: it runs when every one of them is decided and at least one is taken. `any`: it runs once, as soon as the
        first is taken; the others go on, and what comes of them later is ignored here.
        """
        return "all"

    def check(self, config: C) -> list[tuple[str, str]]:
        """Problems beyond types, as (dotted field, message); called at validation with an unrendered config."""
        return []

    def check_draft(self, config: C) -> list[tuple[str, str]]:
        """As `check`, of what keeps a draft from being published; what was published with it before still runs."""
        return []

    def idle_ways(self, config: JsonObject) -> Mapping[str, tuple[str, str]]:
        """By handle that this raw config never leaves by: the field that is so, and why, for people."""
        return {}

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        """What the installation or the account must have for this raw config to work; asked for at publish."""
        return ()

    def tables(self, config: JsonObject) -> tuple[TableUse, ...]:
        """Tables beside our own that this raw config names; whether they are watched is seen at publish."""
        return ()

    def columns(self, config: JsonObject) -> Iterable[ColumnUse]:
        """Columns that this raw config names; whether their tables have them is seen at publish."""
        return ()

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of this step's output: what templates downstream see in the editor, and what test mode answers.

        Where what it answers follows from the way it leaves: of the first.
        """
        return {}

    def sample_outputs(self, config: JsonObject) -> Mapping[str, JsonObject]:
        """By handle: an example of what it leaves with there, where that is another than `sample_output`."""
        return {}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        """Which names of its output hold a row, and the table of that, whose columns are looked up at publish."""
        return {}

    @abstractmethod
    async def run(self, config: C, ctx: Context) -> Outcome:
        """Do the step. `StepError` is the author's problem; any other exception fails the step as our bug."""

    async def rehearse(self, config: C, ctx: Context, sample: JsonObject) -> Json:
        """What a test has instead of `run`, of a type whose steps leave the house: the output it goes on with.

        Nothing may go out. What would fail for what its templates came out as, raises the `StepError` of `run`.
        `sample`: what the type says it would answer.
        """
        return sample

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """The one dictionary from which palette, form, docs and AI-tool schema come."""
        doc = (cls.__doc__ or "").strip()
        return {
            "type": cls.type,
            "title": cls.title,
            "group": cls.group,
            "icon": cls.icon,
            "effect": cls.effect,
            "trigger": cls.is_trigger,
            "description": doc.splitlines()[0] if doc else "",
            "handles": list(cls().handles({})),
            "config_schema": cls.config_model.model_json_schema(),
        }
