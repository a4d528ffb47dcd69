"""How many transactions of one caller are under way at once: whose questions are slow leaves connections to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from automations.db.pool import PATIENCE_SECONDS, SIZE
from automations.errors import DatabaseUnreachable

MOST_OF_ONE: Final = SIZE - 2


class Turns:
    def __init__(self, most: int = MOST_OF_ONE) -> None:
        self._most = most
        self._places: dict[UUID, asyncio.Semaphore] = {}
        self._present: dict[UUID, int] = {}

    @asynccontextmanager
    async def of(self, user: UUID | None) -> AsyncIterator[None]:
        """None: servers, the installation's own. `DatabaseUnreachable` where none is over for five seconds."""
        if user is None:
            yield
            return
        places = self._places.setdefault(user, asyncio.Semaphore(self._most))
        self._present[user] = self._present.get(user, 0) + 1
        try:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await places.acquire()
            except TimeoutError:
                raise DatabaseUnreachable(
                    "too many requests of this caller are under way", hint="Send fewer at once."
                ) from None
            try:
                yield
            finally:
                places.release()
        finally:
            self._present[user] -= 1
            if not self._present[user]:
                del self._present[user], self._places[user]
