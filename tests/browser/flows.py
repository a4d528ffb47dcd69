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
        node("trigger", "trigger-event", "A lead comes", event_source="lead", event_type="INSERT"),
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


def follows_up(owner: str = "owner@acme.example") -> tuple[list[Any], list[Any]]:
    """A qualified lead has two hours to reply; then it is written to, and until then its owner is told."""
    became = {"field": "new.stage", "operator": "equals", "value": "qualified"}
    nodes = [
        node(
            *("qualified", "trigger-event", "Lead is qualified"),
            event_source="lead",
            event_type="UPDATE",
            watch=["stage"],
            conditions=became,
        ),
        node(
            *("reply", "logic-wait", "Wait for a reply"),
            wait_for="reply",
            max_wait={"amount": 2, "unit": "hours"},
        ),
        node("write", "action-send-message", "Send a message", body="Hello {{ trigger.new.name }}, shall we talk?"),
        node(
            *("tell", "action-email", "Tell the owner"),
            to=owner,
            subject="{{ trigger.new.name }} has replied",
            text="They said: {{ steps.reply.record.body }}",
        ),
    ]
    return nodes, [edge("qualified", "reply"), edge("reply", "write", "timed_out"), edge("reply", "tell", "met")]


def chain(count: int) -> tuple[list[Any], list[Any]]:
    """One step after the other."""
    nodes = [
        node("step_1", "trigger-event", "Step 1", event_source="lead", event_type="INSERT"),
        *(
            node(f"step_{number}", "transform-set-variable", f"Step {number}", variables={f"v{number}": number})
            for number in range(2, count + 1)
        ),
    ]
    return nodes, [edge(f"step_{number}", f"step_{number + 1}") for number in range(1, count)]


DISCOUNT = {
    "type": "object",
    "properties": {
        "share": {"type": "integer", "title": "Discount in %", "minimum": 5, "maximum": 30},
        "reason": {"type": "string", "title": "Reason", "enum": ["Loyal customer", "Large order", "Other offer"]},
        "until": {"type": "string", "title": "Valid until", "format": "date"},
        "send_to": {"type": "string", "title": "Send it to", "format": "email"},
        "terms": {"type": "array", "title": "Terms", "items": {"type": "string"}},
        "call": {"type": "boolean", "title": "Call them first"},
    },
    "required": ["share", "reason", "call"],
    "x-order": ["share", "reason", "until", "send_to", "terms", "call"],
}


def asks(title: str, message: str, form: dict[str, Any] | None = None) -> tuple[list[Any], list[Any]]:
    """By hand on a lead: what is approved is written down, what is rejected, too."""
    nodes = [
        node("start", "trigger-manual", "By hand", record="lead"),
        node(
            *("ask", "logic-approval", "Ask"),
            title=title,
            message=message,
            form=form,
            self_approval=True,
            deadline={"amount": 2, "unit": "days"},
        ),
        node(
            *("grant", "action-update-record", "Grant it"),
            table="leads",
            values={"stage": "granted", "score": "{{ steps.ask.answer.share }}", "tags": "{{ steps.ask.answer.terms }}"}
            if form is not None
            else {"stage": "granted"},
        ),
        node("decline", "action-update-record", "Decline it", table="leads", values={"stage": "declined"}),
    ]
    return nodes, [edge("start", "ask"), edge("ask", "grant", "approved"), edge("ask", "decline", "rejected")]
