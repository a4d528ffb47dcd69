"""The HTTP side as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from automations.api.problems import internal, problem, problem_of
from automations.api.webhook_routes import webhook_routes
from automations.errors import AutomationsError
from automations.services.webhooks import Webhooks


def create_app(webhooks: Webhooks) -> Starlette:
    async def health(_request: Request) -> Response:
        try:
            await webhooks.alive()
        except AutomationsError as error:
            return problem_of(error)
        return Response(b'{"status":"ok"}', media_type="application/json")

    return Starlette(
        routes=[Route("/health", health, methods=["GET"]), *webhook_routes(webhooks)],
        exception_handlers={HTTPException: _no_such_route, Exception: _broken},
    )


async def _no_such_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return problem("wrong_method", "this address is not called so", "Use another method.", headers=error.headers)
    return problem("not_found", "there is nothing at this address", "Webhooks are at /webhooks/<id>.")


async def _broken(_request: Request, _error: Exception) -> Response:
    return internal()
