"""An account whose runs are claimed by hand, at a time that the test chooses."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from tests.conftest import Factory

OWNER = 4711


@dataclass
class Desk:
    """`at` is in seconds after the moment at which the desk was made.

    Many runs take longer to be accepted than the second after which `claim` looks: `accepted` says when it was.
    """

    db: asyncpg.Connection
    make: Factory
    account: uuid.UUID
    agent: uuid.UUID
    opened: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def automation(self, config: dict[str, Any], **columns: Any) -> uuid.UUID:
        """On any change of a lead, where `config` does not say otherwise."""
        on = {"event_source": "lead", "event_type": "any"} if columns.get("trigger_type", "event") == "event" else {}
        return await self.make.automation(self.account, self.agent, trigger_config={**on, **config}, **columns)

    async def lead(self, **columns: Any) -> uuid.UUID:
        return await self.make.lead(self.account, **columns)

    async def change(self, lead: uuid.UUID, *, connection: asyncpg.Connection | None = None) -> None:
        await (connection or self.db).execute("update leads set score = coalesce(score, 0) + 1 where id = $1", lead)

    def time(self, at: float) -> datetime:
        return self.opened + timedelta(seconds=at)

    async def accepted(self, at: float, *, where: str = "true") -> None:
        """These runs (and their events) are as if they had been accepted at that time."""
        # Past the triggers, which keep started_at as it is; and nobody else's transaction is waited for.
        await self.db.execute("set session_replication_role = replica")
        await self.db.execute(
            "with moved as (update automation_executions set started_at = $1::timestamptz, "
            "due_at = $1::timestamptz + make_interval(secs => round(extract(epoch from due_at - started_at))) "
            f"where {where} returning event_id) "
            "update automations.events set occurred_at = $1::timestamptz where id in (select event_id from moved)",
            self.time(at),
        )
        await self.db.execute("set session_replication_role = origin")

    async def claim(self, at: float = 1, *, limit: int = 100, owner: int = OWNER) -> list[int]:
        """Takes what is due; the numbers (1, 2, … in the order of acceptance) of the runs taken."""
        rows = await self.db.fetch(
            "select * from automations.claim_runs($1, $2, '365 days', $3)", owner, limit, self.time(at)
        )
        taken = [row["execution_id"] for row in rows if row["kind"] in ("run", "alone")]
        numbers = await self.numbers()
        return sorted(numbers[run] for run in taken)

    async def numbers(self) -> dict[uuid.UUID, int]:
        rows = await self.db.fetch(
            "select id from automation_executions where account_id = $1 order by seq", self.account
        )
        return {row["id"]: number for number, row in enumerate(rows, 1)}

    async def run(self, number: int) -> Any:
        rows = await self.db.fetch(
            "select * from automation_executions where account_id = $1 order by seq", self.account
        )
        return rows[number - 1]

    async def states(self) -> list[str]:
        """Of all runs, in the order of acceptance: the status, or the first word of why it was cancelled."""
        rows = await self.db.fetch(
            "select status, error, owner from automation_executions where account_id = $1 order by seq", self.account
        )
        return [
            row["error"].split(":")[0].split()[0]
            if row["status"] == "cancelled"
            else "parked"
            if row["status"] == "running" and row["owner"] is None
            else row["status"]
            for row in rows
        ]

    async def finish(self, number: int, *, status: str = "completed", at: float = 1) -> None:
        run = await self.run(number)
        await self.db.execute(
            "select automations.finish_runs(array[$1::uuid], array[$2], array['[]'::jsonb], array['{}'::jsonb], "
            "array[null::jsonb], array[$3::text], array[null::text], $4)",
            run["id"],
            status,
            "it failed" if status == "failed" else None,
            self.time(at),
        )

    async def park(self, number: int, *, until: float | None = None) -> None:
        run = await self.run(number)
        await self.db.execute(
            "select automations.park_runs(array[$1::uuid], array[$2::timestamptz])",
            run["id"],
            None if until is None else self.time(until),
        )

    async def audits(self, action: str) -> list[dict[str, Any]]:
        rows = await self.db.fetch("select details from automations.audit_log where action = $1 order by id", action)
        return [row["details"] for row in rows]


async def open_desk(db: asyncpg.Connection, make: Factory) -> Desk:
    account = uuid.uuid4()
    agent = await make.agent(account)
    return Desk(db, make, account, agent, opened=await db.fetchval("select clock_timestamp()"))
