"""One child process at a time, its queue, and its clock: for what must not be done in this process."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, cast

from automations.errors import TemplateError

TEMPLATE_CHILD: Final = Path(__file__).with_name("template_child.py")
START_SECONDS: Final = 20.0


class OvertimeError(Exception):
    """The work took longer than it may; its process is gone."""


class DiedError(Exception):
    """The process died over its work: as a rule it ran into its memory limit."""


class Child(asyncio.SubprocessProtocol):
    """A running `…_child.py`, which says in frames that it is ready, and answers frames. One request at a time."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = loop.create_future()
        self._answer: asyncio.Future[bytes] = loop.create_future()
        self._received = bytearray()
        self._transport: asyncio.SubprocessTransport | None = None

    @staticmethod
    async def start(script: Path) -> Child:
        # An empty environment: what a template could ever get hold of must not hold passwords. Windows needs its own.
        environment: dict[str, str] | None = None if os.name == "nt" else {}
        loop = asyncio.get_running_loop()
        _, child = await loop.subprocess_exec(
            Child, sys.executable, "-I", str(script), stdin=-1, stdout=-1, stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip
        try:
            await child._reply(START_SECONDS)
        except (OvertimeError, DiedError):
            await child.kill()
            raise TemplateError(
                f"the process of {script.stem.removesuffix('_child')}s could not be started",
                hint="Is there enough memory, and is everything installed?",
                retryable=True,
            ) from None
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def alive(self) -> bool:
        return not self.exited.done()

    async def ask(self, request: bytes, seconds: float) -> dict[str, Any]:
        """Raises `OvertimeError` and `DiedError`; the child is dead then, and also when this is cancelled."""
        try:
            self._answer = asyncio.get_running_loop().create_future()
            pipe = cast("asyncio.WriteTransport", self._process.get_pipe_transport(0))
            pipe.write(len(request).to_bytes(4, "big") + request)
            return cast("dict[str, Any]", json.loads(await self._reply(seconds)))
        except BaseException:
            self._kill()
            raise

    async def _reply(self, seconds: float) -> bytes:
        # `wait` and no `timeout`: if our own loop was late, an answer that is there counts although time is up.
        awaited: set[asyncio.Future[Any]] = {self._answer, self.exited}
        await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._answer.done():
            return self._answer.result()
        if self.exited.done():
            raise DiedError
        raise OvertimeError

    async def kill(self) -> None:
        self._kill()
        await self.exited

    def _kill(self) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    @property
    def _process(self) -> asyncio.SubprocessTransport:
        assert self._transport is not None
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        received = self._received
        received += data
        if len(received) >= 4 and len(received) >= 4 + (length := int.from_bytes(received[:4], "big")):
            body = bytes(received[4 : 4 + length])
            del received[: 4 + length]
            if not self._answer.done():
                self._answer.set_result(body)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """`connection_lost` follows when the process has ended."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._process.close()
        if not self.exited.done():
            self.exited.set_result(None)


class Turns:
    """A lock whose waiters have a rank: a handicap of 200 lets the next 200 go first, and nobody waits for ever."""

    def __init__(self) -> None:
        self._taken = False
        self._arrivals = itertools.count()
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def turn(self, handicap: int) -> AsyncIterator[None]:
        if self._taken:
            arrival = next(self._arrivals)
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiters, (arrival + handicap, arrival, waiter))
            try:
                await waiter
            except asyncio.CancelledError:
                # It may have been given the turn in the moment in which it was cancelled.
                if waiter.done() and not waiter.cancelled():
                    self._pass_on()
                raise
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiters:
            *_, waiter = heapq.heappop(self._waiters)
            if not waiter.done():
                waiter.set_result(None)
                return
        self._taken = False


class Lane:
    """A queue in front of one child. A killed child is replaced, from then on by one that is already waiting."""

    def __init__(self, *, most_waiting: int, script: Path | None = None) -> None:
        self._script = script or TEMPLATE_CHILD
        self._most_waiting = most_waiting
        self._waiting = 0
        self._turns = Turns()
        self._child: Child | None = None
        self._spare: asyncio.Task[Child] | None = None
        self._dying: set[asyncio.Task[None]] = set()
        self._closed = False

    async def ask(self, request: bytes, seconds: float, handicap: int = 0) -> dict[str, Any]:
        """Raises `OvertimeError`, `DiedError`, and a retryable `TemplateError`: too many wait, or no process starts."""
        if self._waiting >= self._most_waiting:
            raise TemplateError(
                "too many templates are waiting for the engine", hint="Try again in a moment.", retryable=True
            )
        self._waiting += 1
        try:
            async with self._turns.turn(handicap):
                child = await self._ready()
                try:
                    return await child.ask(request, seconds)
                except BaseException:
                    self._replace(child)
                    raise
        finally:
            self._waiting -= 1

    async def _ready(self) -> Child:
        if self._closed:
            raise TemplateError("the template engine is shut down", retryable=True)
        if self._child is None or not self._child.alive:
            spare, self._spare = self._spare, None
            self._child = None if spare is None else await spare
            if self._child is None or not self._child.alive:
                self._child = await Child.start(self._script)
        return self._child

    def _replace(self, child: Child) -> None:
        self._child = None
        dying = asyncio.create_task(child.kill())
        self._dying.add(dying)
        dying.add_done_callback(self._dying.discard)
        if self._spare is None and not self._closed:
            self._spare = asyncio.create_task(Child.start(self._script))

    async def close(self) -> None:
        self._closed = True
        if self._spare is not None:
            self._spare.cancel()
            started = await asyncio.gather(self._spare, return_exceptions=True)
            self._spare = None
            if isinstance(started[0], Child):
                await started[0].kill()
        if self._child is not None:
            await self._child.kill()
        if self._dying:
            await asyncio.wait(self._dying)
