"""Which methods an address of the API takes: all of them, whichever route has it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_PARAMETER: Final = re.compile(r"\{\w+\}")


class OtherMethods(BaseRoute):
    """In front of all routes: for other methods than its own, `/executions/cancel` is not the run `cancel`."""

    def __init__(self, prefix: str, routers: Iterable[APIRouter]) -> None:
        known: dict[str, set[str]] = defaultdict(set)
        for router in routers:
            for route in router.routes:
                assert isinstance(route, APIRoute)
                known[prefix + route.path] |= route.methods or set()
        self._fixed = {path: methods for path, methods in known.items() if "{" not in path}
        self._others = [
            (re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(path)))), methods)
            for path, methods in known.items()
            if path not in self._fixed
        ]

    def allowed(self, path: str) -> str | None:
        """As `Allow` has them; None: no address of the API."""
        found = self._fixed.get(path)
        if found is None:
            found = next((methods for fits, methods in self._others if fits.fullmatch(path)), None)
        return None if found is None else ", ".join(sorted(found))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self._fixed.get(scope["path"]) if scope["type"] == "http" else None
        return (Match.NONE if found is None or scope["method"] in found else Match.FULL), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(405)
