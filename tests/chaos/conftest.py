"""Worker processes that can be killed, a server of one's own that can be, and the world that they work on."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.chaos.worker_group import WorkerGroup
from tests.engine.world import World, new_world

from automations.db import embedded
from automations.db.embedded import EmbeddedServer

if TYPE_CHECKING:
    from tests.conftest import Factory


@pytest.fixture
async def group(database_url: str, tmp_path: Path) -> AsyncIterator[WorkerGroup]:
    workers = WorkerGroup(database_url, tmp_path)
    yield workers
    await workers.close()


@pytest.fixture
async def world(database: asyncpg.Connection, make: Factory) -> World:
    return await new_world(database, make)


@pytest.fixture
def durable_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server with fsync, as people run it, which the test may kill."""
    server = embedded.ensure_running(tmp_path / "pg", die_with_parent=True, timeout=60)
    yield server
    embedded.stop(server.data_dir)
