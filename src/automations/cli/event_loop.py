"""The event loop of long-running commands, and how they are told to end."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """On uvloop where there is one."""
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def on_end(stop: Callable[[], None]) -> None:
    """Call `stop` on Ctrl-C, SIGTERM and a closed terminal; a second Ctrl-C is Python's own again."""
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None:
            continue

        def heard(number: signal.Signals = number) -> None:
            if number is signal.SIGINT:
                loop.remove_signal_handler(number)
            stop()

        loop.add_signal_handler(number, heard)
