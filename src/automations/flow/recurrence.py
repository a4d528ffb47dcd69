"""The due times of a schedule: from its config and an instant, nothing else.

Nothing is chained. The due times after an instant are the same wherever one begins to count, so a scheduler may
forget everything, and a due time that was not handled is found again.

Two kinds of time. **Wall clock** (daily, weekly, monthly, dates, every n days or weeks, cron at fixed times): local
times, placed by the rule of `wall_clock`. **Elapsed** (every n minutes or hours; cron whose minute or hour begins with
`*`): a clock change neither moves nor merges anything; local hours that are skipped have no due times, repeated ones
have them twice. That is Debian's rule for cron, too.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final, Protocol, assert_never
from zoneinfo import ZoneInfo

from cronsim import CronSim
from pydantic import ValidationError

from automations.flow.schedule_config import (
    LAST_DAY,
    WEEKDAYS,
    ScheduleConfig,
    bounds_of,
    schedule_problems,
)
from automations.flow.wall_clock import (
    LAST_YEAR,
    Clock,
    find_zone,
    first_change,
    local_of,
    parse_local,
    parse_time,
    place,
)
from automations.flow.wording import in_words

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A Monday, so that weeks begin on Mondays; not the epoch, because hours counted from there would lie off the full hour
# in zones that have moved by a part of an hour since (Kathmandu).
ANCHOR: Final = datetime(2024, 1, 1)

_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
# How many due times `latest` looks at in one go before it halves the span.
_LOOK_AT: Final = 500

Candidate = tuple[datetime, bool]
"""An instant in UTC, and whether a clock change has moved it there."""


class ScheduleInvalid(ValueError):
    """`problems`: (dotted field, message), as `check` of the node type reports them."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in problems[:3]))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Due:
    """`at` in UTC, `local` in the schedule's zone. `clock`: what a clock change does to it."""

    at: datetime
    local: datetime
    clock: Clock


class _Times(Protocol):
    def after(self, moment: datetime) -> Iterator[Candidate]:
        """In order, from `moment` or a little before; the same instant may come again. May go on for ever."""
        ...


