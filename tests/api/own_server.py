"""A server whose API is composed otherwise than that of most tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from tests.api.conftest import ApiServer, MemorySecrets, serving

from automations.db.pool import Pool


@asynccontextmanager
async def own_server(dsn: str, pool: Pool | None = None, **changes: Any) -> AsyncIterator[ApiServer]:
    """`changes`: fields of `Api`."""
    async with (
        serving(dsn, MemorySecrets(), pool, **changes) as (server, _),
        httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        yield ApiServer(client)
