"""Which methods an address takes, as the document says."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_PARAMETER: Final = re.compile(r"\{\w+\}")


class OtherMethods(BaseRoute):
    """In front of all routes: an address like `/executions/cancel` is not the run `cancel` for other methods."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._fixed: dict[str, str] | None = None
        self._others: list[tuple[re.Pattern[str], str]] = []

    def allowed(self, path: str) -> str | None:
        """As `Allow` has them; None: the document does not know the address."""
        found = self._known().get(path)
        return found or next((methods for fits, methods in self._others if fits.fullmatch(path)), None)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self._known().get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] in found.split(", "):
            return Match.NONE, {}
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(405)

    def _known(self) -> dict[str, str]:
        if self._fixed is None:
            self._fixed = {}
            paths: dict[str, dict[str, Any]] = self._app.openapi()["paths"]
            for path, of in paths.items():
                methods = ", ".join(sorted(method.upper() for method in of))
                if "{" not in path:
                    self._fixed[path] = methods
                else:
                    pieces = [re.escape(piece) for piece in _PARAMETER.split(path)]
                    self._others.append((re.compile("[^/]+".join(pieces)), methods))
        return self._fixed
