"""What an outcome makes of its step, and whether it ends more than that. Standard library only."""

from __future__ import annotations

from typing import assert_never

from automations.flow.backoff import retry_delay
from automations.flow.graph import FlowNode
from automations.flow.loops import LoopState
from automations.flow.outcomes import Continue, Fail, Loop, Outcome, Stop, Wait
from automations.flow.plan import Plan, failure_handle
from automations.flow.state import StepState, Waiting

Ending = Fail | Stop

WAITS_FOR_NOTHING = Fail("the step waits for nothing: it named neither a time nor a signal", code="empty_wait")
REPEATS_NOTHING = Fail("the step answered as a loop, and nothing is connected to its `each`", code="empty_loop")


def write_outcome(plan: Plan, i: int, step: StepState, outcome: Outcome, *, key: str, seed: str) -> Ending | None:
    """Write an outcome into its step. What is returned ends the iteration or the run that the step is in, too."""
    node = plan.nodes[i]
    step.wait = step.loop = None
    match outcome:
        case Continue():
            if outcome.handle not in node.handles:
                return write_outcome(plan, i, step, _unknown_handle(node, outcome), key=key, seed=seed)
            step.status, step.handle, step.output = "completed", outcome.handle, outcome.output
            step.error = step.error_code = step.resumed = None
            if outcome.variables:
                step.variables = dict(outcome.variables)
        case Fail():
            step.error, step.error_code, step.output = outcome.error, outcome.code, outcome.output
            if outcome.retryable and step.attempt < node.retry.attempts:
                delay = retry_delay(
                    node.retry, seed=seed, key=key, attempt=step.attempt, retry_after=outcome.retry_after
                )
                step.status, step.wait = "waiting", Waiting("retry", delay_seconds=delay)
                return None
            step.status, step.resumed = "failed", None
            step.handle = failure_handle(node)
            if step.handle is None:
                return outcome
        case Stop():
            step.status, step.handle, step.output = "completed", None, outcome.output
            step.error = step.error_code = step.resumed = None
            return outcome
        case Wait(until=None, signal=None):
            return write_outcome(plan, i, step, WAITS_FOR_NOTHING, key=key, seed=seed)
        case Wait():
            step.status = "waiting"
            step.wait = Waiting(
                "wait",
                until=outcome.until,
                signal=outcome.signal,
                note=outcome.note,
                condition=outcome.condition,
                since=outcome.since,
            )
            step.resumed = None
        case Loop() if plan.body[i] is None:
            return write_outcome(plan, i, step, REPEATS_NOTHING, key=key, seed=seed)
        case Loop():
            step.status, step.loop = "looping", LoopState(outcome)
            step.error = step.error_code = step.resumed = None
            step.output = None
        case _:
            assert_never(outcome)
    return None


def failing_node(plan: Plan, i: int, failure: Fail) -> str:
    """Which node failed: this one or, where an iteration made a loop fail, the one in its body."""
    if plan.body[i] is not None and isinstance(failure.output, dict):
        node_id = failure.output.get("node_id")
        if isinstance(node_id, str) and node_id in plan.index:
            return node_id
    return plan.nodes[i].id


def iteration_failure(plan: Plan, i: int, failure: Fail) -> Fail:
    """What an iteration comes to because the failure of node i is not handled."""
    return Fail(failure.error, code=failure.code, output={"node_id": failing_node(plan, i, failure)})


def _unknown_handle(node: FlowNode, outcome: Continue) -> Fail:
    known = ", ".join(node.handles) or "none"
    return Fail(
        f"the step answered through the handle {outcome.handle!r}, which it does not have (it has: {known})",
        code="unknown_handle",
        output=outcome.output,
    )
