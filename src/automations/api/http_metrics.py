"""What this process has answered, for Prometheus: by route, method and status, never by address."""

from __future__ import annotations

import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HttpMetrics:
    """Counted in a registry of its own, where others may add theirs: two applications of one process share nothing."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter(
            "automations_http_requests",
            "Requests that were answered, by route.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "automations_http_request_seconds",
            "Time until an answer began.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )


class Measured:
    def __init__(self, app: ASGIApp, metrics: HttpMetrics, prefix: str) -> None:
        self._app = app
        self._metrics = metrics
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._note(scope, status, time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception:
            if status is None:
                # Answered further out, as an error of ours.
                self._note(scope, 500, time.perf_counter() - began)
            raise

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        # Only what a route is called: addresses hold ids, and strangers make them up.
        route = getattr(scope.get("route"), "path", None) or _plain_route(scope)
        if route is None:
            route = "none"
        elif scope["path"].startswith(f"{self._prefix}/") and not route.startswith(self._prefix):
            route = self._prefix + route
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)


def _plain_route(scope: Scope) -> str | None:
    """Of one that is no route of FastAPI's, and leaves only its endpoint behind."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    return next((route.path for route in scope["app"].routes if getattr(route, "endpoint", None) is endpoint), None)
