"""A clock that only moves when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class FakeClock:
    """Tells the same time until it is moved. Times have a zone; the default is a Monday morning, UTC."""

    def __init__(self, now: datetime = START) -> None:
        if now.tzinfo is None:
            raise ValueError("a time without a zone means something else on every machine; give it one")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Move on, and say what time it is then."""
        return self.move_to(self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def move_to(self, moment: datetime) -> datetime:
        """Move on to `moment`. Raises `ValueError` for a time that has passed: no clock of ours runs backwards."""
        if moment < self._now:
            raise ValueError(f"{moment} is before {self._now}")
        self._now = moment.astimezone(UTC)
        return self._now
