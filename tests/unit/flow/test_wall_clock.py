"""Local times at clock changes: first instant after a gap, first of two in an overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.flow.wall_clock import (
    WallClockError,
    find_zone,
    known_zones,
    local_of,
    parse_instant,
    parse_local,
    parse_time,
    place,
    zone_data_version,
)


@pytest.mark.parametrize(
    ("zone", "local", "instant", "clock"),
    [
        ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59", "as written"),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00", "moved"),
        ("Europe/Berlin", "2026-03-29T02:59", "2026-03-29T01:00", "moved"),
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00", "as written"),
        ("Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59", "as written"),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00", "first of two"),
        ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59", "first of two"),
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00", "as written"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00", "moved"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "first of two"),
        ("Australia/Sydney", "2026-10-04T02:30", "2026-10-03T16:00", "moved"),
        ("Australia/Sydney", "2026-04-05T02:30", "2026-04-04T15:30", "first of two"),
        # Half an hour: 02:00 becomes 02:30, and back.
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30", "moved"),
        ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30", "as written"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "first of two"),
        # At midnight: the day begins at 01:00; and the last hour of a day comes twice.
        ("America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00", "moved"),
        ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30", "first of two"),
        # A day that was not.
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00", "moved"),
        ("Asia/Kolkata", "2026-06-01T09:00", "2026-06-01T03:30", "as written"),
        ("Asia/Kathmandu", "2026-06-01T09:00", "2026-06-01T03:15", "as written"),
        ("UTC", "2026-03-29T02:30", "2026-03-29T02:30", "as written"),
    ],
)
def test_local_times_at_changes(zone: str, local: str, instant: str, clock: str) -> None:
    placed = place(datetime.fromisoformat(local), find_zone(zone))
    assert (placed.at, placed.clock) == (datetime.fromisoformat(f"{instant}+00:00"), clock)


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
LOCALS = st.datetimes(datetime(1960, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(microsecond=0))


@given(st.sampled_from(ZONES), LOCALS)
def test_a_placed_time_shows_what_was_asked_or_lies_just_behind_a_gap(name: str, local: datetime) -> None:
    zone = find_zone(name)
    placed = place(local, zone)
    shown = local_of(placed.at, zone)
    if placed.clock != "moved":
        assert shown == local
        return
    assert shown > local
    # One second before, the clocks had not come to it.
    assert local_of(placed.at - timedelta(seconds=1), zone) < local


@given(st.sampled_from(ZONES), LOCALS, LOCALS)
def test_order_is_kept(name: str, one: datetime, other: datetime) -> None:
    zone = find_zone(name)
    first, second = sorted((one, other))
    assert place(first, zone).at <= place(second, zone).at


@given(st.sampled_from(ZONES), LOCALS)
def test_what_an_instant_shows_is_never_placed_behind_it(name: str, moment: datetime) -> None:
    """What iterations rely on: of local times up to this one, none is placed after the instant."""
    at = moment.replace(tzinfo=UTC)
    assert place(local_of(at, find_zone(name)), find_zone(name)).at <= at


def test_zones_come_from_one_source_whatever_the_machine_has() -> None:
    assert {"UTC", "Europe/Berlin", "US/Eastern"} <= known_zones()
    assert zone_data_version()[:3] == "202"
    for name in sorted(known_zones()):
        assert find_zone(name).key == name
    for wrong in ("", "Mars/Olympus", "Europe", "../../etc/passwd", "europe/berlin", "a\x00", "zones"):
        with pytest.raises(WallClockError, match="not a known time zone"):
            find_zone(wrong)


def test_what_people_write() -> None:
    berlin = find_zone("Europe/Berlin")
    assert parse_local("2026-05-01") == datetime(2026, 5, 1)
    assert parse_local(" 2026-05-01 09:30 ") == datetime(2026, 5, 1, 9, 30)
    assert parse_local("2026-05-01T09:30:15.5+0530") == datetime(
        2026, 5, 1, 9, 30, 15, 500_000, tzinfo=timezone(timedelta(hours=5, minutes=30))
    )
    assert parse_instant("2026-05-01T09:00", berlin) == datetime(2026, 5, 1, 7, tzinfo=UTC)
    assert parse_instant("2026-05-01T09:00Z", berlin) == datetime(2026, 5, 1, 9, tzinfo=UTC)
    assert parse_instant("2026-03-29T02:30", berlin) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert (parse_time("9:05"), parse_time("23:59").hour) == (parse_time("09:05"), 23)


@pytest.mark.parametrize(
    "text",
    [
        *("", "tomorrow", "2026-02-30", "2026-5-1", "20260501", "2026-W01", "1899-12-31", "3000-01-01"),
        *("2026-05-01T24:00", "2026-05-01T09", "2026-05-01T09:00 Europe/Berlin", "2026-05-01T09:00+25:00"),
        *("２０２６-05-01", "1" * 5_000),
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(WallClockError):
        parse_local(text)


@pytest.mark.parametrize("text", ["", "9", "24:00", "9:5", "09:60", "9am", "09:00:00", "０９:00"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(WallClockError, match="write it as 09:00"):
        parse_time(text)
