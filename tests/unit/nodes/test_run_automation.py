from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.commands import Resumed
from automations.flow.outcomes import Continue, Fail, JsonObject, Wait
from automations.flow.ports import CallableAutomation, RunResult
from automations.nodes.action_run_automation import ActionRunAutomation, ActionRunAutomationConfig
from automations.testing import MemoryRuns, Start, StepContext, run_node
from automations.testing.clock import START

OTHER = "3f0c6a52-0000-4000-8000-00000000000a"
LEAD, CONVERSATION = "3f0c6a52-0000-4000-8000-0000000000b1", "3f0c6a52-0000-4000-8000-0000000000c1"
RUN = "00000000-0000-0000-0000-000000000001"
FORM: JsonObject = {
    "type": "object",
    "properties": {"note": {"type": "string"}, "times": {"type": "integer", "default": 3}},
    "required": ["note"],
}


def other(trigger_type: str = "manual", **config: Any) -> MemoryRuns:
    return MemoryRuns({OTHER: CallableAutomation(OTHER, "Other", trigger_type, config)})


def ended(status: str, output: Any = None, error: str | None = None) -> MemoryRuns:
    runs = other()
    runs.starts.append(Start(RUN, OTHER, {}, None, None))
    runs.results[OTHER] = RunResult(status, output, error)
    return runs


def woken(by: Any = "signal", until: str | None = None) -> Resumed:
    return Resumed(by=by, payload=None, note={"run_id": RUN, "until": until})


async def run(config: JsonObject, **context: Any) -> Any:
    return await run_node(ActionRunAutomation(), {"automation": OTHER, **config}, **context)


async def test_it_starts_a_run_on_the_records_of_its_own_and_goes_on_at_once() -> None:
    runs = other(input_schema=FORM, record="lead")
    outcome = await run({"input": {"note": "hi"}, "wait": False}, runs=runs, lead_id=LEAD, conversation_id=CONVERSATION)
    assert outcome == Continue({"run_id": RUN, "status": "started"})
    assert runs.starts == [Start(RUN, OTHER, {"note": "hi", "times": 3}, LEAD, CONVERSATION)]


async def test_it_waits_for_the_end_of_the_run_for_ever_or_for_a_time() -> None:
    assert await run({}, runs=other()) == Wait(signal=f"run:{RUN}", until=None, note={"run_id": RUN, "until": None})
    until = START + timedelta(hours=36)
    assert await run({"max_wait": {"amount": 1.5, "unit": "days"}}, runs=other()) == Wait(
        signal=f"run:{RUN}", until=until, note={"run_id": RUN, "until": until.isoformat()}
    )


async def test_records_can_be_named_or_left_out() -> None:
    runs = other()
    await run({"lead_id": "none", "conversation_id": OTHER, "wait": False}, runs=runs, lead_id=LEAD)
    await run({"lead_id": OTHER, "conversation_id": "none", "wait": False}, runs=runs, conversation_id=LEAD)
    assert [(start.lead_id, start.conversation_id) for start in runs.starts] == [(None, OTHER), (OTHER, None)]
    refused = await run({"lead_id": "Ada", "wait": False}, runs=runs)
    assert (refused.code, len(runs.starts)) == ("wrong_type", 2)


@pytest.mark.parametrize(
    ("runs", "config", "code", "text"),
    [
        (MemoryRuns(), {}, "unknown_automation", "no automation"),
        (other(input_schema=FORM), {}, "bad_input", "Other: the input does not fit: note is missing"),
        (other(input_schema=FORM), {"input": {"note": 1}}, "bad_input", "note is not of type string"),
        (other("ai_tool", input_schema=FORM), {"input": {"note": "a", "x": 1}}, "bad_input", "x is not asked for"),
        (other(record="lead"), {}, "bad_input", "runs on a lead"),
        (other(record="conversation"), {}, "bad_input", "runs on a conversation"),
        (other(), {"input": {"note": "x" * 1_100_000}}, "bad_input", "more than 1,048,576 bytes"),
    ],
)
async def test_what_does_not_fit_starts_nothing(runs: MemoryRuns, config: JsonObject, code: str, text: str) -> None:
    outcome = await run(config, runs=runs)
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.retryable, runs.starts) == (code, False, [])
    assert text in outcome.error


