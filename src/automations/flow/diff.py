"""What differs between two drawings of a flow, as people would say it. Pure and total: drafts may be anything.

What means nothing to a run is ignored: positions, sizes, selection, notes on the canvas, ids of edges, the order of
nodes and edges.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from automations.flow.outcomes import DEFAULT_HANDLE, Json
from automations.flow.parse import is_note

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# Deeper than any flow that can be published: what is below is compared as a whole.
_DEEPEST: Final = 60


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`path` is dotted: `type`, `config.<field>`, `data.<name>`; list items by index, odd keys as JSON strings.

    `before` is None where the field was added, `after` where it was removed.
    """

    path: str
    change: Literal["added", "removed", "changed"]
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class StepView:
    id: str
    type: str
    label: str


@dataclass(frozen=True, slots=True)
class ChangedStep:
    id: str
    label: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class EdgeView:
    """`handle` is the one that an edge means which names none."""

    source: str
    handle: str
    target: str


@dataclass(frozen=True, slots=True)
class FlowDiff:
    """From one flow to another. Steps stand in the order of their flow, `changed` in that of the later one.

    `trigger` is what changed about the start, whatever its node is called; it is in none of the lists of steps.
    """

    added: tuple[StepView, ...] = ()
    removed: tuple[StepView, ...] = ()
    changed: tuple[ChangedStep, ...] = ()
    trigger: tuple[FieldChange, ...] = ()
    edges_added: tuple[EdgeView, ...] = ()
    edges_removed: tuple[EdgeView, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == FlowDiff()


def diff_flows(
    before_nodes: Sequence[Any], before_edges: Sequence[Any], after_nodes: Sequence[Any], after_edges: Sequence[Any]
) -> FlowDiff:
    """Nodes and edges as React Flow writes them; what is no node or no edge is compared as it is."""
    old, new = _by_id(before_nodes), _by_id(after_nodes)
    old_trigger, new_trigger = _trigger_of(old), _trigger_of(new)
    old_steps = {key: node for key, node in old.items() if key != old_trigger}
    new_steps = {key: node for key, node in new.items() if key != new_trigger}
    changed = []
    for key, node in new_steps.items():
        if key in old_steps and (fields := tuple(_fields(old_steps[key], node))):
            changed.append(ChangedStep(key, _label(key, node), fields))
    old_edges, new_edges = _edges(before_edges), _edges(after_edges)
    return FlowDiff(
        added=tuple(_view(key, node) for key, node in new_steps.items() if key not in old_steps),
        removed=tuple(_view(key, node) for key, node in old_steps.items() if key not in new_steps),
        changed=tuple(changed),
        trigger=tuple(_start(old, old_trigger, new, new_trigger)),
        edges_added=tuple(edge for edge in new_edges if edge not in old_edges),
        edges_removed=tuple(edge for edge in old_edges if edge not in new_edges),
    )


def meaning_of(node: Any) -> dict[str, Json]:
    """What a node says, without how it is drawn: `type`, `config`, and the rest of its data as `data`."""
    if not isinstance(node, dict):
        return {"not a node": node}
    said: dict[str, Json] = {"type": node["type"]} if "type" in node else {}
    data = node.get("data")
    if not isinstance(data, dict):
        return said if data is None else {**said, "data": data}
    if data.get("config"):
        said["config"] = data["config"]
    rest = {name: value for name, value in data.items() if name != "config"}
    return {**said, "data": rest} if rest else said


def _by_id(nodes: Sequence[Any]) -> dict[str, Any]:
    """Nodes by id; one that has none, or one that is taken, by its place."""
    found: dict[str, Any] = {}
    for number, node in enumerate(nodes, 1):
        if is_note(node):
            continue
        name = node.get("id") if isinstance(node, dict) else None
        key = name if isinstance(name, str) and name not in found else f"{name or 'node'} (number {number})"
        found[key] = node
    return found


def _trigger_of(nodes: Mapping[str, Any]) -> str | None:
    return next((key for key, node in nodes.items() if _type(node).startswith("trigger-")), None)


def _start(
    old: Mapping[str, Any], old_key: str | None, new: Mapping[str, Any], new_key: str | None
) -> Iterator[FieldChange]:
    before: dict[str, Json] = {} if old_key is None else {"id": old_key, **meaning_of(old[old_key])}
    after: dict[str, Json] = {} if new_key is None else {"id": new_key, **meaning_of(new[new_key])}
    yield from _compare("", before, after, 0)


def _fields(before: Any, after: Any) -> Iterator[FieldChange]:
    yield from _compare("", meaning_of(before), meaning_of(after), 0)


def _compare(path: str, before: Json, after: Json, depth: int) -> Iterator[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict) and depth < _DEEPEST:
        for key in dict.fromkeys([*before, *after]):
            below = _join(path, key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False))
            if key not in after:
                yield FieldChange(below, "removed", before[key], None)
            elif key not in before:
                yield FieldChange(below, "added", None, after[key])
            else:
                yield from _compare(below, before[key], after[key], depth + 1)
    elif isinstance(before, list) and isinstance(after, list) and depth < _DEEPEST:
        for index in range(max(len(before), len(after))):
            below = _join(path, str(index))
            if index >= len(after):
                yield FieldChange(below, "removed", before[index], None)
            elif index >= len(before):
                yield FieldChange(below, "added", None, after[index])
            else:
                yield from _compare(below, before[index], after[index], depth + 1)
    elif not _same(before, after):
        yield FieldChange(path, "changed", before, after)


def _same(one: Json, other: Json) -> bool:
    """As JSON: true is not 1. Total where both are nested deeply."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    return one == other


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _edges(edges: Sequence[Any]) -> dict[EdgeView, None]:
    found: dict[EdgeView, None] = {}
    for edge in edges:
        ends = edge if isinstance(edge, dict) else {}
        handle = ends.get("sourceHandle")
        source, target = ends.get("source"), ends.get("target")
        found[EdgeView(_text(source), DEFAULT_HANDLE if handle is None else _text(handle), _text(target))] = None
    return found


def _view(key: str, node: Any) -> StepView:
    return StepView(key, _type(node), _label(key, node))


def _type(node: Any) -> str:
    return _text(node.get("type")) if isinstance(node, dict) else ""


def _label(key: str, node: Any) -> str:
    data = node.get("data") if isinstance(node, dict) else None
    label = data.get("label") if isinstance(data, dict) else None
    return label if isinstance(label, str) and label.strip() else key


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, sort_keys=True)
