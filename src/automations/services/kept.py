"""An answer that is kept for a moment: whoever asks meanwhile costs nothing, and of many who ask at once one asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from automations.errors import AutomationsError

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """`load` may raise `AutomationsError`, which is kept as well: a database that is away is not asked by everybody."""

    def __init__(
        self, load: Callable[[], Awaitable[Value]], seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._clock = clock
        self._kept: tuple[float, Value | AutomationsError] | None = None
        self._loading = asyncio.Lock()

    async def get(self) -> Value:
        async with self._loading:
            if self._kept is None or self._clock() - self._kept[0] >= self._seconds:
                try:
                    found: Value | AutomationsError = await self._load()
                except AutomationsError as error:
                    found = error
                self._kept = (self._clock(), found)
            outcome = self._kept[1]
        if isinstance(outcome, AutomationsError):
            raise outcome
        return outcome
