"""uvicorn inside a program of ours: it is told when to stop, idles quietly, and waits for no head without end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from typing import Any, Final

import h11
import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 10.0
LARGEST_HEAD: Final = 32_768
MOST_CONNECTIONS: Final = 1_000


class StoppableServer(Server):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._told.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # They are the program's, which ends more than this.
        yield

    async def main_loop(self) -> None:
        # uvicorn looks ten times a second whether it should end.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._told.wait()


class PatientProtocol(H11Protocol):
    """Closes a connection whose next head is not complete in time, and answers what is no HTTP as we answer all."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Answered while the body was still coming: what is left of it is waited for like the next head.
        answered = self.conn.our_state is h11.DONE
        if self.conn.their_state is not h11.IDLE and not answered:
            self._forget_head()
        elif self._head_timer is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        content = orjson.dumps(
            {
                "title": "Bad Request",
                "status": 400,
                "code": "bad_request",
                "detail": "this is no HTTP request that can be read, or its head is too long",
                "hint": f"Send HTTP/1.1 with a head of at most {LARGEST_HEAD} bytes.",
            }
        )
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(content)).encode()),
            (b"connection", b"close"),
        ]
        with contextlib.suppress(h11.LocalProtocolError):
            answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            for event in (answer, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()


def configured(app: Any, grace_seconds: int) -> Config:
    return Config(
        app,
        http=PatientProtocol,
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,
        # What is no HTTP is for whoever sent it, not for the log.
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=grace_seconds,
    )
