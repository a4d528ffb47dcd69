"""Reads for the steps of runs what their accounts have set, and where the mail of their people goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.connection import CONNECTION_LOST, Connection
from automations.db.team_store import Correspondent, TeamStore
from automations.errors import AutomationsError, StepError
from automations.services.connections import Connections


class SettingsReader:
    """Every method raises `StepError` `settings_unavailable`, which may pass."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def read(self, account: UUID) -> AccountSettings:
        async with self._reading() as connection:
            return await AccountSettingsStore(connection).get(account)

    async def mail_addresses(self, account: UUID, people: Collection[UUID]) -> dict[UUID, Correspondent]:
        async with self._reading() as connection:
            return await TeamStore(connection).mail_addresses(account, people)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Connection]:
        try:
            async with self._connections.connection() as connection:
                yield connection
        except (*CONNECTION_LOST, TimeoutError, AutomationsError) as error:
            raise StepError(
                f"the settings of the account cannot be read: {error or type(error).__name__}",
                code="settings_unavailable",
                retryable=True,
            ) from None
