"""`retry_if` decides alone, over what the failure says; and retries may span months."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from automations.flow.conditions import compile_condition
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import Continue, Effect, Fail, Outcome, Stop
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry
from automations.flow.retrying import decided
from automations.testing import FakeClock, run_flow
from automations.testing.flow_run import installed_nodes


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "error.code", "operator": "equals", "value": "busy"}, True),
        ({"field": "error.message", "operator": "contains", "value": "GONE", "ignore_case": True}, False),
        ({"field": "output.status", "operator": "in", "value": [404, 503]}, True),
        ({"field": "output.status", "operator": "equals", "value": 404}, False),
        ({"field": "output.nothing.here", "operator": "exists"}, False),
        ({"field": "attempt", "operator": "less_than", "value": 3}, True),
        ({"field": "attempt", "operator": "less_than", "value": 2}, False),
        ({"all": []}, True),
        ({"any": []}, False),
    ],
)
@pytest.mark.parametrize("node_says", [True, False])
def test_the_condition_alone_decides(condition: Any, expected: bool, node_says: bool) -> None:
    failure = Fail("still busy", code="busy", retryable=node_says, retry_after=7, output={"status": 503})
    judged = decided(failure, compile_condition(condition).holds, 2)
    assert judged == Fail("still busy", code="busy", retryable=expected, retry_after=7, output={"status": 503})


def test_nothing_else_is_touched() -> None:
    never = compile_condition({"any": []}).holds
    for outcome in (Continue(1), Stop("failed"), Fail("x", retryable=True)):
        assert decided(outcome, None, 1) is outcome
    assert decided(Stop("failed", message="x"), never, 1) == Stop("failed", message="x")


def test_a_pause_that_is_named_is_not_cut_by_the_default_limit() -> None:
    assert Retry(delay_seconds=10).longest_delay_seconds == 300
    assert Retry(delay_seconds=3_600).longest_delay_seconds == 3_600
    assert Retry(delay_seconds=3_600, max_delay_seconds=60).longest_delay_seconds == 60


class NoConfig(Config):
    pass


class Flaky(Node[NoConfig]):
    """Fails until a day has come."""

    type, title, group, icon = "action-flaky", "Flaky", "action", "Bug"
    effect: ClassVar[Effect] = "external"

    def __init__(self, works_after: timedelta, failure: Fail) -> None:
        self.calls: list[timedelta] = []
        self._clock = FakeClock()
        self._start = self._clock.now()
        self._works_after = works_after
        self._failure = failure

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        self.calls.append(ctx.now - self._start)
        return Continue("done") if self.calls[-1] >= self._works_after else self._failure


async def trial(flaky: Flaky, retry: dict[str, Any]) -> Any:
    nodes: list[Any] = [
        {"id": "t", "type": "trigger-manual", "data": {}},
        {"id": "call", "type": "action-flaky", "data": {"retry": retry}},
    ]
    registry = NodeRegistry([*installed_nodes(), flaky])
    return await run_flow(nodes, [{"id": "e", "source": "t", "target": "call"}], registry=registry)


async def test_retries_go_on_for_weeks() -> None:
    """What others end after five tries of five seconds: a partner whose service is away for three weeks."""
    flaky = Flaky(timedelta(days=21), Fail("away", retryable=True))
    day = 86_400
    retry = {"attempts": 100, "delay_seconds": 3_600, "max_delay_seconds": 7 * day, "jitter": False}
    run = await trial(flaky, retry)
    assert (run.status, run.output) == ("completed", "done")
    hours = [call.total_seconds() / 3_600 for call in flaky.calls]
    # 1, 2, 4, … 128 hours, then a week at most.
    assert hours == [0, 1, 3, 7, 15, 31, 63, 127, 255, 423, 591]


async def test_a_failure_that_the_author_calls_hopeless_ends_at_once() -> None:
    gone = {"attempts": 9, "retry_if": {"not": {"field": "output.status", "operator": "equals", "value": 410}}}
    flaky = Flaky(timedelta(days=1), Fail("gone", retryable=True, output={"status": 410}))
    run = await trial(flaky, gone)
    assert (run.status, run.error, len(flaky.calls)) == ("failed", "gone", 1)


async def test_a_failure_that_the_node_calls_hopeless_is_tried_again() -> None:
    always = {"attempts": 4, "delay_seconds": 1, "jitter": False, "retry_if": {"all": []}}
    flaky = Flaky(timedelta(seconds=3), Fail("not found", code="http_status"))
    run = await trial(flaky, always)
    assert (run.status, len(flaky.calls)) == ("completed", 3)
