"""Keys of the API, without the keys themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from automations.db.automation_store import Named
from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.request_session import KeyScope
from automations.db.sql_errors import translated

SQL = queries("api_keys")


class ApiKeyStore:
    """What the role of the connection may see and do. Every method raises what `db.sql_errors` makes of refusals."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def create(
        self,
        account: UUID,
        name: str,
        digest: bytes,
        hint: str,
        scopes: Sequence[KeyScope],
        expires_at: datetime | None,
    ) -> dict[str, Any]:
        """Its row. `NotAllowed` for who does not manage the account, `NotFound` for who is not of it."""
        with translated():
            key_id = await self.connection.fetchval(
                SQL["create"], account, name, digest, hint, list(scopes), expires_at
            )
            row: dict[str, Any] = await self.connection.fetchval(SQL["get"], key_id)
        return row

    async def revoke(self, key_id: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["revoke"], key_id)

    async def page(self, account: UUID | None, *, limit: int, after: tuple[datetime, UUID] | None = None) -> str:
        """A list, the newest first; `after`: created_at and id of the last one of the page before."""
        with translated():
            found: str = await self.connection.fetchval(SQL["list"], account, limit, *(after or (None, None)))
        return found

    async def find(self, account: UUID | None, lowest: UUID, highest: UUID) -> list[Named]:
        with translated():
            rows = await self.connection.fetch(SQL["ids"], account, lowest, highest)
        return [Named(row["id"], row["name"]) for row in rows]
