"""What a test run of a draft starts with: the trigger data that a real start would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from automations.db.automation_store import AutomationDetail
from automations.db.execution_store import ExecutionStore
from automations.db.journal_store import JournalStore
from automations.engine.flow_versions import LoadedFlow, load_flow
from automations.engine.test_run import TestStart
from automations.errors import FlowInvalid, NotFound, Unusable
from automations.flow.input_form import form_of, read_input
from automations.flow.record_tables import RECORD_SOURCES
from automations.flow.registry import NodeRegistry
from automations.flow.wall_clock import find_zone
from automations.flow.webhook_config import SOURCE
from automations.services.explaining import SOURCES, trigger_data
from automations.services.publishing import check_draft, drawn_flow, trigger_of


class DraftTests(Protocol):
    """Where a prepared test is run: `engine.test_run` with the outside world that the installation has."""

    async def run(self, loaded: LoadedFlow, start: TestStart) -> UUID:
        """The id of the test's record, which is final already."""
        ...


@dataclass(frozen=True, slots=True)
class Past:
    """Something that has happened, as the start of a test: its trigger data, and the records that it was about."""

    trigger_type: str
    data: dict[str, Any]
    lead_id: UUID | None = None
    conversation_id: UUID | None = None


async def past_event(
    journal: JournalStore, executions: ExecutionStore, automation: AutomationDetail, event_id: int
) -> Past:
    """A change of the journal. `NotFound`; `Unusable` for one of a kind that the draft does not listen to."""
    event = await journal.event(event_id, automation.user_id)
    if event is None:
        raise NotFound(f"there is no event {event_id}", hint="The journal is kept for 30 days; choose a later one.")
    config = (trigger_of(drawn_flow(automation)) or ("", {}))[1]
    source = SOURCES.get(event.source, event.source)
    if config.get("event_source") != source or config.get("event_type") not in (event.operation, "any"):
        raise Unusable(
            f"event {event_id} is {event.operation} of a {source}, and the draft does not listen to that",
            hint="Choose a change of the kind that its trigger names.",
        )
    row = event.new or event.old or {}
    chosen: dict[str, UUID | None] = {"lead": None, "conversation": None}
    chosen[source] = event.record_id
    if source == "conversation":
        chosen["lead"] = _id(row.get("lead_id"))
    for kind in ("lead", "conversation"):
        # What is gone, or of another account, is no record of the run either.
        record = chosen[kind]
        if record is not None and await executions.record(kind, record, automation.user_id) is None:
            chosen[kind] = None
    return Past("event", trigger_data(event), chosen["lead"], chosen["conversation"])


async def past_run(executions: ExecutionStore, automation: AutomationDetail, run_id: UUID) -> Past:
    """What a run of the automation was started with. `NotFound`."""
    run = await executions.get(run_id)
    if run is None or run.automation_id != automation.id or not isinstance(run.trigger_data, dict):
        raise NotFound("the automation has no such run", hint="`automations runs` shows the latest.")
    return Past(run.trigger_type, run.trigger_data, run.lead_id, run.conversation_id)


