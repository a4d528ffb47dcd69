"""Questions to a database about its health."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("doctor")
CHANNEL = "automations_doctor"


@dataclass(frozen=True, slots=True)
class Server:
    version: str
    version_num: int
    database: str
    role: str
    superuser: bool
    address: str | None
    recovery: bool
    other_login_roles: int
    connections: int
    max_connections: int
    queue_usage: float
    read_only: bool


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    there: bool
    allowed: bool
    bypasses: bool


@dataclass(frozen=True, slots=True)
class Trigger:
    table: str
    trigger: str
    there: bool
    enabled: bool


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """`state`: fires, or what is wrong with it."""

    source: str
    table: str
    state: str
    account_column: str
    id_column: str
    lead_column: str | None


@dataclass(frozen=True, slots=True)
class Load:
    pending: int
    running: int
    due: int
    oldest_due_seconds: float | None
    failed_last_hour: int
    stat_deltas: int
    oldest_delta_seconds: float | None


@dataclass(frozen=True, slots=True)
class WorkerSession:
    """`present`: it holds its advisory lock."""

    pid: int
    address: str | None
    backend_start: datetime | None
    present: bool


@dataclass(frozen=True, slots=True)
class Automations:
    total: int
    live: int
    error: int
    enabled_but_not_active: int


@dataclass(frozen=True, slots=True)
class Schedules:
    """`overdue`: no worker has looked at it for more than a minute after it was due; `failing`: it has an error."""

    live: int
    overdue: int
    failing: int


class DoctorStore:
    """For a connection as the DSN's own role. Raises the `AutomationsError`s of `db.sql_errors`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def server(self) -> Server:
        return Server(**await self._row("server"))

    async def roles(self) -> list[Role]:
        return [Role(**row) for row in await self._rows("may_become")]

    async def settings(self) -> dict[str, str]:
        """The switches `fire`, `journal`, `notify`, `wake`; "" where they are not set."""
        return {row["name"]: row["value"] for row in await self._rows("settings")}

    async def triggers(self) -> list[Trigger]:
        return [Trigger(**row) for row in await self._rows("triggers")]

    async def watched(self) -> list[WatchedTable]:
        return [WatchedTable(**row) for row in await self._rows("watched")]

    async def load(self) -> Load:
        return Load(**await self._row("load"))

    async def workers(self) -> list[WorkerSession]:
        return [WorkerSession(**row) for row in await self._rows("workers")]

    async def automations(self) -> Automations:
        return Automations(**await self._row("automations"))

    async def schedules(self) -> Schedules:
        return Schedules(**await self._row("schedules"))

    async def open_breakers(self) -> tuple[int, str | None]:
        """How many there are, and the id of an automation that has one."""
        row = await self._row("open_breakers")
        return int(row["count"]), row["automation_id"]

    async def accounts_without_agents(self) -> int:
        return int((await self._row("missing_account"))["count"])

    async def hears_itself(self, patience: float = 1.0) -> bool:
        """Whether a notification comes back on this connection: not through a pooler in transaction mode."""
        heard = asyncio.Event()
        nonce = secrets.token_hex(8)

        def on_message(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
            if payload == nonce:
                heard.set()

        with translated():
            await self.connection.add_listener(CHANNEL, on_message)
            try:
                await self.connection.execute(SQL["notify_ourselves"], CHANNEL, nonce)
                async with asyncio.timeout(patience):
                    await heard.wait()
            except TimeoutError:
                return False
            finally:
                await self.connection.remove_listener(CHANNEL, on_message)
        return True

    async def _row(self, name: str) -> dict[str, Any]:
        return dict((await self._rows(name))[0])

    async def _rows(self, name: str) -> list[Any]:
        with translated():
            rows: list[Any] = await self.connection.fetch(SQL[name])
        return rows
