from __future__ import annotations

from datetime import UTC, datetime

import pytest

from automations.flow.missed_dues import DuePlan, plan_dues
from automations.flow.recurrence import read_schedule

HOURLY = {"cron": "0 * * * *"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-01T{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("config", "missed", "dropped"),
    [
        ({}, ["11:00"], 2),
        ({"on_missed": "once"}, ["11:00"], 2),
        ({"on_missed": "all"}, ["09:00", "10:00", "11:00"], 0),
        ({"on_missed": "all", "missed_at_most": 2}, ["10:00", "11:00"], 1),
        ({"on_missed": "none"}, [], 3),
    ],
)
def test_what_is_made_up_for_after_a_down_time(config: dict[str, object], missed: list[str], dropped: int) -> None:
    plan = plan_dues(read_schedule({**HOURLY, **config}), at("08:30"), at("12:00:30"))
    assert plan == DuePlan([at(due) for due in missed], [at("12:00")], dropped, at("13:00"))


def test_a_minute_late_is_missed_less_is_only_late() -> None:
    hourly = read_schedule({**HOURLY, "on_missed": "none"})
    assert plan_dues(hourly, at("11:30"), at("12:00:59")) == DuePlan([], [at("12:00")], 0, at("13:00"))
    assert plan_dues(hourly, at("11:30"), at("12:01:00")) == DuePlan([], [], 1, at("13:00"))


def test_nothing_before_what_was_decided_and_nothing_by_a_clock_that_was_set_back() -> None:
    hourly = read_schedule({**HOURLY, "on_missed": "all"})
    assert plan_dues(hourly, at("12:00"), at("12:00:10")) == DuePlan([], [], 0, at("13:00"))
    assert plan_dues(hourly, at("12:00:10"), at("10:30")) == DuePlan([], [], 0, at("13:00"))


def test_what_was_dropped_is_counted_to_a_thousand() -> None:
    minutes = read_schedule({"cron": "* * * * *"})
    plan = plan_dues(minutes, datetime(2016, 1, 1, tzinfo=UTC), at("12:00:10"))
    assert (plan.missed, plan.timely, plan.dropped) == ([at("11:59")], [at("12:00")], 1_000)


def test_a_schedule_that_is_over() -> None:
    once = read_schedule({"kind": "dates", "dates": ["2026-01-01T12:00"]})
    assert plan_dues(once, at("11:00"), at("12:00:10")) == DuePlan([], [at("12:00")], 0, None)
