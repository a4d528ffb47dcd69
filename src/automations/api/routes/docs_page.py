"""The OpenAPI document, and `/api/docs`: FastAPI's page of Swagger UI, which comes with the web editor."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

DOCUMENT: Final = "/api/v1/openapi.json"

_WITHOUT: Final = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Automations: the API</title></head>
<body><h1>The API</h1>
<p>The page that shows it comes with the web editor, which was not built here.
<a href="{DOCUMENT}">The document</a> has every route and field: any viewer of OpenAPI 3.1 reads it.</p>
</body></html>
"""

_BACK: Final = '<p style="margin:16px 20px;font:14px system-ui,sans-serif"><a href="/">Back to the editor</a></p>'

router: Final = APIRouter(include_in_schema=False)


@router.get(DOCUMENT)
async def openapi_document(request: Request) -> Response:
    """Written once: nobody has to sign in for it."""
    app = request.app
    if getattr(app.state, "document", None) is None:
        plain = orjson.dumps(app.openapi())
        app.state.document = (plain, gzip.compress(plain, 6, mtime=0))
    plain, packed = app.state.document
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            packed, media_type="application/json", headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        )
    return Response(plain, media_type="application/json", headers={"Vary": "Accept-Encoding"})


@router.get("/api/docs")
async def docs_page(request: Request) -> HTMLResponse:
    editor: Path | None = request.app.state.api.editor
    # Looked for each time: the editor may be built anew beside a server that runs.
    scripts = [] if editor is None else sorted((editor / "assets").glob("swagger-ui-*.js"))
    if not scripts:
        return HTMLResponse(_WITHOUT, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})
    script = f"/assets/{scripts[-1].name}"
    page = get_swagger_ui_html(
        openapi_url=DOCUMENT,
        title=request.app.title,
        swagger_js_url=script,
        swagger_css_url=script.removesuffix(".js") + ".css",
        swagger_favicon_url="data:,",
    )
    text = bytes(page.body).decode()
    text = text.replace("<body>", f"<body>{_BACK}", 1)
    (inline,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    # Swagger UI writes styles into elements.
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})
