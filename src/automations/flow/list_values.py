"""Lists in steps: what counts as one, where a value of an item is, which values are the same. Standard library only.

Paths begin with `item` or `index`, as templates in a loop do: `item.score`, `item.tags.0`, `index`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from automations.errors import StepError
from automations.flow.condition_values import MISSING, kind_of, number_of
from automations.flow.conditions import finder, path_of
from automations.flow.outcomes import Json
from automations.flow.template_syntax import is_template

MOST_ITEMS: Final = 10_000
LARGEST_EXPONENT: Final = 307
DEEPEST_COMPARED: Final = 100
ITEM_PATH: Final = r"^(item|index)(\.[^.\s]+){0,20}$"

_KINDS: Final = {"object": "an object", "string": "a text"}


def list_of(value: Json, most: int = MOST_ITEMS, *, advice: str = "go through them in parts") -> list[Json]:
    """Null is an empty list. `StepError` (`not_a_list`, `too_many_items`) for anything else and for a longer one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise StepError(
            f"the list to go through is {_KINDS.get(kind_of(value) or '', 'a single value')}",
            code="not_a_list",
            hint="Point `items` at a list, for example {{ steps.find.records }}.",
        )
    if len(value) > most:
        raise StepError(
            f"the list has {len(value):,} items; at most {most:,} are allowed",
            code="too_many_items",
            hint=f"Find fewer records, or {advice}.",
        )
    return value


def drawn_list_problem(value: Json) -> str | None:
    """What is wrong with `items` as it is drawn: neither a list nor a template that can give one."""
    if value is None or isinstance(value, list) or (isinstance(value, str) and is_template(value)):
        return None
    return "is not a list; use a template that gives one, such as {{ steps.find.records }}"


def getter(path: str) -> Callable[[Json, int], Any]:
    """What is at `path` of an item and its number; `MISSING` where nothing is."""
    find = finder(path_of(path))
    return lambda item, index: find({"item": item, "index": index})


def json_of(value: Any) -> Json:
    """What a path found, as it is kept: nothing is null."""
    return None if value is MISSING else value


def plain_number(value: int | Decimal) -> int | float:
    """As JSON has it: a whole one without a fraction. `StepError` (`out_of_range`) beyond what a float can hold."""
    if isinstance(value, int):
        return value
    if value and value.adjusted() > LARGEST_EXPONENT:
        raise StepError(
            "a figure is too large to be kept", code="out_of_range", hint="Look at the numbers in the list."
        )
    return int(value) if value == value.to_integral_value() else float(value)


def identity_of(value: Any, depth: int = 0) -> Any:
    """Equal (and hashable) for values that are the same JSON: 1 and 1.0 are, "1" is not."""
    if depth > DEEPEST_COMPARED:
        raise StepError(
            f"an item is nested deeper than {DEEPEST_COMPARED} levels, and cannot be compared",
            code="too_deep",
            hint="Use a field of the item.",
        )
    match kind_of(value):
        case "number":
            return ("number", number_of(value))
        case "array":
            return ("array", tuple(identity_of(item, depth + 1) for item in value))
        case "object":
            return ("object", frozenset((key, identity_of(item, depth + 1)) for key, item in value.items()))
        case kind:
            return (kind, value if kind in ("string", "boolean") else None)
