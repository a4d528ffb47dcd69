from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from automations.flow.commands import Resumed
from automations.flow.outcomes import Continue, Fail, Stop, Wait
from automations.nodes.logic_delay import LogicDelay
from automations.testing import run_node
from automations.testing.clock import FakeClock
from automations.testing.flow_run import run_flow

NODE = LogicDelay()
# Thursday, 10:00 in Berlin.
NOW = "2026-03-26T09:00"
BERLIN = {"timezone": "Europe/Berlin"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def outcome(config: dict[str, Any], now: str = NOW) -> Any:
    return await run_node(NODE, config, now=at(now))


@pytest.mark.parametrize(
    ("config", "until"),
    [
        ({"amount": 90, "unit": "minutes"}, "2026-03-26T10:30"),
        # Hours, where no unit is chosen.
        ({"amount": 2}, "2026-03-26T11:00"),
        ({"amount": 1.5, "unit": "days"}, "2026-03-27T21:00"),
        # Days of a duration are 24 hours, whatever the clocks do.
        ({"amount": 4, "unit": "days", **BERLIN}, "2026-03-30T09:00"),
        ({"mode": "date", "date": "2026-03-30", **BERLIN}, "2026-03-29T22:00"),
        ({"mode": "date", "date": "2026-03-30T10:00", **BERLIN}, "2026-03-30T08:00"),
        ({"mode": "date", "date": "2026-03-30T10:00Z", **BERLIN}, "2026-03-30T10:00"),
        ({"mode": "date", "date": "2026-03-29T02:30", **BERLIN}, "2026-03-29T01:00"),
        # Shifted by days over a clock change, the time of day stays; by hours it does not.
        (
            {"mode": "date", "date": "2026-03-30T10:00", "offset": 2, "offset_unit": "days", **BERLIN},
            "2026-03-28T09:00",
        ),
        (
            {"mode": "date", "date": "2026-03-30T10:00", "offset": 48, "offset_unit": "hours", **BERLIN},
            "2026-03-28T08:00",
        ),
        (
            {
                **{"mode": "date", "date": "2026-03-25T10:00", "offset": 1, "offset_unit": "weeks"},
                **{"offset_direction": "after", **BERLIN},
            },
            "2026-04-01T08:00",
        ),
        ({"mode": "weekday", "weekdays": ["monday"], "time": "09:00", **BERLIN}, "2026-03-30T07:00"),
        ({"mode": "weekday", "weekdays": ["saturday", "monday"], "time": "9:00", **BERLIN}, "2026-03-28T08:00"),
        ({"mode": "weekday", "weekdays": ["thursday"], "time": "11:00", **BERLIN}, "2026-03-26T10:00"),
        # Today, but over: the same weekday of next week, on the other side of the clock change.
        ({"mode": "weekday", "weekdays": ["thursday"], "time": "09:00", **BERLIN}, "2026-04-02T07:00"),
        ({"mode": "weekday", "weekdays": ["friday"], **BERLIN}, "2026-03-26T23:00"),
        ({"mode": "time_of_day", "time": "17:00", **BERLIN}, "2026-03-26T16:00"),
        ({"mode": "time_of_day", "time": "09:00", **BERLIN}, "2026-03-27T08:00"),
        ({"mode": "time_of_day", "time": "09:00", "timezone": "Asia/Kathmandu"}, "2026-03-27T03:15"),
        ({"mode": "time_of_day", "time": "09:00", "if_past": "next", **BERLIN}, "2026-03-27T08:00"),
    ],
)
async def test_until_when_it_waits(config: dict[str, Any], until: str) -> None:
    assert await outcome(config) == Wait(until=at(until), note={"until": at(until).isoformat()})


@pytest.mark.parametrize(
    ("config", "until"),
    [
        ({"amount": 0, "unit": "hours"}, NOW),
        ({"mode": "date", "date": "2026-03-01"}, "2026-03-01"),
        ({"mode": "date", "date": NOW}, NOW),
        ({"mode": "time_of_day", "time": "09:00", "if_past": "continue", **BERLIN}, "2026-03-26T08:00"),
        # Any time of a chosen day: it is that day now.
        ({"mode": "weekday", "weekdays": ["thursday"], **BERLIN}, NOW),
    ],
)
async def test_it_goes_on_at_once(config: dict[str, Any], until: str) -> None:
    assert await outcome(config) == Continue(output={"waited_until": at(until).isoformat(), "waited": False})


async def test_what_has_passed_stops_or_fails_if_asked() -> None:
    past = {"mode": "date", "date": "2026-03-01"}
    assert await outcome({**past, "if_past": "stop"}) == Stop(message="2026-03-01T00:00:00+00:00 had passed")
    assert await outcome({**past, "if_past": "fail"}) == Fail("2026-03-01T00:00:00+00:00 has passed", code="past")


async def test_a_day_that_is_today_in_the_zone_and_tomorrow_in_utc() -> None:
    config = {"mode": "weekday", "weekdays": ["friday"], "timezone": "Australia/Sydney"}
    assert isinstance(await outcome(config, "2026-03-26T14:00"), Continue)
    assert isinstance(await outcome(config, "2026-03-26T12:00"), Wait)


async def test_it_resumes_with_the_time_that_it_waited_for() -> None:
    resumed = Resumed(by="timer", note={"until": "2026-03-30T08:00:00+00:00"})
    answer = await run_node(NODE, {"mode": "time_of_day", "time": "09:00"}, now=at(NOW), resumed=resumed)
    assert answer == Continue(output={"waited_until": "2026-03-30T08:00:00+00:00", "waited": True})


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"mode": "date", "date": "2031-04-01"}, "too_far"),
        ({"mode": "date", "date": "2026-01-01", "offset": 300, "offset_unit": "weeks"}, "too_far"),
        ({"amount": 2_000, "unit": "weeks"}, "too_far"),
        ({"mode": "date", "date": "soon"}, "bad_time"),
        ({"mode": "date", "date": "2026-04-01", "timezone": "Mars/Olympus"}, "bad_time"),
        ({"mode": "time_of_day", "time": "9am"}, "bad_time"),
        ({"mode": "date"}, "bad_config"),
        ({"mode": "weekday", "time": "09:00"}, "bad_config"),
    ],
)
async def test_what_a_template_gave_that_is_no_time(config: dict[str, Any], code: str) -> None:
    answer = await outcome(config)
    assert isinstance(answer, Fail)
    assert answer.code == code


