"""ETags: an answer that the caller has already is not sent again, and only a draft that was seen is written over."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import Header
from fastapi.responses import Response

from automations.db.connection import Connection
from automations.db.listing_store import ListingStore
from automations.errors import Conflict, NotFound, Unusable

Revision = Annotated[
    str | None,
    Header(alias="If-Match", max_length=60, description="The ETag with which you have seen the draft."),
]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=500, description="ETags that you have: 304 if it is one of them."),
]
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "You have it already."}}


def answer(
    content: str | bytes,
    if_none_match: str | None = None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    prefix: str = "",
) -> Response:
    """JSON with an ETag made of its bytes, behind `prefix`; 304 for who has it."""
    body = content.encode() if isinstance(content, str) else content
    tag = f'"{prefix}{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    given = {**(headers or {}), "ETag": tag}
    if if_none_match is not None and _has(if_none_match, tag):
        return Response(status_code=304, headers=given)
    return Response(body, status_code=status, media_type="application/json", headers=given)


def _has(if_none_match: str, tag: str) -> bool:
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in if_none_match.split(","))


async def shown_automation(
    session: Connection,
    automation_id: UUID,
    status: int = 200,
    headers: dict[str, str] | None = None,
    *,
    if_none_match: str | None = None,
) -> Response:
    """Its ETag begins with the revision of the draft and the digest of its looks: what `If-Match` is about. The
    rest says whether anything else of it has changed, such as the number of its runs.
    """
    found = await ListingStore(session).automation(automation_id)
    if found is None:
        raise NotFound("there is no such automation", hint="Check the id, and who is signed in.")
    revision = found.partition('"draft_revision":')[2].partition(",")[0]
    return answer(found, if_none_match, status=status, headers=headers, prefix=f"{revision}-{_looks(found)}-")


async def require_same_looks(session: Connection, automation_id: UUID, if_match: str | None) -> None:
    """`Conflict` where name, description, icon or colour are not those that were seen; no revision counts them."""
    seen = (if_match or "").strip().removeprefix("W/").strip('"').split("-")
    if len(seen) < 2:
        return
    found = await ListingStore(session).automation(automation_id)
    if found is not None and _looks(found) != seen[1]:
        raise Conflict(
            "somebody changed the name or the looks of the automation meanwhile", hint="Load it again, and compare."
        )


def _looks(automation: str) -> str:
    content = orjson.loads(automation)
    looks = [content[name] for name in ("name", "description", "icon", "color")]
    return hashlib.blake2b(orjson.dumps(looks), digest_size=4).hexdigest()


def read_revision(if_match: str | None) -> int | None:
    """None: whatever it is. `Unusable` for what no ETag of a draft is."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unusable(
            "If-Match is not a revision of a draft", hint="Send back the ETag that you got, or leave it out."
        )
    return int(text)
