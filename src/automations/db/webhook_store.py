"""Webhooks in: the one at an address, and the start of its runs. One method is one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("webhooks")

StartOutcome = Literal["started", "duplicate", "other_content", "unknown", "stopped", "switched_off"]


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """As it was published; `now` is the database's."""

    id: UUID
    account: UUID
    trigger_config: dict[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class WebhookStart:
    """`execution_id`: the run that was started, now or (`duplicate`) before."""

    outcome: StartOutcome
    execution_id: UUID | None


class WebhookStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def find(self, automation_id: UUID) -> WebhookRow | None:
        """None for what is no webhook, or was never published."""
        with translated():
            row = await self.connection.fetchrow(SQL["find"], automation_id)
        return None if row is None else WebhookRow(**row)

    async def start(self, automation_id: UUID, key: str | None, digest: bytes, data: dict[str, Any]) -> WebhookStart:
        with translated():
            row = await self.connection.fetchrow(SQL["start"], automation_id, key, digest, data)
        assert row is not None
        return WebhookStart(**row)
