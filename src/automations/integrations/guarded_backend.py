"""The network under our HTTP client: connects to the very addresses that the guard has judged.

Only imported once a first request is sent; an idle worker does without the client library.
"""

from __future__ import annotations

from collections.abc import Iterable

import httpcore2

from automations.errors import BlockedAddress
from automations.integrations.address_guard import AddressGuard


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves a name once, asks the guard, and connects to the result.

    A check before the request and a resolution by the client afterwards would leave a gap in which the name can change
    its address. TLS is not touched: the certificate is checked against the host name of the URL.
    """

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._guard.addresses(host, port)
        # A share each, so that a first address that swallows packets leaves time for the second.
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise BlockedAddress("local sockets cannot be reached")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
