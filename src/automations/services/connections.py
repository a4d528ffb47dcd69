"""Where services that live long get connections from; `db.pool.Pool`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from automations.db.connection import Connection


class Connections(Protocol):
    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """One for a few statements; `DatabaseUnreachable` where there is none."""
        ...