def with_pinned(nodes: Sequence[Any], pinned: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """The drawing with `data.pinned` of steps by id. `Unusable` for a step that is not drawn."""
    unknown = set(pinned) - {node.get("id") for node in nodes if isinstance(node, dict)}
    if unknown:
        raise Unusable(
            f"there is no step {sorted(unknown)[0]!r} whose output could be pinned", hint="Name steps by their id."
        )
    return [
        {**node, "data": {**_data(node), "pinned": dict(pinned[node["id"]])}}
        if isinstance(node, dict) and node.get("id") in pinned
        else node
        for node in nodes
    ]


def _data(node: dict[str, Any]) -> dict[str, Any]:
    data = node.get("data")
    return data if isinstance(data, dict) else {}


def _id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


async def prepare_test(
    executions: ExecutionStore,
    registry: NodeRegistry,
    automation: AutomationDetail,
    *,
    given: dict[str, Any],
    lead_id: UUID | None,
    conversation_id: UUID | None,
    row_id: str | None = None,
    past: Past | None = None,
    pinned: Mapping[str, Mapping[str, Any]] | None = None,
    now: datetime,
) -> tuple[LoadedFlow, TestStart]:
    """The compiled draft and its start, for `engine.test_run.run_test`.

    An event flow gets the chosen record as the changed row (`row_id`: of its watched table), or without one an example
    of its trigger; a webhook, what is given as its body. `past` is a start of its own, with nothing else given.
    `pinned`: what steps answer instead of running, `{"output": …, "handle": …}` by id.

    `FlowInvalid` with every problem, `Unusable` for an input that does not fit, `NotFound` for a record of another
    account.
    """
    nodes = with_pinned(drawn_flow(automation), pinned or {})
    problems = check_draft(nodes, automation.edges, registry)
    trigger = trigger_of(nodes)
    if problems or trigger is None:
        raise FlowInvalid(problems)
    if past is not None:
        begun = TestStart(
            automation.id,
            automation.user_id,
            past.trigger_type,
            past.data,
            lead_id=past.lead_id,
            conversation_id=past.conversation_id,
        )
        return load_flow(None, nodes, automation.edges, registry), begun
    kind, config = trigger
    record = None
    if conversation_id is not None:
        record = await _record(executions, "conversation", conversation_id, automation.user_id)
    if lead_id is not None:
        record = await _record(executions, "lead", lead_id, automation.user_id)
    source = config.get("event_source")
    if row_id is not None:
        if kind != "event" or source in RECORD_SOURCES:
            raise Unusable(
                "this automation does not listen to a watched table", hint="Choose --lead or --conversation."
            )
        record = await executions.watched_record(str(source), row_id, automation.user_id)
    data: dict[str, Any]
    if kind == "event" and config.get("event_source") == SOURCE:
        schema = config.get("body_schema")
        body = read_input(schema if isinstance(schema, dict) else {}, given)
        example = _example(registry, "trigger-webhook", config)
        data = {**example, "body": body, "new": body, "timestamp": now.isoformat()}
    elif kind == "event":
        data = _example(registry, "trigger-event", config)
        if row_id is not None:
            data = {**data, "record_id": row_id}
        if record is not None:
            row = "old" if data["event"] == "DELETE" else "new"
            data = {**data, row: record, "timestamp": now.isoformat()}
            if data["event"] == "UPDATE":
                data = {**data, "previous": record, "changed": []}
        data = {**data, **({"input": given} if given else {})}
    elif kind == "schedule":
        due = now.replace(microsecond=0)
        data = {
            **_example(registry, "trigger-schedule", config),
            "due_at": due.isoformat(),
            "due_local": due.astimezone(find_zone(config.get("timezone", "UTC"))).isoformat(),
            "timestamp": now.isoformat(),
            **({"input": given} if given else {}),
        }
    else:
        form = form_of(kind, config)
        form.require_record(lead_id=lead_id, conversation_id=conversation_id)
        data = {
            "event": "manual",
            "table": None,
            "old": None,
            "new": record,
            "input": read_input(form.schema, given),
            "timestamp": now.isoformat(),
        }
    start = TestStart(automation.id, automation.user_id, kind, data, lead_id=lead_id, conversation_id=conversation_id)
    return load_flow(None, nodes, automation.edges, registry), start


def _example(registry: NodeRegistry, node_type: str, config: dict[str, Any]) -> dict[str, Any]:
    node = registry.get(node_type)
    return {} if node is None else dict(node.sample_output(config))


async def _record(executions: ExecutionStore, kind: Any, record_id: UUID, account: UUID) -> Any:
    record = await executions.record(kind, record_id, account)
    if record is None:
        raise NotFound(f"there is no such {kind}", hint="Choose one of the account that owns the automation.")
    return record
