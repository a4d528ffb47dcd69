"""A worker is present while its session holds an advisory lock: killed, its runs are taken over in about a second.

The lock needs a connection of its own to the server itself: behind a pooler in transaction mode neither this nor LISTEN
works, and the lease is all that is left.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import structlog

from automations.db.connection import Connection
from automations.db.run_store import RunStore

log = structlog.get_logger(__name__)

WAKE_CHANNEL = "automations_wake"
HEARTBEAT_CHANNEL = "automations_heartbeat"


def new_owner_key() -> int:
    """A random advisory-lock key: no two lives of any worker ever share one. Positive, because `pg_locks` splits it."""
    return secrets.randbits(62) | 1


class Presence:
    def __init__(self, connection: Connection, wake: asyncio.Event) -> None:
        self.owner = new_owner_key()
        self.store = RunStore(connection)
        self._connection = connection
        self._wake = wake
        self._heard: asyncio.Event = asyncio.Event()
        self._nonce = ""
        self.listening = False

    async def start(self) -> None:
        await self.store.hold_presence(self.owner)
        await self._connection.add_listener(WAKE_CHANNEL, self._on_wake)
        await self._connection.add_listener(HEARTBEAT_CHANNEL, self._on_heartbeat)

    def _on_wake(self, *_: Any) -> None:
        self._wake.set()

    def _on_heartbeat(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        if payload == self._nonce:
            self._heard.set()

    async def check_listening(self) -> bool:
        """Whether our own notification comes back within a second. Deaf is slow, not wrong: polling is the truth."""
        self._heard.clear()
        self._nonce = secrets.token_hex(8)
        await self._connection.execute("select pg_notify($1, $2)", HEARTBEAT_CHANNEL, self._nonce)
        try:
            async with asyncio.timeout(1):
                await self._heard.wait()
            heard = True
        except TimeoutError:
            heard = False
        if self.listening and not heard:
            log.warning("notifications do not arrive; polling", hint="connect to the server itself, not to a pooler")
        self.listening = heard
        return heard
