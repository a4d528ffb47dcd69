"""Takes due runs for the worker, as many as it has room for, and sleeps until there may be more."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from uuid import UUID

from automations.db.run_store import RunStore
from automations.engine.performing import Performer

if TYPE_CHECKING:
    from automations.engine.worker import WorkerOptions


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
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    async def run(self) -> None:
        while not self._stopped:
            await self._performer.room()
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
        answers = await self._store.claim(
            self._owner, limit, self._options.lease, after=self._after, idle=performer.is_idle
        )
        taken = {answer.execution_id: answer for answer in answers if answer.kind in ("run", "alone")}
        for answer in answers:
            if answer.kind == "more":
                self._after = answer.account_id
        if taken:
            rows = await self._store.load([run_id for run_id in taken if run_id is not None])
            for row in rows:
                answer = taken[row["id"]]
                await performer.take(row, answer.epoch or 0, self._store, alone=answer.kind == "alone")
        if any(answer.kind == "alone" for answer in answers) or any(answer.kind == "drain" for answer in answers):
            # A run that has killed workers: nothing else may be in this process while it runs.
            await performer.emptied()
            return True
        return any(answer.kind == "more" for answer in answers)

    async def _sleep(self) -> None:
        until_due = await self._store.seconds_until_next_due()
        seconds = self._options.poll_seconds
        if until_due is not None:
            seconds = min(seconds, max(0.005, until_due))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
