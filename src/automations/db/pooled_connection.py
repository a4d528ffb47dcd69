"""A connection through a pooler that lends a server's for one transaction at a time (PgBouncer, Supavisor).

Whatever is set beyond a transaction would be there for whoever comes next, of us or of another program: so nothing is.
Nothing is prepared either: the next transaction may be on a connection that does not know it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg


class PooledConnection(asyncpg.Connection):  # type: ignore[misc]
    """Every transaction begins as `role`; a statement outside of one has its own. Open it without a statement cache."""

    role: str | None = None

    async def execute(self, query: str, *args: Any, **options: Any) -> Any:
        if self.role is not None and query.startswith("BEGIN") and not args:
            # How asyncpg begins one. In one message: no more round trips, and no transaction without the role.
            return await super().execute(f'{query.rstrip("; ")}; set local role "{self.role}"', **options)
        async with self._in_transaction():
            return await super().execute(query, *args, **options)

    async def executemany(self, command: str, args: Any, **options: Any) -> None:
        async with self._in_transaction():
            await super().executemany(command, args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        async with self._in_transaction():
            return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        async with self._in_transaction():
            return await super().fetchrow(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        async with self._in_transaction():
            return await super().fetchval(query, *args, **options)

    def get_reset_query(self) -> str:
        """None: there is nothing to reset, and it could only be sent to whichever server's connection is free."""
        return ""

    @asynccontextmanager
    async def _in_transaction(self) -> AsyncIterator[None]:
        if self.role is None or self.is_in_transaction():
            yield
            return
        async with self.transaction():
            yield
