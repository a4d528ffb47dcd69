from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from automations.cli.compose import connect_as_service, load_registry
from automations.cli.up.demo_account import read_content
from automations.db.automation_store import AutomationStore
from automations.db.connection import close_quietly
from automations.db.demo_store import DemoStore
from automations.db.execution_store import ExecutionStore, RunFilter
from automations.db.journal_store import JournalStore
from automations.errors import Conflict, FlowInvalid, NotFound, Unusable
from automations.flow.registry import NodeRegistry
from automations.services import explaining, naming, publishing, runs, switching, transfer, watching
from automations.services.demo import load_demo, point_at_echo
from automations.services.needs import Installation

ACCOUNT = uuid.UUID("00000000-0000-4000-8000-00000000aaaa")
ECHO = "http://127.0.0.1:8766"


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Any]:
    """A connection as the CLI has it."""
    connection = await connect_as_service(database_url)
    yield connection
    await close_quietly(connection)


@pytest.fixture
def automations(service: Any) -> AutomationStore:
    return AutomationStore(service)


@pytest.fixture
def executions(service: Any) -> ExecutionStore:
    return ExecutionStore(service)


@pytest.fixture(scope="module")
def registry() -> NodeRegistry:
    return load_registry()


def flow_file(**changes: Any) -> transfer.FlowFile:
    value: dict[str, Any] = {
        "name": "Flow",
        "nodes": [
            {
                "id": "start",
                "type": "trigger-event",
                "data": {"config": {"event_source": "lead", "event_type": "INSERT"}},
            },
            {"id": "set", "type": "transform-set-variable", "data": {"config": {"variables": {"a": 1}}}},
        ],
        "edges": [{"id": "e", "source": "start", "target": "set"}],
    }
    return transfer.read_file(json.dumps({**value, **changes}), "flow.json")


# Publishing.


