"""Secrets as they are stored: sealed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("secrets")


@dataclass(frozen=True, slots=True)
class SecretName:
    account_id: UUID
    name: str
    key_id: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SecretRow:
    id: UUID
    name: str
    key_id: str
    nonce: bytes
    sealed: bytes


class SecretStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def names(self, account: UUID | None) -> list[SecretName]:
        """At most 1,000; `account` None: of all."""
        with translated():
            return [SecretName(**row) for row in await self.connection.fetch(SQL["list"], account)]

    async def listed(self, account: UUID) -> str:
        """JSON [{name, created_at, updated_at, automations: [{id, name}]}] for whoever may see the account."""
        with translated():
            found: str = await self.connection.fetchval(SQL["listed"], account)
        return found

    async def row_id(self, account: UUID, name: str) -> UUID | None:
        with translated():
            found: UUID | None = await self.connection.fetchval(SQL["row_id"], account, name)
        return found

    async def put(self, row: SecretRow, account: UUID) -> bool:
        """False when the secret has another id by now."""
        with translated():
            written: bool = await self.connection.fetchval(
                SQL["put"], row.id, account, row.name, row.key_id, row.nonce, row.sealed
            )
        return written

    async def delete(self, account: UUID, name: str) -> bool:
        with translated():
            gone: bool = await self.connection.fetchval(SQL["delete"], account, name)
        return gone

    async def users(self, account: UUID, name: str) -> list[str]:
        """Names of automations whose published flow inserts it, at most 20."""
        with translated():
            return [row["name"] for row in await self.connection.fetch(SQL["users"], account, name)]

    async def sealed(self, account: UUID, names: Collection[str]) -> list[SecretRow]:
        with translated():
            return [SecretRow(**row) for row in await self.connection.fetch(SQL["sealed"], account, list(names))]

    async def sealed_otherwise(self, key_id: str) -> list[SecretRow]:
        """At most 100 that another key sealed."""
        with translated():
            return [SecretRow(**row) for row in await self.connection.fetch(SQL["sealed_otherwise"], key_id)]

    async def reseal(self, row: SecretRow, before: bytes) -> None:
        """`before`: the nonce that it had."""
        with translated():
            await self.connection.execute(SQL["reseal"], row.id, before, row.key_id, row.nonce, row.sealed)
