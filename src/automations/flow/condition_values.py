"""JSON values as PostgreSQL's jsonb sees them, so that conditions mean the same on both sides.

Numbers are decimals whatever Python type carries them (1 = 1.0 = Decimal("1.00")), booleans are no numbers, strings are
ordered by code point, and letter case is folded for ASCII only: the locale of no server changes an answer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

Kind = Literal["null", "boolean", "number", "string", "array", "object"]

_KINDS: Final[dict[type, Kind]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_EXACT_FLOAT: Final = 1e15
_INT_DIGITS: Final = 4000


class Missing:
    """The type of `MISSING`: there is nothing at that path (JSON null is something)."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = Missing()


def kind_of(value: object) -> Kind | None:
    """The JSON type; None for `MISSING` and for what no JSON document can hold (NaN, infinities, other classes)."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, float):
        return "number" if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return "number" if value.is_finite() else None
    if isinstance(value, Mapping):
        return "object"
    for base in (int, str, list):
        if isinstance(value, base):
            return _KINDS[base]
    return None


def number_of(value: Any) -> int | Decimal | None:
    """The exact decimal that jsonb would hold, None if it is no number.

    A float goes by its shortest decimal spelling, which is what a JSON encoder writes.
    """
    match value:
        case bool():
            return None
        case int():
            return value
        case float():
            if -_EXACT_FLOAT < value < _EXACT_FLOAT and value.is_integer():
                return int(value)
            return Decimal(repr(value)) if math.isfinite(value) else None
        case Decimal():
            return value if value.is_finite() else None
        case _:
            return None


def order_of(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for two numbers or two strings, None for everything else: there is no order across types."""
    if isinstance(left, str):
        if not isinstance(right, str):
            return None
        return (left > right) - (left < right)
    first = number_of(left)
    if first is None:
        return None
    second = number_of(right)
    return None if second is None else (first > second) - (first < second)


def same(left: Any, right: Any) -> bool:
    """Equality of jsonb. A loop and no recursion: a deep document must not exhaust the stack."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        kind = kind_of(one)
        if kind is None or kind != kind_of(other):
            return False
        match kind:
            case "null":
                continue
            case "boolean" | "string":
                if one != other:
                    return False
            case "number":
                if number_of(one) != number_of(other):
                    return False
            case "array":
                if len(one) != len(other):
                    return False
                pending.extend(zip(one, other, strict=True))
            case "object":
                if one.keys() != other.keys():
                    return False
                pending.extend((item, other[key]) for key, item in one.items())
    return True


def fold_ascii(text: str) -> str:
    """A to Z become a to z, nothing else changes; PostgreSQL: `lower(x collate "C")`."""
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def fold(value: Any) -> Any:
    """What `ignore_case` compares: a string, and the strings directly inside a list, in lower case."""
    if isinstance(value, str):
        return fold_ascii(value)
    if isinstance(value, list):
        return [fold_ascii(item) if isinstance(item, str) else item for item in value]
    return value


def load_json(text: str | bytes) -> Any:
    """Parse JSON without losing a digit: what is no int becomes a Decimal. (orjson rounds to 64-bit floats.)

    `ValueError` for what is no JSON, NaN and Infinity included.
    """
    return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse)


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError(f"the number {digits[:50]} is out of range") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> int | Decimal:
    # `int` refuses to read more than 4300 digits (its time is quadratic), `Decimal` reads them in linear time.
    return int(digits) if len(digits) < _INT_DIGITS else Decimal(digits)
