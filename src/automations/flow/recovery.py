"""Which of a run's durable records count when its state is built anew after a crash. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from automations.flow.commands import Recorded
from automations.flow.graph import FlowNode
from automations.flow.outcomes import Continue, Fail, Stop, Wait


def choose_records(recorded: Iterable[Recorded], nodes: Mapping[str, FlowNode]) -> list[Recorded]:
    """The one record that counts of each key, in the order given. `nodes` is by step key; other keys are dropped.

    The first final outcome wins for ever: a finished step never runs again. Else the latest attempt counts, and within
    one attempt what happened last: begun, waited, begun again after the wait, failed with a retry to come.
    """
    chosen: dict[str, Recorded] = {}
    for record in recorded:
        node = nodes.get(record.key)
        if node is None:
            continue
        before = chosen.get(record.key)
        if before is None or _rank(record, node) > _rank(before, node):
            # Taken out first, so that it stands where it was given and not where a record that it outranks was.
            chosen.pop(record.key, None)
            chosen[record.key] = record
    return list(chosen.values())


def _rank(record: Recorded, node: FlowNode) -> tuple[bool, int, int]:
    outcome = record.outcome
    match outcome:
        case None:
            return (False, record.attempt, 0 if record.resumed is None else 2)
        case Wait():
            return (False, record.attempt, 1)
        case Fail() if outcome.retryable and record.attempt < node.retry.attempts:
            return (False, record.attempt, 3)
        case Continue() | Stop() | Fail():
            return (True, 0, 0)
        case _:
            assert_never(outcome)
