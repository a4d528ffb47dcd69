"""Bodies and headers of HTTP as steps see them: values become bytes, bytes become values."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import urlencode

import orjson

from automations.errors import StepError
from automations.flow.outcomes import Fail, Json, JsonObject

Scalar = str | int | float | bool | None
BodyType = Literal["none", "json", "form", "raw"]

LONGEST_RETRY_AFTER: Final = 86_400.0
LONGEST_CONTENT_TYPE: Final = 200
# What the web is written in, and Python decodes in one go.
CHARACTER_SETS: Final = re.compile(
    r"utf-?8|utf-?(16|32)([bl]e)?|(us-)?ascii|latin-?1|iso-8859-([1-9]|1[013456])|(windows-|cp)125[0-8]|koi8-[ru]"
    r"|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5"
)


def code_range(code: int | str) -> tuple[int, int]:
    """(200, 299) for "200-299", (404, 404) for 404 and "404"."""
    low, _, high = str(code).partition("-")
    return int(low), int(high or low)


def query_pairs(query: Mapping[str, Scalar | list[Scalar]]) -> list[tuple[str, str]]:
    """Parameters in order, lists repeated, nulls left out, booleans as `true` and `false`."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        items = value if isinstance(value, list) else [value]
        pairs += [(name, query_text(item)) for item in items if item is not None]
    return pairs


def query_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def encode_body(kind: BodyType, body: Json) -> tuple[bytes | None, str | None]:
    """The bytes to send and their content type. Raises `StepError` where the body does not fit its type."""
    if kind == "json":
        return orjson.dumps(body), "application/json"
    if kind == "form":
        if not isinstance(body, dict):
            raise StepError("the body of a form must be an object of fields", code="bad_body")
        fields: dict[str, Scalar | list[Scalar]] = {}
        for name, value in body.items():
            items = value if isinstance(value, list) else [value]
            if any(isinstance(item, (dict, list)) for item in items):
                raise StepError(f"form field {name!r} must be a text, a number or a list of them", code="bad_body")
            fields[name] = [item for item in items if not isinstance(item, (dict, list))]
        return urlencode(query_pairs(fields)).encode(), "application/x-www-form-urlencoded"
    if kind == "raw":
        if not isinstance(body, str):
            raise StepError("a raw body must be a text", code="bad_body")
        return body.encode(), "text/plain; charset=utf-8"
    return None, None


def media_type(content_type: str) -> tuple[str, str | None]:
    """Kind and character set of a content type, in lower case; `text/plain` and `utf-8` where it does not say.

    The set is None for one that is not read here. Python knows more, and some of what it knows takes hours for a text
    of a megabyte, or is no character set at all; the other side must not choose it.
    """
    header = Message()
    # A longer one says nothing that is needed, and takes the parser long.
    header["content-type"] = content_type[:LONGEST_CONTENT_TYPE] or "text/plain"
    try:
        named = header.get_content_charset("utf-8")
    except (ValueError, LookupError):
        return header.get_content_type(), None
    return header.get_content_type(), named if CHARACTER_SETS.fullmatch(named) else None


def read_body(content: bytes, content_type: str, output: JsonObject) -> Fail | None:
    """Put `content` into `output` as its content type says; the failure where it is called JSON and is not."""
    kind, charset = media_type(content_type)
    textual = kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "x-www-form-urlencoded", "yaml"))
    if not textual:
        output |= {"body": base64.b64encode(content).decode(), "encoding": "base64"}
        return None
    text = content.decode(charset or "utf-8", errors="replace")
    output["body"] = text
    if not kind.endswith("json"):
        return None
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Fail(f"the answer is called JSON but cannot be read: {error}", code="invalid_json", output=output)
    output["body"] = value
    return None


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; at most a day, None where it says nothing usable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
