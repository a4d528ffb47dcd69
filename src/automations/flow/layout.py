"""Where nodes stand that were drawn by somebody who cannot see: below what leads to them, side by side."""

from __future__ import annotations

from typing import Any, Final

STEP_X: Final = 320
STEP_Y: Final = 120


def with_positions(nodes: list[Any], edges: list[Any]) -> list[Any]:
    """Nodes that have no position get one; the others stay where they are. Total: what is wrong stays wrong."""
    missing = [node for node in nodes if isinstance(node, dict) and not _has_position(node)]
    if not missing:
        return nodes
    rows = _rows(nodes, edges)
    beside = _right_of([node for node in nodes if isinstance(node, dict) and _has_position(node)])
    taken: dict[int, int] = {}
    placed: list[Any] = []
    for node in nodes:
        if not isinstance(node, dict) or _has_position(node):
            placed.append(node)
            continue
        row = rows.get(str(node.get("id")), 0)
        column = taken.get(row, 0)
        taken[row] = column + 1
        placed.append({**node, "position": {"x": beside + column * STEP_X, "y": row * STEP_Y}})
    return placed


def _has_position(node: dict[str, Any]) -> bool:
    position = node.get("position")
    return isinstance(position, dict) and all(isinstance(position.get(axis), int | float) for axis in ("x", "y"))


def _right_of(placed: list[dict[str, Any]]) -> float:
    return max((node["position"]["x"] for node in placed), default=-STEP_X) + STEP_X


def _rows(nodes: list[Any], edges: list[Any]) -> dict[str, int]:
    """By id, the length of the longest way to a node; in a circle, of whatever way was found first."""
    into: dict[str, int] = {str(node.get("id")): 0 for node in nodes if isinstance(node, dict)}
    after: dict[str, list[str]] = {}
    for edge in edges:
        if isinstance(edge, dict):
            source, target = str(edge.get("source")), str(edge.get("target"))
            if source in into and target in into and source != target:
                after.setdefault(source, []).append(target)
                into[target] += 1
    rows = dict.fromkeys(into, 0)
    ready = [name for name, count in into.items() if count == 0]
    while ready:
        name = ready.pop()
        for target in after.get(name, ()):
            rows[target] = max(rows[target], rows[name] + 1)
            into[target] -= 1
            if into[target] == 0:
                ready.append(target)
    return rows
