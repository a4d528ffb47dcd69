"""Clients of `GET /live`, as a browser's `fetch` would be one: events as they come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.api.conftest import Client

PATIENCE = 30.0


@dataclass
class Watching:
    """`events`: (name, data) of all so far. `last_id`: where it is. `over`: the server has ended it."""

    headers: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, Any]] = field(default_factory=list)
    last_id: str = ""
    over: bool = False
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, check: Callable[[Watching], Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not check(self):
                self._came.clear()
                await self._came.wait()

    async def until_told(self, *statuses: str) -> None:
        """As the last of what there is to tell."""
        await self.until(lambda one: one.statuses()[-len(statuses) :] == list(statuses))

    def told(self, *kinds: str) -> list[Any]:
        return [data for name, data in self.events if not kinds or name in kinds]

    def statuses(self) -> list[str]:
        return [data["status"] for _, data in self.events if "status" in data]

    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    async def follow(self, lines: AsyncIterator[str]) -> None:
        name, data, place = "", "", None
        async for line in lines:
            key, _, value = line.partition(": ")
            match key:
                case "event":
                    name = value
                case "data":
                    data = value
                case "id":
                    place = value
                case "":
                    if place is not None:
                        self.last_id = place
                    if data:
                        self.events.append((name, json.loads(data)))
                    name, data, place = "", "", None
                    self._came.set()
        self.over = True
        self._came.set()


@asynccontextmanager
async def watching(client: Client, *, since: str | None = None, **params: Any) -> AsyncIterator[Watching]:
    """Once it is ready; closed at the end."""
    headers = {**client.headers, **({} if since is None else {"Last-Event-ID": since})}
    async with client.http.stream("GET", "/api/v1/live", headers=headers, params=params) as answer:
        assert answer.status_code == 200, (await answer.aread()).decode()
        one = Watching(dict(answer.headers))
        reading = asyncio.create_task(one.follow(answer.aiter_lines()))
        try:
            await one.until(lambda one: "ready" in one.names())
            yield one
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
