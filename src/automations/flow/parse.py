"""React Flow JSON becomes a drawing: typed nodes and edges, with every problem of shape on the way.

What is unknown is ignored here and kept by whoever stores the JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from automations.errors import Problem
from automations.flow.limits import check_limits
from automations.flow.node_settings import NodeSettings, finite, read_settings
from automations.flow.outcomes import JsonObject
from automations.flow.wording import shorten

NOTE: Final = "note"
MAX_ID_LENGTH = 64
MAX_EDGE_ID_LENGTH = 512

_NODE_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """`place` orders nodes as people read the drawing: (y, x, index in the list)."""

    id: str
    type: str
    place: tuple[float, float, int]
    label: str
    config: JsonObject
    disabled: bool
    settings: NodeSettings


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """`handle` is None where the drawing names none."""

    id: str
    source: str
    target: str
    handle: str | None


@dataclass(slots=True)
class Drawing:
    """`unusable_ids` are those of nodes that were left out although they have an id: their edges do not dangle."""

    nodes: dict[str, DrawnNode] = field(default_factory=dict)
    edges: list[DrawnEdge] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unusable_ids: set[str] = field(default_factory=set)


def parse_drawing(nodes: object, edges: object) -> Drawing:
    """Everything that can be understood, and all problems of shape. Beyond a limit nothing is looked at."""
    drawing = Drawing(problems=check_limits(nodes, edges))
    if drawing.problems:
        return drawing
    for number, raw in enumerate(cast("list[object]", nodes), 1):
        _read_node(raw, number, drawing)
    edge_ids: set[str] = set()
    for number, raw in enumerate(cast("list[object]", edges), 1):
        _read_edge(raw, number, drawing, edge_ids)
    return drawing


def is_note(node: object) -> bool:
    """What people wrote on the canvas beside the steps: no node of the flow."""
    return isinstance(node, dict) and node.get("type") == NOTE


def _read_node(raw: object, number: int, drawing: Drawing) -> None:
    problems = drawing.problems
    if not isinstance(raw, dict):
        message = f"node number {number} is not an object"
        hint = "Make every node an object with id, type, position and data."
        problems.append(Problem("not_an_object", message, hint))
        return
    if is_note(raw):
        return
    node_id = _read_node_id(raw.get("id"), number, drawing)
    if node_id is None:
        return
    node_type = raw.get("type")
    if not isinstance(node_type, str) or not node_type:
        node_type = ""
        problems.append(
            Problem(
                "missing_type", f"node {node_id!r} has no type", "Choose what this step does.", node_id, field="type"
            )
        )
    data: dict[str, Any] = _expect(
        raw.get("data"), dict, {}, path="data", wanted="an object", node_id=node_id, problems=problems
    )

    def read(name: str, expected: type[T], default: T, wanted: str) -> T:
        return _expect(
            data.get(name), expected, default, path=f"data.{name}", wanted=wanted, node_id=node_id, problems=problems
        )

    drawing.nodes[node_id] = DrawnNode(
        id=node_id,
        type=node_type,
        place=(*_position(raw.get("position")), number),
        label=read("label", str, "", "text").strip() or node_id,
        config=read("config", dict, {}, "an object"),
        disabled=read("disabled", bool, False, "true or false"),
        settings=read_settings(data, node_id, problems),
    )


def _read_node_id(value: object, number: int, drawing: Drawing) -> str | None:
    problems = drawing.problems
    if not isinstance(value, str) or not value:
        message = f"node number {number} has no id"
        problems.append(Problem("missing_id", message, "Give every node an id (text) of its own.", field="id"))
        return None
    too_long = len(value) > MAX_ID_LENGTH
    if too_long or not _NODE_ID.fullmatch(value):
        message = f"the node id {shorten(value)} cannot be used in templates"
        hint = (
            f"Use letters, digits, _ and -, beginning with a letter or _, at most {MAX_ID_LENGTH} characters: "
            f"{_suggest_id(value)!r}, for example."
        )
        problems.append(Problem("bad_id", message, hint, None if too_long else value, field="id"))
        if too_long:
            drawing.unusable_ids.add(value)
            return None
    if value in drawing.nodes:
        message = f"the id {value!r} is used by more than one node"
        hint = "Give every node an id of its own, and point the edges at the right one."
        problems.append(Problem("duplicate_id", message, hint, value, field="id"))
        return None
    return value


def _suggest_id(value: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", value[:MAX_ID_LENGTH], flags=re.ASCII).strip("_-") or "step"
    return (name if name[0].isalpha() else f"step_{name}")[:MAX_ID_LENGTH]


def _read_edge(raw: object, number: int, drawing: Drawing, seen: set[str]) -> None:
    problems = drawing.problems
    if not isinstance(raw, dict):
        message = f"edge number {number} is not an object"
        problems.append(Problem("not_an_object", message, "Make every edge an object with id, source and target."))
        return
    edge_id = raw.get("id")
    if not isinstance(edge_id, str) or not edge_id or len(edge_id) > MAX_EDGE_ID_LENGTH:
        message = f"edge number {number} has no usable id"
        hint = f"Give every edge an id of its own: text of at most {MAX_EDGE_ID_LENGTH} characters."
        problems.append(Problem("missing_id", message, hint, field="id"))
        edge_id = f"#{number}"
    elif edge_id in seen:
        message = f"the id {shorten(edge_id)} is used by more than one edge"
        problems.append(Problem("duplicate_id", message, "Give every edge an id of its own.", None, edge_id, "id"))
    seen.add(edge_id)
    source, target, handle = raw.get("source"), raw.get("target"), raw.get("sourceHandle")
    for name, value in (("source", source), ("target", target)):
        if not isinstance(value, str) or not value:
            message = f"edge {shorten(edge_id)} has no {name}"
            problems.append(Problem("missing_end", message, f"Put a node's id into `{name}`.", None, edge_id, name))
    if handle is not None and not isinstance(handle, str):
        message = f"`sourceHandle` of edge {shorten(edge_id)} is not text"
        hint = "Name the handle that the edge leaves from, or leave it out for the default one."
        problems.append(Problem("bad_field", message, hint, None, edge_id, "sourceHandle"))
        handle = None
    if isinstance(source, str) and isinstance(target, str) and source and target:
        drawing.edges.append(DrawnEdge(edge_id, source, target, handle or None))


def _expect(
    value: object, expected: type[T], default: T, *, path: str, wanted: str, node_id: str, problems: list[Problem]
) -> T:
    if value is None:
        return default
    if isinstance(value, expected):
        return value
    message = f"`{path}` of node {node_id!r} is not {wanted}"
    problems.append(Problem("bad_field", message, f"Make it {wanted}, or leave it out.", node_id, field=path))
    return default


def _position(value: object) -> tuple[float, float]:
    """Where the node is drawn, as (y, x). It only breaks ties, so a missing or odd position is no problem."""
    position = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    y, x = (finite(position.get(axis)) for axis in ("y", "x"))
    return y or 0.0, x or 0.0
