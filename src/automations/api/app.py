"""The HTTP side as one ASGI application: the API of people and programs, and webhooks."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from automations import __version__
from automations.api.addresses import OtherMethods
from automations.api.body_limit import DEEPEST_BODY, BodyLimit
from automations.api.browsers import BrowserRules
from automations.api.document import openapi_document
from automations.api.editor import editor_routes, page_at_no_address
from automations.api.http_metrics import HttpMetrics, Measured
from automations.api.mcp.endpoint import PATH as MCP_PATH
from automations.api.mcp.endpoint import McpEndpoint
from automations.api.problems import internal, invalid_request, problem, problem_of
from automations.api.request_scope import Api
from automations.api.routes import (
    account,
    api_keys,
    approvals,
    approve_page,
    automations,
    bulk,
    catalogue,
    docs_page,
    executions,
    explain,
    health,
    live,
    records,
    secrets,
    sign_in,
    signals,
    stats,
    team,
    test_runs,
    tools,
    transfer,
    triggers,
    versions,
)
from automations.api.routes.health import kept_figures
from automations.api.routes.operations import operations_router
from automations.api.routes.webhooks import webhook_routes
from automations.api.tokens import NotSignedIn
from automations.errors import AutomationsError
from automations.services.webhooks import Webhooks

PREFIX = "/api/v1"
# Bodies that are read before anybody has proved anything: a code, an answer to an approval.
UNPROVEN = {f"{PREFIX}/sign-in": 16_384, f"{PREFIX}/approvals/by-token": 1_048_576, approve_page.PATH: 1_048_576}
ROUTES = (
    automations,
    versions,
    transfer,
    test_runs,
    executions,
    bulk,
    explain,
    live,
    tools,
    stats,
    signals,
    catalogue,
    triggers,
    approvals,
    records,
    secrets,
    account,
    team,
    api_keys,
    health,
)


def create_app(webhooks: Webhooks, api: Api) -> FastAPI:
    app = FastAPI(
        title="Automations",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # What programs made from the document call their methods.
        generate_unique_id_function=lambda route: route.name,
        # The pages of the editor come before those that make do without it.
        routes=[*webhook_routes(webhooks), approve_page.route, *editor_routes(api.editor)],
    )
    app.state.api = api
    app.state.figures = kept_figures(api)
    metrics = HttpMetrics()
    app.add_middleware(BodyLimit, prefixes=(PREFIX, approve_page.PATH), smaller=UNPROVEN)
    app.add_middleware(Measured, metrics=metrics, prefix=PREFIX)
    # Streams of events stay as they are.
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4)
    # Further out than a middleware can be: what answers errors of ours is around those.
    build = app.build_middleware_stack
    app.build_middleware_stack = (  # type: ignore[method-assign]
        lambda: BrowserRules(build(), api=PREFIX, origins=api.cors_origins)
    )
    of_api = (approvals.by_token, *(module.router for module in ROUTES), sign_in.router, sign_in.signed_in_router)
    app.state.addresses = OtherMethods(PREFIX, of_api)
    app.router.routes.insert(0, app.state.addresses)
    for router in of_api:
        app.include_router(router, prefix=PREFIX)
    for router in (operations_router(api, metrics, app.state.figures), sign_in.pages, docs_page.router):
        app.include_router(router)
    app.add_route(MCP_PATH, McpEndpoint(api, api.public_url), include_in_schema=False)  # type: ignore[arg-type]
    app.openapi = lambda: openapi_document(app)  # type: ignore[method-assign]

    app.add_exception_handler(AutomationsError, _ours)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    return app


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AutomationsError)
    return problem_of(error)


async def _not_signed_in(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedIn)
    return problem("not_signed_in", str(error), error.hint)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid_request(error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 400:
            hint = f"Send JSON in UTF-8, nested at most {DEEPEST_BODY} levels deep."
            return problem("bad_request", "the body cannot be read", hint)
        case 405:
            allowed = request.app.state.addresses.allowed(request.url.path)
            headers = error.headers if allowed is None else {"Allow": allowed}
            return problem("wrong_method", "this address is not called so", "Use another method.", headers=headers)
        case 408:
            return problem("too_slow", "the body was not complete in time", "Send it again, faster.")
        case 413:
            return problem("too_large", f"a body has at most {error.detail} bytes here", "Send less.")
        case _:
            shown = page_at_no_address(request.app.state.api.editor, request)
            return shown or problem("not_found", "there is nothing at this address", "/api/docs shows what there is.")


async def _broken(_request: Request, _error: Exception) -> Response:
    return internal()
