"""A world with one account, probes, and workers of this process, for every test of the engine."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

# Tests are imported by path (importmode importlib); what they share is imported by name, from the checkout.
if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, new_world

if TYPE_CHECKING:
    from tests.conftest import Factory


@pytest.fixture
def probes() -> Probes:
    return Probes()


@pytest.fixture
async def workers(database_url: str, probes: Probes) -> AsyncIterator[Workers]:
    group = Workers(database_url, probes)
    yield group
    await group.close()


@pytest.fixture
async def world(database: asyncpg.Connection, make: Factory) -> World:
    return await new_world(database, make)
