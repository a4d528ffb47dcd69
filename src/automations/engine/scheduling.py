"""Starts the runs of schedules. Every worker does it; the database decides once.

Nothing is registered and nothing chained: a look asks the database what is to be looked at, computes the due times
from the published config and from how far that schedule had come, and hands in what it found. Whatever fails is found
again by the next look, of this worker or of another.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from automations.db.connection import CONNECTION_LOST, PASSING, Connection
from automations.db.run_store import RunStore
from automations.db.schedule_store import Fire, ScheduleStore, ScheduleToLookAt
from automations.flow.missed_dues import plan_dues
from automations.flow.recurrence import Recurrence, ScheduleInvalid, read_schedule

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
BATCH = 100
# What a worker took to look at and did not decide (it was killed) is another's after this.
LEASE = timedelta(seconds=5)
RECONCILE_SECONDS = 60.0
KEPT_RECURRENCES = 2_000


class Scheduler:
    def __init__(self, connection: Connection) -> None:
        self._store = ScheduleStore(connection)
        self._runs = RunStore(connection)
        # Versions never change, so nothing is ever stale.
        self._recurrences: OrderedDict[UUID, Recurrence] = OrderedDict()
        self._next_reconciliation = 0.0

    async def run(self) -> None:
        while True:
            seconds = LOOK_SECONDS
            try:
                more = await self.look()
                if more:
                    continue
                until = await self._store.seconds_until()
                if until is not None:
                    seconds = min(LOOK_SECONDS, max(0.005, until))
            except CONNECTION_LOST:
                raise
            except (*PASSING, asyncpg.PostgresError) as error:
                log.error("looking at schedules failed; tried again", reason=str(error)[:300])
            await asyncio.sleep(seconds)

    async def look(self) -> bool:
        """Decide what is due, at most a batch. Whether there may be more."""
        if time.monotonic() >= self._next_reconciliation:
            self._next_reconciliation = time.monotonic() + RECONCILE_SECONDS
            found = await self._store.reconcile()
            if found:
                log.warning("schedules that came in without triggers begin now", schedules=found)
        taken = await self._store.due(BATCH, LEASE)
        fires = []
        for schedule in taken:
            fire = await self._decide(schedule)
            if fire is not None:
                fires.append(fire)
            # Thousands of missed due times take milliseconds: leases and commits of this worker go on between.
            await asyncio.sleep(0)
        if fires:
            for fired in await self._store.fire(fires):
                if fired.error is not None:
                    log.error("schedule cannot be fired", automation_id=str(fired.automation_id), reason=fired.error)
        return len(taken) == BATCH

    async def _decide(self, schedule: ScheduleToLookAt) -> Fire | None:
        """None where it cannot be decided; whatever is wrong with one schedule is said there and stops no other."""
        try:
            try:
                return self._computed(schedule)
            except ScheduleInvalid as invalid:
                reason = f"its schedule cannot be used: {invalid}"
                log.warning("automation stopped", automation_id=str(schedule.automation_id), reason=reason)
                await self._runs.mark_invalid(schedule.automation_id, schedule.version_id, reason)
                return None
        except CONNECTION_LOST:
            raise
        except Exception as error:
            log.exception("schedule cannot be decided", automation_id=str(schedule.automation_id))
            await self._store.note_error(schedule.automation_id, f"{type(error).__name__}: {error}")
            return None

    def _computed(self, schedule: ScheduleToLookAt) -> Fire:
        recurrence = self._recurrence(schedule)
        plan = plan_dues(recurrence, schedule.fired_until, schedule.looked_at)
        dues = [*plan.missed, *plan.timely]
        return Fire(
            automation_id=schedule.automation_id,
            version_id=schedule.version_id,
            fired_until=schedule.fired_until,
            looked_at=schedule.looked_at,
            dues=dues,
            locals=[due.astimezone(recurrence.zone).isoformat() for due in dues],
            missed=len(plan.missed),
            dropped=plan.dropped,
            next_due=plan.next_due,
        )

    def _recurrence(self, schedule: ScheduleToLookAt) -> Recurrence:
        known = self._recurrences.get(schedule.version_id)
        if known is None:
            if schedule.trigger_config is None:
                raise ScheduleInvalid([("version", "the published version is gone; publish the automation again")])
            known = self._recurrences[schedule.version_id] = read_schedule(schedule.trigger_config)
            if len(self._recurrences) > KEPT_RECURRENCES:
                self._recurrences.popitem(last=False)
        else:
            self._recurrences.move_to_end(schedule.version_id)
        return known
