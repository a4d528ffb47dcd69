"""The flows that are measured, as React Flow JSON."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

TRIGGER_CONFIG = {"event_source": "lead", "event_type": "INSERT"}


def _node(node_id: str, node_type: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": node_id,
        "type": node_type,
        "position": {"x": 0, "y": 0},
        "data": {"label": node_id.capitalize(), "config": config},
    }


def _chain(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    edges = []
    for source, target in pairwise(nodes):
        edge = {"id": f"{source['id']}-{target['id']}", "source": source["id"], "target": target["id"]}
        if source["type"] == "logic-condition":
            edge["sourceHandle"] = "true"
        edges.append(edge)
    return edges


FIVE_NODES = [
    _node("trigger", "trigger-event", TRIGGER_CONFIG),
    _node(
        "check",
        "logic-condition",
        {"condition": {"field": "trigger.new.score", "operator": "greater_than", "value": 50}},
    ),
    _node("tier", "transform-set-variable", {"variables": {"tier": "hot"}}),
    _node(
        "text",
        "transform-set-variable",
        {"variables": {"message": "Hello {{ trigger.new.name }}, you are {{ vars.tier }}"}},
    ),
    _node(
        "update",
        "action-update-record",
        {"table": "leads", "values": {"stage": "qualified", "data": {"message": "{{ vars.message }}"}}},
    ),
]
FIVE_EDGES = _chain(FIVE_NODES)

# Three steps that change nothing outside of the run.
NO_OP_NODES = [
    _node("trigger", "trigger-event", TRIGGER_CONFIG),
    *(_node(name, "transform-set-variable", {"variables": {name: True}}) for name in ("one", "two", "three")),
]
NO_OP_EDGES = _chain(NO_OP_NODES)

# A condition, a variable, an answer, started by hand with what it needs.
ANSWER_NODES = [
    _node("trigger", "trigger-manual", {}),
    _node(
        "check",
        "logic-condition",
        {"condition": {"field": "trigger.input.score", "operator": "greater_than", "value": 50}},
    ),
    _node("tier", "transform-set-variable", {"variables": {"tier": "hot"}}),
    _node("answer", "logic-stop", {"output": "Hello {{ trigger.input.name }}, you are {{ vars.tier }}"}),
]
ANSWER_EDGES = _chain(ANSWER_NODES)


def branching(count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Of `count` steps: one after the other, and every third a question with a way of its own to the side."""
    nodes = [_node("trigger", "trigger-event", TRIGGER_CONFIG)]
    edges: list[dict[str, Any]] = []
    last, handle = "trigger", None
    while len(nodes) < count:
        number = len(nodes)
        kind = ("text", "ask", "side")[number % 3]
        name = f"{kind}_{number}"
        if kind == "ask":
            condition = {"field": "trigger.new.score", "operator": "greater_than", "value": number}
            nodes.append(_node(name, "logic-condition", {"condition": condition}))
        else:
            nodes.append(_node(name, "transform-set-variable", {"variables": {name: "Hello {{ trigger.new.name }}"}}))
        edges.append(_edge(last, name, "false" if kind == "side" else handle))
        if kind != "side":
            last, handle = name, "true" if kind == "ask" else None
    return nodes, edges


def _edge(source: str, target: str, handle: str | None) -> dict[str, Any]:
    edge: dict[str, Any] = {"id": f"{source}-{target}", "source": source, "target": target}
    return edge if handle is None else {**edge, "sourceHandle": handle}
