"""The HTTP side as one ASGI application: the API of people and programs, and webhooks."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from automations import __version__
from automations.api.body_limit import LARGEST_BODY, BodyLimit
from automations.api.problems import internal, invalid_request, problem, problem_of
from automations.api.request_scope import Api
from automations.api.router import Problem
from automations.api.routes import (
    automations,
    bulk,
    catalogue,
    executions,
    explain,
    signals,
    stats,
    test_runs,
    transfer,
    triggers,
    versions,
)
from automations.api.routes.webhooks import webhook_routes
from automations.api.tokens import NotSignedIn
from automations.errors import AutomationsError
from automations.services.webhooks import Webhooks

PREFIX = "/api/v1"
ROUTES = (
    automations,
    executions,
    versions,
    transfer,
    test_runs,
    bulk,
    explain,
    stats,
    signals,
    catalogue,
    triggers,
)


def create_app(webhooks: Webhooks, api: Api) -> FastAPI:
    app = FastAPI(
        title="Automations",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        # What programs made from the document call their methods.
        generate_unique_id_function=lambda route: route.name,
        routes=[*webhook_routes(webhooks)],
    )
    app.state.api = api
    app.add_middleware(BodyLimit, prefix=PREFIX)
    for routes in ROUTES:
        app.include_router(routes.router, prefix=PREFIX)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]

    @app.get("/health", tags=["operations"], summary="Whether the database answers")
    async def health() -> dict[str, str]:
        await webhooks.alive()
        return {"status": "ok"}

    app.add_exception_handler(AutomationsError, _ours)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """With our errors in the place of FastAPI's, which nobody here gets."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = found["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(told.pop("$defs"))
        schemas["Problem"] = told
        app.openapi_schema = found
    return app.openapi_schema


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AutomationsError)
    return problem_of(error)


async def _not_signed_in(_request: Request, error: Exception) -> Response:
    return problem("not_signed_in", str(error), "Send `Authorization: Bearer <token>` with a token that is valid now.")


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid_request(error)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 400:
            return problem("bad_request", "the body cannot be read", "Send JSON in UTF-8, not too deeply nested.")
        case 405:
            hint = "Use another method."
            return problem("wrong_method", "this address is not called so", hint, headers=error.headers)
        case 408:
            return problem("too_slow", "the body was not complete in time", "Send it again, faster.")
        case 413:
            return problem("too_large", f"a body has at most {LARGEST_BODY:,} bytes here", "Send less.")
        case _:
            return problem("not_found", "there is nothing at this address", "/api/docs shows what there is.")


async def _broken(_request: Request, _error: Exception) -> Response:
    return internal()
