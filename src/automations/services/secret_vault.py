"""Opens the secrets of an account for its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from automations.db.connection import CONNECTION_LOST
from automations.db.secret_store import SecretStore
from automations.errors import AutomationsError, ConfigurationError, StepError
from automations.services.connections import Connections
from automations.services.secrets import Box, open_secrets


class SecretVault:
    """`box` is asked for the keys each time: a rotation needs no restart."""

    def __init__(self, connections: Connections, box: Callable[[], Box]) -> None:
        self._connections = connections
        self._box = box

    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]:
        """Raises `StepError`: `missing_secret`; `secrets_unavailable`, which may pass."""
        try:
            box = self._box()
            async with self._connections.connection() as connection:
                found = await open_secrets(SecretStore(connection), box, account, names)
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
