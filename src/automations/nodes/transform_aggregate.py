from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, JsonValue, StringConstraints

from automations.flow.condition_values import MISSING, number_of, order_of
from automations.flow.list_values import (
    ITEM_PATH,
    drawn_list_problem,
    getter,
    identity_of,
    json_of,
    list_of,
    plain_number,
)
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, Json, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.templates import text_of

ItemPath = Annotated[str, StringConstraints(pattern=ITEM_PATH)]
FigureName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
Operation = Literal["count", "count_unique", "sum", "average", "min", "max", "first", "last", "list", "unique", "join"]


class Figure(Config):
    operation: Operation = Field(
        title="What", description="What is made of the values.", json_schema_extra={"template": False}
    )
    field: ItemPath = Field(
        default="item",
        title="Of",
        description="Where the value of each item is, such as item.score.",
        json_schema_extra={"template": False},
    )
    separator: str = Field(
        default=", ", max_length=100, title="Between", description="For join: what stands between the texts."
    )


class TransformAggregateConfig(Config):
    items: JsonValue = Field(
        title="List",
        description="What to go through: a template that gives a list, or a list. Null counts as an empty list.",
        examples=["{{ steps.find.records }}"],
    )
    figures: dict[FigureName, Figure] = Field(
        min_length=1,
        max_length=50,
        title="Figures",
        description="Name of each figure, the operation and the field. Items without the field (or with null) do not "
        "count; sum and average take numbers only, min and max numbers or else texts.",
        examples=[{"total": {"operation": "sum", "field": "item.score"}}],
    )
    group_by: ItemPath | None = Field(
        default=None,
        title="For each",
        description="The same figures for each value at this path, such as item.stage, as well.",
        json_schema_extra={"template": False},
    )


class TransformAggregate(Node[TransformAggregateConfig]):
    """Makes figures of a list: counts, sums, averages, joined texts; in groups, too.

    Output: `{"count": items, "figures": {<name>: value}, "groups": [{"group": value, "count", "figures"}]}`, the groups
    in the order in which they first come. Without any value, sum is 0, average, min, max, first and last are null.
    """

    type = "transform-aggregate"
    title = "Aggregate list"
    group = "transform"
    icon = "Sigma"
    output_is_known = True

    def check(self, config: TransformAggregateConfig) -> list[tuple[str, str]]:
        wrong = drawn_list_problem(config.items)
        return [("items", wrong)] if wrong else []

    def sample_output(self, config: JsonObject) -> JsonObject:
        figures = config.get("figures")
        named: JsonObject = dict.fromkeys(figures, 0) if isinstance(figures, dict) else {}
        groups: list[Json] = [{"group": "", "count": 1, "figures": named}] if config.get("group_by") else []
        return {"count": 1, "figures": named, "groups": groups}

    async def run(self, config: TransformAggregateConfig, ctx: Context) -> Outcome:
        pairs = list(enumerate(list_of(config.items)))
        groups: dict[Any, tuple[Json, list[tuple[int, Json]]]] = {}
        if config.group_by is not None:
            find = getter(config.group_by)
            for index, item in pairs:
                value = json_of(find(item, index))
                groups.setdefault(identity_of(value), (value, []))[1].append((index, item))
        output: JsonObject = {
            "count": len(pairs),
            "figures": figures_of(pairs, config),
            "groups": [
                {"group": value, "count": len(members), "figures": figures_of(members, config)}
                for value, members in groups.values()
            ],
        }
        return Continue(output=output)


def figures_of(pairs: Sequence[tuple[int, Json]], config: TransformAggregateConfig) -> JsonObject:
    found: JsonObject = {}
    for name, figure in config.figures.items():
        find = getter(figure.field)
        values = [find(item, index) for index, item in pairs]
        found[name] = figure_of([value for value in values if value is not MISSING and value is not None], figure)
    return found


def figure_of(values: list[Any], figure: Figure) -> Json:
    match figure.operation:
        case "count":
            return len(values)
        case "count_unique":
            return len(_unique(values))
        case "sum":
            return plain_number(sum(_numbers(values), start=Decimal(0)))
        case "average":
            numbers = _numbers(values)
            return plain_number(sum(numbers, start=Decimal(0)) / len(numbers)) if numbers else None
        case "min":
            return _extreme(values, -1)
        case "max":
            return _extreme(values, 1)
        case "first":
            return values[0] if values else None
        case "last":
            return values[-1] if values else None
        case "list":
            return values
        case "unique":
            return _unique(values)
        case "join":
            return figure.separator.join(text_of(value) for value in values)
        case _:
            assert_never(figure.operation)


def _numbers(values: list[Any]) -> list[Decimal]:
    return [Decimal(number) for value in values if (number := number_of(value)) is not None]


def _unique(values: list[Any]) -> list[Any]:
    return list({identity_of(value): value for value in reversed(values)}.values())[::-1]


def _extreme(values: list[Any], wanted: int) -> Json:
    """The smallest (-1) or largest (1) number; where there is none, text."""
    comparable = [value for value in values if number_of(value) is not None] or [
        value for value in values if isinstance(value, str)
    ]
    best: Json = None
    for value in comparable:
        if best is None or order_of(value, best) == wanted:
            best = value
    return best
