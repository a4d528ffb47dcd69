"""Values that a model read out of a text, held to the type that was asked for. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal, assert_never

from automations.flow.outcomes import Json

FieldKind = Literal["text", "number", "integer", "boolean", "date", "enum", "list"]
# How JSON Schema calls them; enum and list are written out.
KINDS: Final = {"text": "string", "number": "number", "integer": "integer", "boolean": "boolean", "date": "string"}
LARGEST: Final = 2**53
_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}


def read_value(kind: FieldKind, value: Json, options: Sequence[str] = ()) -> Json:
    """None where there is none. ValueError says, after the field's name, why it is not of the kind."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    match kind:
        case "text":
            if isinstance(value, dict | list):
                raise ValueError("is not a text")
            return str(value).strip() if not isinstance(value, bool) else str(value).lower()
        case "number" | "integer":
            return _number(value, whole=kind == "integer")
        case "boolean":
            known = _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else value
            if not isinstance(known, bool):
                raise ValueError("is neither true nor false")
            return known
        case "date":
            return _date(value)
        case "enum":
            written = {option.strip().lower(): option for option in options}
            option = written.get(value.strip().lower()) if isinstance(value, str) else None
            if option is None:
                raise ValueError(f"is none of {', '.join(options)}")
            return option
        case "list":
            return _texts(value)
        case _:
            assert_never(kind)


def _number(value: Json, *, whole: bool) -> Json:
    what = "a whole number" if whole else "a number"
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"is not {what}") from None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError(f"is not {what}")
    if abs(number) > LARGEST:
        raise ValueError("is larger than numbers can be here")
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if whole and not isinstance(number, int):
        raise ValueError(f"is not {what}")
    return number


def _date(value: Json) -> Json:
    if not isinstance(value, str):
        raise ValueError("is not a date")
    text = value.strip()
    try:
        return (date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text).date()).isoformat()
    except ValueError:
        raise ValueError("is not a date written as YYYY-MM-DD") from None


def _texts(value: Json) -> Json:
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list | bool) for item in items):
        raise ValueError("is not a list of texts")
    texts: list[Json] = [str(item).strip() for item in items if item is not None and str(item).strip()]
    return texts or None
