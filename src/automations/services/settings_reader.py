"""Reads the settings of accounts for the steps of their runs."""

from __future__ import annotations

from uuid import UUID

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.connection import CONNECTION_LOST
from automations.errors import AutomationsError, StepError
from automations.services.connections import Connections


class SettingsReader:
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def read(self, account: UUID) -> AccountSettings:
        """Raises `StepError` `settings_unavailable`, which may pass."""
        try:
            async with self._connections.connection() as connection:
                return await AccountSettingsStore(connection).get(account)
        except (*CONNECTION_LOST, TimeoutError, AutomationsError) as error:
            raise StepError(
                f"the settings of the account cannot be read: {error or type(error).__name__}",
                code="settings_unavailable",
                retryable=True,
            ) from None
