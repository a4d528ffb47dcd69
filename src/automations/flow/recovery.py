"""A state made anew from what was recorded of a run: which records count, and what they say. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from automations.flow.commands import Recorded, iterations_around, step_key
from automations.flow.graph import FlowNode
from automations.flow.loops import LoopState
from automations.flow.outcomes import Continue, Fail, Loop, Stop, Wait
from automations.flow.plan import Plan
from automations.flow.state import RunState, StepState
from automations.flow.step_outcomes import Ending, iteration_failure, write_outcome


def take_up(plan: Plan, state: RunState, recorded: Iterable[Recorded]) -> tuple[int, Ending] | None:
    """Write records into the steps of a new state. Returns what ended the run, if anything did: node and outcome."""
    ends_run: tuple[int, Ending] | None = None
    openings: dict[str, Recorded] = {}
    ended: dict[str, list[tuple[int, Recorded]]] = {}
    begun: dict[str, set[int]] = {}
    failing: dict[str, Fail] = {}
    for record in choose_records(recorded, plan):
        around: list[tuple[str, int]] = []
        scope = ""
        i = plan.top_index.get(record.key)
        if i is None:
            scope, _, node_id = record.key.rpartition("/")
            around = iterations_around(record.key)
            for loop_key, number in around:
                begun.setdefault(loop_key, set()).add(number)
            i = plan.index.get(node_id)
        if i is not None:
            step = state.steps[record.key] = StepState("running", record.attempt, resumed=record.resumed)
            if record.outcome is None:
                step.attempt += 1
                step.unknown = True
                continue
            ending = write_outcome(plan, i, step, record.outcome, key=record.key, seed=state.seed)
            if isinstance(ending, Stop) or (ending is not None and not scope):
                ends_run = ends_run or (i, ending)
            elif ending is not None:
                failing.setdefault(scope, iteration_failure(plan, i, ending))
        elif scope.endswith(":"):
            openings[record.key] = record
        else:
            loop_key, number = around[-1]
            ended.setdefault(loop_key, []).append((number, record))
    for opening in openings.values():
        path, _, last = opening.key[:-2].rpartition("/")
        key = step_key(path, last)
        loop = _reopen(plan, plan.index[last], opening, ended.get(key, []), begun.get(key, set()), failing)
        if loop is not None and key not in state.steps:
            state.steps[key] = StepState("looping", opening.attempt, loop=loop)
    return ends_run


def _reopen(
    plan: Plan,
    i: int,
    opening: Recorded,
    ended: list[tuple[int, Recorded]],
    begun: set[int],
    failing: dict[str, Fail],
) -> LoopState | None:
    """A loop that was open, or has ended and is not recorded as that: with what its iterations came to."""
    if not isinstance(opening.outcome, Loop) or plan.body[i] is None:
        return None
    loop = LoopState(opening.outcome)
    for number, record in ended:
        if isinstance(record.outcome, Continue | Fail):
            loop.end_iteration(number, record.outcome, plan.nodes[i].max_output_bytes)
    loop.resume(begun)
    for number in loop.running:
        failure = failing.get(f"{opening.key[:-1]}{number}")
        if failure is not None:
            loop.failing[number] = failure
    return loop


def forget_what_is_over(state: RunState) -> None:
    """Records of iterations that have ended, alone or with their loop, are nobody's any more."""
    for key in [key for key in state.steps if not key.startswith("/")]:
        if any(_is_over(state.steps.get(loop_key), number) for loop_key, number in iterations_around(key)):
            del state.steps[key]


def _is_over(loop: StepState | None, number: int) -> bool:
    if loop is None or loop.loop is None:
        return loop is not None and not loop.is_open
    return loop.loop.has_ended(number) or number >= len(loop.loop.opening.items)


def choose_records(recorded: Iterable[Recorded], plan: Plan) -> list[Recorded]:
    """The one record that counts of each key, in the order given; keys that the flow does not have are dropped.

    The first final outcome wins for ever: a finished step never runs again. Else the latest attempt counts, and within
    one attempt what happened last: begun, waited, begun again after the wait, failed with a retry to come. Once a loop
    is open, what its own step waited for or tried before that counts no more.
    """
    chosen: dict[str, Recorded] = {}
    openings: list[str] = []
    for record in recorded:
        key = record.key
        before = chosen.get(key)
        if before is None:
            if key in plan.top_index:
                chosen[key] = record
            elif node_of(key, plan) is not None:
                chosen[key] = record
                if key.endswith(":/"):
                    openings.append(key)
            continue
        node = node_of(key, plan)
        if node is not None and _rank(record, node) > _rank(before, node):
            # Taken out first, so that it stands where it was given and not where a record that it outranks was.
            del chosen[key]
            chosen[key] = record
    chosen.pop(plan.top_keys[plan.trigger], None)
    for opening in openings:
        path, _, last = opening[:-2].rpartition("/")
        own = chosen.get(step_key(path, last))
        if own is not None and not _rank(own, plan.flow.nodes[last])[0]:
            del chosen[own.key]
    return list(chosen.values())


def node_of(key: str, plan: Plan) -> FlowNode | None:
    """The node that a key is about: of an iteration or opening its loop. None for keys that the flow does not have."""
    i = plan.top_index.get(key)
    if i is not None:
        return plan.nodes[i]
    flow = plan.flow
    scope, _, node_id = key.rpartition("/")
    if not scope:
        return None
    parts = [part.rpartition(":") for part in scope.split("/")]
    loops = [loop for loop, _, _ in parts]
    numbers = [number for _, _, number in parts]
    if not node_id and not numbers[-1]:
        numbers.pop()  # the opening of a loop
    if not all(loops) or not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    inner = node_id
    for loop in reversed(loops):
        if inner and flow.enclosing.get(inner) != loop:
            return None
        inner = loop
    if inner in flow.enclosing:
        return None
    return flow.nodes.get(node_id or loops[-1])


def _rank(record: Recorded, node: FlowNode) -> tuple[bool, int, int]:
    outcome = record.outcome
    match outcome:
        case None:
            return (False, record.attempt, 0 if record.resumed is None else 2)
        case Wait():
            return (False, record.attempt, 1)
        case Fail() if outcome.retryable and record.attempt < node.retry.attempts:
            return (False, record.attempt, 3)
        case Continue() | Stop() | Fail() | Loop():
            return (True, 0, 0)
        case _:
            assert_never(outcome)
