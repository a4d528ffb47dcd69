"""Serves an application on a port that it holds from the beginning: callers wait a moment instead of being refused."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from automations.errors import ConfigurationError

if TYPE_CHECKING:
    from automations.api.uvicorn_server import StoppableServer

# Requests under way when it is told to stop may go on for so long.
GRACE_SECONDS = 2


class WebServer:
    """`bind`, then `serve` until `stop`. `make_app` is called late: what it needs takes a moment to import.

    `end_streams` ends what would go on for ever, when it is told to stop.
    """

    def __init__(
        self,
        make_app: Callable[[], Any],
        close: Callable[[], Awaitable[None]],
        end_streams: Callable[[], None] = lambda: None,
    ) -> None:
        self._make_app = make_app
        self._close = close
        self._end_streams = end_streams
        self._socket: socket.socket | None = None
        self._server: StoppableServer | None = None
        self._stopping = asyncio.Event()
        self.host = ""
        self.port = 0

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def bind(self, host: str, port: int, *, else_any: bool = False) -> bool:
        """Whether it is that port. `else_any`: a free one where it is taken. `ConfigurationError`."""
        try:
            self._socket = _listening(host, port)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            if not (taken and else_any):
                raise _cannot_listen(host, port, error) from None
            self._socket = _listening(host, 0)
        self.host, self.port = host, self._socket.getsockname()[1]
        return port in (0, self.port)

    async def serve(self) -> None:
        """Until `stop`; requests under way are ended."""
        assert self._socket is not None
        try:
            # In a thread: others must not feel the import.
            server = await asyncio.to_thread(self._build)
            if not self._stopping.is_set():
                self._server = server
                await server.serve([self._socket])
        finally:
            self._socket.close()
            await self._close()

    def stop(self) -> None:
        self._stopping.set()
        self._end_streams()
        if self._server is not None:
            self._server.stop()

    async def end(self) -> None:
        """For one that was bound and is not served."""
        if self._socket is not None:
            self._socket.close()
        with contextlib.suppress(OSError):
            await self._close()

    def _build(self) -> StoppableServer:
        from automations.api.uvicorn_server import StoppableServer, configured  # noqa: PLC0415

        return StoppableServer(configured(self._make_app(), GRACE_SECONDS))


def _listening(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    found = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(128)
        found.setblocking(False)
    except OSError:
        found.close()
        raise
    return found


def _cannot_listen(host: str, port: int, error: OSError) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"port {port} of {host} is taken by another program", hint="Set AUTOMATIONS_HTTP_PORT to a free one."
        )
    return ConfigurationError(
        f"nothing can listen on port {port} of {host}: {error.strerror or error}",
        hint="Set AUTOMATIONS_HTTP_PORT to a port that this user may use, and --host to an address of this machine.",
    )
