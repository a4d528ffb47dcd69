"""Local time in an IANA zone, as instants in UTC, with one rule for clock changes.

A local time that a change skips (spring) is the first instant after the change; one that comes twice (autumn) is the
first of the two. Zones come from the `tzdata` package alone, never from the machine: workers on different machines must
find the same due times, and bare images and Windows have no zone data of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal
from zoneinfo import ZoneInfo

# A calendar for people: what is outside is a typing error, and arithmetic near year 1 or 9999 overflows.
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999

Clock = Literal["as written", "moved", "first of two", "second of two"]

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r" ?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
)


class WallClockError(ValueError):
    """A zone, date or time that cannot be used; the text says why, for the author of a flow."""


@dataclass(frozen=True, slots=True)
class Placed:
    """`at` in UTC. `clock`: what a clock change did to the local time that was asked for."""

    at: datetime
    clock: Clock


@cache
def known_zones() -> frozenset[str]:
    """Names of all zones, old ones such as US/Eastern included."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def zone_data_version() -> str:
    """The release of the IANA data in use, such as 2026b."""
    return files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text("utf-8").splitlines()[0].rpartition(" ")[2]


@lru_cache(maxsize=1_000)
def find_zone(name: str) -> ZoneInfo:
    """Raises `WallClockError`."""
    # By the list, never by path: a name is anybody's text.
    if name not in known_zones():
        raise WallClockError(f"{name!r} is not a known time zone; use an IANA name such as Europe/Berlin")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def place(local: datetime, zone: ZoneInfo) -> Placed:
    """The instant at which the clocks of the zone show `local` (naive)."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return Placed(first, "as written")
    if first < second:
        return Placed(first, "first of two")
    # In a gap the offset before the change (fold 0) gives an instant after it, and the other one an instant before.
    return Placed(first_change(zone, second, first) or first, "moved")


def first_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The first change of the zone's offset in (after, until], to the second. Both in UTC, with at most one between."""
    before = after.astimezone(zone).utcoffset()
    if until.astimezone(zone).utcoffset() == before:
        return None
    low, high = 0, int((until - after).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        changed = (after + timedelta(seconds=middle)).astimezone(zone).utcoffset() != before
        low, high = (low, middle) if changed else (middle, high)
    return after + timedelta(seconds=high)


def local_of(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of the zone show at an instant, naive."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def parse_time(text: str) -> time:
    """`9:00`, `09:00`, `23:59`. Raises `WallClockError`."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise WallClockError(f"{_shown(text)} is not a time of day; write it as 09:00")
    return time(int(found[1]), int(found[2]))


def is_date(text: str) -> bool:
    """Whether `text` is written as a date without a time."""
    return _DATE.fullmatch(text.strip()) is not None


def parse_local(text: str) -> datetime:
    """A date (midnight) or a date and time: naive without an offset, with its offset where one is written.

    Raises `WallClockError`.
    """
    written = text.strip()
    try:
        if _DATE.fullmatch(written):
            value = datetime.combine(date.fromisoformat(written), time())
        else:
            found = _DATE_TIME.fullmatch(written)
            if found is None:
                raise ValueError
            value = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ''}")
    except ValueError:
        raise WallClockError(
            f"{_shown(text)} is not a date or a date and time; write it as 2026-05-01 or 2026-05-01T09:00"
        ) from None
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise WallClockError(f"{_shown(text)} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """`parse_local` in UTC; without an offset it is a local time of the zone. Raises `WallClockError`."""
    value = parse_local(text)
    return place(value, zone).at if value.tzinfo is None else value.astimezone(UTC)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
