"""The web editor as it was built: its pages, and the files that they load."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from automations.errors import NotFound

# First parts of the addresses that are pages, as web/src/app/pages.ts has them. All others stay what they are: for a
# program, an address that is wrong must be a 404 and not a page.
PAGES: Final = (
    *("automations", "runs", "approvals", "leads", "conversations", "secrets", "api-keys", "team", "ai-tools"),
    *("settings", "sign-in", "join"),
)
# First parts of the addresses that programs call.
NOT_FOR_PEOPLE: Final = frozenset(("api", "assets", "webhooks", "mcp", "metrics", "health", "ready"))
# Scripts are ours alone. Mantine writes its variables into <style> elements, which carry nothing from outside.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Not as the machine has it: on some, a script is text.
TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
}
INDEX: Final = "index.html"
# What is in `assets` has a hash of its content in its name.
FOREVER: Final = "public, max-age=31536000, immutable"
LOOK_AGAIN: Final = "no-cache"
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_WITHOUT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Automations</title></head>
<body><h1>Automations</h1>
<p>This installation came without the web editor: it was built where there was no Node.
In a checkout, <code>make up</code> builds it; a wheel has it that was built with Node 20.19 or newer.</p>
<p>Everything else is here: <a href="/api/docs">the API</a>, and the commands of <code>automations</code>.</p>
</body></html>
"""


def built_editor() -> Path | None:
    """Where the editor lies that came with this package; None: it came without."""
    found = Path(str(files("automations"))) / "web_dist"
    return found if (found / INDEX).is_file() else None


def page_at_no_address(directory: Path | None, request: Request) -> Response | None:
    """For a person at a browser: the editor, which says so. None: a program asked, or there is no editor."""
    first = request.url.path.split("/")[1]
    if directory is None or request.method not in ("GET", "HEAD") or first in NOT_FOR_PEOPLE:
        return None
    if "text/html" not in request.headers.get("accept", ""):
        return None
    return _Editor(directory).index(request, status=404)


def editor_routes(directory: Path | None) -> list[BaseRoute]:
    if directory is None:
        return [Route("/", _without)]
    editor = _Editor(directory)
    return [
        Route("/", editor.page),
        *(Route(f"/{page}{rest}", editor.page) for page in PAGES for rest in ("", "/{rest:path}")),
        Route("/assets/{name}", editor.asset),
        # The few that have to have a name that stays, an icon say.
        *(Route(f"/{name}", editor.beside) for name in editor.beside_index),
    ]


class _Editor:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.beside_index = sorted(path.name for path in directory.iterdir() if path.name != INDEX and _is_sent(path))

    async def page(self, request: Request) -> Response:
        return self.index(request)

    def index(self, request: Request, *, status: int = 200) -> Response:
        answer = _file(request, self._directory, INDEX, LOOK_AGAIN)
        answer.status_code = status
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        # Looked up each time: the editor may be built anew beside a server that runs.
        if not _NAME.fullmatch(name) or not _is_sent(self._directory / "assets" / name):
            raise NotFound("there is no such file", hint="Load the page again: the editor is of another release now.")
        return _file(request, self._directory / "assets", name, FOREVER)

    async def beside(self, request: Request) -> Response:
        return _file(request, self._directory, request.url.path.lstrip("/"), LOOK_AGAIN)


def _is_sent(path: Path) -> bool:
    """Under its own name: what is compressed goes under that of what it was."""
    return path.suffix in TYPES and path.is_file()


def _file(request: Request, directory: Path, name: str, keep: str) -> FileResponse:
    headers = {"Cache-Control": keep}
    path = directory / name
    kind = TYPES[path.suffix]
    taken = {one.split(";")[0].strip() for one in request.headers.get("accept-encoding", "").lower().split(",")}
    for encoding, end in ENCODINGS:
        if encoding in taken and (packed := directory / f"{name}{end}").is_file():
            path = packed
            # Around us, what is sent as it is gets the second one.
            headers |= {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
            break
    return FileResponse(path, media_type=kind, headers=headers)


async def _without(_request: Request) -> Response:
    return HTMLResponse(_WITHOUT, headers={"Cache-Control": LOOK_AGAIN})
