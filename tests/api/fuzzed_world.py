"""An account in which every operation of the document finds something to do, many times over: fuzzing deletes."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

from tests.api.conftest import HOOK, ApiServer, Client
from tests.api.test_approvals import asked, mailed
from tests.api.tool_flows import tool
from tests.engine.drawing import Json, edge, node, stop
from tests.engine.world import World

from automations.integrations.sign_in_codes import SignInCodes

_FORM: Json = {"input_schema": {"type": "object", "properties": {"name": {"type": "string"}}}}
_MANUAL = node("start", "trigger-manual", _FORM)
_DAILY = node("start", "trigger-schedule", {"kind": "daily", "times": ["09:00"], "timezone": "Europe/Berlin"})
_STOP = node("done", "logic-stop", {"output": "Hello {{ trigger.input.name }}"})
_FLOWS: dict[str, list[Json]] = {
    "manual": [_MANUAL, _STOP],
    "failing": [_MANUAL, stop("done", "failed", "No.")],
    "waiting": [_MANUAL, node("wait", "logic-delay", {"amount": 1, "unit": "days"}), _STOP],
    "asking": [_MANUAL, node("ask", "logic-approval", {"title": "Shall we?"})],
    "daily": [_DAILY, _STOP],
    "changed": [
        node("start", "trigger-event", {"event_source": "lead", "event_type": "UPDATE"}),
        stop("x", "completed"),
    ],
}
# A flow whose runs are still there to be cancelled.
LASTING: Json = {
    "nodes": _FLOWS["waiting"],
    "edges": [edge(source["id"], target["id"]) for source, target in pairwise(_FLOWS["waiting"])],
}


async def populate(world: World, api: ApiServer, codes: SignInCodes, *, times: int) -> dict[str, list[Any]]:
    """Words for `fuzzing`, `times` of most. Those that are idle can be deleted without the others missing anything."""
    owner, make = api.signed_in(world.account), world.make
    agents = [world.agent, *[await make.agent(world.account) for _ in range(times)]]
    automations = {
        kind: [await _published(owner, agents[n % len(agents)], f"{kind} {n}", nodes) for n in range(times)]
        for kind, nodes in _FLOWS.items()
    }
    config = {**HOOK, "auth": {"type": "none"}}
    hooks = [await make.automation(world.account, world.agent, trigger_config=config) for _ in range(times)]
    tools = [await tool(world, schema={"type": "object"})]
    runs = {
        kind: [await _started(owner, one) for one in automations[kind]]
        for kind in ("manual", "failing", "waiting", "asking")
    }
    for one in (*runs["manual"], *runs["failing"]):
        await world.final(uuid.UUID(one))
    # After the automations: the journal has the changes of accounts that have one.
    leads, idle_leads = await world.leads(times), await world.leads(times)
    conversations = [await world.conversation(lead_id=lead) for lead in leads]
    message = {"direction": "inbound", "body": "Hello"}
    messages = [
        (await owner.ok("POST", "/messages", json={**message, "conversation_id": str(one)}))["id"]
        for one in conversations
    ]
    secrets = [f"KEY_{number}" for number in range(times)]
    for name in secrets:
        await owner.ok("PUT", f"/secrets/{name}", json={"value": "what nobody reads back"})
    approvals = [await asked(world, form=None, self_approval=True) for _ in range(times * 3)]
    words: dict[str, list[Any]] = {
        "account": [world.account],
        **automations,
        "automation_id": [*automations["manual"], *automations["waiting"], *automations["changed"]],
        "idle_automation": automations["daily"],
        "hook": hooks,
        "tool": ["greet", *tools],
        "execution_id": [*runs["waiting"], *runs["asking"]],
        "ended": runs["manual"],
        "failed": runs["failing"],
        "version": [1],
        "agent_id": agents,
        "idle_agent": [await make.agent(world.account) for _ in range(times)],
        "lead_id": leads,
        "idle_lead": idle_leads,
        "conversation_id": conversations,
        "idle_conversation": [await world.conversation() for _ in range(times)],
        "message_id": messages,
        "approval_id": approvals[times:],
        "approval_token": [await mailed(world, one) for one in approvals[:times]],
        "member_id": [await make.team_member(world.account) for _ in range(times)],
        "invitation_id": [(await _invited(owner))["id"] for _ in range(times)],
        # Of others, who ask our owner in.
        "invitation_code": [(await _invited(api.signed_in(uuid.uuid4())))["code"] for _ in range(times)],
        "key_id": [await _key(owner) for _ in range(times)],
        "secret": secrets,
        "code": [codes.make(world.account) for _ in range(times)],
        "template": ["stale-lead-rescue"],
        "node_type": ["logic-stop", "trigger-event", "ai-generate"],
        "file_name": [f"File {number}" for number in range(times)],
    }
    return {name: [str(one) if isinstance(one, uuid.UUID) else one for one in these] for name, these in words.items()}


async def _published(owner: Client, agent: uuid.UUID, name: str, nodes: list[Json]) -> str:
    edges = [edge(source["id"], target["id"]) for source, target in pairwise(nodes)]
    body = {"agent_id": str(agent), "name": name, "nodes": nodes, "edges": edges}
    made = await owner.ok("POST", "/automations", json=body)
    await owner.ok("POST", f"/automations/{made['id']}/publish")
    await owner.ok("POST", f"/automations/{made['id']}/enable")
    return str(made["id"])


async def _started(owner: Client, automation: str) -> str:
    run = await owner.ok("POST", f"/automations/{automation}/executions", json={"input": {"name": "Ada"}})
    return str(run["id"])


async def _invited(client: Client) -> Any:
    return await client.ok("POST", "/invitations", json={"role": "viewer"})


async def _key(owner: Client) -> str:
    return str((await owner.ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]}))["id"])
