"""uvicorn inside a program of ours: it is told when to stop, idles quietly, and waits for no head without end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from typing import Any, Final, Literal

import h11
import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 10.0
REST_SECONDS: Final = 5.0
LARGEST_HEAD: Final = 32_768
# A caller who reads nothing of what is sent to him.
STUCK_SECONDS: Final = 60.0
# Streams of events among them: at most services.live_feed.MOST_STREAMS.
MOST_CONNECTIONS: Final = 3_000


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
    """Closes a connection whose next head, or the rest of what was answered already, does not come in time; and answers
    what is no HTTP as we answer all.
    """

    _timer: asyncio.TimerHandle | None = None
    _awaited: Literal["head", "rest"] | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await("head")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.our_state is h11.DONE:
            # Answered while the body was still coming. To close at once would reset the connection, and the answer
            # might be lost with it; uvicorn passes over what still comes.
            self._await("rest")
        else:
            self._await("head" if self.conn.their_state is h11.IDLE else None)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(STUCK_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._unstick()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unstick()
        self._await(None)
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

    def _unstick(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _await(self, what: Literal["head", "rest"] | None) -> None:
        if what == self._awaited:
            return
        self._awaited = what
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if what is not None:
            seconds = HEAD_SECONDS if what == "head" else REST_SECONDS
            self._timer = self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
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
