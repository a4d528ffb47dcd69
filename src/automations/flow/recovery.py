"""Which of a run's durable records count when its state is built anew after a crash. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from automations.flow.commands import Recorded
from automations.flow.graph import CompiledFlow, FlowNode
from automations.flow.outcomes import Continue, Fail, Loop, Stop, Wait


def choose_records(recorded: Iterable[Recorded], flow: CompiledFlow) -> list[Recorded]:
    """The one record that counts of each key, in the order given; keys that the flow does not have are dropped.

    The first final outcome wins for ever: a finished step never runs again. Else the latest attempt counts, and within
    one attempt what happened last: begun, waited, begun again after the wait, failed with a retry to come.
    """
    chosen: dict[str, Recorded] = {}
    for record in recorded:
        node = node_of(record.key, flow)
        if node is None:
            continue
        before = chosen.get(record.key)
        if before is None or _rank(record, node) > _rank(before, node):
            # Taken out first, so that it stands where it was given and not where a record that it outranks was.
            chosen.pop(record.key, None)
            chosen[record.key] = record
    return list(chosen.values())


def node_of(key: str, flow: CompiledFlow) -> FlowNode | None:
    """The node that a key is about: of an iteration or opening its loop. None for keys that the flow does not have."""
    scope, _, node_id = key.rpartition("/")
    if node_id and not scope:
        top = node_id not in flow.enclosing and node_id != flow.trigger_id
        return flow.nodes.get(node_id) if top else None
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