async def test_it_goes_on_with_the_output_of_the_run() -> None:
    output: JsonObject = {"score": {"value": 7}, "tags": ["a", "b"]}
    assert await run({}, runs=ended("completed", output), resumed=woken()) == Continue(
        {"run_id": RUN, "status": "completed", "output": output}
    )
    named: JsonObject = {"output": {"points": "score.value", "last": "tags.1"}}
    assert await run(named, runs=ended("completed", output), resumed=woken()) == Continue(
        {"run_id": RUN, "status": "completed", "output": {"points": 7, "last": "b"}}
    )


async def test_a_path_that_the_output_does_not_have_fails_the_step() -> None:
    outcome = await run({"output": {"points": "score"}}, runs=ended("completed", None), resumed=woken())
    assert (outcome.code, "'score'" in outcome.error) == ("no_output", True)


@pytest.mark.parametrize("by", ["signal", "timer"])
@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (
            ended("failed", error="no luck"),
            Fail(
                f"the run {RUN} that this step waited for failed: no luck",
                code="child_failed",
                output={"run_id": RUN, "status": "failed", "error": "no luck"},
            ),
        ),
        (
            ended("cancelled", error="enough"),
            Fail(
                f"the run {RUN} that this step waited for was cancelled: enough",
                code="child_cancelled",
                output={"run_id": RUN, "status": "cancelled", "error": "enough"},
            ),
        ),
        (
            other(),
            Fail(
                f"the run {RUN} that this step waited for was deleted",
                code="child_deleted",
                output={"run_id": RUN, "status": "deleted", "error": None},
            ),
        ),
    ],
)
async def test_an_end_that_is_no_success_fails_the_step(runs: MemoryRuns, expected: Fail, by: Any) -> None:
    """Also where the time was up at the same moment: what the run says is what counts."""
    assert await run({}, runs=runs, resumed=woken(by, START.isoformat())) == expected


@pytest.mark.parametrize("status", ["pending", "running"])
async def test_a_wake_that_came_for_something_else_is_waited_out(status: str) -> None:
    until = START + timedelta(minutes=5)
    outcome = await run({}, runs=ended(status), resumed=woken("signal", until.isoformat()))
    assert outcome == Wait(signal=f"run:{RUN}", until=until, note={"run_id": RUN, "until": until.isoformat()})


async def test_after_the_longest_wait_it_fails_and_the_run_goes_on() -> None:
    # The timer is the database's word: the clock of this worker may be behind.
    until = START + timedelta(minutes=5)
    outcome = await run({}, runs=ended("running"), resumed=woken("timer", until.isoformat()))
    assert outcome == Fail(
        f"the run {RUN} has not ended in time; it goes on by itself",
        code="timed_out",
        output={"run_id": RUN, "status": "running", "error": None},
    )


def test_a_drawing_is_judged_before_it_runs() -> None:
    node = ActionRunAutomation()

    def problems(**config: Any) -> list[str]:
        parsed = ActionRunAutomationConfig.model_validate({"automation": OTHER, **config})
        return [field for field, _ in node.check(parsed)]

    assert problems() == []
    assert problems(automation="{{ vars.which }}", lead_id="{{ trigger.new.id }}", conversation_id="none") == []
    assert problems(automation="Other", lead_id="Ada") == ["automation", "lead_id"]
    assert problems(wait=False, max_wait={"amount": 1}, output={"a": "b"}) == ["max_wait", "output"]
    for wrong in ({"amount": 0}, {}, {"amount": 1, "unit": "years"}):
        with pytest.raises(ValidationError):
            problems(max_wait=wrong)


def test_the_sample_is_what_the_step_would_answer() -> None:
    node = ActionRunAutomation()
    assert node.sample_output({"wait": False}) == {"run_id": StepUuid(), "status": "started"}
    assert node.sample_output({"output": {"score": "a.b"}}) == {
        "run_id": StepUuid(),
        "status": "completed",
        "output": {"score": None},
    }


class StepUuid:
    """Equal to any id."""

    def __eq__(self, found: object) -> bool:
        return isinstance(found, str) and len(found) == len(StepContext().execution_id)

    __hash__ = None  # type: ignore[assignment]  # it is equal to many
