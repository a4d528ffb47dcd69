"""Pages of lists: where the next one begins is told as a text that means nothing to whoever gets it."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import Query
from fastapi.responses import Response

from automations.errors import Unusable

LONGEST: Final = 200
Limit = Annotated[int, Query(ge=1, le=LONGEST, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next` of the page before; the same filters with it.")
]


def write_cursor(*position: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def read_cursor(text: str | None) -> list[Any] | None:
    """`Unusable` for what no page gave."""
    if text is None:
        return None
    try:
        position = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        position = None
    if not isinstance(position, list) or len(position) != 2:
        raise bad_cursor()
    return position


def read_time_and_id(text: str | None) -> tuple[datetime, UUID] | None:
    """The position in a list that is in the order of created_at and id. `Unusable` for what no page gave."""
    position = read_cursor(text)
    try:
        return None if position is None else (datetime.fromisoformat(position[0]), UUID(position[1]))
    except (TypeError, ValueError, AttributeError):
        raise bad_cursor() from None


def bad_cursor() -> Unusable:
    return Unusable("the cursor is not one of this list", hint="Take `next` of the page before, or leave it out.")


def page(items: str, limit: int, *by: str, hidden: str | None = None) -> Response:
    """`{"items": […], "next": …}` around a list that PostgreSQL wrote, without reading what is in it where it can."""
    next_page: str | None = None
    rows: list[Any] | None = None
    # A list that is shorter than the page is the last one: nothing of it has to be read.
    if items.count('{"id":') >= limit:
        rows = orjson.loads(items)
        if len(rows) == limit:
            next_page = write_cursor(*(rows[-1][name] for name in by))
    if hidden is not None:
        rows = orjson.loads(items) if rows is None else rows
        for row in rows:
            del row[hidden]
        return Response(orjson.dumps({"items": rows, "next": next_page}), media_type="application/json")
    return Response(
        b'{"items":' + items.encode() + b',"next":' + orjson.dumps(next_page) + b"}", media_type="application/json"
    )
