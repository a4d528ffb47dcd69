"""The config of a schedule as people write it, and what is wrong with it beyond types.

It lives here and not with its node type because the engine reads it from published versions, without knowing nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from cronsim import CronSim, CronSimError
from pydantic import Field, StringConstraints

from automations.flow.trigger_config import LITERAL, StartLimits
from automations.flow.wall_clock import (
    WallClockError,
    find_zone,
    is_date,
    parse_instant,
    parse_local,
    parse_time,
    place,
)

Kind = Literal["cron", "every", "daily", "weekly", "monthly", "dates"]
EveryUnit = Literal["minutes", "hours", "days", "weeks"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
OnMissed = Literal["once", "all", "none"]

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_DAY = -1

_Text = Annotated[str, StringConstraints(min_length=1, max_length=40)]

# What each kind needs; all other fields of this list mean nothing to it.
NEEDS: dict[Kind, tuple[str, ...]] = {
    "cron": ("cron",),
    "every": ("amount", "unit"),
    "daily": ("times",),
    "weekly": ("weekdays", "times"),
    "monthly": ("days", "times"),
    "dates": ("dates",),
}
_OWN_FIELDS = ("cron", "amount", "unit", "times", "weekdays", "days", "dates")


class ScheduleConfig(StartLimits):
    kind: Kind = Field(
        default="cron",
        title="Repeat",
        description="cron: a cron expression. every: each so many minutes, hours, days or weeks. daily, weekly, "
        "monthly: at times of the day. dates: at the dates listed.",
        json_schema_extra=LITERAL,
    )
    cron: str | None = Field(
        default=None,
        min_length=9,
        max_length=200,
        title="When",
        description="For cron. Five fields: minute, hour, day of month, month, weekday. `0 9 * * 1` is every Monday at "
        "09:00.",
        examples=["0 9 * * 1", "*/15 * * * *"],
        json_schema_extra=LITERAL,
    )
    amount: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        title="Every",
        description="For every: how many minutes, hours, days or weeks lie between two runs.",
        json_schema_extra=LITERAL,
    )
    unit: EveryUnit | None = Field(
        default=None,
        title="Unit",
        description="For every. Minutes and hours are time that passes; days and weeks keep the time of day. Counted "
        "from `starts_at`, else from Monday 2024-01-01 00:00 in the zone.",
        json_schema_extra=LITERAL,
    )
    times: tuple[_Text, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        title="At",
        description="For daily, weekly, monthly: times of the day, such as 09:00.",
        json_schema_extra=LITERAL,
    )
    weekdays: tuple[Weekday, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=7,
        title="On weekdays",
        description="For weekly.",
        json_schema_extra=LITERAL,
    )
    days: tuple[int, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=32,
        title="On days of the month",
        description="For monthly: 1 to 31, or -1 for the last day. A month that does not have the day is skipped.",
        json_schema_extra=LITERAL,
    )
    dates: tuple[_Text, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=1_000,
        title="Dates",
        description="For dates, such as 2026-05-01T09:00 (in the zone) or with an offset: 2026-05-01T09:00+02:00.",
        json_schema_extra=LITERAL,
    )
    timezone: str = Field(
        default="UTC",
        max_length=64,
        title="Time zone",
        description="IANA name of the zone in which the times are meant, such as Europe/Berlin.",
        json_schema_extra={"widget": "timezone", **LITERAL},
    )
    starts_at: _Text | None = Field(
        default=None,
        title="From",
        description="Nothing before this date, or date and time; in the zone unless an offset is written.",
        json_schema_extra=LITERAL,
    )
    ends_at: _Text | None = Field(
        default=None,
        title="Until",
        description="Nothing after this date and time; a date alone includes its whole day.",
        json_schema_extra=LITERAL,
    )
    on_missed: OnMissed = Field(
        default="once",
        title="If runs were missed",
        description="What happens to due times that passed by more than a minute while no worker was there. once: one "
        "run for the latest. all: a run for each, up to the number below. none: they are skipped.",
        json_schema_extra=LITERAL,
    )
    missed_at_most: int = Field(
        default=10,
        ge=1,
        le=100,
        title="Missed runs at most",
        description="For `all`: only the latest so many are made up for.",
        json_schema_extra=LITERAL,
    )
    overlap: Literal["allow", "skip", "queue"] = Field(
        default="allow",
        title="If the last run is not over",
        description="allow: start beside it. skip: leave this one out. queue: start when it is over.",
        json_schema_extra=LITERAL,
    )


def schedule_problems(config: ScheduleConfig) -> list[tuple[str, str]]:
    """(field, message): what is missing, contradicts, or cannot be read. None: `compile_schedule` takes it."""
    needed = NEEDS[config.kind]
    problems = [
        (name, f"is required for a schedule of kind {config.kind}") for name in needed if getattr(config, name) is None
    ]
    for name in _OWN_FIELDS:
        if name not in needed and getattr(config, name) is not None:
            kinds = " or ".join(kind for kind, fields in NEEDS.items() if name in fields)
            problems.append((name, f"means nothing for kind {config.kind}; remove it, or set kind to {kinds}"))
    if config.kind == "cron" and config.cron is not None:
        wrong = cron_syntax_problem(config.cron)
        if wrong is not None:
            problems.append(("cron", wrong))
    for number, text in enumerate(config.times or ()):
        problems += _refused(f"times.{number}", parse_time, text)
    for number, day in enumerate(config.days or ()):
        if day != LAST_DAY and not 1 <= day <= 31:
            problems.append((f"days.{number}", f"{day} is not a day of the month: 1 to 31, or -1 for the last"))
    for number, text in enumerate(config.dates or ()):
        problems += _refused(f"dates.{number}", parse_local, text)
    for name in ("starts_at", "ends_at"):
        text = getattr(config, name)
        if text is not None:
            problems += _refused(name, parse_local, text)
    problems += _refused("timezone", find_zone, config.timezone)
    if not problems:
        starts, ends = bounds_of(config)
        if starts is not None and ends is not None and ends < starts:
            problems.append(("ends_at", "lies before starts_at: nothing ever comes"))
    return problems


def cron_syntax_problem(expression: str) -> str | None:
    if len(expression.split()) != 5:
        return "needs five fields: minute, hour, day of month, month, weekday"
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        return f"is not a cron expression: {str(error).lower()}"
    return None


def bounds_of(config: ScheduleConfig) -> tuple[datetime | None, datetime | None]:
    """First and last instant, both included. Raises `WallClockError`."""
    zone = find_zone(config.timezone)
    starts = None if config.starts_at is None else parse_instant(config.starts_at, zone)
    ends = None
    if config.ends_at is not None:
        ends = parse_instant(config.ends_at, zone)
        if is_date(config.ends_at):
            ends = place(parse_local(config.ends_at) + timedelta(days=1), zone).at - timedelta(seconds=1)
    return starts, ends


def _refused(field: str, read: Callable[[str], object], text: str) -> list[tuple[str, str]]:
    try:
        read(text)
    except WallClockError as error:
        return [(field, str(error))]
    return []
