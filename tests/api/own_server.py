"""A server whose API is composed otherwise than that of most tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
from tests.api.conftest import ApiServer, MemorySecrets, served_api

from automations.api.app import create_app
from automations.api.server import WebServer
from automations.cli.outside_world import OutsideTests, build_outside_world
from automations.db.connection import connect
from automations.db.pool import Pool
from automations.services.run_answers import RunAnswers
from automations.services.webhooks import Webhooks
from automations.settings import Settings


@asynccontextmanager
async def own_server(dsn: str, pool: Pool | None = None, **changes: Any) -> AsyncIterator[ApiServer]:
    """`changes`: fields of `Api`."""
    used = pool or Pool(lambda: connect(dsn, role="service_role"))
    tests = OutsideTests(dsn, lambda: build_outside_world(dsn, Settings()))
    answers = RunAnswers(used)
    api = replace(served_api(used, tests, answers), **changes)
    server = WebServer(lambda: create_app(Webhooks(used, MemorySecrets(), answers), api), used.close)
    server.bind("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    try:
        async with httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client:
            yield ApiServer(client)
    finally:
        server.stop()
        async with asyncio.timeout(20):
            await serving
        await tests.close()
