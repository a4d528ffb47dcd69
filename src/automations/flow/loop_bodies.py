"""Which steps a loop repeats: those reached from its `each`, and not from its other ways out or those of a loop around
it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from automations.errors import Problem
from automations.flow.graph import FlowEdge, ancestor_bits, iter_bits
from automations.flow.outcomes import EACH_HANDLE
from automations.flow.topology import Graph


def find_bodies(
    loops: Iterable[str], edges: Sequence[FlowEdge], children: Graph, order: Sequence[str]
) -> tuple[dict[str, str], list[Problem]]:
    """The innermost loop around each step that is in one, and every edge that crosses the border of a body."""
    problems: list[Problem] = []
    looping = set(loops)
    # As bit sets, for which "before" in the reversed order is "behind": a thousand loops cost no more than other nodes.
    backwards = list(reversed(order))
    index = {node_id: i for i, node_id in enumerate(backwards)}
    behind = ancestor_bits(backwards, children)
    repeated = dict.fromkeys(looping, 0)
    after = dict.fromkeys(looping, 0)
    for edge in edges:
        if edge.source in looping:
            ways = repeated if edge.handle == EACH_HANDLE else after
            target = index[edge.target]
            ways[edge.source] |= behind[target] | 1 << target
    bodies: dict[str, int] = {}
    # From the outside in: an inner loop comes after the one around it.
    for loop in [node_id for node_id in order if node_id in looping]:
        if not repeated[loop]:
            hint = f"Connect what is to be done with each item to the handle `{EACH_HANDLE}`, or remove the loop."
            problems.append(Problem("empty_loop", f"the loop {loop!r} repeats nothing", hint, loop))
        body = repeated[loop] & ~after[loop]
        outer = next((other for other in reversed(bodies) if bodies[other] >> index[loop] & 1), None)
        # What comes after the loop around it comes after this one, too.
        bodies[loop] = body if outer is None else body & bodies[outer]
    enclosing: dict[str, str] = {}
    left = (1 << len(order)) - 1
    for loop in reversed(bodies):
        enclosing |= {backwards[i]: loop for i in iter_bits(bodies[loop] & left)}
        left &= ~bodies[loop]
    problems += [problem for edge in edges if (problem := _crossing(edge, enclosing, looping)) is not None]
    return enclosing, problems


def _crossing(edge: FlowEdge, enclosing: Mapping[str, str], loops: set[str]) -> Problem | None:
    around = edge.source if edge.source in loops and edge.handle == EACH_HANDLE else enclosing.get(edge.source)
    inside = enclosing.get(edge.target)
    if around == inside:
        return None
    if around is not None and not _is_around(around, inside, enclosing):
        message = f"{edge.target!r} comes after the loop {around!r}, and {edge.source!r} in its body leads to it"
        hint = "End the body before it: what comes after a loop is connected to the handle `done` of the loop."
        return Problem("edge_out_of_loop", message, hint, edge.source, edge.id)
    message = f"{edge.target!r} is in the body of the loop {inside!r}, and {edge.source!r} outside of it leads there"
    hint = "Remove the edge: a body begins at the handle `each` of its loop, and nowhere else."
    return Problem("edge_into_loop", message, hint, edge.source, edge.id)


def _is_around(loop: str, inside: str | None, enclosing: Mapping[str, str]) -> bool:
    while inside is not None and inside != loop:
        inside = enclosing.get(inside)
    return inside == loop
