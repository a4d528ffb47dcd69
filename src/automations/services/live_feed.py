"""Reads what changes, once for all clients of this process, and hands it to those whose accounts it is about.

One connection while somebody watches. It listens, and looks each second in any case. Nothing is missed: what a look has
to read is what the snapshot of the look before did not see, whatever the order of commits; and a client is told that it
may load what it shows once every transaction that did not know of it is over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final
from uuid import UUID

import structlog

from automations.db.connection import Connection, close_quietly
from automations.db.live_store import LiveChange, LiveStore, oldest_open
from automations.errors import AutomationsError, DatabaseUnreachable
from automations.services.live_stream import MOST_WAITING, LiveFilter, LiveStream, Mark

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
# Between two looks, however much is announced; and while a client waits for transactions to end.
REST_SECONDS: Final = 0.05
RENEW_SECONDS: Final = 30.0
# A client that waits for others' long transactions longer than this begins, and loads anew when they are over.
SETTLE_SECONDS: Final = 2.0
OPEN_SECONDS: Final = 8.0
RECONNECT_SECONDS: Final = 0.5
CLOSE_SECONDS: Final = 3.0
MOST_STREAMS: Final = 2_000
MOST_STREAMS_OF_ONE: Final = 50
# More than this in one look: those whose accounts made it so many load anew, or all where many did.
MOST_READ: Final = 5_000


class LiveFeed:
    """`connect`: to the server itself, as the engine's role. Opens nothing before the first client comes."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._connect = connect
        self._streams: set[LiveStream] = set()
        self._by_account: dict[UUID, set[LiveStream]] = {}
        self._callers: Counter[Hashable] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._ended = False
        self._began: dict[UUID, int] = {}
        self._snapshot: str | None = None

    def __len__(self) -> int:
        return len(self._streams)

    def streams_of(self, who: Hashable) -> int:
        return self._callers[who]

    async def open(
        self, who: Hashable, accounts: frozenset[UUID], chosen: LiveFilter, since: Mark | None
    ) -> LiveStream:
        """Ready: whatever is changed from now on is told. `DatabaseUnreachable`. `close` it."""
        stream = LiveStream(who, accounts, chosen, since)
        self._streams.add(stream)
        self._callers[who] += 1
        self._index(stream)
        if self._ended:
            stream.end()
            return stream
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="live")
        self._wake.set()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await stream.ready.wait()
            if stream.failure is not None:
                raise stream.failure
        except TimeoutError:
            self.close(stream)
            raise DatabaseUnreachable("nothing can be watched now", hint="Try again a little later.") from None
        except BaseException:
            self.close(stream)
            raise
        return stream

    def close(self, stream: LiveStream) -> None:
        if stream not in self._streams:
            return
        self._streams.remove(stream)
        self._callers[stream.who] -= 1
        if not self._callers[stream.who]:
            del self._callers[stream.who]
        self._forget(stream)
        self._wake.set()

    def change_accounts(self, stream: LiveStream, accounts: frozenset[UUID]) -> None:
        """From this moment on nothing of others is told; once all of these are watched, the client loads anew."""
        self._forget(stream)
        stream.accounts = accounts
        stream.attached = False
        stream.since = None
        stream.take()
        self._index(stream)
        self._wake.set()

    def end(self) -> None:
        """All streams, at once, and those that are opened later."""
        self._ended = True
        for stream in self._streams:
            stream.end()
        self._wake.set()

    async def aclose(self) -> None:
        self.end()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)

    def _index(self, stream: LiveStream) -> None:
        for account in stream.accounts:
            self._by_account.setdefault(account, set()).add(stream)

    def _forget(self, stream: LiveStream) -> None:
        for account in stream.accounts:
            watching = self._by_account[account]
            watching.discard(stream)
            if not watching:
                del self._by_account[account]
                self._began.pop(account, None)

    async def _run(self) -> None:
        while self._streams and not self._ended:
            try:
                connection = await self._connect()
                try:
                    await self._follow(LiveStore(connection))
                finally:
                    await close_quietly(connection)
            except AutomationsError as error:
                log.warning("changes cannot be read; tried again", reason=error.message[:300])
                self._fail(error)
                await asyncio.sleep(RECONNECT_SECONDS)
            except Exception as error:
                log.exception("changes cannot be read; tried again")
                self._fail(error)
                await asyncio.sleep(RECONNECT_SECONDS)
        # Nothing is awaited between the look above and here, so whoever comes finds either the task or none.
        self._snapshot = None
        self._began.clear()
        self._task = None

    def _fail(self, error: Exception) -> None:
        """Those that are just coming; the others are told what they have missed when it goes on."""
        for stream in self._streams:
            if not stream.ready.is_set():
                stream.failure = error
                stream.ready.set()

    async def _follow(self, store: LiveStore) -> None:
        loop = asyncio.get_running_loop()
        await store.listen(self._wake.set)
        renew_at = loop.time()
        while self._streams and not self._ended:
            self._wake.clear()
            renew = loop.time() >= renew_at
            if renew:
                renew_at = loop.time() + RENEW_SECONDS
            await self._watch(store, [one for one in self._by_account if renew or one not in self._began])
            if self._snapshot is None:
                self._snapshot = await store.snapshot()
            await self._look(store, self._snapshot)
            await self._attach(store, oldest_open(self._snapshot), loop.time())
            unsettled = self._settle(oldest_open(self._snapshot), loop.time())
            await asyncio.sleep(REST_SECONDS)
            if not unsettled:
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def _watch(self, store: LiveStore, accounts: list[UUID]) -> None:
        if not accounts:
            return
        await store.watch(accounts)
        found = await store.settle(accounts)
        lapsed = any(self._began.get(account, began) != began for account, began in found.items())
        self._began |= {account: began for account, began in found.items() if account in self._by_account}
        if lapsed:
            # The server crashed, or nobody renewed for too long: what was changed meanwhile was written for nobody.
            self._snapshot = await store.snapshot()
            self._reset(stream for stream in self._streams if stream.attached)

    async def _look(self, store: LiveStore, seen: str) -> None:
        loud: set[UUID] = set()
        while (batch := await store.read(seen, MOST_READ, loud)).cut:
            counted = Counter(change.account_id for change in batch.changes)
            more = {account for account, changes in counted.items() if changes > MOST_READ // 5}
            if not more:
                self._snapshot = await store.snapshot()
                self._reset(stream for stream in self._streams if stream.attached)
                return
            loud |= more
        before, after = oldest_open(seen), oldest_open(batch.snapshot)
        of_account: dict[UUID, list[LiveChange]] = {}
        for change in batch.changes:
            of_account.setdefault(change.account_id, []).append(change)
        for stream in {one for account in of_account for one in self._by_account.get(account, ()) if one.attached}:
            # Most see one account, and share its list. Of several the order is kept.
            if len(stream.accounts) == 1:
                changes = of_account[next(iter(stream.accounts))]
            else:
                changes = [change for change in batch.changes if change.account_id in stream.accounts]
            if taken := stream.chosen.of(changes):
                stream.offer(taken, before, after)
        for stream in self._streams:
            if stream.attached:
                stream.position = after
        self._snapshot = batch.snapshot
        # They load anew; whoever is of other accounts does not notice.
        self._reset(stream for stream in self._streams if stream.attached and stream.accounts & loud)

    async def _attach(self, store: LiveStore, position: int, now: float) -> None:
        for stream in [one for one in self._streams if not one.attached]:
            if not self._began.keys() >= stream.accounts:
                continue
            stream.watched_since(self._began)
            since = stream.since
            missed = None
            if since is not None and since.of == stream.of:
                accounts = stream.accounts
                missed = await store.resume(since.position, accounts, MOST_WAITING)
                if stream not in self._streams or stream.accounts is not accounts:
                    continue
            stream.attached = True
            stream.position = position
            if since is not None and missed is not None:
                stream.resumed = True
                stream.settles_at = None
                stream.offer(stream.chosen.of(missed), since.position, position)
                stream.ready.set()
            else:
                stream.waits_until = now + SETTLE_SECONDS
                if since is not None or stream.ready.is_set():
                    stream.reset()

    def _settle(self, position: int, now: float) -> bool:
        """Whether some client still waits for transactions that did not know of it."""
        unsettled = False
        for stream in self._streams:
            if not stream.attached:
                unsettled = True
            elif stream.settles_at is not None and stream.settles_at <= position:
                stream.settles_at = None
                if stream.ready.is_set():
                    stream.reset()
                stream.ready.set()
            elif stream.settles_at is not None and not stream.ready.is_set():
                unsettled = True
                if now >= stream.waits_until:
                    stream.ready.set()
        return unsettled

    def _reset(self, streams: Iterable[LiveStream]) -> None:
        for stream in streams:
            stream.watched_since(self._began)
            stream.reset()
