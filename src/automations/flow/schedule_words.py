"""A schedule in words: `every Monday and Friday at 09:00 in Europe/Berlin`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from cronsim import CronSim

from automations.flow.recurrence import ANCHOR, EARLIEST, Recurrence
from automations.flow.schedule_config import LAST_DAY, WEEKDAYS, ScheduleConfig, bounds_of
from automations.flow.wall_clock import find_zone, local_of, parse_time

_SHOWN_DATES = 3


def in_words(recurrence: Recurrence) -> str:
    """For people, without a full stop."""
    config = recurrence.config
    said = f"{_when(config)} in {config.timezone}"
    if config.starts_at is not None:
        said += f", from {_spaced(config.starts_at)}"
    if config.ends_at is not None:
        said += f", until {_spaced(config.ends_at)}"
    return said


def _when(config: ScheduleConfig) -> str:
    times = _listed([f"{at:%H:%M}" for at in sorted({parse_time(text) for text in config.times or ()})])
    match config.kind:
        case "cron":
            assert config.cron is not None
            explained: str = CronSim(config.cron, EARLIEST).explain()
            return f"{explained[:1].lower()}{explained[1:]}"
        case "every":
            return _interval(config)
        case "daily":
            return f"every day at {times}"
        case "weekly":
            chosen = [day.capitalize() for day in WEEKDAYS if day in (config.weekdays or ())]
            return f"every {'day' if len(chosen) == len(WEEKDAYS) else _listed(chosen)} at {times}"
        case "monthly":
            days = sorted(set(config.days or ()), key=lambda day: 32 if day == LAST_DAY else day)
            named = ["last day" if day == LAST_DAY else _ordinal(day) for day in days]
            return f"on the {_listed(named)} of every month at {times}"
        case "dates":
            dates = [_spaced(text) for text in config.dates or ()]
            if len(dates) > _SHOWN_DATES:
                return f"on {', '.join(dates[:_SHOWN_DATES])} and {len(dates) - _SHOWN_DATES} other dates"
            return f"on {_listed(dates)}"
        case _:
            assert_never(config.kind)


def _interval(config: ScheduleConfig) -> str:
    unit = str(config.unit)
    said = f"every {unit[:-1]}" if config.amount == 1 else f"every {config.amount:,} {unit}"
    if unit in ("minutes", "hours"):
        return said
    starts = bounds_of(config)[0]
    first = ANCHOR if starts is None else local_of(starts, find_zone(config.timezone))
    return f"{said}{f', on {first:%A}' if unit == 'weeks' else ''} at {first:%H:%M}"


def _spaced(written: str) -> str:
    return written.strip().replace("T", " ")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
