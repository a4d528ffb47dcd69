"""`/api/docs`: FastAPI's page of Swagger UI, with a policy of exactly what it loads."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse

_ASSETS: Final = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.35.0"
_SCRIPT: Final = f"{_ASSETS}/swagger-ui-bundle.js"
_STYLE: Final = f"{_ASSETS}/swagger-ui.css"
# Of exactly these files, as npm has them: the page has the origin of the web editor, whose tabs hold tokens.
_INTEGRITY: Final = {
    _SCRIPT: "sha384-gjRm0bEPMeTmMh5jT2cHccIwCUZSTd8YC+j0d0sXw0MdGEfScduGpSyF3ZSSLkX9",
    _STYLE: "sha384-WlYgdmXYOOBWL5apwjDEZwN+U3HmXSSu5R6V5aGxEcf7z+KuRNwBhoxKVN1i3D5I",
}

router: Final = APIRouter(include_in_schema=False)


@router.get("/api/docs")
async def docs_page(request: Request) -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url=request.app.openapi_url,
        title=request.app.title,
        swagger_js_url=_SCRIPT,
        swagger_css_url=_STYLE,
        swagger_favicon_url="data:,",
    )
    text = bytes(page.body).decode()
    for address, digest in _INTEGRITY.items():
        text = text.replace(f'"{address}"', f'"{address}" integrity="{digest}" crossorigin="anonymous"')
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        # Swagger UI writes styles into elements.
        f"default-src 'none'; script-src {_SCRIPT} 'sha256-{digest}'; style-src {_STYLE} 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})