class Recurrence:
    """A compiled schedule. All instants are UTC with whole seconds."""

    def __init__(
        self, config: ScheduleConfig, zone: ZoneInfo, bounds: tuple[datetime | None, datetime | None], times: _Times
    ) -> None:
        self.config = config
        self.zone = zone
        self._starts, self._ends = bounds
        self._times = times

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Due times after `moment`, strictly increasing. Ends where the schedule does, or for the year 3000."""
        return (at for at, _ in self._candidates(moment))

    def first_after(self, moment: datetime) -> datetime | None:
        return next(self.after(moment), None)

    def preview(self, moment: datetime, count: int) -> list[Due]:
        """The next `count` due times after `moment`."""
        found = []
        for at, moved in islice(self._candidates(moment), count):
            local = at.astimezone(self.zone)
            found.append(Due(at, local, "moved" if moved else _clock_of(at, self.zone)))
        return found

    def latest(self, after: datetime, until: datetime, count: int) -> list[datetime]:
        """The last `count` due times in (after, until], oldest first; however many there are, few are looked at."""
        if count <= 0 or until <= after:
            return []
        found: deque[datetime] = deque()
        low, high = after, until
        while len(found) < count and low < high:
            seen = list(islice(self._within(low, high), _LOOK_AT + count))
            if len(seen) < _LOOK_AT + count:
                found.extendleft(reversed(seen))
                break
            middle = low + (high - low) // 2
            recent = list(islice(self._within(middle, high), count + 1))
            if len(recent) > count:
                low = middle
            else:
                found.extendleft(reversed(recent))
                high = middle
        return list(found)[-count:]

    def count(self, after: datetime, until: datetime, at_most: int) -> int:
        """How many due times lie in (after, until]; `at_most` where there are more."""
        return sum(1 for _ in islice(self._within(after, until), at_most))

    def _within(self, after: datetime, until: datetime) -> Iterator[datetime]:
        for at in self.after(after):
            if at > until:
                return
            yield at

    def _candidates(self, moment: datetime) -> Iterator[Candidate]:
        last = max(moment, EARLIEST).astimezone(UTC)
        if self._starts is not None and last < self._starts:
            last = self._starts - _SECOND
        if last.year > LAST_YEAR:
            return
        for at, moved in self._times.after(last):
            if self._ends is not None and at > self._ends:
                return
            if at > last and (self._starts is None or at >= self._starts):
                last = at
                yield at, moved


def read_schedule(config: Mapping[str, Any]) -> Recurrence:
    """From a trigger config as it is stored. Raises `ScheduleInvalid`."""
    try:
        return compile_schedule(ScheduleConfig.model_validate(config))
    except ValidationError as error:
        raise ScheduleInvalid(
            [
                (".".join(map(str, one["loc"])), in_words(one["type"], one["msg"]))
                for one in error.errors(include_url=False, include_input=False, include_context=False)[:20]
            ]
        ) from None


def compile_schedule(config: ScheduleConfig) -> Recurrence:
    """Raises `ScheduleInvalid`, also for a schedule that has no due time at all."""
    problems = schedule_problems(config)
    if problems:
        raise ScheduleInvalid(problems)
    zone = find_zone(config.timezone)
    bounds = bounds_of(config)
    recurrence = Recurrence(config, zone, bounds, _times_of(config, zone, bounds[0]))
    if recurrence.first_after(EARLIEST) is None:
        field = config.kind if config.kind in ("cron", "dates") else "kind"
        if bounds != (None, None):
            raise ScheduleInvalid([(field, "never comes between starts_at and ends_at")])
        # Cron gives up after 50 years without a match.
        why = "no date matches all of its fields" if config.kind == "cron" else f"all lie before {EARLIEST.year}"
        raise ScheduleInvalid([(field, f"never comes: {why}")])
    return recurrence


def _times_of(config: ScheduleConfig, zone: ZoneInfo, starts: datetime | None) -> _Times:
    times = tuple(sorted({parse_time(text) for text in config.times or ()}))
    match config.kind:
        case "cron":
            assert config.cron is not None
            minute, hour = config.cron.split()[:2]
            if minute.startswith("*") or hour.startswith("*"):
                return _RepeatingCron(config.cron, zone)
            return _FixedCron(config.cron, zone)
        case "every":
            assert config.amount is not None
            assert config.unit is not None
            match config.unit:
                case "minutes" | "hours":
                    step = timedelta(**{config.unit: config.amount})
                    return _Elapsed(_whole(starts or place(ANCHOR, zone).at), step)
                case "days" | "weeks":
                    days = config.amount * (7 if config.unit == "weeks" else 1)
                    return _EveryDays(_whole(local_of(starts, zone) if starts else ANCHOR), days, zone)
                case _:
                    assert_never(config.unit)
        case "daily":
            return _Daily(frozenset(range(7)), times, zone)
        case "weekly":
            return _Daily(frozenset(WEEKDAYS.index(day) for day in config.weekdays or ()), times, zone)
        case "monthly":
            return _Monthly(frozenset(config.days or ()), times, zone)
        case "dates":
            return _Dates(config.dates or (), zone)
        case _:
            assert_never(config.kind)


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _placed(local: datetime, zone: ZoneInfo) -> Candidate:
    placed = place(local, zone)
    return _whole(placed.at), placed.clock == "moved"


def _clock_of(at: datetime, zone: ZoneInfo) -> Clock:
    placed = place(local_of(at, zone), zone)
    if placed.clock != "first of two":
        return "as written"
    return placed.clock if placed.at == at else "second of two"


@dataclass(frozen=True, slots=True)
class _Elapsed:
    anchor: datetime
    step: timedelta

    def after(self, moment: datetime) -> Iterator[Candidate]:
        at = self.anchor + ((moment - self.anchor) // self.step + 1) * self.step
        while at.year <= LAST_YEAR:
            yield at, False
            at += self.step


# Of the wall-clock kinds, a local time after that of an instant is never placed before it, and order is kept: so
# counting begins at the local time of the instant, and what comes too early or twice is dropped by the caller.


@dataclass(frozen=True, slots=True)
class _EveryDays:
    anchor: datetime
    days: int
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[Candidate]:
        step = timedelta(days=self.days)
        local = self.anchor + (local_of(moment, self.zone) - self.anchor) // step * step
        while local.year <= LAST_YEAR:
            yield _placed(local, self.zone)
            local += step


@dataclass(frozen=True, slots=True)
class _Daily:
    weekdays: frozenset[int]
    times: tuple[time, ...]
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[Candidate]:
        day = local_of(moment, self.zone).date()
        while day.year <= LAST_YEAR:
            if day.weekday() in self.weekdays:
                for at in self.times:
                    yield _placed(datetime.combine(day, at), self.zone)
            day += _DAY


@dataclass(frozen=True, slots=True)
class _Monthly:
    days: frozenset[int]
    times: tuple[time, ...]
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[Candidate]:
        first = local_of(moment, self.zone).date().replace(day=1)
        while first.year <= LAST_YEAR:
            length = calendar.monthrange(first.year, first.month)[1]
            chosen = {length if day == LAST_DAY else day for day in self.days}
            for day in sorted(chosen):
                if day <= length:
                    for at in self.times:
                        yield _placed(datetime.combine(date(first.year, first.month, day), at), self.zone)
            first = (first + timedelta(days=32)).replace(day=1)


class _Dates:
    def __init__(self, written: tuple[str, ...], zone: ZoneInfo) -> None:
        found = []
        for text in written:
            value = parse_local(text)
            found.append(_placed(value, zone) if value.tzinfo is None else (_whole(value.astimezone(UTC)), False))
        self._found = sorted(found)

    def after(self, moment: datetime) -> Iterator[Candidate]:
        return iter(self._found[bisect_right(self._found, moment, key=lambda one: one[0]) :])


# CronSim counts naive local times here. Its own handling of zones was tried: behind a change of half an hour (Lord
# Howe) it leaves out minutes, and which ones depends on where it began.


@dataclass(frozen=True, slots=True)
class _FixedCron:
    expression: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[Candidate]:
        for local in CronSim(self.expression, local_of(moment, self.zone)):
            if local.year > LAST_YEAR:
                return
            yield _placed(local, self.zone)


@dataclass(frozen=True, slots=True)
class _RepeatingCron:
    """Between two changes of its offset a zone is a fixed distance from UTC: counted stretch by stretch."""

    expression: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[Candidate]:
        begin = checked = _whole(moment)
        while True:
            offset = checked.astimezone(self.zone).utcoffset() or timedelta()
            change: datetime | None = None
            for local in CronSim(self.expression, (begin + offset).replace(tzinfo=None)):
                if local.year > LAST_YEAR:
                    return
                at = (local - offset).replace(tzinfo=UTC)
                # A day at a time: no zone changes twice in one.
                while change is None and checked < at:
                    change = first_change(self.zone, checked, checked + _DAY)
                    checked += _DAY
                if change is not None and change <= at:
                    break
                yield at, False
            else:
                return
            # The instant of the change may itself be due.
            begin, checked = change - _SECOND, change
