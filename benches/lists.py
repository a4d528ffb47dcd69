"""(h) Pages of 50 of 1,000,000 runs and 13,000 automations, with the rights of users: the questions of the API's lists.

One account has 10,000 automations and 700,000 runs, a third of them of one automation; 300 others share the rest.
Asked are the newest, the middle and the oldest page, unfiltered and by automation, status, lead, conversation and time,
by the owner of the large account, by that of a small one, and by a member of three.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from automations.db.connection import Connection, connect, connected
from automations.db.listing_store import AutomationFilter, ExecutionFilter, ListingStore
from automations.db.request_session import acting_as
from benches.lab import Lab
from benches.report import Figure

RUNS, AUTOMATIONS = 1_000_000, 10_000
ROWS = """
insert into agents (id, user_id, name)
select md5('agent' || i)::uuid, md5('account' || i)::uuid, 'A' from generate_series(0, 300) i;
insert into automations (id, agent_id, user_id, name, trigger_type, status, enabled, created_at)
select md5('automation' || i)::uuid, md5('agent' || w)::uuid, md5('account' || w)::uuid, 'Automation ' || i, 'manual',
  'active', true, now() - i * interval '1 minute'
from generate_series(1, 13000) i, lateral (select case when i <= 10000 then 0 else 1 + i % 300 end as w);
insert into leads (id, user_id, name)
select md5('lead' || i)::uuid, md5('account' || case when i <= 3000 then 0 else 1 + i % 300 end)::uuid, 'L'
from generate_series(1, 6000) i;
insert into team_members (owner_id, member_id, role)
select md5('account' || i)::uuid, md5('member')::uuid, 'viewer' from generate_series(7, 9) i;
"""
RUNS_OF = """
insert into automation_executions (
  automation_id, account_id, trigger_type, trigger_data, status, started_at, completed_at, duration_ms, lead_id
)
select md5('automation' || a)::uuid, md5('account' || w)::uuid, 'event', '{"event": "INSERT", "table": "leads"}',
  case when i % 1000 = 0 then 'failed' when i % 5000 = 3 then 'cancelled' else 'completed' end,
  t, t + interval '50 ms', 50, case when i % 2 = 0 then md5('lead' || 1 + i % 3000)::uuid end
from generate_series($1::integer, $2::integer) i,
  lateral (
    select now() - i * interval '2 s' as t, case when i % 10 < 7 then 0 else 1 + i / 10 % 300 end as w,
      case when i % 10 >= 7 then 10001 + i / 10 % 3000 when i % 3 = 0 then 1 else 1 + i::bigint * 7919 % 10000 end as a
  )
"""


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_h")
    runs = RUNS // 10 if quick else RUNS
    async with connected(dsn) as connection:
        await fill(connection, runs)
        people = {
            f"owner of {AUTOMATIONS:,} automations": await connection.fetchval("select md5('account0')::uuid"),
            "owner of a small account": await connection.fetchval("select md5('account8')::uuid"),
            "member of three accounts": await connection.fetchval("select md5('member')::uuid"),
        }
    figures = []
    reader = await connect(dsn, role="service_role")
    try:
        for who, user in people.items():
            took = await asked(reader, user, runs)
            slowest = max(took, key=lambda name: took[name])
            figures += [
                Figure("h lists", f"{who}: slowest page", took[slowest], "ms", slowest, "< 10"),
                Figure("h lists", f"{who}: median of {len(took)} pages", median(took.values()), "ms"),
            ]
    finally:
        await reader.close()
    return figures


async def fill(connection: Connection, runs: int) -> None:
    await connection.execute("set session_replication_role = replica")
    await connection.execute(ROWS)
    for first in range(1, runs + 1, 100_000):
        await connection.execute(RUNS_OF, first, min(runs, first + 99_999))
    await connection.execute("vacuum analyze")
    await connection.execute("reset session_replication_role")


async def asked(connection: Connection, user: UUID, runs: int) -> dict[str, float]:
    """Milliseconds by question, the median of five, one round trip of the question included."""
    now = datetime.now(UTC)
    hot, other, lead = [
        await connection.fetchval("select md5($1)::uuid", name) for name in ("automation1", "automation7920", "lead11")
    ]
    filters: dict[str, Any] = {
        "all": {},
        "an automation of many runs": {"automation_id": hot},
        "an automation of few": {"automation_id": other},
        "failed": {"statuses": ("failed",)},
        "running (none)": {"statuses": ("running",)},
        "failed of one automation": {"automation_id": hot, "statuses": ("failed",)},
        "a lead": {"lead_id": lead},
        "a conversation": {"conversation_id": uuid4()},
        "the last hour": {"since": now - timedelta(hours=1)},
        "failed, one day": {
            "statuses": ("failed",),
            "since": now - timedelta(days=2),
            "until": now - timedelta(days=1),
        },
    }
    took = {}
    for page, share in (("first", 0.0), ("middle", 0.5), ("last", 0.99)):
        position = (now - timedelta(seconds=2 * runs * share), 2**62) if share else None
        for name, chosen in filters.items():
            took[f"runs, {name}, {page} page"] = await _milliseconds(
                connection,
                user,
                lambda store, c=chosen, p=position: store.executions(ExecutionFilter(**c), limit=50, after=p),
            )
        at = (now - timedelta(minutes=AUTOMATIONS * share), UUID(int=0)) if share else None
        for name, wanted in {"all": {}, "active": {"status": "active"}, "by name": {"search": "99"}}.items():
            took[f"automations, {name}, {page} page"] = await _milliseconds(
                connection,
                user,
                lambda store, c=wanted, p=at: store.automations(AutomationFilter(**c), limit=50, after=p),
            )
    return took


async def _milliseconds(connection: Connection, user: UUID, ask: Any) -> float:
    took = []
    for _ in range(7):
        async with acting_as(connection, "authenticated", user, read_only=True) as session:
            begun = time.perf_counter()
            await ask(ListingStore(session))
            took.append((time.perf_counter() - begun) * 1000)
    return median(took[2:])
