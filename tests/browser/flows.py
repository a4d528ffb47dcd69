"""Flows that tests find already drawn."""

from __future__ import annotations

from typing import Any


def node(name: str, kind: str, label: str, **config: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": label, "config": config}}


def edge(source: str, target: str, handle: str | None = None) -> dict[str, Any]:
    made = {"id": f"{source}-{target}", "source": source, "target": target}
    return made if handle is None else {**made, "sourceHandle": handle}


def greets() -> tuple[list[Any], list[Any]]:
    """A new lead gets a variable and a stage."""
    nodes = [
        node("trigger", "trigger-event", "New lead", event_source="lead", event_type="INSERT"),
        node("greeting", "transform-set-variable", "Greeting", variables={"text": "Hello {{ trigger.new.name }}"}),
        node("qualify", "action-update-record", "Qualify", table="leads", values={"stage": "qualified"}),
    ]
    return nodes, [edge("trigger", "greeting"), edge("greeting", "qualify")]


def fails() -> tuple[list[Any], list[Any]]:
    """By hand; its second step cannot find what it writes."""
    nodes = [
        node("start", "trigger-manual", "By hand", record="lead"),
        node("write", "action-update-record", "Write", table="leads", values={"score": "{{ trigger.new.name }}"}),
    ]
    return nodes, [edge("start", "write")]
