"""Due times follow from the config alone: increasing, inside bounds, the same wherever one begins to count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from automations.flow.missed_dues import MISSED_AFTER, plan_dues
from automations.flow.recurrence import EARLIEST, ScheduleInvalid, read_schedule
from automations.flow.schedule_config import WEEKDAYS

ZONES = st.sampled_from(
    [
        *("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "America/Santiago"),
        *("Asia/Kolkata", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia"),
    ]
)
# Near clock changes of both hemispheres, and of a zone that skipped a day.
MOMENTS = st.sampled_from(
    [
        *(datetime(2026, month, 1, tzinfo=UTC) for month in (1, 4, 11)),
        *(datetime(2026, 3, day, tzinfo=UTC) for day in (8, 29)),
        *(datetime(2026, 4, day, tzinfo=UTC) for day in (4, 5)),
        *(datetime(2026, 9, day, tzinfo=UTC) for day in (5, 6)),
        *(datetime(2026, 10, day, tzinfo=UTC) for day in (3, 24)),
        *(datetime(2011, 12, 30, tzinfo=UTC), datetime(2028, 2, 28, tzinfo=UTC)),
    ]
).flatmap(lambda day: st.integers(-100_000, 200_000).map(lambda seconds: day + timedelta(seconds=seconds)))

TIMES = st.lists(
    st.tuples(st.integers(0, 4) | st.integers(0, 23), st.integers(0, 59)).map(lambda at: f"{at[0]:02}:{at[1]:02}"),
    min_size=1,
    max_size=4,
)
FIELD = {
    "minute": st.sampled_from(["*", "*/10", "*/7", "0", "30", "15,45", "5-8"]),
    "hour": st.sampled_from(["*", "*/3", "0", "1", "2", "2,3", "0-4", "23"]),
    "day": st.sampled_from(["*", "*", "*/2", "1", "L", "LW", "4-8"]),
    "weekday": st.sampled_from(["*", "*", "SUN", "1-5", "0#1", "5L"]),
}
CRON = st.tuples(FIELD["minute"], FIELD["hour"], FIELD["day"], FIELD["weekday"]).map(
    lambda parts: {"cron": f"{parts[0]} {parts[1]} {parts[2]} * {parts[3]}"}
)
KINDS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    CRON,
    st.fixed_dictionaries(
        {
            "kind": st.just("every"),
            "amount": st.integers(1, 90),
            "unit": st.sampled_from(["minutes", "hours", "days", "weeks"]),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("daily"), "times": TIMES}),
    st.fixed_dictionaries(
        {
            "kind": st.just("weekly"),
            "times": TIMES,
            "weekdays": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("monthly"),
            "times": TIMES,
            "days": st.lists(st.integers(1, 31) | st.just(-1), min_size=1, max_size=3),
        }
    ),
    MOMENTS.map(
        lambda day: {
            "kind": "dates",
            "dates": [(day + timedelta(hours=n)).replace(tzinfo=None).isoformat() for n in range(0, 90, 7)],
        }
    ),
)
SCHEDULES = st.builds(lambda kind, zone: {**kind, "timezone": zone}, KINDS, ZONES)


@given(SCHEDULES, MOMENTS, st.integers(0, 30))
def test_strictly_increasing_and_the_same_wherever_one_begins(
    config: dict[str, Any], moment: datetime, skip: int
) -> None:
    recurrence = read_schedule(config)
    dues = list(islice(recurrence.after(moment), 40))
    assert dues == sorted(set(dues))
    assert all(due > moment and due.microsecond == 0 for due in dues)
    # From a due time, from just before one, and from any instant between two.
    for due, following in list(pairwise(dues))[skip : skip + 3]:
        between = due + (following - due) / 2
        assert recurrence.first_after(due - timedelta(seconds=1)) == due
        assert recurrence.first_after(due) == following
        assert recurrence.first_after(between) == following
    if len(dues) == 40:
        middle = dues[len(dues) // 2]
        assert [due for due in dues if due > middle] == list(islice(recurrence.after(middle), 40 - len(dues) // 2 - 1))


@given(SCHEDULES, MOMENTS, MOMENTS)
def test_bounds_hold_and_only_cut(config: dict[str, Any], one: datetime, other: datetime) -> None:
    starts, ends = sorted((one.replace(microsecond=0), other.replace(microsecond=0)))
    bounds = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
    try:
        bounded = list(islice(read_schedule({**config, **bounds}).after(starts - timedelta(days=400)), 50))
    except ScheduleInvalid as invalid:
        bounded = [] if "never comes between" in str(invalid) else [EARLIEST]
    assert all(starts <= due <= ends for due in bounded)
    if config.get("kind") != "every":  # it is counted from starts_at
        free = takewhile(lambda due: due <= ends, read_schedule(config).after(starts - timedelta(seconds=1)))
        assert bounded == list(islice(free, 50))


@given(SCHEDULES, MOMENTS, st.integers(0, 3_000_000), st.integers(1, 30))
@settings(max_examples=60)
def test_the_latest_are_the_last_of_all(config: dict[str, Any], after: datetime, span: int, count: int) -> None:
    recurrence = read_schedule(config)
    until = after + timedelta(seconds=span)
    everything = list(takewhile(lambda due: due <= until, recurrence.after(after)))
    assert recurrence.latest(after, until, count) == everything[-count:]


@given(SCHEDULES, MOMENTS, st.lists(st.integers(1, 400_000), min_size=1, max_size=6))
@settings(max_examples=60)
def test_however_looks_fall_each_due_time_is_decided_once(
    config: dict[str, Any], start: datetime, steps: list[int]
) -> None:
    """What a scheduler decides, look by look, is what lies in the whole span, whenever it looked."""
    recurrence = read_schedule({**config, "on_missed": "all", "missed_at_most": 100})
    decided: list[datetime] = []
    dropped = 0
    until = start
    for step in steps:
        now = until + timedelta(seconds=step)
        plan = plan_dues(recurrence, until, now)
        assert all(due <= now - MISSED_AFTER for due in plan.missed)
        assert all(now - MISSED_AFTER < due <= now for due in plan.timely)
        assert plan.next_due is None or plan.next_due > now
        decided += [*plan.missed, *plan.timely]
        dropped += plan.dropped
        until = now
    everything = list(takewhile(lambda due: due <= until, recurrence.after(start)))
    assert decided == sorted(set(decided))
    assert set(decided) <= set(everything)
    if len(everything) <= 100:
        assert (decided, dropped) == (everything, 0)


CRON_PARTS = [*"*/,-#L0159?MW ", "MON", "1-5"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(CRON_PARTS), max_size=12).map("".join))
def test_no_text_breaks_the_reading_of_cron(text: str) -> None:
    try:
        fields = {"cron"} if read_schedule({"cron": text}) else set()
    except ScheduleInvalid as invalid:
        fields = {field for field, _ in invalid.problems}
    assert fields == {"cron"}
