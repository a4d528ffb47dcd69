"""Host names to addresses, in threads of our own that nobody waits for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""`(host, port)` to addresses in the order in which to try them. Raises `OSError` where the name has none."""


class NameLookup:
    """`socket.getaddrinfo`, at most `at_once` at a time.

    Not the event loop's own: its few threads are shared with everything else, so that some names with a slow server
    would hold up every other name, and a program that ends waits for them. These threads are daemons.
    """

    def __init__(self, at_once: int = 64) -> None:
        self._slots = asyncio.Semaphore(at_once)

    async def __call__(self, host: str, port: int) -> list[str]:
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        # The slot is given back by the thread, not by whoever waits: a time-out ends the waiting, not the thread.
        def deliver(addresses: list[str], error: OSError | None) -> None:
            self._slots.release()
            if answer.done():
                return
            if error is None:
                answer.set_result(addresses)
            else:
                answer.set_exception(error)

        def look_up() -> None:
            addresses: list[str] = []
            failure: OSError | None = None
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                addresses = [str(address[0]) for *_, address in found]
            except OSError as error:
                failure = error
            except ValueError:
                failure = socket.gaierror(socket.EAI_NONAME, "not a host name")
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there to hear it
                loop.call_soon_threadsafe(deliver, addresses, failure)

        try:
            threading.Thread(target=look_up, name="automations-lookup", daemon=True).start()
        except RuntimeError:
            self._slots.release()
            raise OSError("no thread to look up the name") from None
        return await answer
