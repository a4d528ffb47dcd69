"""JSON as Postgres takes it. A step's output may hold what `jsonb` refuses; that must not stop its run from ending."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import orjson

REPLACEMENT = "\ufffd"


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


decode_json = orjson.loads


def _clean(value: Any, depth: int = 0) -> Any:
    if depth > 200:
        return None
    match value:
        case str():
            if "\x00" in value:
                value = value.replace("\x00", REPLACEMENT)
            return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        case bool() | None | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return float(value) if math.isfinite(value) else None
        case dict():
            return {_clean(str(key)): _clean(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item, depth + 1) for item in value]
        case _:
            return str(value)
