"""What an account has set for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("account_settings")


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """None: as the installation has it. `…_secret` are names of secrets of the account."""

    account_id: UUID
    mail_from: str | None = None
    mail_reply_to: str | None = None
    mail_server: str | None = None
    mail_user: str | None = None
    mail_password_secret: str | None = None
    ai_base_url: str | None = None
    ai_key_secret: str | None = None
    ai_model: str | None = None
    ai_tokens_per_day: int | None = None


class AccountSettingsStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def get(self, account: UUID) -> AccountSettings:
        with translated():
            row = await self.connection.fetchrow(SQL["get"], account)
        return AccountSettings(account) if row is None else AccountSettings(**row)

    @asynccontextmanager
    async def changing(self, account: UUID) -> AsyncIterator[None]:
        """A transaction in which nobody else changes them."""
        with translated():
            async with self.connection.transaction():
                await self.connection.execute(SQL["lock"], account)
                yield

    async def put(self, settings: AccountSettings, changed: Collection[str] = ()) -> None:
        """`changed`: names for the audit log."""
        with translated():
            values = asdict(settings)
            await self.connection.execute(SQL["put"], values.pop("account_id"), values, list(changed))
