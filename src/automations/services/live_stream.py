"""One client that watches: what it asked for, and what it has still to be told, within a bound."""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from automations.db.live_store import LiveChange

# Of a client that does not keep up; beyond it is told to load anew.
MOST_WAITING: Final = 1_000


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """What is None filters nothing."""

    automation_id: UUID | None = None
    execution_id: UUID | None = None

    def of(self, changes: list[LiveChange]) -> list[LiveChange]:
        """What is about everything of an account is for everybody."""
        if self.automation_id is None and self.execution_id is None:
            return changes
        return [
            one
            for one in changes
            if one.kind == "reset"
            or (
                (self.automation_id is None or one.automation_id == self.automation_id)
                and (self.execution_id is None or one.execution_id == self.execution_id)
            )
        ]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a client is: it has been told what transactions before `position` changed. `of`: of which accounts, watched
    since when; a mark of other ones says nothing.
    """

    position: int
    of: int

    def __str__(self) -> str:
        return f"{self.position}-{self.of:08x}"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """None for what none of us has written."""
        position, _, of = text.strip().partition("-")
        if not (position.isascii() and position.isdigit() and len(position) < 19 and len(of) == 8):
            return None
        try:
            return cls(int(position), int(of, 16))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Told:
    """What comes next: `changes` with the position that each leaves the client at. `reset`: load anew before that."""

    reset: bool
    changes: Sequence[tuple[int, LiveChange]]


class LiveStream:
    """Filled by a `LiveFeed`, emptied by whoever writes to the client: wait for `changed`, then `take`."""

    __slots__ = (
        "_queue",
        "_reset",
        "accounts",
        "attached",
        "changed",
        "chosen",
        "ended",
        "failure",
        "of",
        "position",
        "ready",
        "resumed",
        "settles_at",
        "since",
        "waits_until",
        "who",
    )

    def __init__(self, who: Hashable, accounts: frozenset[UUID], chosen: LiveFilter, since: Mark | None) -> None:
        self.who = who
        self.accounts = accounts
        self.chosen = chosen
        self.since = since
        self.changed = asyncio.Event()
        self.ready = asyncio.Event()
        self.failure: Exception | None = None
        self.ended = False
        self.resumed = False
        # Of the feed: whether it gets what is read, and from which transaction on nothing can have been missed.
        self.attached = False
        self.settles_at: int | None = None
        self.waits_until = 0.0
        self.position = 0
        self.of = 0
        self._queue: deque[tuple[int, LiveChange]] = deque()
        self._reset = False

    @property
    def mark(self) -> Mark:
        """With nothing left to take."""
        return Mark(self.position, self.of)

    def offer(self, changes: Sequence[LiveChange], before: int, after: int) -> None:
        """In between, a client is still where it was before: what it has seen of them comes once more."""
        if any(change.kind == "reset" for change in changes) or len(self._queue) + len(changes) > MOST_WAITING:
            self.reset()
            return
        self._queue.extend((before, change) for change in changes[:-1])
        self._queue.extend((after, change) for change in changes[-1:])
        self.changed.set()

    def reset(self) -> None:
        self._queue.clear()
        self._reset = True
        self.changed.set()

    def take(self) -> Told:
        self.changed.clear()
        told = Told(self._reset, tuple(self._queue))
        self._reset = False
        self._queue.clear()
        return told

    def watched_since(self, began: Mapping[UUID, int]) -> None:
        """Where a mark is of, and from which transaction on nothing is missed."""
        self.of = zlib.crc32(b"".join(b"%s %d" % (one.bytes, began[one]) for one in sorted(self.accounts)))
        self.settles_at = max((began[one] for one in self.accounts), default=0)

    def end(self) -> None:
        self.ended = True
        self.changed.set()
        self.ready.set()
