from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import Field, JsonValue

from automations.flow.condition_values import kind_of, number_of
from automations.flow.conditions import Holds, check_condition, compile_condition
from automations.flow.list_values import ITEM_PATH, MOST_ITEMS, drawn_list_problem, getter, list_of
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, Json, JsonObject, Outcome
from automations.flow.ports import Context


def _everything() -> dict[str, JsonValue]:
    return {"all": []}


class TransformFilterConfig(Config):
    items: JsonValue = Field(
        title="List",
        description="What to choose from: a template that gives a list, or a list. Null counts as an empty list.",
        examples=["{{ steps.find.records }}"],
    )
    condition: dict[str, JsonValue] = Field(
        default_factory=_everything,
        title="Keep where",
        description="What has to hold for an item to be kept. Fields are paths such as item.score or index.",
        examples=[{"field": "item.score", "operator": "greater_than", "value": 50}],
        json_schema_extra={"widget": "condition"},
    )
    sort_by: str | None = Field(
        default=None,
        pattern=ITEM_PATH,
        title="Sort by",
        description="A path such as item.created_at. Numbers come before texts; items without a value come last.",
        json_schema_extra={"template": False},
    )
    descending: bool = Field(
        default=False,
        title="Descending",
        description="The largest first.",
        json_schema_extra={"template": False},
    )
    limit: int | None = Field(
        default=None,
        ge=1,
        le=MOST_ITEMS,
        title="At most",
        description="Only so many, the first ones after sorting.",
        json_schema_extra={"template": False},
    )

    @cached_property
    def holds(self) -> Holds:
        return compile_condition(self.condition).holds


class TransformFilter(Node[TransformFilterConfig]):
    """Keeps the items of a list that meet a condition, sorts them, and takes the first.

    Output: `{"items": [those kept], "count": how many they are, "removed": how many are not among them}`.
    """

    type = "transform-filter"
    title = "Filter list"
    group = "transform"
    icon = "ListFilter"
    output_is_known = True

    def check(self, config: TransformFilterConfig) -> list[tuple[str, str]]:
        problems = [
            (path, f"{message}; {hint}") for path, message, hint in check_condition(config.condition, "condition")
        ]
        wrong = drawn_list_problem(config.items)
        return [*problems, ("items", wrong)] if wrong else problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"items": [{}], "count": 1, "removed": 0}

    async def run(self, config: TransformFilterConfig, ctx: Context) -> Outcome:
        items = list_of(config.items)
        kept: list[tuple[int, Json]] = [
            (index, item) for index, item in enumerate(items) if config.holds({"item": item, "index": index})
        ]
        if config.sort_by is not None:
            kept = sort_pairs(kept, config.sort_by, descending=config.descending)
        chosen = [item for _, item in kept[: config.limit]]
        return Continue(output={"items": chosen, "count": len(chosen), "removed": len(items) - len(chosen)})


def sort_pairs(pairs: list[tuple[int, Json]], path: str, *, descending: bool) -> list[tuple[int, Json]]:
    """(number, item) in the order of what is at `path`; equal ones stay as they were, those without a value go last."""
    find = getter(path)
    ranked: dict[str, list[tuple[Any, tuple[int, Json]]]] = {"number": [], "string": [], "boolean": []}
    last: list[tuple[int, Json]] = []
    for index, item in pairs:
        value = find(item, index)
        kind = kind_of(value)
        if kind in ranked:
            ranked[kind].append((number_of(value) if kind == "number" else value, (index, item)))
        else:
            last.append((index, item))
    found: list[tuple[int, Json]] = []
    for group in reversed(ranked.values()) if descending else ranked.values():
        found += [pair for _, pair in sorted(group, key=lambda one: one[0], reverse=descending)]
    return found + last
