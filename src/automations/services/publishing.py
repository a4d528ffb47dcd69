"""Publish: a draft that has no problems becomes the version that new runs get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from automations.db.account_settings_store import AccountSettingsStore
from automations.db.automation_store import AutomationDetail, AutomationStore
from automations.db.json_text import Unreadable
from automations.db.secret_store import SecretStore
from automations.db.watched_table_store import WatchedTableStore
from automations.errors import FlowInvalid, NotFound, Problem, Unusable
from automations.flow.length_check import check_lengths
from automations.flow.output_check import OutputFindings, check_outputs
from automations.flow.record_tables import ColumnUse
from automations.flow.registry import NodeRegistry
from automations.flow.validate import Examined, examine
from automations.flow.webhook_config import EVENT, SOURCE
from automations.services.automation_calls import check_calls
from automations.services.needs import Installation, check_needs
from automations.services.secrets import check_secrets
from automations.services.watched_tables import check_tables

TRIGGER_TYPES = {
    "trigger-event": "event",
    "trigger-webhook": "event",
    "trigger-schedule": "schedule",
    "trigger-manual": "manual",
    "trigger-ai-tool": "ai_tool",
}
# Of two that are one `trigger_type`, what the columns must say beside it; node types follow from that.
_WEBHOOK = {"event_source": SOURCE, "event_type": EVENT}


@dataclass(frozen=True, slots=True)
class Published:
    automation: AutomationDetail
    version_id: UUID


async def get_automation(store: AutomationStore, automation_id: UUID) -> AutomationDetail:
    """`NotFound`."""
    found = await store.get(automation_id)
    if found is None:
        raise NotFound("there is no such automation", hint="`automations list` shows all.")
    return found


def drawn_flow(automation: AutomationDetail) -> list[Any]:
    """The nodes of the draft; an empty drawing is a flow of only its trigger."""
    if isinstance(automation.nodes, Unreadable):
        return [automation.nodes]
    return list(automation.nodes) or [trigger_node(automation.trigger_type, automation.trigger_config)]


def readable_flow(automation: AutomationDetail) -> list[Any]:
    """The nodes of the draft as it can be written again; `Unusable` for one that cannot be read."""
    if any(isinstance(part, Unreadable) for part in (automation.nodes, automation.edges, automation.trigger_config)):
        raise Unusable(
            f"{automation.name!r} is nested too deeply to be read",
            hint=f"Draw it again, or import it from a file: its id is {automation.id}.",
        )
    return drawn_flow(automation)


def trigger_node_type(trigger_type: str, config: dict[str, Any]) -> str:
    """The node type of what the columns say; `automations.flow_with_trigger` (SQL) says the same."""
    if trigger_type == "event" and config.get("event_source") == SOURCE:
        return "trigger-webhook"
    return f"trigger-{trigger_type.replace('_', '-')}"


def trigger_node(trigger_type: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "trigger",
        "type": trigger_node_type(trigger_type, config),
        "position": {"x": 0, "y": 0},
        "data": {"label": "Trigger", "config": config},
    }


def completed(nodes: Sequence[Any]) -> list[Any]:
    """With the config of the trigger as its columns have it: a file is the same before and after it is published."""
    return [_completed(node) for node in nodes]


def _completed(node: Any) -> Any:
    if not isinstance(node, dict) or node.get("type") != "trigger-webhook":
        return node
    data = node.get("data")
    config = data.get("config") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(config, dict):
        return node
    return {**node, "data": {**data, "config": {**config, **_WEBHOOK}}}


@dataclass(frozen=True, slots=True)
class Judged:
    """What there is to say of a drawing, without what is around it. `found` None: it cannot be read."""

    problems: list[Problem]
    outputs: OutputFindings = field(default_factory=OutputFindings)
    found: Examined | None = None


def judge_draft(nodes: Sequence[Any], edges: Sequence[Any], registry: NodeRegistry) -> Judged:
    if isinstance(edges, Unreadable) or any(isinstance(node, Unreadable) for node in nodes):
        return Judged(
            [
                Problem(
                    "too_deep", "the flow is nested too deeply to be read", "Draw it again, or import it from a file."
                )
            ]
        )
    found = examine(list(nodes), list(edges), registry)
    outputs = check_outputs(found)
    problems = [*found.problems, *check_lengths(found), *outputs.problems]
    if not problems and trigger_of(nodes) is None:
        problems.append(
            Problem(
                "unsupported_trigger",
                "the flow's trigger is of a type that nothing starts",
                f"Use one of {', '.join(TRIGGER_TYPES)}.",
            )
        )
    return Judged(problems, outputs, found)


def check_draft(nodes: Sequence[Any], edges: Sequence[Any], registry: NodeRegistry) -> list[Problem]:
    """Every problem that would keep the drawing from being published."""
    return judge_draft(nodes, edges, registry).problems


async def check_surroundings(
    store: AutomationStore,
    registry: NodeRegistry,
    installation: Installation,
    automation: AutomationDetail,
    nodes: Sequence[Any],
    inserted: Sequence[tuple[str, ColumnUse]] = (),
) -> list[Problem]:
    """What a drawing that is right in itself lacks around it: automations it calls, secrets, a mail server, …

    `inserted`: the columns of rows that its templates insert, by step."""
    account, connection = automation.user_id, store.connection
    return [
        *await check_calls(store, automation, nodes),
        *await check_tool_name(store, automation, nodes),
        *await check_secrets(SecretStore(connection), account, nodes, registry),
        *await check_tables(WatchedTableStore(connection), nodes, registry, inserted),
        *await check_needs(AccountSettingsStore(connection), installation, account, nodes, registry),
    ]


async def check_tool_name(store: AutomationStore, automation: AutomationDetail, nodes: Sequence[Any]) -> list[Problem]:
    """Models call a tool by its name: two of one name are none."""
    trigger = trigger_of(nodes)
    name = trigger[1].get("tool_name") if trigger is not None and trigger[0] == "ai_tool" else None
    if not isinstance(name, str):
        return []
    others = [one for one in await store.tools(automation.user_id, name) if one.id != automation.id and one.live]
    if not others:
        return []
    node_id = next(node["id"] for node in nodes if node["type"] == "trigger-ai-tool")
    return [
        Problem(
            "tool_name_taken",
            f"another automation is the tool `{name}`: {others[0].name}",
            "Give this one another `tool_name`, or pause the other.",
            node_id,
            field="tool_name",
        )
    ]


async def judge_with_surroundings(
    around: AutomationStore,
    registry: NodeRegistry,
    installation: Installation,
    automation: AutomationDetail,
    nodes: Sequence[Any],
    edges: Sequence[Any],
) -> Judged:
    """Of the drawing; where that is right in itself, of what is around it, looked at with `around`."""
    judged = judge_draft(nodes, edges, registry)
    if judged.problems:
        return judged
    lacking = await check_surroundings(around, registry, installation, automation, nodes, judged.outputs.columns)
    return replace(judged, problems=lacking)


def trigger_of(nodes: Sequence[Any]) -> tuple[str, dict[str, Any]] | None:
    """`trigger_type` and `trigger_config` of the columns, from the flow's trigger node; None without one."""
    for node in nodes:
        if isinstance(node, dict) and node.get("type") in TRIGGER_TYPES:
            data = node.get("data")
            config = data.get("config") if isinstance(data, dict) else None
            config = config if isinstance(config, dict) else {}
            fixed = _WEBHOOK if node["type"] == "trigger-webhook" else {}
            return TRIGGER_TYPES[node["type"]], {**config, **fixed}
    return None


async def publish(
    store: AutomationStore,
    registry: NodeRegistry,
    automation_id: UUID,
    *,
    installation: Installation,
    note: str | None = None,
    expected_revision: int | None = None,
    around: AutomationStore | None = None,
) -> Published:
    """`around`: the store with which to look at what the caller may not read, if that is another one.

    `FlowInvalid` with every problem; `Conflict` when somebody changed the draft since it was read."""
    automation = await get_automation(store, automation_id)
    nodes = drawn_flow(automation)
    judged = await judge_with_surroundings(around or store, registry, installation, automation, nodes, automation.edges)
    trigger = trigger_of(nodes)
    if judged.problems or trigger is None:
        raise FlowInvalid(judged.problems)
    version = await store.publish(
        automation_id,
        nodes=nodes,
        edges=automation.edges,
        trigger_type=trigger[0],
        trigger_config=trigger[1],
        note=note,
        expected_revision=automation.draft_revision if expected_revision is None else expected_revision,
    )
    return Published(await get_automation(store, automation_id), version)