async def test_publish_copies_the_trigger_node_into_the_columns_and_makes_a_version(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    agent = await make.agent(ACCOUNT)
    nodes = [{"id": "go", "type": "trigger-manual", "data": {"config": {"record": "lead"}}}]
    draft = await make.automation(
        ACCOUNT, agent, status="draft", trigger_type="event", trigger_config={}, nodes=nodes, edges=[]
    )
    published = await publishing.publish(automations, registry, draft, installation=Installation(), note="first")
    after = published.automation
    assert (after.status, after.trigger_type, after.trigger_config) == ("active", "manual", {"record": "lead"})
    assert (after.published_version, after.published_number) == (published.version_id, 1)
    assert after.draft_is_published


async def test_a_flow_with_problems_is_refused_with_all_of_them(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    nodes = [{"id": "a", "type": "no-such"}, {"id": "b", "type": "transform-set-variable", "data": {"config": {}}}]
    draft = await make.automation(ACCOUNT, status="draft", nodes=nodes, edges=[])
    with pytest.raises(FlowInvalid) as refused:
        await publishing.publish(automations, registry, draft, installation=Installation())
    assert {"unknown_type", "no_trigger"} <= {problem.code for problem in refused.value.problems}
    unchanged = await publishing.get_automation(automations, draft)
    assert (unchanged.status, unchanged.published_version) == ("draft", None)


async def test_no_nodes_are_a_flow_of_only_the_trigger_of_the_columns(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    draft = await make.automation(ACCOUNT, status="draft")
    published = await publishing.publish(automations, registry, draft, installation=Installation())
    assert [node["type"] for node in published.automation.nodes] == ["trigger-event"]


async def test_a_draft_that_somebody_changed_meanwhile_is_not_published(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    draft = await make.automation(ACCOUNT, status="draft")
    with pytest.raises(Conflict, match="changed the draft"):
        await publishing.publish(automations, registry, draft, installation=Installation(), expected_revision=41)


# Files.


async def test_an_import_is_a_draft_and_the_same_file_again_changes_nothing(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    await make.agent(ACCOUNT)
    file = flow_file(id=str(uuid.uuid4()))
    first = await transfer.import_file(automations, registry, file, account=ACCOUNT)
    assert (first.change, first.automation.status, first.automation.enabled) == ("created", "draft", False)
    again = await transfer.import_file(automations, registry, file, account=ACCOUNT)
    assert again.change == "unchanged"
    assert len(await automations.all_of(ACCOUNT)) == 1


async def test_an_import_changes_the_draft_and_not_what_is_published(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    await make.agent(ACCOUNT)
    file = flow_file(id=str(uuid.uuid4()))
    first = await transfer.import_file(automations, registry, file, account=ACCOUNT)
    published = await publishing.publish(automations, registry, first.automation.id, installation=Installation())
    manual = [{"id": "go", "type": "trigger-manual", "data": {"config": {}}}]
    changed = flow_file(id=str(file.id), nodes=manual, edges=[])
    second = await transfer.import_file(automations, registry, changed, account=ACCOUNT)
    assert (second.change, second.automation.draft_is_published) == ("updated", False)
    assert second.automation.published_version == published.version_id
    assert second.automation.trigger_type == "event"
    await publishing.publish(automations, registry, first.automation.id, installation=Installation())
    assert (await publishing.get_automation(automations, first.automation.id)).trigger_type == "manual"


async def test_export_and_import_come_back_to_the_same_text(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    await make.agent(ACCOUNT)
    first = await transfer.import_file(automations, registry, flow_file(description="ünï"), account=ACCOUNT)
    text = transfer.write_file(first.automation)
    await transfer.import_file(automations, registry, transfer.read_file(text, "x"), account=ACCOUNT)
    assert transfer.write_file(await publishing.get_automation(automations, first.automation.id)) == text
    assert str(first.automation.agent_id) not in text
    assert str(ACCOUNT) not in text


async def test_a_file_without_an_id_is_found_again_by_its_name(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    await make.agent(ACCOUNT)
    first = await transfer.import_file(automations, registry, flow_file(), account=ACCOUNT)
    second = await transfer.import_file(automations, registry, flow_file(description="x"), account=ACCOUNT)
    assert (second.change, second.automation.id) == ("updated", first.automation.id)


async def test_a_file_with_the_id_of_another_accounts_automation_is_refused(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    theirs = await make.automation(uuid.uuid4())
    await make.agent(ACCOUNT)
    with pytest.raises(Conflict, match="another account"):
        await transfer.import_file(automations, registry, flow_file(id=str(theirs)), account=ACCOUNT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        ('{"name": " "}', "no name"),
        ('{"name": "x"}', "neither nodes nor a trigger_type"),
        ('{"name": "x", "nodes": {}}', "not a list"),
        ('{"name": "x", "nodes": [1], "id": "7"}', "no UUID"),
        ('{"name": "x", "nodes": [1], "nodez": []}', "nodez"),
        ('{"name": "x", "nodes": [1], "format": "automations/99"}', "automations/99"),
        ('{"name": "x", "nodes": [1], "icon": 1}', "icon"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Unusable, match=said) as refused:
        transfer.read_file(text, "flow.json")
    assert "flow.json" in refused.value.message
    assert refused.value.hint


async def test_an_account_with_two_agents_asks_which(make: Any, automations: AutomationStore) -> None:
    await make.agent(ACCOUNT)
    await make.agent(ACCOUNT)
    with pytest.raises(Unusable, match="several agents"):
        await transfer.only_agent(automations, ACCOUNT)


# Names.


async def test_a_beginning_of_an_id_and_an_exact_name_are_enough(make: Any, automations: AutomationStore) -> None:
    one = await make.automation(ACCOUNT, name="One")
    assert await naming.find_automation(automations, str(one)[:12]) == one
    assert await naming.find_automation(automations, "One") == one
    assert await naming.find_automation(automations, str(one).upper(), ACCOUNT) == one


async def test_what_can_mean_two_is_refused_with_both(make: Any, automations: AutomationStore) -> None:
    ids = [uuid.UUID(f"abcd000{n}-0000-4000-8000-000000000000") for n in (1, 2)]
    for one in ids:
        await make.automation(ACCOUNT, id=one, name="Same")
    with pytest.raises(Unusable, match=r"abcd0001.*abcd0002"):
        await naming.find_automation(automations, "abcd")
    with pytest.raises(Unusable, match="2 automations"):
        await naming.find_automation(automations, "Same")
    with pytest.raises(NotFound):
        await naming.find_automation(automations, "abcd", uuid.uuid4())


@pytest.mark.parametrize("text", ["", "zz", "%", "' or true --", "0" * 33])
async def test_what_begins_no_id_is_not_found(executions: ExecutionStore, text: str) -> None:
    with pytest.raises(NotFound):
        await naming.find_run(executions, text)


# Runs.


async def manual(make: Any, automations: AutomationStore, registry: NodeRegistry, **config: Any) -> uuid.UUID:
    nodes = [{"id": "go", "type": "trigger-manual", "data": {"config": config}}]
    draft: uuid.UUID = await make.automation(
        ACCOUNT, status="draft", trigger_type="manual", trigger_config={}, nodes=nodes, edges=[]
    )
    await publishing.publish(automations, registry, draft, installation=Installation())
    return draft


async def test_a_manual_start_is_a_pending_run_with_its_input(
    make: Any, automations: AutomationStore, executions: ExecutionStore, registry: NodeRegistry
) -> None:
    automation = await manual(make, automations, registry, record="lead")
    lead = await make.lead(ACCOUNT)
    run_id = (await runs.start_run(executions, automations, automation, given={"a": 1}, lead_id=lead)).run_id
    run = await runs.get_run(executions, run_id)
    assert (run.status, run.trigger_type, run.lead_id) == ("pending", "manual", lead)
    assert run.trigger_data["input"] == {"a": 1}
    assert run.trigger_data["new"]["id"] == str(lead)


async def test_the_same_key_is_the_same_run(
    make: Any, automations: AutomationStore, executions: ExecutionStore, registry: NodeRegistry
) -> None:
    automation = await manual(make, automations, registry)
    ids = {(await runs.start_run(executions, automations, automation, given={}, key="k")).run_id for _ in range(3)}
    assert len(ids) == 1


async def test_what_is_not_live_is_not_started(
    make: Any, automations: AutomationStore, executions: ExecutionStore, registry: NodeRegistry
) -> None:
    automation = await manual(make, automations, registry)
    await switching.pause(automations, automation, "lunch")
    with pytest.raises(Conflict) as refused:
        await runs.start_run(executions, automations, automation, given={})
    assert refused.value.hint
    await switching.resume(automations, automation)
    await switching.set_enabled(automations, automation, False)
    with pytest.raises(Conflict, match="switched off"):
        await runs.start_run(executions, automations, automation, given={})


async def test_a_run_is_cancelled_and_retried_as_a_new_one(
    make: Any, automations: AutomationStore, executions: ExecutionStore, registry: NodeRegistry
) -> None:
    automation = await manual(make, automations, registry)
    run_id = (await runs.start_run(executions, automations, automation, given={})).run_id
    (early,) = [one async for one in runs.act_on(executions, runs.Retry(), [run_id])]
    assert isinstance(early.error, Conflict)
    (cancelled,) = [one async for one in runs.act_on(executions, runs.Cancel("no longer wanted"), [run_id])]
    assert cancelled.result == "cancelled"
    assert (await runs.get_run(executions, run_id)).error == "no longer wanted"
    (again,) = [one async for one in runs.act_on(executions, runs.Retry(), [run_id])]
    assert again.result is not None
    assert (await runs.get_run(executions, uuid.UUID(again.result))).parent_id == run_id


async def test_one_that_cannot_be_done_does_not_keep_the_others_from_it(executions: ExecutionStore) -> None:
    acted = [one async for one in runs.act_on(executions, runs.Cancel(), [uuid.uuid4(), uuid.uuid4()])]
    assert [type(one.error) for one in acted] == [NotFound, NotFound]


async def test_all_that_match_are_cancelled_in_batches(
    monkeypatch: pytest.MonkeyPatch,
    make: Any,
    automations: AutomationStore,
    executions: ExecutionStore,
    registry: NodeRegistry,
) -> None:
    monkeypatch.setattr(runs, "BATCH", 3)
    automation, other = [await manual(make, automations, registry) for _ in range(2)]
    for _ in range(7):
        await runs.start_run(executions, automations, automation, given={})
    spared = (await runs.start_run(executions, automations, other, given={})).run_id
    chosen = runs.selectable(runs.Cancel(), RunFilter(automation_id=automation))
    acted = [one async for one in runs.act_on_all(executions, runs.Cancel(), chosen)]
    assert [one.result for one in acted] == ["cancelled"] * 7
    assert (await runs.get_run(executions, spared)).status == "pending"


async def test_runs_that_have_a_retry_are_not_all_retried_again(
    make: Any, automations: AutomationStore, executions: ExecutionStore, registry: NodeRegistry
) -> None:
    automation = await manual(make, automations, registry)
    first, second = [(await runs.start_run(executions, automations, automation, given={})).run_id for _ in range(2)]
    _ = [one async for one in runs.act_on(executions, runs.Cancel(), [first, second])]
    again = await executions.retry(first)
    chosen = runs.selectable(runs.Retry(), RunFilter(automation_id=automation, statuses=("cancelled",)))
    assert await executions.count(chosen) == 1
    acted = [one async for one in runs.act_on_all(executions, runs.Retry(), chosen)]
    assert [one.run_id for one in acted] == [second]
    assert await executions.count(chosen) == 0
    # By its id it is retried as often as one likes.
    assert await executions.retry(first) != again


async def test_steps_of_an_open_run_stand_in_the_order_in_which_they_began(
    make: Any, database: Any, automations: AutomationStore, executions: ExecutionStore, registry: NodeRegistry
) -> None:
    run = (await runs.start_run(executions, automations, await manual(make, automations, registry), given={})).run_id
    steps = {"b": (2, "running"), "c": (1, "completed"), "t": (3, "completed")}
    for key, (second, status) in steps.items():
        record = {
            "node_id": key,
            "type": "trigger-manual" if key == "t" else "action-http",
            "status": status,
            "started_at": f"2026-01-05T09:00:0{second}+00:00",
        }
        await database.execute(
            "insert into automations.steps (execution_id, account_id, key, node_id, status, attempt, record) "
            "values ($1, $2, $3, $4, $5, 1, $6)",
            run,
            ACCOUNT,
            f"/{key}",
            key,
            "started" if status == "running" else status,
            record,
        )
    view = await runs.view_run(executions, automations, run)
    assert [step["node_id"] for step in view.steps] == ["t", "c", "b"]


async def test_a_filter_that_nothing_can_match_is_refused() -> None:
    with pytest.raises(Unusable, match="cannot be cancelled"):
        runs.selectable(runs.Cancel(), RunFilter(statuses=("completed",)))
    assert runs.selectable(runs.Retry(), RunFilter()).statuses == ("failed",)


async def test_lists_filter_by_status_lead_automation_and_account(make: Any, executions: ExecutionStore) -> None:
    automation = await make.automation(ACCOUNT)
    lead = await make.lead(ACCOUNT)
    other = await make.automation(uuid.uuid4())
    await make.execution(other)
    (of_lead,) = await executions.latest(RunFilter(lead_id=lead), limit=5)
    assert of_lead.automation_id == automation
    assert (of_lead.event, of_lead.table) == ("INSERT", "leads")
    assert len(await executions.latest(RunFilter(), limit=5)) == 2
    assert len(await executions.latest(RunFilter(account=ACCOUNT), limit=5)) == 1
    assert await executions.count(RunFilter(statuses=("failed",))) == 0


async def test_whoever_follows_sees_new_runs_and_how_open_ones_end(make: Any, executions: ExecutionStore) -> None:
    automation = await make.automation(ACCOUNT)
    await make.lead(ACCOUNT)
    before = await executions.latest(RunFilter(), limit=5)
    seen = watching.follow_runs(executions, RunFilter(automation_id=automation), newest=before)
    async with asyncio.timeout(20):
        first = asyncio.ensure_future(anext(seen))
        await asyncio.sleep(0)
        new = await make.execution(automation)
        assert (await first).id == new
        await make.connection.execute(
            "update automation_executions set status = 'cancelled' where id = $1", before[0].id
        )
        ended = await anext(seen)
    await seen.aclose()
    assert (ended.id, ended.status) == (before[0].id, "cancelled")


# Why.


async def test_explain_says_for_each_automation_what_came_of_a_change(
    make: Any, service: Any, executions: ExecutionStore
) -> None:
    agent = await make.agent(ACCOUNT)
    condition = {"field": "new.score", "operator": "greater_than", "value": 50}
    config = {"event_source": "lead", "event_type": "INSERT"}
    matched = await make.automation(ACCOUNT, agent, name="matches")
    false = await make.automation(ACCOUNT, agent, name="false", trigger_config={**config, "conditions": condition})
    lead = await make.lead(ACCOUNT, score=40, email="ada@example.com")
    journal = JournalStore(service)
    (found,) = await explaining.explain(journal, executions, "ada@example.com", account=None)
    verdicts = {verdict.automation_id: verdict for verdict in found.verdicts}
    assert verdicts[matched].outcome == "started"
    assert verdicts[matched].run_id is not None
    assert (verdicts[false].outcome, "40" in verdicts[false].reason) == ("not matched", True)
    (by_number,) = await explaining.explain(journal, executions, str(found.event.id), account=ACCOUNT)
    assert by_number == found
    (by_id,) = await explaining.explain(journal, executions, str(lead), account=None, automation_id=false)
    assert [verdict.automation_id for verdict in by_id.verdicts] == [false]


async def test_a_change_by_its_own_run_is_explained_as_held_back(
    make: Any, service: Any, executions: ExecutionStore
) -> None:
    automation = await make.automation(ACCOUNT, trigger_config={"event_source": "lead", "event_type": "any"})
    lead = await make.lead(ACCOUNT)
    run = await service.fetchval("select id from automation_executions where automation_id = $1", automation)
    async with make.connection.transaction():
        await make.connection.execute("select set_config('automations.execution_id', $1, true)", str(run))
        await make.connection.execute("update leads set score = 1 where id = $1", lead)
    newest, _ = await explaining.explain(JournalStore(service), executions, str(lead), account=None)
    assert [verdict.outcome for verdict in newest.verdicts] == ["held"]
    assert newest.event.execution_id == run


async def test_a_deleted_lead_is_explained_by_its_id(make: Any, service: Any, executions: ExecutionStore) -> None:
    await make.automation(ACCOUNT)
    lead = await make.lead(ACCOUNT)
    await make.connection.execute("delete from leads where id = $1", lead)
    found = await explaining.explain(JournalStore(service), executions, str(lead), account=None)
    assert [one.event.operation for one in found] == ["DELETE", "INSERT"]


@pytest.mark.parametrize("text", ["999999", "#1", "nobody", "00000000-0000-0000-0000-000000000001"])
async def test_what_is_not_in_the_journal_says_so(service: Any, executions: ExecutionStore, text: str) -> None:
    with pytest.raises(NotFound) as refused:
        await explaining.explain(JournalStore(service), executions, text, account=None)
    assert refused.value.hint


async def test_a_lead_without_a_journal_says_why(make: Any, service: Any, executions: ExecutionStore) -> None:
    lead = await make.lead(ACCOUNT)
    with pytest.raises(NotFound, match="no automation"):
        await explaining.explain(JournalStore(service), executions, str(lead), account=None)


# The demo.


async def test_the_demo_is_loaded_once_whole_and_live(
    service: Any, database: asyncpg.Connection, automations: AutomationStore, registry: NodeRegistry
) -> None:
    content = read_content()
    demo = DemoStore(service)
    assert await load_demo(demo, automations, registry, content, ECHO)
    assert not await load_demo(demo, automations, registry, content, ECHO)
    # A change to try a first flow on; nothing that listens in the demo meant it.
    journal = await service.fetch("select source, operation, changed, new ->> 'stage' as stage from automations.events")
    assert [tuple(row) for row in journal] == [("leads", "UPDATE", ["stage"], "qualified")]
    found = await automations.all_of(content.account_id)
    assert [(one.status, one.enabled) for one in found] == [("active", True)] * 4
    assert await database.fetchval("select count(*) from leads") == 12
    assert await database.fetchval("select count(distinct lead_id) from conversations") == 12
    # Each has an owner whose mail goes somewhere.
    reached = (
        "select count(*) from leads l join automations.profiles p on p.user_id = l.owner_id where p.email is not null"
    )
    assert await database.fetchval(reached) == 12
    assert await database.fetchval("select count(*) from automation_executions") == 0


async def test_the_demo_does_not_move_into_a_database_that_is_in_use(
    make: Any, service: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    await make.lead(ACCOUNT)
    assert not await load_demo(DemoStore(service), automations, registry, read_content(), ECHO)
    assert await automations.all_of(None) == []


async def test_the_demos_http_flow_follows_its_echo_endpoint(
    service: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    content = read_content()
    await load_demo(DemoStore(service), automations, registry, content, ECHO)
    assert await point_at_echo(automations, registry, content, ECHO) == []
    (moved,) = await point_at_echo(automations, registry, content, "http://127.0.0.1:9999")
    assert moved.draft_is_published
    assert "http://127.0.0.1:9999/won" in json.dumps(moved.nodes)
    await service.execute("update automations set nodes = '[]' where id = $1", moved.id)
    assert await point_at_echo(automations, registry, content, ECHO) == []
