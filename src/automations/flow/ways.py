"""What is certain of the steps before a step whenever it runs: which of them ran, and by which ways they may have left.

Not every case is told from every other: two branches that ask the same are taken for independent. So what is certain
is certain, and what may be otherwise is not always possible. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automations.flow.graph import FlowEdge, iter_bits
from automations.flow.node import JoinMode


@dataclass(frozen=True, slots=True)
class Ways:
    """Of one step. `ran`: steps that surely ran before it, as bits of the order. `left`: of those that can leave in
    several ways, by which they did, where that is fewer than all."""

    ran: int
    left: Mapping[str, frozenset[str]]


def ways_to(
    order: Sequence[str],
    edges: Sequence[FlowEdge],
    handles: Mapping[str, Sequence[str]],
    joins: Mapping[str, JoinMode],
    always: Mapping[str, str],
    ancestors: Sequence[int],
) -> dict[str, Ways]:
    """By step, for a topological order. `handles`: all ways out of each step that can come about. `always`: of steps
    that leave in several ways, one by which they leave whatever happens: a loop's `done`."""
    index = {node_id: i for i, node_id in enumerate(order)}
    into: dict[str, list[FlowEdge]] = {node_id: [] for node_id in order}
    out: dict[tuple[str, str], list[FlowEdge]] = {}
    for edge in edges:
        into[edge.target].append(edge)
        out.setdefault((edge.source, edge.handle), []).append(edge)

    # With a step surely run those that nothing but it decides on.
    follow = [0] * len(order)

    def led_to(node_id: str, handle: str | None) -> int:
        bits = 0
        for edge in out.get((node_id, handle), ()) if handle is not None else ():
            bits |= follow[index[edge.target]]
        return bits

    for i in reversed(range(len(order))):
        ways = handles[order[i]]
        only = ways[0] if len(ways) == 1 else always.get(order[i])
        follow[i] = 1 << i | led_to(order[i], only)

    found: dict[str, Ways] = {}
    for node_id in order:
        taken = [_along(edge, found, index, led_to(edge.source, edge.handle)) for edge in into[node_id]]
        if joins.get(node_id) == "any":
            # The others may still be under way when it runs.
            taken = [
                Ways(ways.ran & (ancestors[index[edge.source]] | 1 << index[edge.source]), ways.left)
                for edge, ways in zip(into[node_id], taken, strict=True)
            ]
        found[node_id] = _either(taken)
    return found


def _along(edge: FlowEdge, found: Mapping[str, Ways], index: Mapping[str, int], led_to: int) -> Ways:
    before = found[edge.source]
    ran = before.ran | 1 << index[edge.source] | led_to
    return Ways(ran, {**before.left, edge.source: frozenset((edge.handle,))})


def _either(ways: Sequence[Ways]) -> Ways:
    if not ways:
        return Ways(0, {})
    first, *others = ways
    ran, left = first.ran, dict(first.left)
    for other in others:
        ran &= other.ran
        left = {node_id: mine | other.left[node_id] for node_id, mine in left.items() if node_id in other.left}
    return Ways(ran, left)


def names_of(bits: int, order: Sequence[str]) -> set[str]:
    return {order[i] for i in iter_bits(bits)}
