"""Server-sent events: the changes of a `LiveStream`, for as long as the caller may see them and does not leave."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from automations.api.tokens import NotSignedIn
from automations.db.live_store import LiveChange
from automations.errors import AutomationsError, NotAllowed, NotFound
from automations.services.live_feed import LiveFeed
from automations.services.live_stream import LiveStream, Mark

BEAT_SECONDS: Final = 15.0
CHECK_SECONDS: Final = 15.0
# Where that cannot be said now: again, and for so long nobody is sent away.
CHECK_AGAIN_SECONDS: Final = 2.0
UNCHECKED_SECONDS: Final = 60.0
# Changes in one piece for the socket.
AT_ONCE: Final = 100

# The accounts that the caller sees now; raises what a request would.
LookAgain = Callable[[], Awaitable[frozenset[UUID]]]


class EventStream(Response):
    """Closes the stream. `expires`: seconds since 1970; None: whenever `look_again` says."""

    media_type = "text/event-stream"

    def __init__(self, feed: LiveFeed, stream: LiveStream, look_again: LookAgain, expires: float | None = None) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        # Its end is not known.
        del self.headers["content-length"]
        self._feed = feed
        self._stream = stream
        self._look_again = look_again
        self._expires = expires

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self._pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._feed.close(self._stream)
            leaving.cancel()

    async def _until_gone(self, receive: Receive) -> None:
        # What keeps a body from being read ends the stream as well.
        with contextlib.suppress(Exception):
            while (await receive())["type"] != "http.disconnect":
                pass
        self._stream.end()

    async def _pieces(self) -> AsyncIterator[bytes]:
        stream = self._stream
        loop = asyncio.get_running_loop()
        ends_at = float("inf") if self._expires is None else loop.time() + self._expires - time.time()
        beat_at, checked_at = loop.time() + BEAT_SECONDS, loop.time()
        # Not all at once, where all have come at once.
        check_at = loop.time() + CHECK_SECONDS * random.uniform(0.3, 1)  # noqa: S311 - no secret
        yield _event("ready", {"resumed": stream.resumed}, stream.mark if not stream.resumed else None)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(beat_at, check_at, ends_at)):
                    await stream.changed.wait()
            if stream.ended:
                return
            now = loop.time()
            if now >= ends_at:
                yield _event("expired", {})
                return
            if now >= check_at:
                try:
                    accounts = await self._look_again()
                except (NotSignedIn, NotAllowed, NotFound):
                    yield _event("expired", {})
                    return
                except AutomationsError:
                    if now - checked_at > UNCHECKED_SECONDS:
                        return
                    check_at = loop.time() + CHECK_AGAIN_SECONDS
                else:
                    checked_at, check_at = now, now + CHECK_SECONDS
                    if accounts != stream.accounts:
                        self._feed.change_accounts(stream, accounts)
                continue
            told = stream.take()
            if told.reset:
                yield _event("reset", {}, stream.mark if not told.changes else None)
            for at in range(0, len(told.changes), AT_ONCE):
                yield b"".join(
                    _change(change, Mark(position, stream.of)) for position, change in told.changes[at : at + AT_ONCE]
                )
            if now >= beat_at and not told.changes:
                # Without data it is no event: only how far the client is.
                yield b": alive\nid: %s\n\n" % str(stream.mark).encode()
            if now >= beat_at or told.changes:
                beat_at = now + BEAT_SECONDS


def _event(name: str, data: dict[str, Any], mark: Mark | None = None) -> bytes:
    at = b"" if mark is None else b"id: %s\n" % str(mark).encode()
    return b"event: %s\n%sdata: %s\n\n" % (name.encode(), at, orjson.dumps(data))


def _change(change: LiveChange, mark: Mark) -> bytes:
    return b"event: %s\nid: %s\ndata: %s\n\n" % (change.kind.encode(), str(mark).encode(), change.data)
