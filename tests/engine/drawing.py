"""Flows as tests write them: React Flow JSON without the noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Json = dict[str, Any]
LEAD_INSERT = {"event_source": "lead", "event_type": "INSERT"}
LEAD_UPDATE = {"event_source": "lead", "event_type": "UPDATE"}


@dataclass(frozen=True)
class Drawing:
    nodes: list[Json]
    edges: list[Json]


def node(node_id: str, type_: str, config: Json | None = None, **data: Any) -> Json:
    """`data` are keys beside label and config: disabled, retry, timeout_seconds, on_unknown."""
    return {
        "id": node_id,
        "type": type_,
        "position": {"x": 0, "y": 0},
        "data": {"label": node_id.capitalize(), "config": config or {}, **data},
    }


def edge(source: str, target: str, handle: str | None = None) -> Json:
    drawn = {"id": f"{source}-{handle}-{target}", "source": source, "target": target}
    return drawn if handle is None else {**drawn, "sourceHandle": handle}


def trigger(config: Json | None = None) -> Json:
    return node("trigger", "trigger-event", config or LEAD_INSERT)


def draw(nodes: list[Json], edges: list[Json], *, on: Json | None = None) -> Drawing:
    """With the trigger in front; `edges` name it `trigger`."""
    return Drawing([trigger(on), *nodes], edges)


def line(*nodes: Json, on: Json | None = None) -> Drawing:
    """One after another, behind the trigger."""
    ids = ["trigger", *(str(drawn["id"]) for drawn in nodes)]
    return draw(list(nodes), [edge(a, b) for a, b in pairwise(ids)], on=on)


def probe(node_id: str, effect: str, script: str, value: Any = None, **data: Any) -> Json:
    """A step that does what the test says; see `probe_nodes`."""
    return node(node_id, f"probe-{effect}", {"script": script, "value": value}, **data)


def update_lead(node_id: str, values: Json, **config: Any) -> Json:
    return node(node_id, "action-update-record", {"table": "leads", "values": values, **config})


def add_message(node_id: str, body: str, conversation: str) -> Json:
    """A row in messages: the effect that tests count."""
    values = {"conversation_id": conversation, "direction": "outbound", "body": body}
    return node(node_id, "action-create-record", {"table": "messages", "values": values})


def set_variables(node_id: str, variables: Json, **data: Any) -> Json:
    return node(node_id, "transform-set-variable", {"variables": variables}, **data)


def condition(node_id: str, field: str, operator: str, value: Any) -> Json:
    return node(node_id, "logic-condition", {"condition": {"field": field, "operator": operator, "value": value}})


def stop(node_id: str, status: str, message: str | None = None, output: Any = None) -> Json:
    config: Json = {"status": status}
    if message is not None:
        config["message"] = message
    if output is not None:
        config["output"] = output
    return node(node_id, "logic-stop", config)
