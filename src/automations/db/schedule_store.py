"""Schedules: what is to be looked at, what was decided, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("schedules")


@dataclass(frozen=True, slots=True)
class ScheduleToLookAt:
    """Due times in (fired_until, looked_at] are to be decided. `trigger_config` is None where the version is gone."""

    automation_id: UUID
    account_id: UUID
    version_id: UUID
    fired_until: datetime
    looked_at: datetime
    trigger_config: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Fire:
    """What was decided of one schedule. Of `dues` the first `missed` are made up for; `dropped` others are not.

    `locals` are the same times in the schedule's zone. `next_due` None: nothing comes any more.
    """

    automation_id: UUID
    version_id: UUID
    fired_until: datetime
    looked_at: datetime
    dues: Sequence[datetime]
    locals: Sequence[str]
    missed: int
    dropped: int
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Fired:
    """`started`: how many runs; None: not this worker's to decide any more, or it failed with `error`."""

    automation_id: UUID
    started: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A published schedule. `live_since`, `last_due`, `next_due` None: not looked at yet, or never."""

    id: UUID
    name: str
    status: str
    enabled: bool
    trigger_config: dict[str, Any]
    live_since: datetime | None
    last_due: datetime | None
    next_due: datetime | None
    error: str | None
    finished: bool


class ScheduleStore:
    """One method is one round trip and one commit. The engine's raise what asyncpg raises, `all_of` and `now` ours."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def due(self, limit: int, lease: timedelta) -> list[ScheduleToLookAt]:
        return [ScheduleToLookAt(**row) for row in await self.connection.fetch(SQL["due"], limit, lease)]

    async def seconds_until(self) -> float | None:
        value: float | None = await self.connection.fetchval(SQL["seconds_until"])
        return value

    async def fire(self, fires: Sequence[Fire]) -> list[Fired]:
        """All in one commit, but one that fails does not stop the others."""
        rows = await self.connection.fetch(SQL["fire"], [_plain(fire) for fire in fires])
        return [Fired(**row) for row in rows]

    async def note_error(self, automation_id: UUID, error: str) -> None:
        await self.connection.execute(SQL["note_error"], automation_id, error)

    async def reconcile(self) -> int:
        return int(await self.connection.fetchval(SQL["reconcile"]))

    async def all_of(self, account: UUID | None) -> list[ScheduleRow]:
        """Those of active automations first, in the order in which they are due."""
        with translated():
            return [ScheduleRow(**row) for row in await self.connection.fetch(SQL["list"], account)]

    async def now(self) -> datetime:
        """The clock that decides what is due."""
        with translated():
            value: datetime = await self.connection.fetchval(SQL["clock"])
        return value


def _plain(fire: Fire) -> dict[str, Any]:
    return {
        **asdict(fire),
        "automation_id": str(fire.automation_id),
        "version_id": str(fire.version_id),
        "fired_until": fire.fired_until.isoformat(),
        "looked_at": fire.looked_at.isoformat(),
        "dues": [due.isoformat() for due in fire.dues],
        "next_due": None if fire.next_due is None else fire.next_due.isoformat(),
    }
