"""Opens the secrets of an account for its steps, on a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from automations.db.connection import CONNECTION_LOST, Connection, close_quietly
from automations.db.secret_store import SecretStore
from automations.errors import AutomationsError, ConfigurationError, StepError
from automations.services.secrets import Box, open_secrets


class SecretVault:
    """`box` is asked for the keys each time: a rotation needs no restart."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], box: Callable[[], Box]) -> None:
        self._connect = connect
        self._box = box
        self._connection: Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]:
        """Raises `StepError`: `missing_secret`; `secrets_unavailable`, which may pass."""
        try:
            async with self._one_at_a_time:
                found = await self._open(account, names)
        except ConfigurationError as error:
            raise StepError(error.message, hint=error.hint, code="secrets_unavailable") from None
        except (*CONNECTION_LOST, TimeoutError, AutomationsError) as error:
            raise StepError(
                f"secrets cannot be read: {error or type(error).__name__}", code="secrets_unavailable", retryable=True
            ) from None
        missing = sorted(set(names) - set(found))
        if missing:
            raise StepError(
                f"there is no secret {missing[0]}",
                hint=f"Set it with `automations secrets set {missing[0]}`.",
                code="missing_secret",
            )
        return found

    async def _open(self, account: UUID, names: Collection[str]) -> dict[str, str]:
        box = self._box()
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        try:
            return await open_secrets(SecretStore(self._connection), box, account, names)
        except BaseException:
            self._connection.terminate()
            raise

    async def close(self) -> None:
        if self._connection is not None:
            await close_quietly(self._connection)
