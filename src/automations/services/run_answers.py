"""How runs stand, for many who wait at once: those who ask at the same moment share one question to the database."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from automations.db.execution_store import ExecutionStore, Progress
from automations.errors import DatabaseUnreachable, NotFound
from automations.flow.commands import Finish
from automations.services.calling import Progresses, ToolAnswer, wait_for_answer
from automations.services.connections import Connections

# More callers at once are told that their run was accepted, instead of being kept waiting.
MOST_WAITING: Final = 1_000
# For one account, so that one whose runs are slow leaves places to others.
MOST_OF_ONE: Final = MOST_WAITING // 4
# Ends that nobody waits for, or does not yet; without what came of them, which can be large.
MOST_REMEMBERED: Final = 10_000
# Where a worker of this process tells, looking is for what others end.
TOLD_PAUSE: Final = 0.025


class _Ending(Exception):
    pass


@dataclass(slots=True)
class _Pause:
    over: asyncio.Event
    end: Finish | None = None


class RunAnswers:
    """`Progresses` of `services.calling`. A worker in the same process says what has `ended`, so that nobody sleeps
    longer than his run takes, or asks for what is known; the ends that other processes make are found by looking.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._asked: dict[UUID, asyncio.Future[Progress | None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._pausing: dict[UUID, _Pause] = {}
        self._ended: OrderedDict[UUID, None] = OrderedDict()
        self._waiting: Counter[UUID] = Counter()
        self._told = False
        self._ending = False

    async def answer(
        self, account: UUID, run_id: UUID, *, timeout: float, asked: Progresses | None = None
    ) -> ToolAnswer:
        """What a run that was started came to; `running` once the time is up, or where too many wait already, in all or
        for its account. `asked`: looks at more each time, and asks this one how the run stands."""
        if self._waiting.total() >= MOST_WAITING or self._waiting[account] >= MOST_OF_ONE:
            return ToolAnswer("running", run_id, message="it was accepted; it goes on by itself")
        self._waiting[account] += 1
        try:
            return await wait_for_answer(asked or self, run_id, timeout=timeout)
        except _Ending:
            return ToolAnswer("running", run_id, message="it was accepted, and this server is being ended")
        except (DatabaseUnreachable, NotFound):
            # The run is there, whatever happened since; to start it again would be wrong.
            return ToolAnswer("running", run_id, message="it was accepted; how it stands cannot be said now")
        finally:
            # Who left in a pause does not come back for what it tells, which would be kept for ever.
            self._pausing.pop(run_id, None)
            self._waiting[account] -= 1
            if not self._waiting[account]:
                del self._waiting[account]

    async def progress(self, execution_id: UUID) -> Progress | None:
        """None where there is no such run (any more). `DatabaseUnreachable`."""
        pause = self._pausing.pop(execution_id, None)
        if pause is not None and (end := pause.end) is not None:
            return Progress(end.status, end.output, end.error, epoch=0, parked=False, wakes_in=None)
        future = self._asked.get(execution_id)
        if future is None:
            future = self._asked[execution_id] = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        # Somebody else may wait for the same one.
        return await asyncio.shield(future)

    async def pause(self, execution_id: UUID, seconds: float) -> None:
        """Not so long where this process ends the run."""
        if self._ending:
            raise _Ending
        if execution_id in self._ended:
            return
        if self._told:
            seconds = max(seconds, TOLD_PAUSE)
        pause = self._pausing.setdefault(execution_id, _Pause(asyncio.Event()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await pause.over.wait()
        if self._ending:
            raise _Ending

    def end(self) -> None:
        """Everybody who waits is answered now: the process is about to go, and their runs go on."""
        self._ending = True
        for pause in self._pausing.values():
            pause.over.set()

    def ended(self, ends: dict[UUID, Finish]) -> None:
        self._told = True
        for run_id, end in ends.items():
            self._ended[run_id] = None
            if (pause := self._pausing.get(run_id)) is not None:
                pause.end = end
                pause.over.set()
        while len(self._ended) > MOST_REMEMBERED:
            self._ended.popitem(last=False)

    async def _ask(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                async with self._connections.connection() as connection:
                    found = await ExecutionStore(connection).progress_of(list(asked))
            except Exception as error:
                for future in asked.values():
                    _tell(future, error)
                continue
            for run_id, future in asked.items():
                if not future.done():
                    future.set_result(found.get(run_id))


def _tell(future: asyncio.Future[Progress | None], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        # Who asked may have gone.
        future.exception()
