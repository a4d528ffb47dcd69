"""A few connections for whoever serves many callers: opened when they are needed, replaced when they broke."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from automations.db.connection import CONNECTION_LOST, Connection
from automations.errors import DatabaseUnreachable

SIZE = 8
PATIENCE_SECONDS = 5.0
IDLE_SECONDS = 60.0


class Pool:
    """`connect` opens one. Nothing is opened before the first use; what is idle for a minute is closed."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int = SIZE) -> None:
        self._connect = connect
        self._size = size
        self._pool: Any = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """For a few statements; `DatabaseUnreachable` where there is none, or none is free for five seconds."""
        pool = await self._opened()
        try:
            connection = await pool.acquire(timeout=PATIENCE_SECONDS)
        except (TimeoutError, *CONNECTION_LOST) as error:
            raise _unreachable(str(error) or "no connection became free in time") from error
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as limit:
                yield connection
        except TimeoutError as error:
            if not limit.expired():
                raise
            connection.terminate()
            raise _unreachable("no answer in time") from error
        finally:
            # In a task of its own: who is cancelled meanwhile must not take a connection along.
            await asyncio.shield(_give_back(pool, connection))

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(1):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:

                async def connect(*_arguments: Any, **_options: Any) -> Connection:
                    return await self._connect()

                self._pool = await asyncpg.create_pool(
                    min_size=0,
                    max_size=self._size,
                    connect=connect,
                    reset=_nothing,
                    max_inactive_connection_lifetime=IDLE_SECONDS,
                )
            return self._pool


async def _nothing(connection: Any) -> None:
    """What we set is set for a transaction: nothing is left to reset, which would cost a question each time."""
    if connection.is_in_transaction():
        connection.terminate()


async def _give_back(pool: Any, connection: Any) -> None:
    try:
        await pool.release(connection, timeout=PATIENCE_SECONDS)
    except (TimeoutError, asyncpg.PostgresError, asyncpg.InternalClientError, *CONNECTION_LOST):
        # It broke; the pool has let go of it, or did so before.
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()


def _unreachable(reason: str) -> DatabaseUnreachable:
    return DatabaseUnreachable(
        f"the database does not answer: {reason}",
        hint="Check that the server runs, then try again; `automations doctor` tells more.",
    )
