"""A worker process: claims runs, runs them, and comes back after every loss of its connections.

One session = one owner key: presence, claims and commits live and die together. When any connection is lost the session
ends, everything in memory is dropped (the database has it), and another session begins.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from automations.db.approval_store import ApprovalStore
from automations.db.connection import CONNECTION_LOST, ENGINE_PLANS, PASSING, Connection, close_quietly, connect
from automations.db.run_store import RunStore
from automations.engine.approval_notices import ApprovalNotices
from automations.engine.claiming import Claimer
from automations.engine.flow_versions import FlowVersions
from automations.engine.housekeeping import Housekeeper
from automations.engine.performing import Performer
from automations.engine.presence import Presence
from automations.engine.scheduling import Scheduler
from automations.engine.schema_check import check_schema
from automations.engine.step_runner import StepRunner
from automations.errors import DatabaseUnreachable
from automations.flow.commands import Finish

log = structlog.get_logger(__name__)

ENGINE_ROLE = "service_role"
# A worker that stands still in the middle of a transaction (stopped, cut off) must not hold users' rows for long.
SETTINGS = {**ENGINE_PLANS, "idle_in_transaction_session_timeout": "10s"}


# No such database, no such role, wrong password.
REFUSED = (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """`concurrency`: runs at work in memory; `outside_at_most`: those that wait for an outside step, a
    quarter of them of one account.

    `lease`: after how long without a sign of life a run is another's.

    `on_ended` is told which runs this worker has ended, and as what, once that is committed.

    `drain_seconds`: how long running steps may go on after SIGTERM. `max_run_seconds`: how long one run may be at work
    without a pause.
    """

    dsn: str = field(repr=False)
    concurrency: int = 400
    outside_at_most: int = 2000
    claim_batch: int = 100
    committers: int = 2
    lease: timedelta = timedelta(seconds=30)
    poll_seconds: float = 1.0
    drain_seconds: float = 8.0
    max_run_seconds: float = 3600.0
    reconnect_seconds: float = 0.2
    reconnect_seconds_at_most: float = 5.0
    public_url: str | None = None
    on_ended: Callable[[dict[UUID, Finish]], None] | None = None


class Worker:
    def __init__(self, options: WorkerOptions, versions: FlowVersions, steps: StepRunner) -> None:
        self._options = options
        self._versions = versions
        self._steps = steps
        self._stopping = asyncio.Event()
        self.ready = asyncio.Event()

    def stop(self) -> None:
        """Begin no more runs, end those that are at work, give back the rest; safe to call twice."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`. Raises `SchemaTooNew` and other errors that only a person can mend."""
        delay = self._options.reconnect_seconds
        previous: int | None = None
        reason: BaseException = DatabaseUnreachable("no connection")
        while not self._stopping.is_set():
            session = Session(self._options, self._versions, self._steps, self._stopping, self.ready)
            try:
                await session.run(previous)
                return
            except* (TimeoutError, *CONNECTION_LOST, *PASSING, DatabaseUnreachable) as lost:
                reason = lost.exceptions[0]
                log.warning("database connection lost; connecting again", reason=str(reason)[:200])
            if previous is None and not session.was_up and isinstance(reason.__cause__, REFUSED):
                # It never worked, and waiting will not make the name or the password right.
                raise reason
            previous = session.owner or previous
            if session.was_up:
                delay = self._options.reconnect_seconds
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()
            delay = min(delay * 2, self._options.reconnect_seconds_at_most)


class Session:
    """One life of a worker between two losses of its connections."""

    def __init__(
        self,
        options: WorkerOptions,
        versions: FlowVersions,
        steps: StepRunner,
        stopping: asyncio.Event,
        ready: asyncio.Event,
    ) -> None:
        self._options = options
        self._versions = versions
        self._steps = steps
        self._stopping = stopping
        self._ready = ready
        self.owner: int | None = None
        self.was_up = False

    async def run(self, previous_owner: int | None) -> None:
        options = self._options
        connections: list[Connection] = []
        notices: ApprovalNotices | None = None
        try:
            for name in ("presence", "claim", "schedules", *(f"commit {n}" for n in range(options.committers))):
                application_name = f"automations worker: {name}"
                connections += [
                    await connect(
                        options.dsn,
                        role=ENGINE_ROLE,
                        application_name=application_name,
                        settings=SETTINGS,
                        # A trigger config that cannot be read is one schedule's error, not this worker's.
                        strict_json=name != "schedules",
                    )
                ]
            presence_connection, claim_connection, schedule_connection, *commit_connections = connections
            await check_schema(presence_connection)
            wake = asyncio.Event()
            presence = Presence(presence_connection, wake)
            await presence.start()
            self.owner = presence.owner
            if previous_owner is not None:
                await presence.store.release(previous_owner)
            performer = Performer(presence.owner, self._versions, self._steps, options)
            claimer = Claimer(presence.owner, RunStore(claim_connection), performer, wake, options)
            notices = ApprovalNotices(
                ApprovalStore(presence_connection), self._steps.outside.mailer, self._steps.clock, options.public_url
            )
            housekeeper = Housekeeper(presence, performer, notices, options, self._stopping)
            scheduler = Scheduler(schedule_connection)
            self.was_up = True
            self._ready.set()
            log.info("worker ready", owner=presence.owner)
            await self._serve(performer, claimer, housekeeper, scheduler, [RunStore(c) for c in commit_connections])
            # What was cancelled in the middle of a commit is over when its connection is, and not before.
            await asyncio.gather(*(close_quietly(connection) for connection in (claim_connection, *commit_connections)))
            await presence.store.release(presence.owner)
            if housekeeper.too_new is not None:
                raise housekeeper.too_new
        finally:
            self._ready.clear()
            if notices is not None:
                notices.stop()
            await asyncio.gather(*(close_quietly(connection) for connection in connections))

    async def _serve(
        self,
        performer: Performer,
        claimer: Claimer,
        housekeeper: Housekeeper,
        scheduler: Scheduler,
        stores: list[RunStore],
    ) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                services = [
                    group.create_task(claimer.run(), name="claim"),
                    group.create_task(housekeeper.run(), name="housekeeping"),
                    group.create_task(scheduler.run(), name="schedules"),
                    *(group.create_task(performer.commit_loop(store), name="commit") for store in stores),
                ]
                await self._stopping.wait()
                claimer.stop()
                await performer.drain(self._options.drain_seconds)
                # A claim that is under way comes to its end, or the database would give us runs after we gave all back.
                await asyncio.wait(services[:1], timeout=1)
                for service in services:
                    service.cancel()
        finally:
            performer.drop_all()
