"""A certificate for all tests of a session, and clients that trust it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
import uvloop

if (_CHECKOUT := str(Path(__file__).parents[3])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.unit.mail.smtp_server import Certificate, Mailbox, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Any]:
    """Sockets and TLS are the loop's doing: workers run on uvloop, those on Windows on asyncio's (`make test-all`)."""
    if "not full" in str(config.getoption("markexpr")):
        return {"uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
