"""Tools that build automations: find, draw, validate, test, publish, switch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from automations.api.mcp.catalogue import agents_of
from automations.api.mcp.runs import shown
from automations.api.mcp.tool import Arguments, Asked, told_problem, tool
from automations.api.models.automations import Status, TriggerType
from automations.api.pages import bad_cursor, read_cursor, write_cursor
from automations.db.automation_store import AutomationDetail, AutomationStore
from automations.db.connection import Connection
from automations.db.execution_store import ExecutionStore
from automations.db.json_text import decode_json_for_people
from automations.db.listing_store import AutomationFilter, ListingStore
from automations.errors import NotFound, Unusable
from automations.flow.layout import with_positions
from automations.services import publishing, switching
from automations.services.draft_test import prepare_test
from automations.services.drafting import NewDraft, create_draft, require_writer, save_draft

_LISTED: Final = (
    "id", "name", "description", "status", "enabled", "trigger_type", "execution_count", "last_executed_at",
    "last_execution_status", "agent_id", "updated_at",
)  # fmt: skip
_SHOWN: Final = (*_LISTED, "nodes", "edges", "draft_revision", "published_number", "draft_is_published")

NODES: Final = (
    "The steps. Each is {id, type, data: {label, config}}: `id` is yours (letters, digits, _ and -) and what templates "
    "name, `type` is one of list_node_types, `config` as get_node_type says. Exactly one is a trigger. Leave "
    "`position` out, and it is laid out."
)
EDGES: Final = (
    "What follows what: {source, target, sourceHandle}, with ids of nodes. `sourceHandle` names the way out of a node "
    "that has several, such as true and false of a condition; leave it out elsewhere."
)
Nodes = list[dict[str, Any]]


class ListAutomations(Arguments):
    search: str | None = Field(default=None, max_length=200, description="A part of the name.")
    status: Status | None = None
    trigger_type: TriggerType | None = Field(default=None, description="`ai_tool`: those that are tools themselves.")
    enabled: bool | None = None
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=500, description="`next` of the page before.")


@tool("List automations", needs="read")
async def list_automations(asked: Asked, arguments: ListAutomations) -> Any:
    """Lists automations, the newest first, without their steps. One that is `active` and `enabled` runs."""
    after = None
    if (position := read_cursor(arguments.cursor)) is not None:
        try:
            after = (datetime.fromisoformat(position[0]), UUID(position[1]))
        except (TypeError, ValueError, AttributeError):
            raise bad_cursor() from None
    chosen = AutomationFilter(
        asked.account, None, arguments.status, arguments.trigger_type, arguments.enabled, arguments.search
    )
    async with asked.reading() as session:
        text = await ListingStore(session).automations(chosen, limit=arguments.limit, after=after)
    found = decode_json_for_people(text)
    last = found[-1] if len(found) == arguments.limit else None
    return {
        "automations": [{name: one[name] for name in _LISTED} for one in found],
        "next": None if last is None else write_cursor(last["created_at"], last["id"]),
    }


class OfAutomation(Arguments):
    automation_id: UUID


@tool("Get an automation", needs="read")
async def get_automation(asked: Asked, arguments: OfAutomation) -> Any:
    """Shows one automation with the nodes and edges of its draft, and whether the draft is what runs."""
    async with asked.reading() as session:
        return await _told(session, arguments.automation_id)


class NewAutomation(Arguments):
    name: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=10_000, description="For people: what it is for.")
    nodes: Nodes = Field(max_length=2_000, description=NODES)
    edges: Nodes = Field(default_factory=list, max_length=10_000, description=EDGES)
    agent_id: UUID | None = Field(
        default=None, description="Whose automation it is (list_agents); may be left out where there is only one agent."
    )


@tool("Create an automation", needs="write", impact="additions")
async def create_automation(asked: Asked, arguments: NewAutomation) -> Any:
    """Makes a draft from nodes and edges, and answers it with all that has to be mended before it can be published.
    Nothing runs before publish_automation and enable_automation.
    """
    edges = _with_ids(arguments.edges)
    draft = NewDraft(arguments.name, arguments.description, None, None, with_positions(arguments.nodes, edges), edges)
    async with asked.writing() as session:
        agent = arguments.agent_id or await _only_agent(asked, session)
        automation_id = await create_draft(AutomationStore(session), draft, agent_id=agent)
    return await _saved(asked, automation_id)


class ChangedAutomation(OfAutomation):
    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=10_000)
    nodes: Nodes | None = Field(default=None, max_length=2_000, description=f"All of them. {NODES}")
    edges: Nodes | None = Field(default=None, max_length=10_000, description=f"All of them. {EDGES}")
    draft_revision: int | None = Field(
        default=None, ge=0, le=2_147_483_647, description="Save only if the draft is still at this revision."
    )


@tool("Update an automation", needs="write", impact="anything", repeatable=True)
async def update_automation(asked: Asked, arguments: ChangedAutomation) -> Any:
    """Changes the draft of an automation; what is left out stays as it is. Answers it with all that has to be mended.
    What is published runs on unchanged until publish_automation.
    """
    async with asked.writing() as session:
        store = AutomationStore(session)
        found = await publishing.get_automation(store, arguments.automation_id)
        edges = found.edges if arguments.edges is None else _with_ids(arguments.edges)
        nodes = found.nodes if arguments.nodes is None else with_positions(arguments.nodes, edges)
        given = arguments.model_fields_set
        draft = NewDraft(
            arguments.name or found.name,
            arguments.description if "description" in given else found.description,
            found.icon,
            found.color,
            nodes,
            edges,
        )
        await save_draft(store, found.id, draft, expected_revision=arguments.draft_revision)
    return await _saved(asked, found.id)


class FlowToValidate(Arguments):
    automation_id: UUID | None = Field(default=None, description="An automation, whose draft is looked at.")
    nodes: Nodes | None = Field(default=None, max_length=2_000, description=f"Or a flow that is not saved. {NODES}")
    edges: Nodes = Field(default_factory=list, max_length=10_000, description=EDGES)


@tool("Validate a flow", needs="read")
async def validate_flow(asked: Asked, arguments: FlowToValidate) -> Any:
    """Finds everything that keeps a flow from being published: each problem with its node, field and what to do. Of an
    automation also what it lacks around it, such as a secret, a mail server or an automation that it runs.
    """
    if (arguments.automation_id is None) == (arguments.nodes is None):
        raise Unusable("give automation_id or nodes, one of them", hint="nodes and edges are for a flow not saved yet.")
    if arguments.nodes is not None:
        return _told_judged(publishing.judge_draft(arguments.nodes, _with_ids(arguments.edges), asked.api.registry))
    assert arguments.automation_id is not None
    async with asked.reading() as session:
        automation = await publishing.get_automation(AutomationStore(session), arguments.automation_id)
    return await _judged(asked, automation)


class TestOfAutomation(OfAutomation):
    __test__ = False

    input: dict[str, Any] = Field(
        default_factory=dict, description="What a start would bring: the arguments of a tool, the input of a form."
    )
    lead_id: UUID | None = Field(default=None, description="The lead that it is about; of an event the changed record.")
    conversation_id: UUID | None = Field(default=None, description="The conversation that it is about.")


@tool("Test an automation", needs="write", impact="nothing")
async def test_automation(asked: Asked, arguments: TestOfAutomation) -> Any:
    """Runs the draft once for real and takes everything back: what it writes is rolled back, waits do not wait, and
    steps that reach outside (HTTP, mail, models) answer with an example. Answers the record of that run with the
    output of every step. An event flow without a record gets an example of one.
    """
    async with asked.reading() as session:
        store = AutomationStore(session)
        automation = await publishing.get_automation(store, arguments.automation_id)
        await require_writer(store, automation.user_id)
        loaded, start = await prepare_test(
            ExecutionStore(session),
            asked.api.registry,
            automation,
            given=arguments.input,
            lead_id=arguments.lead_id,
            conversation_id=arguments.conversation_id,
            now=datetime.now(UTC),
        )
    return await shown(asked, await asked.api.draft_tests.run(loaded, start))


class ToPublish(OfAutomation):
    note: str | None = Field(default=None, max_length=2_000, description="What is new, for the list of versions.")
    draft_revision: int | None = Field(
        default=None, ge=0, le=2_147_483_647, description="Publish only if the draft is still at this revision."
    )


@tool("Publish an automation", needs="write", impact="anything", repeatable=True)
async def publish_automation(asked: Asked, arguments: ToPublish) -> Any:
    """Makes the draft what new runs get, if it has no problems. It does not switch it on: enable_automation does. An
    active automation of type ai_tool that is enabled is a tool of yours from then on, named as its trigger says.
    """
    async with asked.writing() as session, asked.api.engine() as engine:
        await publishing.publish(
            AutomationStore(session),
            asked.api.registry,
            arguments.automation_id,
            installation=asked.api.installation,
            note=arguments.note,
            expected_revision=arguments.draft_revision,
            around=AutomationStore(engine),
        )
        return await _told(session, arguments.automation_id)


@tool("Enable an automation", needs="write", impact="anything", repeatable=True)
async def enable_automation(asked: Asked, arguments: OfAutomation) -> Any:
    """Switches it on: from now on it starts when its trigger says so, if it is published."""
    return await _switched(asked, arguments.automation_id, True)


@tool("Disable an automation", needs="write", impact="anything", repeatable=True)
async def disable_automation(asked: Asked, arguments: OfAutomation) -> Any:
    """Switches it off: it starts no more, and runs that have not begun are cancelled."""
    return await _switched(asked, arguments.automation_id, False)


async def _switched(asked: Asked, automation_id: UUID, enabled: bool) -> dict[str, Any]:
    async with asked.writing() as session:
        await switching.set_enabled(AutomationStore(session), automation_id, enabled)
        return await _told(session, automation_id)


async def _told(session: Connection, automation_id: UUID) -> dict[str, Any]:
    text = await ListingStore(session).automation(automation_id)
    if text is None:
        raise NotFound("there is no such automation", hint="list_automations shows those that you may see.")
    found = decode_json_for_people(text)
    return {name: found[name] for name in _SHOWN if name in found}


async def _saved(asked: Asked, automation_id: UUID) -> dict[str, Any]:
    async with asked.reading() as session:
        automation = await publishing.get_automation(AutomationStore(session), automation_id)
        told = await _told(session, automation_id)
    return {**told, **await _judged(asked, automation)}


async def _judged(asked: Asked, automation: AutomationDetail) -> dict[str, Any]:
    api, nodes = asked.api, publishing.drawn_flow(automation)
    # Which secrets and settings there are is not for everybody to read, but for whoever draws to be told of.
    async with api.engine() as engine:
        judged = await publishing.judge_with_surroundings(
            AutomationStore(engine), api.registry, api.installation, automation, nodes, automation.edges
        )
    return _told_judged(judged)


def _told_judged(judged: publishing.Judged) -> dict[str, Any]:
    return {
        "valid": not judged.problems,
        "problems": [told_problem(one) for one in judged.problems],
        "warnings": [told_problem(one) for one in judged.outputs.warnings],
    }


async def _only_agent(asked: Asked, session: Connection) -> UUID:
    agents = await agents_of(asked, AutomationStore(session))
    if len(agents) != 1:
        listed = ", ".join(f"{one['id']} ({one['name']})" for one in agents[:5])
        raise Unusable(
            f"there are several agents: {listed}" if agents else "there is no agent to make it for",
            hint="Name one as agent_id; list_agents shows all." if agents else "Ask whoever manages the account.",
        )
    return UUID(agents[0]["id"])


def _with_ids(edges: Nodes) -> Nodes:
    """Edges are named after what they connect where nobody named them."""
    taken = {edge["id"] for edge in edges if isinstance(edge.get("id"), str)}
    named: Nodes = []
    for number, edge in enumerate(edges):
        if edge.get("id") is not None:
            named.append(edge)
            continue
        name = "-".join(str(edge[part]) for part in ("source", "sourceHandle", "target") if edge.get(part))[:400]
        name = name if name not in taken else f"{name}-{number}"
        taken.add(name)
        named.append({**edge, "id": name})
    return named


TOOLS: Final = (
    list_automations,
    get_automation,
    validate_flow,
    create_automation,
    update_automation,
    test_automation,
    publish_automation,
    enable_automation,
    disable_automation,
)
