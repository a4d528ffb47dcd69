"""Takes due runs for the worker, as many as it has room for, and sleeps until there may be more."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from automations.db.connection import CONNECTION_LOST, PASSING
from automations.db.run_store import Claimed, RunStore
from automations.engine.performing import Performer

if TYPE_CHECKING:
    from automations.engine.worker import WorkerOptions

log = structlog.get_logger(__name__)

FIRST = UUID(int=0)
# Runs that come one by one are claimed together with those that come while the last ones are committed: a claim and a
# commit for each would cost more than the runs. An idle worker never waits here.
TRICKLE_PAUSE_SECONDS = 0.005
FULL_PAUSE_SECONDS = 0.1
SOON_SECONDS = 0.01


class Claimer:
    def __init__(
        self, owner: int, store: RunStore, performer: Performer, wake: asyncio.Event, options: WorkerOptions
    ) -> None:
        self._owner = owner
        self._store = store
        self._performer = performer
        self._wake = wake
        self._options = options
        self._after: UUID | None = None
        # Where this way round all the accounts began.
        self._lap: UUID | None = None
        self._stopped = False
        # The last claim was far from full: runs come one by one.
        self._trickle = False

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        while not self._stopped:
            await self._performer.room()
            if self._trickle:
                await self._performer.between_commits(TRICKLE_PAUSE_SECONDS)
            if self._stopped:
                return
            # Cleared before the claim: what is committed after it wakes us again.
            self._wake.clear()
            more = await self._claim()
            if not more:
                await self._sleep()

    async def _claim(self) -> bool:
        """Whether it is worth to claim again at once."""
        performer = self._performer
        limit = min(self._options.claim_batch, performer.free)
        full = performer.full_accounts()
        answers = await self._store.claim(
            self._owner, limit, self._options.lease, after=self._after, idle=performer.is_idle, full=full
        )
        taken = {
            answer.execution_id: answer
            for answer in answers
            if answer.kind in ("run", "alone") and answer.execution_id is not None
        }
        self._trickle = len(taken) < limit // 4
        go_on = False
        for answer in answers:
            if answer.kind in ("more", "scan"):
                go_on = self._move_on(answer.account_id, taken_some=bool(taken))
        if taken:
            for row in await self._load(taken):
                answer = taken[row["id"]]
                await performer.take(row, answer.epoch or 0, self._store, alone=answer.kind == "alone")
        signalled = [answer.execution_id for answer in answers if answer.kind == "signal" and answer.execution_id]
        if signalled:
            performer.deliver_signals(await self._store.signals(signalled))
        if any(answer.kind == "alone" for answer in answers) or any(answer.kind == "drain" for answer in answers):
            # A run that has killed workers: nothing else may be in this process while it runs.
            await performer.emptied()
            return True
        return go_on or any(answer.kind in ("more", "woken") for answer in answers)

    def _move_on(self, position: UUID, *, taken_some: bool) -> bool:
        """Go on after this account; False once all accounts were looked at and none had anything for us."""
        before = self._after or FIRST
        self._after = position
        if taken_some or self._lap is None:
            self._lap = before
        lap = self._lap
        round_done = before < lap <= position if before < position else lap > before or lap <= position
        if round_done:
            self._lap = None
        return not round_done

    async def _load(self, taken: dict[UUID, Claimed]) -> list[Any]:
        """The rows of these runs. One that cannot be read (numbers beyond all bounds, say) ends; the others go on."""
        try:
            return await self._store.load(list(taken))
        except (*CONNECTION_LOST, *PASSING) as error:
            if not isinstance(error, ValueError):
                raise
        except Exception as error:
            log.warning("runs cannot be read together; one by one", reason=str(error)[:300])
        rows = []
        for run_id, answer in taken.items():
            try:
                rows += await self._store.load([run_id])
            except (*CONNECTION_LOST, *PASSING) as error:
                if not isinstance(error, ValueError):
                    raise
                await self._performer.end_unread(run_id, answer.epoch or 0, self._store, error)
            except Exception as error:
                await self._performer.end_unread(run_id, answer.epoch or 0, self._store, error)
        return rows

    async def _sleep(self) -> None:
        # Where runs come one by one the next is there before the answer would be of use.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOON_SECONDS):
                await self._wake.wait()
                return
        until_due = await self._store.seconds_until_next_due()
        seconds = self._options.poll_seconds
        if until_due is not None:
            # What is due of accounts that are full must not be asked for all the time.
            seconds = min(seconds, max(FULL_PAUSE_SECONDS if self._performer.full_accounts() else 0.005, until_due))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
