"""`/mcp`: MCP over streamable HTTP. Each request stands for itself: any process may answer it, none keeps a session.

A request lives as long as its answer: whoever hangs up ends the waiting for a run, never the run.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from automations.api.body_limit import LARGEST_BODY, BodyLimit
from automations.api.mcp.server import build_server
from automations.api.problems import problem
from automations.api.request_scope import Api
from automations.api.tokens import Caller
from automations.errors import Unusable

PATH: Final = "/mcp"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class McpEndpoint:
    """`public_url`: under which address others reach this installation, if it has one."""

    def __init__(self, api: Api, public_url: str | None = None) -> None:
        self._api = api
        self._known = LOOPBACK | ({urlsplit(public_url).hostname or ""} if public_url else frozenset())
        self._limited = BodyLimit(self._answer, (PATH,))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._limited(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method != "POST":
            hint = "Send MCP messages with POST; there is no stream to open and no session to end."
            refusal = problem("wrong_method", "this address is not called so", hint, headers={"Allow": "POST"})
            await refusal(scope, receive, send)
            return
        if not self._is_for_us(request):
            hint = "Use localhost, or set AUTOMATIONS_PUBLIC_URL to the address under which this is reached."
            refusal = problem("not_allowed", "this address is not called under that name, or from that page", hint)
            await refusal(scope, receive, send)
            return
        caller = await self._api.caller(request)
        account = _account(request.query_params.get("account"))
        body = await request.body()

        async def who() -> Caller:
            return caller

        manager = StreamableHTTPSessionManager(
            build_server(self._api, who, account), stateless=True, max_request_body_size=LARGEST_BODY
        )
        async with manager.run():
            await manager.handle_request(scope, _again(body, receive), send)

    def _is_for_us(self, request: Request) -> bool:
        """A page that somebody else's name server points here must not speak to what listens on this machine only."""
        origin = request.headers.get("origin")
        if origin is not None and _host(origin) not in self._known:
            return False
        return not _is_loopback(request.scope) or _host(f"//{request.headers.get('host', '')}") in self._known


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _is_loopback(scope: Scope) -> bool:
    try:
        return ip_address((scope.get("server") or ("",))[0]).is_loopback
    except ValueError:
        return False


def _account(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise Unusable("account is not a UUID", hint="An account is the id of its owner.") from None


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever else comes."""
    told = False

    async def following() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return following
