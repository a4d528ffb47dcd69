"""JSON as Postgres takes it. A step's output may hold what `jsonb` refuses; that must not stop its run from ending."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

import orjson

REPLACEMENT = "\ufffd"
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


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
        return json.dumps(_clean(value), ensure_ascii=False, allow_nan=False)
    # A literal backslash is written \\, so only an odd run of backslashes before u0000 is the character itself.
    if "\\u0000" in text:
        return orjson.dumps(_clean(value)).decode()
    return text


def decode_json(text: str) -> Any:
    """What Postgres holds may be more than a double or our parser can take: numbers become infinite, depth raises."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def clean_text(text: str) -> str:
    """Text that Postgres accepts: no U+0000, no lone surrogates."""
    return LONE_SURROGATE.sub(REPLACEMENT, text.replace("\x00", REPLACEMENT))


def _clean(value: Any, depth: int = 0) -> Any:
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
            return {_text_of(key): _clean(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item, depth + 1) for item in value]
        case _:
            return _text_of(value)


def _text_of(value: object) -> str:
    try:
        return clean_text(str(value))
    except Exception:
        return f"<{type(value).__name__}>"
