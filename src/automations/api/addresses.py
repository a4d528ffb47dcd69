"""Which methods an address takes, as its routes say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_PARAMETER: Final = re.compile(r"\{\w+\}")


class OtherMethods(BaseRoute):
    """In front of all routes: an address like `/executions/cancel` is not the run `cancel` for other methods."""

    def __init__(self) -> None:
        self._fixed: dict[str, set[str]] = {}
        self._others: dict[re.Pattern[str], set[str]] = {}

    def add(self, prefix: str, routes: Iterable[BaseRoute]) -> None:
        for route in routes:
            if not isinstance(route, Route):
                continue
            path, methods = prefix + route.path, route.methods or set()
            if "{" not in path:
                self._fixed.setdefault(path, set()).update(methods)
            else:
                pieces = [re.escape(piece) for piece in _PARAMETER.split(path)]
                self._others.setdefault(re.compile("[^/]+".join(pieces)), set()).update(methods)

    def allowed(self, path: str) -> str | None:
        """As `Allow` has them; None: no route has the address."""
        found = self._fixed.get(path) or next(
            (methods for fits, methods in self._others.items() if fits.fullmatch(path)), None
        )
        return ", ".join(sorted(found)) if found else None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self._fixed.get(scope["path"]) if scope["type"] == "http" else None
        return (Match.NONE if found is None or scope["method"] in found else Match.FULL), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(405)
