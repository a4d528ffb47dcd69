"""The OpenAPI document, and `/api/docs`: FastAPI's page of Swagger UI, with a policy of exactly what it loads."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from typing import Final

import orjson
from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

# One version, by the digest of its files as they are on npm: tokens are typed into this page.
_ASSETS: Final = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.35.0"
_SCRIPT: Final = f"{_ASSETS}/swagger-ui-bundle.js"
_STYLE: Final = f"{_ASSETS}/swagger-ui.css"
_DIGESTS: Final = {
    _SCRIPT: "sha384-gjRm0bEPMeTmMh5jT2cHccIwCUZSTd8YC+j0d0sXw0MdGEfScduGpSyF3ZSSLkX9",
    _STYLE: "sha384-WlYgdmXYOOBWL5apwjDEZwN+U3HmXSSu5R6V5aGxEcf7z+KuRNwBhoxKVN1i3D5I",
}

DOCUMENT: Final = "/api/v1/openapi.json"

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
    page = get_swagger_ui_html(
        openapi_url=DOCUMENT,
        title=request.app.title,
        swagger_js_url=_SCRIPT,
        swagger_css_url=_STYLE,
        swagger_favicon_url="data:,",
    )
    text = bytes(page.body).decode()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    for address, known in _DIGESTS.items():
        text = text.replace(f'"{address}"', f'"{address}" integrity="{known}" crossorigin="anonymous"')
    # Swagger UI writes styles into elements.
    policy = (
        f"default-src 'none'; script-src {_SCRIPT} 'sha256-{digest}'; style-src {_STYLE} 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})
