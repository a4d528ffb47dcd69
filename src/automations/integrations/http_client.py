"""Outgoing HTTP for steps: one pool of connections, a guard in front of every one of them, limits on time and size."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from typing import TYPE_CHECKING

from automations.errors import StepError
from automations.flow.ports import HttpRequest, HttpResponse
from automations.integrations.address_guard import AddressGuard
from automations.integrations.content_decoding import decoder
from automations.integrations.name_lookup import Lookup

if TYPE_CHECKING:
    import httpcore2

    from automations.integrations.outgoing_request import Hop

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5


class HttpClient:
    """The `Http` port of `flow.ports`.

    Built on the transport below httpx2's client, not on the client: that one keeps cookies, which would carry a session
    from one tenant's request into another's, and follows redirects with rules of its own. The environment's proxies and
    certificates are not used; `tls` is for an installation with its own certificate authority.

    Use one per event loop, and `close` it.
    """

    def __init__(
        self,
        *,
        allowed: Collection[str] = (),
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
        max_connections: int = 500,
    ) -> None:
        self._guard = AddressGuard(allowed, lookup=lookup)
        self._tls = tls
        self._max_connections = max_connections
        self._pool: httpcore2.AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer, whatever its status. `StepError` codes: `bad_url`, `bad_header`, `connect`, `timeout`, `tls`,
        `protocol`, `bad_redirect`, `too_many_redirects`; `BlockedAddress` for what the guard refuses."""
        pool = await self._open_pool()
        import httpcore2  # noqa: PLC0415

        try:
            async with asyncio.timeout(request.timeout_seconds):
                return await self._follow(pool, request)
        except (TimeoutError, httpcore2.TimeoutException):
            raise StepError(
                f"no complete answer within {request.timeout_seconds:g} seconds", code="timeout", retryable=True
            ) from None
        except httpcore2.LocalProtocolError:
            raise StepError("the request cannot be sent as it is", code="protocol") from None
        except (httpcore2.ProtocolError, httpcore2.ReadError, httpcore2.WriteError, ssl.SSLError):
            raise StepError(
                "the connection broke before the answer was complete", code="protocol", retryable=True
            ) from None
        except (httpcore2.NetworkError, OSError) as error:
            raise _connect_failure(error) from None

    def rehearse(self, request: HttpRequest) -> None:
        from automations.integrations.outgoing_request import first_hop  # noqa: PLC0415

        first_hop(request)

    async def close(self) -> None:
        """Close every connection; requests that are under way fail."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.aclose()

    async def _open_pool(self) -> httpcore2.AsyncConnectionPool:
        async with self._opening:
            if self._pool is None:
                # In a thread: the import and the list of certificate authorities take long enough to be felt by others.
                self._pool = await asyncio.to_thread(self._build_pool)
            return self._pool

    def _build_pool(self) -> httpcore2.AsyncConnectionPool:
        import httpcore2  # noqa: PLC0415
        import httpx2  # noqa: PLC0415

        from automations.integrations.guarded_backend import GuardedBackend  # noqa: PLC0415

        return httpcore2.AsyncConnectionPool(
            ssl_context=self._tls or httpx2.create_ssl_context(trust_env=False),
            network_backend=GuardedBackend(self._guard),
            max_connections=self._max_connections,
            max_keepalive_connections=50,
            keepalive_expiry=15.0,
        )

    async def _follow(self, pool: httpcore2.AsyncConnectionPool, request: HttpRequest) -> HttpResponse:
        from automations.integrations.outgoing_request import first_hop, redirected  # noqa: PLC0415

        hop = first_hop(request)
        for _ in range(MAX_REDIRECTS + 1):
            response = await _exchange(pool, hop, request)
            location = response.headers.get("location")
            if not request.follow_redirects or response.status not in REDIRECTS or location is None:
                return response
            hop = redirected(hop, response.status, location)
        raise StepError(f"more than {MAX_REDIRECTS} redirects", code="too_many_redirects")


async def _exchange(pool: httpcore2.AsyncConnectionPool, hop: Hop, request: HttpRequest) -> HttpResponse:
    """One request, one answer, cut at the request's `max_response_bytes`."""
    import httpcore2  # noqa: PLC0415

    from automations.integrations.outgoing_request import received_headers, wire_headers  # noqa: PLC0415

    response = await pool.handle_async_request(
        httpcore2.Request(
            method=hop.method,
            url=httpcore2.URL(
                scheme=hop.url.raw_scheme, host=hop.url.raw_host, port=hop.url.port, target=hop.url.raw_path
            ),
            headers=wire_headers(hop),
            content=hop.content,
            extensions={"timeout": {"connect": request.timeout_seconds}},
        )
    )
    try:
        headers = received_headers(response.headers)
        decode = decoder(headers.get("content-encoding", ""))
        body = bytearray()
        async for chunk in response.aiter_stream():
            body += decode.feed(chunk, request.max_response_bytes - len(body) + 1)
            if len(body) > request.max_response_bytes:
                del body[request.max_response_bytes :]
                return HttpResponse(response.status, headers, bytes(body), hop.shown_url, truncated=True)
        decode.finish()
        return HttpResponse(response.status, headers, bytes(body), hop.shown_url)
    finally:
        await response.aclose()


def _connect_failure(error: Exception) -> StepError:
    """What to tell the author; never the address that was tried."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return StepError(
                f"the server's certificate is not trusted: {cause.verify_message}",
                code="tls",
                hint="The certificate must be valid for this host name; this machine needs the usual ca-certificates.",
            )
        cause = cause.__cause__ or cause.__context__
    return StepError("no connection could be made", code="connect", retryable=True)
