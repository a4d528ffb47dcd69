from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal, assert_never
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, WithJsonSchema
from pydantic.config import JsonDict

from automations.errors import StepError
from automations.flow.duration import LONGEST, Unit, most_of
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome, Stop, Wait
from automations.flow.ports import Context
from automations.flow.schedule_config import WEEKDAYS, Weekday
from automations.flow.template_syntax import is_template
from automations.flow.wall_clock import WallClockError, find_zone, local_of, parse_instant, parse_time, place

Mode = Literal["duration", "date", "weekday", "time_of_day"]
IfPast = Literal["continue", "next", "stop", "fail"]

_LONGEST_SECONDS = int(LONGEST.total_seconds())
_USUAL_UNIT: Unit = "hours"
_LITERAL: JsonDict = {"template": False}
# A draft with 0 is refused; what a template comes to, or was published before, goes on at once.
_Amount = Annotated[
    float,
    Field(ge=0, le=_LONGEST_SECONDS),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": _LONGEST_SECONDS}),
]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_DEFAULT_IF_PAST: dict[Mode, IfPast] = {
    "duration": "continue",
    "date": "continue",
    "weekday": "next",
    "time_of_day": "next",
}
# What each mode reads; all other fields of this list mean nothing to it.
_FIELDS: dict[Mode, tuple[str, ...]] = {
    "duration": ("amount", "unit"),
    "date": ("date", "offset", "offset_unit", "offset_direction"),
    "weekday": ("weekdays", "time"),
    "time_of_day": ("time",),
}
_SAID: dict[Mode, str] = {
    "duration": "for a while",
    "date": "until a date",
    "weekday": "until a weekday",
    "time_of_day": "until a time of day",
}
_NEEDED: dict[Mode, tuple[str, ...]] = {
    "duration": ("amount",),
    "date": ("date",),
    "weekday": ("weekdays",),
    "time_of_day": ("time",),
}


class LogicDelayConfig(Config):
    mode: Mode = Field(
        default="duration",
        title="Wait",
        description="For so long, until a date and time, until one of some weekdays, or until a time of the day.",
        json_schema_extra=_LITERAL,
    )
    amount: _Amount | None = Field(
        default=None, title="For", description="How long, in the unit beside it; at most five years."
    )
    unit: Unit | None = Field(
        default=None,
        title="Unit",
        description="A day is 24 hours, also when the clocks change.",
        json_schema_extra={"default": _USUAL_UNIT},
    )
    date: _Text | None = Field(
        default=None,
        title="Until",
        description="A date, such as 2026-05-01 (its midnight), or a date and time, such as 2026-05-01T09:00.",
        examples=["{{ trigger.new.data.due_date }}"],
    )
    offset: float | None = Field(
        default=None,
        ge=0,
        le=_LONGEST_SECONDS,
        title="Shifted by",
        description="So long before or after that date. Days and weeks keep the time of day.",
    )
    offset_unit: Unit | None = Field(default=None, title="Unit of the shift", description="What the shift counts.")
    offset_direction: Literal["before", "after"] | None = Field(
        default=None, title="Direction", description="Before the date, unless you say otherwise."
    )
    weekdays: tuple[Weekday, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=7,
        title="Weekdays",
        description="The next of these days that comes.",
        json_schema_extra=_LITERAL,
    )
    time: _Text | None = Field(
        default=None,
        title="At",
        description="Such as 09:00. A weekday without a time means any time of that day.",
    )
    timezone: _Text = Field(
        default="UTC",
        title="Time zone",
        description="Where dates and times are meant, such as Europe/Berlin. An offset in the date wins.",
        json_schema_extra={"widget": "timezone"},
    )
    if_past: IfPast | None = Field(
        default=None,
        title="If that has passed",
        description="What happens when the step is reached too late. Left empty, a weekday or a time of day waits for "
        "the next time, and a date goes on at once.",
        json_schema_extra=_LITERAL,
    )


