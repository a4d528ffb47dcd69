"""What every worker does beside its runs, each second: leases, absent workers, cancelled and owed runs, notices of
approvals, figures, retention.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import asyncpg
import structlog

from automations.db.connection import CONNECTION_LOST, PASSING
from automations.engine.approval_notices import ApprovalNotices
from automations.engine.performing import Performer
from automations.engine.presence import Presence
from automations.engine.schema_check import check_schema
from automations.errors import AutomationsError, DatabaseUnreachable, SchemaTooNew

if TYPE_CHECKING:
    from automations.engine.worker import WorkerOptions

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0
LISTEN_CHECK_SECONDS = 30.0
CLEANUP_SECONDS = 3600.0
CLEANUP_BATCH = 5_000
FORGET_LIVE_SECONDS = 60.0
SETTLE_BATCH = 5_000


class Housekeeper:
    """`too_new`: why the worker stops, once the database has been migrated beyond what it knows."""

    def __init__(
        self,
        presence: Presence,
        performer: Performer,
        notices: ApprovalNotices,
        options: WorkerOptions,
        stopping: asyncio.Event,
    ) -> None:
        self.too_new: SchemaTooNew | None = None
        self._stopping = stopping
        self._presence = presence
        self._store = presence.store
        self._performer = performer
        self._notices = notices
        self._options = options
        self._renew_every = min(options.lease.total_seconds() / 3, 10.0)
        self._next_renewal = time.monotonic() + self._renew_every
        self._next_listen_check = self._next_cleanup = self._next_forgetting = 0.0

    async def run(self) -> None:
        while True:
            try:
                await self._beat(time.monotonic())
            except (*CONNECTION_LOST, *PASSING, DatabaseUnreachable):
                raise
            except (asyncpg.PostgresError, AutomationsError) as error:
                # The runs of this worker must not end because a figure cannot be added up.
                log.error("housekeeping failed; tried again", reason=str(error)[:300])
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat(self, now: float) -> None:
        await self._store.release_absent()
        renew = now >= self._next_renewal
        if renew:
            self._next_renewal = now + self._renew_every
        await self._keep(renew=renew)
        for run in self._performer.overdue(now):
            self._performer.expire(run)
        if now >= self._next_listen_check:
            self._next_listen_check = now + LISTEN_CHECK_SECONDS
            await self._presence.check_listening()
            await self._check_schema()
        await self._store.fold_stats()
        await self._store.settle_waits(SETTLE_BATCH)
        await self._store.start_owed_failure_runs()
        await self._notices.beat()
        if now >= self._next_forgetting:
            self._next_forgetting = now + FORGET_LIVE_SECONDS
            await self._store.forget_live_changes()
        # A batch each beat until nothing is left, so that no commit is large.
        if now >= self._next_cleanup and await self._store.cleanup(CLEANUP_BATCH) == 0:
            self._next_cleanup = now + CLEANUP_SECONDS

    async def _check_schema(self) -> None:
        """A newer schema ends the worker as SIGTERM does: what is under way outside comes to its end and is recorded.

        It can be: what this release needs stays in the schema for one more.
        """
        try:
            await check_schema(self._store.connection)
        except SchemaTooNew as error:
            if self.too_new is None:
                log.error("no more runs are begun", reason=error.message, to_do=error.hint)
            self.too_new = error
            self._stopping.set()

    async def _keep(self, *, renew: bool) -> None:
        """Runs that are not ours any more (cancelled, taken over, deleted) are dropped; the others kept alive."""
        runs = list(self._performer.runs.values())
        if not runs:
            return
        ids = [run.id for run in runs]
        if renew:
            ours = await self._store.renew(self._presence.owner, ids, self._options.lease)
        elif any(run.in_flight for run in runs):
            ours = await self._store.still_held(self._presence.owner, ids, [run.epoch for run in runs])
        else:
            return
        for run in runs:
            if run.id not in ours:
                log.info("run is no longer ours", execution_id=str(run.id))
                self._performer.drop(run)
