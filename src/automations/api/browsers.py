"""What browsers are told with every answer: guess nothing, load nothing, keep nothing; and whose pages may ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT: Final = ("authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "last-event-id")
SHOWN: Final = (
    *("etag", "location", "content-disposition", "retry-after"),
    *("ratelimit", "ratelimit-policy", "idempotent-replayed"),
)
NOT_SHARED: Final = ("/webhooks/", "/metrics")
# For what is no page: a page brings a policy of its own.
NO_PAGE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class BrowserRules:
    """Around everything, so that errors of ours have them, too. A header that an answer has already stays.

    `origins`: whose pages may call everything but webhooks, which answer OPTIONS themselves, and the figures, for which
    a browser of this machine needs no token. No cookie is ever sent.
    """

    def __init__(self, app: ASGIApp, *, api: str, origins: Sequence[str]) -> None:
        self._api = api
        self._app = app
        self._shared = app
        if origins:
            self._shared = CORSMiddleware(
                app, allow_origins=origins, allow_methods=METHODS, allow_headers=SENT, expose_headers=SHOWN
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("Content-Security-Policy", NO_PAGE)
                if path.startswith(self._api):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app if path.startswith(NOT_SHARED) else self._shared
        await app(scope, receive, with_rules)
