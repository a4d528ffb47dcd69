"""Questions about the shape of a graph: order, cycles, reachability. Pure; nothing here recurses."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

Graph = Mapping[str, Sequence[str]]


def topological_order(places: Mapping[str, tuple[float, float, int]], children: Graph) -> list[str]:
    """All nodes that do not lie on or behind a cycle, parents first; among those that could come next, by place."""
    missing = dict.fromkeys(places, 0)
    for targets in children.values():
        for target in targets:
            missing[target] += 1
    ready = [(places[node], node) for node, count in missing.items() if not count]
    heapify(ready)
    order: list[str] = []
    while ready:
        _, node = heappop(ready)
        order.append(node)
        for target in children.get(node, ()):
            missing[target] -= 1
            if not missing[target]:
                heappush(ready, (places[target], target))
    return order


def reachable(starts: Iterable[str], children: Graph) -> set[str]:
    seen = set(starts)
    todo = list(seen)
    while todo:
        for target in children.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def find_cycles(nodes: Iterable[str], children: Graph) -> list[list[str]]:
    """One short cycle for each knot of nodes that reach one another, its nodes in the order of the edges."""
    knots = _knots(nodes, children)
    return [_cycle_through(knot[0], set(knot), children) for knot in knots]


def _knots(nodes: Iterable[str], children: Graph) -> list[list[str]]:
    """Strongly connected components of two nodes and more, in the order of their first node (Tarjan, unrolled)."""
    rank = {node: i for i, node in enumerate(nodes)}
    found: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    knots: list[list[str]] = []
    for root in rank:
        if root in found:
            continue
        work = [(root, iter(children.get(root, ())))]
        found[root] = low[root] = len(found)
        path.append(root)
        on_path.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in found:
                    found[target] = low[target] = len(found)
                    path.append(target)
                    on_path.add(target)
                    work.append((target, iter(children.get(target, ()))))
                    break
                if target in on_path:
                    low[node] = min(low[node], found[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == found[node]:
                    knot = [path.pop()]
                    while knot[-1] != node:
                        knot.append(path.pop())
                    on_path.difference_update(knot)
                    if len(knot) > 1:
                        knots.append(sorted(knot, key=rank.__getitem__))
    return sorted(knots, key=lambda knot: rank[knot[0]])


def _cycle_through(start: str, knot: set[str], children: Graph) -> list[str]:
    """The shortest way from a node of a knot back to itself."""
    came_from: dict[str, str] = {}
    todo = deque([start])
    while todo:
        node = todo.popleft()
        for target in children.get(node, ()):
            if target == start:
                cycle = [node]
                while cycle[-1] != start:
                    cycle.append(came_from[cycle[-1]])
                return cycle[::-1]
            if target in knot and target not in came_from:
                came_from[target] = node
                todo.append(target)
    raise AssertionError("a knot has a cycle through each of its nodes")
