"""Due times of schedules on fixed dates: clock changes in both hemispheres, leap days, ends of months, bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automations.flow.recurrence import EARLIEST, Recurrence, ScheduleInvalid, read_schedule
from automations.flow.schedule_words import in_words


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def locals_of(config: dict[str, Any], after: str, count: int) -> list[str]:
    """`03-29 03:00 moved`: local date and time, and the mark where there is one."""
    marks = {"as written": "", "moved": " moved", "first of two": " 1/2", "second of two": " 2/2"}
    return [f"{due.local:%m-%d %H:%M}{marks[due.clock]}" for due in read_schedule(config).preview(at(after), count)]


def daily(*times: str, zone: str) -> dict[str, Any]:
    return {"kind": "daily", "times": list(times), "timezone": zone}


@pytest.mark.parametrize(
    ("config", "after", "expected"),
    [
        (daily("02:30", zone="Europe/Berlin"), "2026-03-28", ["03-28 02:30", "03-29 03:00 moved", "03-30 02:30"]),
        (daily("02:30", zone="Europe/Berlin"), "2026-10-24", ["10-24 02:30", "10-25 02:30 1/2", "10-26 02:30"]),
        # Several skipped times, and one that is there anyway, are one.
        (
            daily("02:15", "02:45", "03:00", "03:15", zone="Europe/Berlin"),
            "2026-03-28T12:00",
            ["03-29 03:00 moved", "03-29 03:15", "03-30 02:15"],
        ),
        (daily("02:30", zone="America/New_York"), "2026-03-07T12:00", ["03-08 03:00 moved", "03-09 02:30"]),
        (daily("01:30", zone="America/New_York"), "2026-10-31T12:00", ["11-01 01:30 1/2", "11-02 01:30"]),
        (daily("02:30", zone="Australia/Sydney"), "2026-10-03T12:00", ["10-04 03:00 moved", "10-05 02:30"]),
        (daily("02:30", zone="Australia/Sydney"), "2026-04-04T12:00", ["04-05 02:30 1/2", "04-06 02:30"]),
        (daily("02:15", zone="Australia/Lord_Howe"), "2026-10-03T12:00", ["10-04 02:30 moved", "10-05 02:15"]),
        (daily("01:45", zone="Australia/Lord_Howe"), "2026-04-04T12:00", ["04-05 01:45 1/2", "04-06 01:45"]),
        (daily("00:00", zone="America/Santiago"), "2026-09-05T12:00", ["09-06 01:00 moved", "09-07 00:00"]),
        (daily("23:30", zone="America/Santiago"), "2026-04-04T12:00", ["04-04 23:30 1/2", "04-05 23:30"]),
        (daily("09:00", zone="Pacific/Apia"), "2011-12-28T20:00", ["12-29 09:00", "12-31 00:00 moved", "12-31 09:00"]),
        # Cron at fixed times keeps the same rule; cron that repeats follows elapsed time.
        ({"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "2026-03-28T12:00", ["03-29 03:00 moved", "03-30 02:30"]),
        (
            {"cron": "15,30 2 * * *", "timezone": "Europe/Berlin"},
            "2026-03-28T12:00",
            ["03-29 03:00 moved", "03-30 02:15"],
        ),
        ({"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "2026-10-24T12:00", ["10-25 02:30 1/2", "10-26 02:30"]),
        ({"cron": "*/30 2 * * *", "timezone": "Europe/Berlin"}, "2026-03-28T12:00", ["03-30 02:00", "03-30 02:30"]),
        (
            {"cron": "*/30 2 * * *", "timezone": "Europe/Berlin"},
            "2026-10-24T12:00",
            ["10-25 02:00 1/2", "10-25 02:30 1/2", "10-25 02:00 2/2", "10-25 02:30 2/2", "10-26 02:00"],
        ),
        (
            {"cron": "0 * * * *", "timezone": "Europe/Berlin"},
            "2026-10-24T23:30",
            ["10-25 02:00 1/2", "10-25 02:00 2/2", "10-25 03:00"],
        ),
        (
            {"cron": "0 * * * *", "timezone": "Europe/Berlin"},
            "2026-03-28T23:30",
            ["03-29 01:00", "03-29 03:00", "03-29 04:00"],
        ),
        # The change itself is due, and minutes behind half an hour's change are not lost.
        ({"cron": "30 * * * *", "timezone": "Australia/Lord_Howe"}, "2026-10-03T15:05", ["10-04 02:30", "10-04 03:30"]),
        (
            {"cron": "*/10 4 * * *", "timezone": "Australia/Lord_Howe"},
            "2026-10-03T12:00",
            ["10-04 04:00", "10-04 04:10", "10-04 04:20", "10-04 04:30"],
        ),
        ({"cron": "0 9 * * *", "timezone": "Asia/Kathmandu"}, "2026-06-01", ["06-01 09:00", "06-02 09:00"]),
        # Leap days and ends of months.
        ({"cron": "0 0 29 2 *"}, "2026-01-01", ["02-29 00:00", "02-29 00:00"]),
        (
            {"kind": "monthly", "days": [31], "times": ["09:00"]},
            "2026-01-01",
            ["01-31 09:00", "03-31 09:00", "05-31 09:00"],
        ),
        ({"kind": "monthly", "days": [-1], "times": ["09:00"]}, "2028-01-31T10:00", ["02-29 09:00", "03-31 09:00"]),
        (
            {"kind": "monthly", "days": [30, -1, 1], "times": ["9:00"]},
            "2026-01-29",
            ["01-30 09:00", "01-31 09:00", "02-01 09:00", "02-28 09:00", "03-01 09:00"],
        ),
        ({"kind": "monthly", "days": [29], "times": ["09:00"]}, "2027-01-30", ["03-29 09:00", "04-29 09:00"]),
        (
            {
                "kind": "weekly",
                "weekdays": ["sunday", "monday"],
                "times": ["17:00", "09:00"],
                "timezone": "Asia/Kolkata",
            },
            "2026-01-03",
            ["01-04 09:00", "01-04 17:00", "01-05 09:00", "01-05 17:00", "01-11 09:00"],
        ),
        # Days keep the time of day, hours do not.
        (
            {
                "kind": "every",
                "amount": 1,
                "unit": "days",
                "starts_at": "2026-03-28T09:00",
                "timezone": "Europe/Berlin",
            },
            "2026-03-01",
            ["03-28 09:00", "03-29 09:00", "03-30 09:00"],
        ),
        (
            {
                "kind": "every",
                "amount": 24,
                "unit": "hours",
                "starts_at": "2026-03-28T09:00",
                "timezone": "Europe/Berlin",
            },
            "2026-03-01",
            ["03-28 09:00", "03-29 10:00", "03-30 10:00"],
        ),
        ({"kind": "every", "amount": 2, "unit": "weeks"}, "2024-01-01T00:00:01", ["01-15 00:00", "01-29 00:00"]),
        (
            {"kind": "every", "amount": 1, "unit": "hours", "timezone": "Asia/Kathmandu"},
            "2026-01-01",
            ["01-01 06:00", "01-01 07:00"],
        ),
        (
            {"kind": "every", "amount": 45, "unit": "minutes"},
            "2023-12-31T22:00",
            ["12-31 22:30", "12-31 23:15", "01-01 00:00"],
        ),
        (
            {
                "kind": "dates",
                "dates": ["2026-05-02", "2026-05-01T09:00+02:00", "2026-05-02T00:00"],
                "timezone": "Europe/Berlin",
            },
            "2026-01-01",
            ["05-01 09:00", "05-02 00:00"],
        ),
        # Bounds: both ends count, a date alone is its whole day.
        (
            {**daily("09:00", zone="Europe/Berlin"), "starts_at": "2026-05-01T09:00", "ends_at": "2026-05-03T09:00"},
            "2020-01-01",
            ["05-01 09:00", "05-02 09:00", "05-03 09:00"],
        ),
        (
            {**daily("09:00", zone="Europe/Berlin"), "starts_at": "2026-05-01T09:01", "ends_at": "2026-05-03"},
            "2020-01-01",
            ["05-02 09:00", "05-03 09:00"],
        ),
        (
            {**daily("00:00", zone="Europe/Berlin"), "starts_at": "2026-05-01", "ends_at": "2026-05-02"},
            "2020-01-01",
            ["05-01 00:00", "05-02 00:00"],
        ),
    ],
)
def test_due_times(config: dict[str, Any], after: str, expected: list[str]) -> None:
    count = len(expected)
    if "ends_at" in config or config.get("kind") == "dates":
        count += 1
    assert locals_of(config, after, count) == expected


@pytest.mark.parametrize(
    ("config", "problems"),
    [
        ({}, [("cron", "is required for a schedule of kind cron")]),
        (
            {"kind": "weekly", "times": ["25:00"], "cron": "0 9 * * 1"},
            [
                ("weekdays", "is required for a schedule of kind weekly"),
                ("cron", "means nothing for kind weekly; remove it, or set kind to cron"),
                ("times.0", "'25:00' is not a time of day; write it as 09:00"),
            ],
        ),
        (
            {"cron": "0 9 * * 1", "times": ["09:00"]},
            [("times", "means nothing for kind cron; remove it, or set kind to daily or weekly or monthly")],
        ),
        ({"kind": "every", "amount": 5}, [("unit", "is required for a schedule of kind every")]),
        ({"kind": "every", "amount": 0, "unit": "days"}, [("amount", "Input should be greater than or equal to 1")]),
        (
            {"kind": "monthly", "days": [0, 32, -2, 1], "times": ["09:00"]},
            [
                ("days.0", "0 is not a day of the month: 1 to 31, or -1 for the last"),
                ("days.1", "32 is not a day of the month: 1 to 31, or -1 for the last"),
                ("days.2", "-2 is not a day of the month: 1 to 31, or -1 for the last"),
            ],
        ),
        ({"kind": "daily", "times": []}, [("times", "Tuple should have at least 1 item after validation, not 0")]),
        (
            {"cron": "0 9 * * *", "starts_at": "2026-02-01", "ends_at": "2026-01-31"},
            [("ends_at", "lies before starts_at: nothing ever comes")],
        ),
        (
            {"cron": "0 9 * * *", "starts_at": "2026-02-01T10:00", "ends_at": "2026-02-02T08:00"},
            [("cron", "never comes between starts_at and ends_at")],
        ),
        (
            {
                "kind": "weekly",
                "weekdays": ["monday"],
                "times": ["09:00"],
                "starts_at": "2026-01-06",
                "ends_at": "2026-01-11",
            },
            [("kind", "never comes between starts_at and ends_at")],
        ),
        ({"cron": "0 0 30 2 *"}, [("cron", "is not a cron expression: bad day-of-month")]),
        ({"kind": "dates", "dates": ["1960-01-01"]}, [("dates", "never comes: all lie before 1970")]),
        (
            {"cron": "0 9 * * 1", "timezone": "Berlin"},
            [("timezone", "'Berlin' is not a known time zone; use an IANA name such as Europe/Berlin")],
        ),
        ({"cron": "0 9 * * 1", "every": 3}, [("every", "Extra inputs are not permitted")]),
    ],
)
def test_what_is_wrong_is_said_in_words(config: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    with pytest.raises(ScheduleInvalid) as caught:
        read_schedule(config)
    assert caught.value.problems == problems


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"cron": "0 9 * * 1", "timezone": "Europe/Berlin"}, "at 09:00 on Monday in Europe/Berlin"),
        (
            {"kind": "weekly", "weekdays": ["monday"], "times": ["9:00"], "timezone": "Europe/Berlin"},
            "every Monday at 09:00 in Europe/Berlin",
        ),
        (
            {"kind": "weekly", "weekdays": ["friday", "monday", "sunday"], "times": ["17:00", "09:00"]},
            "every Monday, Friday and Sunday at 09:00 and 17:00 in UTC",
        ),
        ({"kind": "every", "amount": 15, "unit": "minutes"}, "every 15 minutes in UTC"),
        ({"kind": "every", "amount": 1, "unit": "hours"}, "every hour in UTC"),
        ({"kind": "every", "amount": 2, "unit": "weeks"}, "every 2 weeks, on Monday at 00:00 in UTC"),
        (
            {
                "kind": "every",
                "amount": 1,
                "unit": "days",
                "starts_at": "2026-05-01T09:00",
                "ends_at": "2026-06-01",
                "timezone": "Asia/Kolkata",
            },
            "every day at 09:00 in Asia/Kolkata, from 2026-05-01 09:00, until 2026-06-01",
        ),
        (
            {"kind": "monthly", "days": [-1, 22, 1, 13], "times": ["9:00"]},
            "on the 1st, 13th, 22nd and last day of every month at 09:00 in UTC",
        ),
        ({"kind": "dates", "dates": ["2026-05-01T09:00"]}, "on 2026-05-01 09:00 in UTC"),
        (
            {"kind": "dates", "dates": [f"2026-05-0{n}" for n in range(1, 6)]},
            "on 2026-05-01, 2026-05-02, 2026-05-03 and 2 other dates in UTC",
        ),
    ],
)
def test_in_words(config: dict[str, Any], words: str) -> None:
    assert in_words(read_schedule(config)) == words


def test_a_schedule_that_comes_once_in_28_years_is_found_and_one_that_never_comes_ends() -> None:
    rare = read_schedule({"cron": "0 0 * 2 MON#5"})
    assert [due.date().isoformat() for due in rare.after(at("2026-01-01"))][:2] == ["2044-02-29", "2072-02-29"]
    over = read_schedule({"kind": "dates", "dates": ["2026-05-01"]})
    assert over.first_after(at("2026-05-01")) is None
    assert read_schedule({"cron": "* * * * *"}).first_after(at("2999-12-31T23:59")) is None


def test_ten_years_of_minutes_cost_no_memory_and_little_time() -> None:
    """Looked at from the end: in a list they would be five million."""
    minutes = read_schedule({"cron": "* * * * *", "timezone": "Europe/Berlin"})
    taken = 0

    class Counting(Recurrence):
        def after(self, moment: datetime) -> Any:
            nonlocal taken
            for due in super().after(moment):
                taken += 1
                yield due

    counting = Counting(minutes.config, minutes.zone, (None, None), minutes._times)
    latest = counting.latest(at("2016-01-01"), at("2026-01-01"), 3)
    assert latest == [at("2025-12-31T23:58"), at("2025-12-31T23:59"), at("2026-01-01T00:00")]
    assert taken < 20_000


def test_bounds_of_what_is_asked() -> None:
    hourly = read_schedule({"cron": "0 * * * *"})
    assert hourly.latest(at("2026-01-01"), at("2026-01-01T03:00"), 0) == []
    assert hourly.latest(at("2026-01-01T05:00"), at("2026-01-01T03:00"), 5) == []
    assert hourly.latest(at("2026-01-01"), at("2026-01-01T03:00"), 2) == [
        at("2026-01-01T02:00"),
        at("2026-01-01T03:00"),
    ]
    assert hourly.count(at("2026-01-01"), at("2026-01-01T03:00"), 10) == 3
    assert hourly.count(at("2026-01-01"), at("2027-01-01"), 10) == 10
    assert hourly.first_after(at("1600-01-01")) == EARLIEST + timedelta(hours=1)
