"""A call of every operation of the API and of every tool of `/mcp`, as the owner of an account makes it.

`$name` is what the account has by that name (tests/api/tenancy_account.py), so that each such place can be filled in
with what is another account's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any, Literal

# What it is about: a thing of the account; a list of such things, which is empty for others; or nothing of anybody's.
About = Literal["thing", "list", "anybody"]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Sample:
    about: About
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, Any]:
        return {"path": self.path, "query": self.query, "body": self.body, "headers": self.headers}


def filled(
    value: Any, ids: Mapping[str, str], *, others: Mapping[str, str] | None = None, at: Place | None = None
) -> Any:
    """With the ids in the places of their names; the one `at` from `others`."""

    def fill(one: Any, here: Place) -> Any:
        if isinstance(one, Mapping):
            return {name: fill(inner, (*here, name)) for name, inner in one.items()}
        if isinstance(one, list):
            return [fill(inner, (*here, place)) for place, inner in enumerate(one)]
        if isinstance(one, str):
            text = Template(one).substitute(others if others is not None and here == at else ids)
            # The only id in a body that is a number.
            return int(text) if here[-1] == "event_id" else text
        return one

    return fill(value, ())


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Where something of the account is named."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from places(inner, (*here, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from places(inner, (*here, place))
    elif isinstance(value, str) and "$" in value:
        yield here


def about(kind: About) -> Callable[..., Sample]:
    def made(
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **path: Any,
    ) -> Sample:
        return Sample(kind, path, query or {}, body, headers or {})

    return made


thing, listed, anybody = about("thing"), about("list"), about("anybody")

OWN = {"account": "$account"}
NODES = [
    {"id": "start", "type": "trigger-manual", "data": {"config": {}}},
    {"id": "end", "type": "logic-stop", "data": {"config": {"output": "x"}}},
]
EDGES = [{"id": "e", "source": "start", "target": "end"}]
DRAWING = {"nodes": NODES, "edges": EDGES}
DRAFT = {"name": "New", "description": "x", **DRAWING}
LEAD = {"user_id": "$account", "agent_id": "$agent", "name": "x", "owner_id": "$member"}
TALK = {"agent_id": "$agent", "lead_id": "$lead", "channel": "chat"}
MESSAGE = {"conversation_id": "$conversation", "lead_id": "$lead", "direction": "inbound", "body": "x"}
FILTERS = {"automation_id": "$manual", "lead_id": "$lead"}
LEADS = {"field": "name", "operator": "contains", "value": "lead"}
WEEKLY = {"kind": "weekly", "weekdays": ["monday"], "times": ["09:00"], "timezone": "UTC"}
TEMPLATE = {"template": "ai-triage", "parameters": {"floor": "0.5"}}


# By operationId; each is called as everybody, and each place of each is tried with another account's.
CALLS: dict[str, tuple[Sample, ...]] = {
    "list_automations": (listed(query={**OWN, "agent_id": "$agent"}), listed(query={"search": "$mark"})),
    "create_automation": (thing({"agent_id": "$agent", **DRAFT}),),
    "get_automation": (thing(automation_id="$manual"),),
    "save_automation": (thing(DRAFT, automation_id="$manual"),),
    "delete": (thing(automation_id="$manual"),),
    "publish_automation": (thing({"note": "x"}, automation_id="$manual"),),
    "pause_automation": (thing({"reason": "x"}, automation_id="$manual"),),
    "resume_automation": (thing(automation_id="$paused"),),
    "enable_automation": (thing(automation_id="$manual"),),
    "disable_automation": (thing(automation_id="$manual"),),
    "start_execution": (
        thing(
            {"input": {"name": "x"}, "lead_id": "$lead", "conversation_id": "$conversation"}, automation_id="$manual"
        ),
        thing({"input": {}}, automation_id="$manual", headers={"Idempotency-Key": "x"}),
    ),
    "validate_automation": (thing(automation_id="$calling"), thing(DRAWING, automation_id="$manual")),
    "duplicate_automation": (thing({"name": "x"}, automation_id="$manual"),),
    "save_viewport": (thing({"x": 1, "y": 2, "zoom": 1}, automation_id="$manual"),),
    "list_versions": (thing(automation_id="$manual"),),
    "get_version": (thing(automation_id="$manual", number="1"),),
    "diff_versions": (thing(automation_id="$manual", query={"from": "1", "to": "draft"}),),
    "roll_back_automation": (thing({"version": 1}, automation_id="$manual"),),
    "export_automation": (thing(automation_id="$manual"),),
    "import_automation": (
        thing(DRAFT, query={**OWN, "agent_id": "$agent"}),
        thing({"id": "$manual", **DRAFT}, query=OWN),
    ),
    "create_from_template": (
        thing({**TEMPLATE, "account": "$account", "agent_id": "$agent"}),
        thing({**TEMPLATE, "account": "$account"}),
    ),
    "list_templates": (anybody(),),
    "get_template": (anybody(key="stale-lead-rescue"),),
    "try_draft": (
        thing(
            {"input": {"name": "x"}, "lead_id": "$lead", "conversation_id": "$conversation"}, automation_id="$manual"
        ),
        thing({"execution_id": "$completed"}, automation_id="$manual"),
        thing({"event_id": "$change"}, automation_id="$event"),
        thing({"lead_id": "$lead"}, automation_id="$event"),
        thing({"row_id": "$order"}, automation_id="$ordered"),
    ),
    "list_executions": (
        listed(query={**OWN, **FILTERS, "conversation_id": "$conversation"}),
        listed(query={"automation_id": "$manual"}),
    ),
    "get_execution": (thing(execution_id="$completed"),),
    "delete_execution": (thing(execution_id="$completed"),),
    "list_steps": (thing(execution_id="$running"), thing(execution_id="$completed")),
    "cancel_execution": (thing({"reason": "x"}, execution_id="$running"), thing(execution_id="$completed")),
    "retry_execution": (thing({"start_from": "start"}, execution_id="$failed"),),
    "start_many_executions": (
        thing({"lead_ids": ["$lead"]}, automation_id="$manual"),
        thing({"lead_ids": ["$lead", "$lead2"]}, automation_id="$manual"),
        thing({"conversation_ids": ["$conversation"]}, automation_id="$manual"),
        thing({"leads_where": LEADS, "limit": 1}, automation_id="$manual"),
        thing({"leads_where": {**LEADS, "value": "nobody"}, "after": "$lead"}, automation_id="$manual"),
    ),
    "cancel_executions": (
        thing({"ids": ["$pending"]}),
        thing({"ids": ["$pending", "$running"]}),
        listed({"filter": {**OWN, **FILTERS}}),
    ),
    "retry_executions": (
        thing({"ids": ["$failed"]}),
        listed({"filter": {**OWN, **FILTERS}}),
    ),
    "explain_change": (
        thing(query={"event": "$change", **OWN}),
        thing(query={"record": "$lead", "automation_id": "$event"}),
        thing(query={"record": "lead@$mark.example.com"}),
    ),
    "list_events": (listed(query={**OWN, "record_id": "$lead"}),),
    "watch_changes": (
        thing(query={**OWN, "automation_id": "$manual", "execution_id": "$running"}),
        thing(query=OWN, headers={"Last-Event-ID": "0-0"}),
    ),
    "list_tools": (listed(query=OWN),),
    "call_tool": (
        thing({"arguments": {"name": "x"}, "timeout_seconds": 0}, name="${mark}_greet", query=OWN),
        thing({"arguments": {"name": "x"}, "timeout_seconds": 0}, name="$tool"),
        thing({"arguments": {}, "timeout_seconds": 0}, name="${mark}_greet", headers={"Idempotency-Key": "x"}),
    ),
    "get_automation_stats": (thing(automation_id="$manual"),),
    "get_stats": (listed(query=OWN),),
    "send_signal": (
        thing({"name": "paid", "execution_id": "$running"}),
        thing({"name": "paid", "correlation": "x", "account": "$account"}),
    ),
    "list_breakers": (listed(query={**OWN, "automation_id": "$manual"}),),
    "lift_breakers": (thing({"record_id": "$lead"}, automation_id="$manual"),),
    "list_node_types": (anybody(),),
    "get_node_type": (anybody(name="logic-stop"),),
    "list_expressions": (anybody(),),
    "preview_schedule": (anybody({"config": WEEKLY}),),
    "get_webhook": (thing(automation_id="$hook"),),
    "list_approvals": (listed(query=OWN), listed(query={**OWN, "which": "all"})),
    "get_approval": (thing(approval_id="$approval"),),
    "approve": (thing({"comment": "x"}, approval_id="$approval"),),
    "reject": (thing({"comment": "x"}, approval_id="$approval2"),),
    "list_agents": (listed(query=OWN), listed(query={"search": "$mark"})),
    "create_agent": (thing({"user_id": "$account", "name": "x"}),),
    "get_agent": (thing(agent_id="$agent"),),
    "update_agent": (thing({"name": "x"}, agent_id="$agent"),),
    "delete_agent": (thing(agent_id="$agent"),),
    "list_leads": (
        listed(query={**OWN, "agent_id": "$agent", "owner_id": "$member"}),
        listed(query={"search": "$mark"}),
    ),
    "create_lead": (thing(LEAD),),
    "get_lead": (thing(lead_id="$lead"),),
    "update_lead": (thing(LEAD, lead_id="$lead"),),
    "delete_lead": (thing(lead_id="$lead"),),
    "list_conversations": (listed(query={**OWN, "agent_id": "$agent", "lead_id": "$lead"}),),
    "create_conversation": (thing(TALK),),
    "get_conversation": (thing(conversation_id="$conversation"),),
    "update_conversation": (thing({"agent_id": "$agent", "lead_id": "$lead2"}, conversation_id="$conversation"),),
    "delete_conversation": (thing(conversation_id="$conversation"),),
    "list_messages": (
        listed(query={**OWN, "conversation_id": "$conversation", "lead_id": "$lead"}),
        listed(query={"search": "$mark"}),
    ),
    "create_message": (thing({**MESSAGE, "execution_id": "$completed"}),),
    "get_message": (thing(message_id="$message"),),
    "update_message": (
        thing(
            {"conversation_id": "$conversation2", "lead_id": "$lead2", "execution_id": "$failed"}, message_id="$message"
        ),
    ),
    "delete_message": (thing(message_id="$message"),),
    "list_secrets": (thing(query=OWN),),
    "set_secret": (thing({"value": "of-the-matrix"}, name="NEW", query=OWN),),
    "delete_secret": (thing(name="${MARK}_KEY", query=OWN),),
    "get_account_settings": (thing(query=OWN),),
    "update_account_settings": (
        thing({"ai_model": "x"}, query=OWN),
        thing({"ai_key_secret": "${MARK}_KEY"}, query=OWN),
    ),
    "get_ai_usage": (thing(query=OWN),),
    "list_watched_tables": (anybody(),),
    "list_audit_log": (
        listed(query={**OWN, "automation_id": "$manual", "actor": "$account"}),
        listed(query={"automation_id": "$manual", "action": "automation.created"}),
    ),
    "get_installation_health": (anybody(),),
    "get_me": (anybody(),),
    "list_team": (listed(query=OWN),),
    "list_people": (thing(query=OWN), anybody()),
    "set_my_profile": (anybody({"name": "Of the matrix", "email": "matrix@example.com"}),),
    "set_team_role": (thing({"role": "viewer"}, member_id="$colleague", query=OWN),),
    "remove_team_member": (thing(member_id="$colleague", query=OWN),),
    "list_invitations": (listed(query=OWN),),
    "make_invitation": (thing({"role": "member", "account_id": "$account"}),),
    "revoke_invitation": (thing(invitation_id="$invitation"),),
    "accept": (anybody({"code": "$invitation_code"}),),
    "list_api_keys": (listed(query=OWN),),
    "make_api_key": (thing({"name": "x", "scopes": ["read"], "account_id": "$account"}),),
    "revoke_api_key": (thing(key_id="$key_run"),),
    "renew_token": (anybody(),),
}

TOOL = "${mark}_greet"
OF_FLOW = {"automation_id": "$manual"}
# By the name of the tool; the account is named in the address.
TOOL_CALLS: dict[str, tuple[Sample, ...]] = {
    "list_automations": (listed({}, query=OWN),),
    "get_automation": (thing(OF_FLOW, query=OWN),),
    "validate_flow": (thing({"automation_id": "$calling"}, query=OWN), anybody(DRAWING)),
    "create_automation": (thing({"name": "New", **DRAWING, "agent_id": "$agent"}, query=OWN),),
    "update_automation": (thing({**OF_FLOW, "name": "New"}, query=OWN),),
    "test_automation": (
        thing({**OF_FLOW, "lead_id": "$lead", "conversation_id": "$conversation"}, query=OWN),
        thing({"automation_id": "$event", "lead_id": "$lead"}, query=OWN),
    ),
    "publish_automation": (thing(OF_FLOW, query=OWN),),
    "enable_automation": (thing(OF_FLOW, query=OWN),),
    "disable_automation": (thing(OF_FLOW, query=OWN),),
    "list_node_types": (anybody({}, query=OWN),),
    "get_node_type": (anybody({"type": "logic-stop"}, query=OWN),),
    "get_expression_help": (anybody({}, query=OWN),),
    "list_agents": (listed({}, query=OWN),),
    "list_runs": (listed(FILTERS, query=OWN),),
    "show_run": (thing({"execution_id": "$completed"}, query=OWN), thing({"execution_id": "$running"}, query=OWN)),
    "cancel_run": (thing({"execution_id": "$running"}, query=OWN),),
    "explain": (
        thing({"subject": "$change"}, query=OWN),
        thing({"subject": "$lead", "automation_id": "$event"}, query=OWN),
        thing({"subject": "lead@$mark.example.com"}, query=OWN),
    ),
    # An automation that is a tool.
    TOOL: (thing({"name": "x"}, query=OWN),),
}