@pytest.mark.parametrize(
    ("config", "problems"),
    [
        ({"amount": 3, "unit": "days"}, []),
        ({"mode": "date", "date": "{{ trigger.new.due }}", "timezone": "{{ vars.zone }}"}, []),
        ({}, [("amount", "is required to wait for a while")]),
        (
            {"mode": "time_of_day", "time": "9", "date": "2026-01-01"},
            [
                ("date", "is not used to wait until a time of day; clear it, or wait until a date"),
                ("time", "'9' is not a time of day; write it as 09:00"),
            ],
        ),
        (
            {"mode": "date", "date": "2026-01-01", "offset": 3},
            [("offset", "needs a number and a unit, both")],
        ),
        (
            {"mode": "date", "date": "2026-01-01", "offset_direction": "after"},
            [("offset_direction", "is not used without a shift; clear it, or say how long the shift is")],
        ),
        (
            {"amount": 3, "unit": "days", "if_past": "next"},
            [("if_past", "there is no next time to wait for a while; choose what else happens")],
        ),
        ({"amount": 261, "unit": "weeks"}, []),
        ({"amount": 43_921}, [("amount", "is more than five years; use at most 43,920 hours")]),
        ({"amount": 262, "unit": "weeks"}, [("amount", "is more than five years; use at most 261 weeks")]),
        (
            {"mode": "weekday", "weekdays": ["monday"], "timezone": "Berlin"},
            [("timezone", "'Berlin' is not a known time zone; use an IANA name such as Europe/Berlin")],
        ),
    ],
)
def test_what_is_wrong_with_a_config(config: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    model: Any = NODE.config_model
    assert NODE.check(model.model_validate(config)) == problems


async def test_in_a_flow_the_clock_of_a_test_jumps() -> None:
    clock = FakeClock()
    nodes: list[Any] = [
        {"id": "trigger", "type": "trigger-manual", "data": {"config": {}}},
        {
            "id": "wait",
            "type": "logic-delay",
            "data": {"config": {"mode": "date", "date": "{{ trigger.input.due }}", "offset": 3, "offset_unit": "days"}},
        },
    ]
    edges: list[Any] = [{"id": "e", "source": "trigger", "target": "wait"}]
    run = await run_flow(nodes, edges, {"input": {"due": "2026-01-10T09:00"}}, clock=clock)
    assert run.output_of("wait") == {"waited_until": "2026-01-07T09:00:00+00:00", "waited": True}
    assert clock.now() == at("2026-01-07T09:00")
