"""How much a request to the API may bring, how deeply nested, and how long it may take to bring it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from automations.db.json_text import is_deeper

LARGEST_BODY: Final = 4_194_304
BODY_SECONDS: Final = 15.0
# A flow may have 50 levels, within a few of whatever holds it.
DEEPEST_BODY: Final = 64


class BodyLimit:
    """Raises 413, with the limit as its detail, or 408 as `HTTPException` into whoever reads the body of a request
    below one of `prefixes`. `smaller`: limits of single paths.
    """

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...], smaller: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._prefixes = prefixes
        self._smaller = smaller or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefixes):
            receive = _limited(scope, receive, self._smaller.get(scope["path"], LARGEST_BODY))
        await self._app(scope, receive, send)


def _limited(scope: Scope, receive: Receive, largest: int) -> Receive:
    received = 0
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    complete = False

    async def within() -> Message:
        nonlocal received, complete
        if complete:
            # Whether the caller has gone: that may take as long as the answer.
            return await receive()
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value[:20]) > largest:
                raise HTTPException(413, f"{largest:,}")
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > largest:
                raise HTTPException(413, f"{largest:,}")
        return message

    return within


class ShallowRequest(Request):
    """Raises `HTTPException` 400 where its JSON is nested too deeply."""

    async def json(self) -> Any:
        value = await super().json()
        if is_deeper(value, DEEPEST_BODY):
            raise HTTPException(400)
        return value
