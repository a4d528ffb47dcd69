"""Reads the settings of accounts for the steps of their runs, on a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.connection import CONNECTION_LOST, Connection, close_quietly
from automations.errors import AutomationsError, StepError


class SettingsReader:
    """Connects at first need, and again after the database was away."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    async def read(self, account: UUID) -> AccountSettings:
        """Raises `StepError` `settings_unavailable`, which may pass."""
        try:
            async with self._one_at_a_time:
                return await self._read(account)
        except (*CONNECTION_LOST, TimeoutError, AutomationsError) as error:
            raise StepError(
                f"the settings of the account cannot be read: {error or type(error).__name__}",
                code="settings_unavailable",
                retryable=True,
            ) from None

    async def _read(self, account: UUID) -> AccountSettings:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        try:
            return await AccountSettingsStore(self._connection).get(account)
        except BaseException:
            self._connection.terminate()
            raise

    async def close(self) -> None:
        if self._connection is not None:
            await close_quietly(self._connection)
