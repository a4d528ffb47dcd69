"""Follow a run until it ends, or all runs as they come and end. By asking the database: nothing is lost by a poll."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from automations.db.execution_store import FINAL, ExecutionStore, RunDetail, RunFilter, RunRow
from automations.services.runs import all_steps, get_run

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
LOOK_BACK = 1_000
MANY_STEPS = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """`step`: an entry of `nodes_executed`, once each. `status`: it changed. `end`: the last, with the whole run."""

    kind: Literal["step", "status", "end"]
    step: dict[str, Any] | None = None
    status: str | None = None
    run: RunDetail | None = None


async def follow_run(store: ExecutionStore, run_id: UUID) -> AsyncIterator[Seen]:
    """Steps as they are recorded, then those that were never recorded alone, then the end. `NotFound`."""
    shown: set[tuple[str, str]] = set()
    status = None
    pause = FIRST_PAUSE
    while True:
        now = await store.status(run_id)
        if now in FINAL or now is None:
            break
        moved = now != status
        if moved:
            status = now
            yield Seen("status", status=now)
        # All of them each time: a step is written again at its next attempt, and a run seldom has many.
        count = 0
        async for step in all_steps(store, run_id):
            count += 1
            if _new(step.record, shown):
                moved = True
                yield Seen("step", step=step.record)
        pause = FIRST_PAUSE if moved and count < MANY_STEPS else min(pause * 1.5, LONGEST_PAUSE)
        await asyncio.sleep(pause)
    run = await get_run(store, run_id)
    for entry in run.nodes_executed if isinstance(run.nodes_executed, list) else []:
        if isinstance(entry, dict) and entry.get("status") != "skipped" and _new(entry, shown):
            yield Seen("step", step=entry)
    yield Seen("end", status=run.status, run=run)


def _new(entry: dict[str, Any], shown: set[tuple[str, str]]) -> bool:
    # The attempt too: a step that failed and is tried again is news.
    key = (f"{entry.get('scope') or ''}/{entry.get('node_id')}", f"{entry.get('attempt')}:{entry.get('status')}")
    if entry.get("status") in (None, "started", "running") or key in shown:
        return False
    shown.add(key)
    return True


async def follow_runs(
    store: ExecutionStore, chosen: RunFilter, *, newest: list[RunRow]
) -> AsyncGenerator[RunRow, None]:
    """Runs after those of `newest` as they are accepted, and every open one again when its status changes; for ever."""
    last = max((row.seq for row in newest), default=await store.newest_seq())
    seen = {row.id: row.seq for row in newest}
    open_runs = {row.id: row.status for row in newest if not row.is_final}
    any_status = replace(chosen, statuses=())
    wanted = set(chosen.statuses)
    floor = last
    while True:
        await asyncio.sleep(0.25)
        for row in await store.some(list(open_runs)):
            if row.status != open_runs[row.id]:
                open_runs[row.id] = row.status
                if not wanted or row.status in wanted or (row.waiting and "waiting" in wanted):
                    yield row
            if row.is_final:
                del open_runs[row.id]
        # A transaction that began earlier may commit later, with lower numbers: look back a little.
        for row in reversed(
            await store.latest(any_status, limit=2 * LOOK_BACK, after_seq=max(floor, last - LOOK_BACK))
        ):
            if row.id in seen:
                continue
            seen[row.id] = row.seq
            last = max(last, row.seq)
            if not row.is_final:
                open_runs[row.id] = row.status
            if not wanted or row.status in wanted or (row.waiting and "waiting" in wanted):
                yield row
        seen = {run_id: seq for run_id, seq in seen.items() if seq > last - LOOK_BACK}