class LogicDelay(Node[LogicDelayConfig]):
    """Waits: for a while, until a date, a weekday or a time of day.

    A waiting run takes no memory and no connection; at most for five years. A local time that a clock change skips is
    the first instant after the change; one that comes twice is the first of the two. Test runs do not wait.

    `duration` takes `amount` and `unit`, `date` a `date` and perhaps an `offset`, `weekday` `weekdays` and perhaps a
    `time`, `time_of_day` a `time`. `if_past` is `next` for the latter two where it is left out, else `continue`.

    Output: `{"waited_until": <time in UTC>, "waited": <false if it went on at once>}`.
    """

    type = "logic-delay"
    title = "Delay"
    group = "logic"
    icon = "Timer"
    output_is_known = True

    def check(self, config: LogicDelayConfig) -> list[tuple[str, str]]:
        reads = _FIELDS[config.mode]
        problems = [
            (name, f"is required to wait {_SAID[config.mode]}")
            for name in _NEEDED[config.mode]
            if getattr(config, name) is None
        ]
        for name in dict.fromkeys(name for fields in _FIELDS.values() for name in fields):
            if name not in reads and getattr(config, name) is not None:
                modes = " or ".join(_SAID[mode] for mode, fields in _FIELDS.items() if name in fields)
                problems.append((name, f"is not used to wait {_SAID[config.mode]}; clear it, or wait {modes}"))
        if (config.offset is None) is not (config.offset_unit is None):
            problems.append(("offset", "needs a number and a unit, both"))
        elif config.offset is None and config.offset_direction is not None:
            problems.append(("offset_direction", "is not used without a shift; clear it, or say how long the shift is"))
        if config.if_past == "next" and config.mode in ("duration", "date"):
            problems.append(
                ("if_past", f"there is no next time to wait {_SAID[config.mode]}; choose what else happens")
            )
        problems += self._unreadable(config)
        if not problems and config.mode == "duration":
            problems += _bad_length(config.amount, config.unit or _USUAL_UNIT)
        return problems

    def check_draft(self, config: LogicDelayConfig) -> list[tuple[str, str]]:
        if config.mode == "duration" and config.amount == 0:
            return [("amount", "is 0: it would not wait; write more than 0, or take the step out")]
        return []

    def _unreadable(self, config: LogicDelayConfig) -> list[tuple[str, str]]:
        problems = []
        reads: list[tuple[str, str | None, Any]] = [
            ("timezone", config.timezone, find_zone),
            ("time", config.time, parse_time),
            ("date", config.date, lambda text: parse_instant(text, find_zone("UTC"))),
        ]
        for name, text, read in reads:
            if text is not None and not is_template(text):
                try:
                    read(text)
                except WallClockError as error:
                    problems.append((name, str(error)))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"waited_until": "2026-01-05T09:00:00+00:00", "waited": True}

    async def run(self, config: LogicDelayConfig, ctx: Context) -> Outcome:
        if ctx.resumed is not None:
            note = ctx.resumed.note
            over = note.get("until") if isinstance(note, dict) else None
            return Continue(output={"waited_until": over or ctx.now.isoformat(), "waited": True})
        try:
            until, comes_again = _until(config, ctx.now)
        except WallClockError as error:
            raise StepError(
                str(error), code="bad_time", hint="Look at this step's input in the run: a template gave it."
            ) from None
        passed = until < ctx.now
        if passed:
            match config.if_past or _DEFAULT_IF_PAST[config.mode]:
                case "next":
                    until = comes_again
                case "stop":
                    return Stop(message=f"{until.isoformat()} had passed")
                case "fail":
                    raise StepError(f"{until.isoformat()} has passed", code="past")
                case "continue":
                    pass
                case never:
                    assert_never(never)
        if until - ctx.now > LONGEST:
            raise StepError(
                f"{until.isoformat()} is more than five years ahead", code="too_far", hint="Choose an earlier time."
            )
        if until <= ctx.now:
            return Continue(output={"waited_until": until.isoformat(), "waited": False})
        return Wait(until=until, note={"until": until.isoformat()})


def _until(config: LogicDelayConfig, now: datetime) -> tuple[datetime, datetime]:
    """The first time that is meant, which may have passed; and where it comes again, the next one after now.

    Raises `WallClockError`, `StepError` for a field that is missing.
    """
    zone = find_zone(config.timezone)
    match config.mode:
        case "duration":
            until = now + _bounded(_span(_given(config.amount, "amount"), config.unit or _USUAL_UNIT))
            return until, until
        case "date":
            until = _shifted(parse_instant(_given(config.date, "date"), zone), config, zone)
            return until, until
        case "weekday":
            chosen = _given(config.weekdays, "weekdays")
            if config.time is None and WEEKDAYS[local_of(now, zone).weekday()] in chosen:
                return now, now
            at = time() if config.time is None else parse_time(config.time)
            return _first_on(now, zone, at, chosen)
        case "time_of_day":
            return _first_on(now, zone, parse_time(_given(config.time, "time")), WEEKDAYS)
        case _:
            assert_never(config.mode)


def _first_on(now: datetime, zone: ZoneInfo, at: time, weekdays: tuple[Weekday, ...]) -> tuple[datetime, datetime]:
    """That time on the first of these weekdays from today on, and the first such time that has not passed."""
    today = local_of(now, zone).date()
    days = [today + timedelta(days=number) for number in range(9)]
    found = [place(datetime.combine(day, at), zone).at for day in days if WEEKDAYS[day.weekday()] in weekdays]
    return found[0], next(instant for instant in found if instant >= now)


def _shifted(moment: datetime, config: LogicDelayConfig, zone: ZoneInfo) -> datetime:
    if config.offset is None or config.offset_unit is None:
        return moment
    span = _bounded(_span(config.offset, config.offset_unit))
    if config.offset_direction != "after":
        span = -span
    if config.offset_unit in ("days", "weeks"):
        return place(local_of(moment, zone) + span, zone).at
    return moment + span


def _bad_length(amount: float | None, unit: Unit) -> list[tuple[str, str]]:
    """Of what is written in the drawing; what a template comes to is bounded when it runs."""
    if amount is None:
        return []
    if _span(amount, unit) > LONGEST:
        return [("amount", f"is more than five years; use at most {most_of(unit):,} {unit}")]
    return []


def _span(amount: float, unit: Unit) -> timedelta:
    try:
        return timedelta(**{unit: amount})
    except OverflowError:
        return timedelta.max


def _bounded(span: timedelta) -> timedelta:
    """Raises `StepError`: a template may have given any number."""
    if span > LONGEST:
        raise StepError("the delay is longer than five years", code="too_far", hint="Choose a shorter one.")
    return span


def _given(value: Any, name: str) -> Any:
    if value is None:
        raise StepError(f"{name} is missing", code="bad_config", hint="Fill it in and publish the automation again.")
    return value
