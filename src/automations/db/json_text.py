"""JSON as Postgres takes it. A step's output may hold what `jsonb` refuses; that must not stop its run from ending."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import orjson

REPLACEMENT = "\ufffd"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
DEEPEST_SHOWN = 150


class JsonText(str):
    """Text that is JSON already: passed on as it is."""

    __slots__ = ()


def encode_json(value: Any) -> str:
    """JSON text that `jsonb` accepts: U+0000 and lone surrogates become U+FFFD, NaN and infinities null."""
    if isinstance(value, JsonText):
        return value
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, UnicodeEncodeError, RecursionError):
        return json.dumps(clean(value), ensure_ascii=False, allow_nan=False)
    # A literal backslash is written \\, so only an odd run of backslashes before u0000 is the character itself.
    if "\\u0000" in text:
        return orjson.dumps(clean(value)).decode()
    return text


def decode_json(text: str) -> Any:
    """What Postgres holds may be more than a double or our parser can take: numbers become infinite, depth raises."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


class Unreadable(dict[str, str]):
    """Stands where a value is that cannot be shown; JSON says why."""


def decode_json_for_people(text: str) -> Any:
    """Total: what is nested too deeply for any of our own code to walk is an `Unreadable`."""
    try:
        value = decode_json(text)
    except RecursionError:
        return Unreadable(unreadable="nested too deeply to show")
    except ValueError:
        return Unreadable(unreadable="a number too long to show")
    return Unreadable(unreadable="nested too deeply to show") if is_deeper(value, DEEPEST_SHOWN) else value


def is_deeper(value: Any, levels: int) -> bool:
    """Whether JSON nests lists and objects deeper than that. Nothing here recurses."""
    level = [value]
    for _ in range(levels + 1):
        containers = [item for item in level if isinstance(item, list | dict)]
        if not containers:
            return False
        level = list(chain.from_iterable(item if isinstance(item, list) else item.values() for item in containers))
    return True


def clean_text(text: str) -> str:
    """Text that Postgres accepts: no U+0000, no lone surrogates."""
    return LONE_SURROGATE.sub(REPLACEMENT, text.replace("\x00", REPLACEMENT))


def clean(value: Any, depth: int = 0) -> Any:
    """What `json.dumps` writes as JSON that Postgres accepts."""
    if depth > 200:
        return None
    match value:
        case str():
            return clean_text(value)
        case bool() | None | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return float(value) if math.isfinite(value) else None
        case dict():
            return {_text_of(key): clean(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [clean(item, depth + 1) for item in value]
        case datetime():
            return value.isoformat()
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: clean(getattr(value, field.name), depth + 1) for field in fields(value)}
        case _:
            return _text_of(value)


def _text_of(value: object) -> str:
    try:
        return clean_text(str(value))
    except Exception:
        return f"<{type(value).__name__}>"
