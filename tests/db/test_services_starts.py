"""Circles of automations at publish, calls of tools, and starts in bulk."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from automations.cli.compose import connect_as_service, load_registry
from automations.db.automation_store import AutomationStore
from automations.db.connection import close_quietly
from automations.db.execution_store import ExecutionStore, RunFilter
from automations.errors import Conflict, FlowInvalid, NotFound, Unusable
from automations.flow.registry import NodeRegistry
from automations.services.bulk_starts import Started, leads_where, prepare_bulk, start_for_records
from automations.services.calling import ToolAnswer, call_tool, wait_for_answer
from automations.services.needs import Installation
from automations.services.publishing import get_automation, publish

ACCOUNT = uuid.UUID("00000000-0000-4000-8000-00000000aaaa")
STRANGER = uuid.UUID("00000000-0000-4000-8000-00000000bbbb")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "size": {"type": "integer", "default": 1}},
    "required": ["name"],
}


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Any]:
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


# Circles.


def calling(*targets: object, on_failure: object = None) -> dict[str, Any]:
    """The columns of a manual flow that starts these."""
    config = {} if on_failure is None else {"on_failure": str(on_failure)}
    nodes: list[Any] = [{"id": "start", "type": "trigger-manual", "data": {"config": config}}]
    nodes += [
        {"id": f"go{place}", "type": "action-run-automation", "data": {"config": {"automation": str(target)}}}
        for place, target in enumerate(targets)
    ]
    edges = [{"id": f"e{place}", "source": "start", "target": f"go{place}"} for place in range(len(targets))]
    return {"trigger_type": "manual", "trigger_config": config, "nodes": nodes, "edges": edges}


async def flow(make: Any, name: str, *targets: object, account: uuid.UUID = ACCOUNT, **given: Any) -> uuid.UUID:
    columns = {**calling(*targets, on_failure=given.pop("on_failure", None)), **given}
    created: uuid.UUID = await make.automation(account, name=name, **columns)
    return created


async def problems_of(
    automations: AutomationStore, registry: NodeRegistry, draft: uuid.UUID
) -> list[tuple[str, str | None, str | None, str]]:
    with pytest.raises(FlowInvalid) as refused:
        await publish(automations, registry, draft, installation=Installation())
    return [(one.code, one.node_id, one.field, one.message) for one in refused.value.problems]


async def test_a_circle_of_steps_is_refused_and_named(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    first = uuid.uuid4()
    second = await flow(make, "second", first)
    third = await flow(make, "third", second)
    await flow(make, "first", third, id=first, status="draft")
    assert await problems_of(automations, registry, first) == [
        (
            "automation_cycle",
            "go0",
            "automation",
            "these automations start each other in a circle: first → third → second → first",
        )
    ]


async def test_a_circle_through_what_runs_on_failure(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    first = uuid.uuid4()
    second = await flow(make, "second", on_failure=str(first).upper())
    await flow(make, "first", second, id=first, status="draft")
    await flow(make, "itself", status="draft", id=(itself := uuid.uuid4()), on_failure=itself)
    assert await problems_of(automations, registry, first) == [
        (
            "automation_cycle",
            "go0",
            "automation",
            "these automations start each other in a circle: first → second → first",
        )
    ]
    assert await problems_of(automations, registry, itself) == [
        ("automation_cycle", "start", "on_failure", "these automations start each other in a circle: itself → itself")
    ]


async def test_a_call_of_itself_and_of_nobody(make: Any, automations: AutomationStore, registry: NodeRegistry) -> None:
    itself, nobody = uuid.uuid4(), uuid.uuid4()
    theirs = await flow(make, "theirs", account=STRANGER)
    await flow(make, "itself", itself, nobody, theirs, id=itself, status="draft")
    assert await problems_of(automations, registry, itself) == [
        ("automation_cycle", "go0", "automation", "these automations start each other in a circle: itself → itself"),
        ("unknown_automation", "go1", "automation", f"there is no automation '{nobody}' in this account"),
        ("unknown_automation", "go2", "automation", f"there is no automation '{theirs}' in this account"),
    ]


async def test_what_starts_no_circle_is_published(
    make: Any, automations: AutomationStore, registry: NodeRegistry
) -> None:
    """A diamond, a circle elsewhere, a template, a disabled step, and a draft that only would make a circle."""
    leaf = await flow(make, "leaf")
    left, right = await flow(make, "left", leaf), await flow(make, "right", leaf)
    elsewhere = uuid.uuid4()
    await flow(make, "elsewhere", elsewhere, id=elsewhere)
    top = uuid.uuid4()
    only_draft = await flow(make, "only draft", top, status="draft")
    columns = calling(left, right, elsewhere, "{{ trigger.input.which }}", only_draft, top, on_failure=leaf)
    columns["nodes"][-1]["data"]["disabled"] = True
    await make.automation(ACCOUNT, name="top", id=top, status="draft", **columns)
    published = await publish(automations, registry, top, installation=Installation())
    assert published.automation.draft_is_published


async def test_ids_that_are_none(make: Any, automations: AutomationStore, registry: NodeRegistry) -> None:
    draft = await flow(make, "x", "other", status="draft")
    ((code, node, field, message),) = await problems_of(automations, registry, draft)
    assert (code, node, field) == ("bad_config", "go0", "automation")
    assert "UUID" in message


async def test_that_a_run_called_another_is_no_retry(make: Any, executions: ExecutionStore) -> None:
    automation = await flow(make, "x")
    other = await flow(make, "y")
    failed = await make.execution(automation, status="failed")
    called = await make.execution(
        other, status="completed", parent_id=failed, trigger_data={"called_by": {"run_id": str(failed)}}
    )
    unretried = RunFilter(statuses=("failed",), unretried=True)
    assert [run for run, _ in await executions.matching_ids(unretried, limit=10)] == [failed]
    again = await make.execution(automation, status="completed", parent_id=failed)
    assert await executions.count(unretried) == 0
    listed = {row.id: row.called for row in await executions.latest(RunFilter(), limit=10)}
    assert listed == {failed: False, called: True, again: False}


# Calls.


async def tool(make: Any, name: str = "measure", account: uuid.UUID = ACCOUNT, **columns: Any) -> uuid.UUID:
    config = {"tool_name": name, "description": "Measures.", "input_schema": SCHEMA}
    created: uuid.UUID = await make.automation(
        account, name="Measure", trigger_type="ai_tool", trigger_config=config, **columns
    )
    return created


async def finish(db: asyncpg.Connection, status: str, **columns: Any) -> uuid.UUID:
    """As a worker would, the next run that is open."""
    async with asyncio.timeout(20):
        while not (run := await db.fetchval("select id from automation_executions where status = 'pending' limit 1")):
            await asyncio.sleep(0.01)
    await db.execute("update automation_executions set status = 'running' where id = $1", run)
    await db.execute(
        "update automation_executions set status = $2, output = $3, error = $4 where id = $1",
        run,
        status,
        columns.get("output"),
        columns.get("error"),
    )
    found: uuid.UUID = run
    return found


@pytest.mark.parametrize("by", ["name", "id"])
async def test_a_call_answers_with_the_output(
    database: asyncpg.Connection, make: Any, automations: AutomationStore, executions: ExecutionStore, by: str
) -> None:
    automation = await tool(make)
    await tool(make, account=STRANGER)
    calling_it = asyncio.create_task(
        call_tool(
            automations, executions, "measure" if by == "name" else str(automation), {"name": "Ada"}, account=ACCOUNT
        )
    )
    run = await finish(database, "completed", output={"size": 7})
    assert await calling_it == ToolAnswer("completed", run, output={"size": 7})
    data = await database.fetchval("select trigger_data from automation_executions where id = $1", run)
    assert data["input"] == {"name": "Ada", "size": 1}


@pytest.mark.parametrize(("status", "error"), [("failed", "no luck"), ("cancelled", "enough")])
async def test_a_call_says_that_it_did_not_work(
    database: asyncpg.Connection,
    make: Any,
    automations: AutomationStore,
    executions: ExecutionStore,
    status: Any,
    error: str,
) -> None:
    await tool(make)
    calling_it = asyncio.create_task(call_tool(automations, executions, "measure", {"name": "Ada"}))
    run = await finish(database, status, error=error)
    assert await calling_it == ToolAnswer(status, run, error=error)


async def test_a_call_that_takes_longer_says_where_to_ask_and_the_same_key_asks_again(
    database: asyncpg.Connection, make: Any, automations: AutomationStore, executions: ExecutionStore
) -> None:
    await tool(make)

    async def again(timeout: float) -> ToolAnswer:
        return await call_tool(automations, executions, "measure", {"name": "Ada"}, key="k", timeout=timeout)

    first = await again(0.1)
    message = f"not begun yet; it goes on by itself, ask for run {first.run_id} later"
    assert first == ToolAnswer("running", first.run_id, message=message)
    await database.execute("update automation_executions set status = 'running', epoch = 1")
    assert (await again(0)).message == message.replace("not begun yet", "waiting for a signal")
    await database.execute("update automation_executions set owner = 1")
    assert (await again(0)).message == message.replace("not begun yet", "still running")
    await database.execute("update automation_executions set status = 'completed', output = '1'")
    assert await again(0) == ToolAnswer("completed", first.run_id, output=1)
    assert await database.fetchval("select count(*) from automation_executions") == 1


async def test_a_run_that_waits_for_longer_is_not_waited_for(
    database: asyncpg.Connection, make: Any, executions: ExecutionStore
) -> None:
    automation = await tool(make)
    run = await make.execution(automation, status="running", epoch=1)
    await database.execute("update automation_executions set due_at = now() + interval '1 hour' where id = $1", run)
    # Longer than a test may take.
    answer = await wait_for_answer(executions, run, timeout=600)
    assert answer.status == "running"
    assert answer.message is not None
    assert answer.message.startswith("waiting for 35")


async def test_a_run_that_waits_for_a_run_that_it_called_is_waited_for(
    database: asyncpg.Connection, make: Any, executions: ExecutionStore
) -> None:
    automation, other = await tool(make), await flow(make, "other")
    run = await make.execution(automation, status="running", epoch=1)
    child = await make.execution(other, status="running", parent_id=run)
    progress = await executions.progress(run)
    assert progress is not None
    assert not progress.parked
    await database.execute("update automation_executions set status = 'completed' where id = $1", child)
    progress = await executions.progress(run)
    assert progress is not None
    assert progress.parked


async def test_to_stop_waiting_leaves_the_run(
    database: asyncpg.Connection, make: Any, automations: AutomationStore, executions: ExecutionStore
) -> None:
    await tool(make)
    calling_it = asyncio.create_task(call_tool(automations, executions, "measure", {"name": "Ada"}, timeout=600))
    async with asyncio.timeout(20):
        while not await database.fetchval("select count(*) from automation_executions"):
            await asyncio.sleep(0.01)
    calling_it.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling_it
    assert await database.fetchval("select status from automation_executions") == "pending"


async def test_calls_that_are_refused(
    database: asyncpg.Connection, make: Any, automations: AutomationStore, executions: ExecutionStore
) -> None:
    async def call(name: str, arguments: Any = None, account: uuid.UUID | None = ACCOUNT) -> ToolAnswer:
        return await call_tool(automations, executions, name, arguments or {"name": "Ada"}, account=account, timeout=0)

    theirs = await tool(make, "theirs", STRANGER)
    manual = await flow(make, "by hand")
    for name in ("nothing", "theirs", str(theirs), str(uuid.uuid4())):
        with pytest.raises(NotFound, match="no tool"):
            await call(name)
    with pytest.raises(Unusable, match="not called as a tool"):
        await call(str(manual))
    await tool(make, "twice")
    await tool(make, "twice")
    with pytest.raises(Unusable, match="several automations"):
        await call("twice")
    await tool(make, "draft", status="draft")
    await tool(make, "off", enabled=False)
    paused = await tool(make, "paused")
    await database.execute("update automations set status = 'paused' where id = $1", paused)
    for name, text in (("draft", "never published"), ("off", "switched off"), ("paused", "is not active but paused")):
        with pytest.raises(Conflict, match=text):
            await call(name)
    await tool(make, "measure")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"size": 1}, "name is missing"),
        ({"name": 1}, "name is not of type string"),
        ({"name": "a", "x": 1}, "x is not asked for"),
    ]
    for arguments, text in wrong:
        with pytest.raises(Unusable, match=text):
            await call("measure", arguments)
    assert await database.fetchval("select count(*) from automation_executions") == 0


# In bulk.


async def all_of(started: AsyncIterator[Started]) -> list[Started]:
    return [one async for one in started]


async def on_leads(make: Any, **config: Any) -> uuid.UUID:
    created: uuid.UUID = await make.automation(
        ACCOUNT, trigger_type="manual", trigger_config={"record": "lead", **config}
    )
    return created


async def test_a_thousand_leads_get_a_run_each_and_the_same_key_none_twice(
    database: asyncpg.Connection, make: Any, automations: AutomationStore, executions: ExecutionStore
) -> None:
    automation = await on_leads(make, input_schema=SCHEMA)
    await database.execute(
        "insert into leads (user_id, name, stage) "
        "select $1, 'Lead ' || i, case when i % 2 = 0 then 'new' else 'old' end from generate_series(1, 2000) i",
        ACCOUNT,
    )
    await make.lead(STRANGER, stage="new")
    before = await database.fetchval("select count(*) from automation_executions")
    leads = await leads_where(executions, ACCOUNT, {"field": "stage", "operator": "equals", "value": "new"})
    given = prepare_bulk(await get_automation(automations, automation), "lead", {"name": "Ada"}, "monday")
    assert (len(leads), given) == (1000, {"name": "Ada", "size": 1})

    first = await all_of(start_for_records(executions, automation, "lead", leads, given=given, key="monday"))
    again = await all_of(start_for_records(executions, automation, "lead", leads[::-1], given=given, key="monday"))

    assert first == again
    assert {one.record_id for one in first} == set(leads)
    assert {one.error for one in first} == {None}
    rows = await database.fetch(
        "select id, lead_id, trigger_data from automation_executions where lead_id = any ($1)", leads
    )
    assert {row["lead_id"]: row["id"] for row in rows} == {one.record_id: one.run_id for one in first}
    assert {row["trigger_data"]["new"]["stage"] for row in rows} == {"new"}
    assert await database.fetchval("select count(*) from automation_executions") == before + 1000


async def test_what_is_wrong_with_one_record_is_said_of_that_one(
    database: asyncpg.Connection, make: Any, executions: ExecutionStore
) -> None:
    automation = await on_leads(make)
    mine = [await make.lead(ACCOUNT) for _ in range(3)]
    theirs, nobody = await make.lead(STRANGER), uuid.uuid4()
    started = await all_of(
        start_for_records(executions, automation, "lead", [*mine, theirs, nobody, mine[0]], given={})
    )
    answers = {one.record_id: one.error.message if one.error else None for one in started}
    assert answers == {**dict.fromkeys(mine), theirs: "there is no such lead", nobody: "there is no such lead"}
    assert (
        await database.fetchval("select count(*) from automation_executions where automation_id = $1", automation) == 3
    )


async def test_conversations_in_bulk(make: Any, executions: ExecutionStore, database: asyncpg.Connection) -> None:
    agent = await make.agent(ACCOUNT)
    automation = await make.automation(ACCOUNT, agent, trigger_type="manual", trigger_config={"record": "conversation"})
    chosen = [await make.conversation(agent) for _ in range(3)]
    started = await all_of(start_for_records(executions, automation, "conversation", chosen, given={}))
    rows = await database.fetch("select id, conversation_id from automation_executions where lead_id is null")
    assert {one.record_id: one.run_id for one in started} == {row["conversation_id"]: row["id"] for row in rows}


async def test_bulk_starts_that_are_refused_whole(
    database: asyncpg.Connection, make: Any, automations: AutomationStore, executions: ExecutionStore
) -> None:
    automation = await on_leads(make, input_schema=SCHEMA)
    detail = await get_automation(automations, automation)
    with pytest.raises(Unusable, match="name is missing"):
        prepare_bulk(detail, "lead", {}, None)
    with pytest.raises(Unusable, match="runs on a lead"):
        prepare_bulk(detail, "conversation", {"name": "Ada"}, None)
    with pytest.raises(Unusable, match="1 to 200 characters"):
        prepare_bulk(detail, "lead", {"name": "Ada"}, "k" * 201)
    await database.execute("update automations set enabled = false where id = $1", automation)
    with pytest.raises(Conflict, match="cannot be started now"):
        prepare_bulk(await get_automation(automations, automation), "lead", {"name": "Ada"}, None)
    wrong: list[Any] = [{"field": "stage", "operator": "like", "value": "x"}, [], None, {"all": "x"}]
    for tree in wrong:
        with pytest.raises(Unusable, match="the condition is not valid"):
            await leads_where(executions, ACCOUNT, tree)
    misspelt: dict[str, Any] = {
        "all": [{"field": "data.x", "operator": "is_empty"}, {"field": "stge.x", "operator": "is_empty"}]
    }
    with pytest.raises(Unusable, match="leads have no column 'stge'") as refused:
        await leads_where(executions, ACCOUNT, misspelt)
    assert "name, email" in (refused.value.hint or "")


async def test_the_condition_sees_what_the_account_sees(
    database: asyncpg.Connection, make: Any, executions: ExecutionStore
) -> None:
    """A policy of the database's owner that hides leads from people hides them here."""
    shown, hidden = await make.lead(ACCOUNT, stage="new"), await make.lead(ACCOUNT, stage="new", status="secret")
    await database.execute(
        "create policy hidden on leads as restrictive for select to authenticated using (status <> 'secret')"
    )
    everything: dict[str, Any] = {"all": []}
    assert await leads_where(executions, ACCOUNT, everything) == [shown]
    assert await database.fetchval("select count(*) from leads where id = $1", hidden) == 1
    assert await executions.connection.fetchval("select current_user") == "service_role"


async def test_users_start_in_bulk_with_their_own_rights(database: asyncpg.Connection, make: Any, acting: Any) -> None:
    automation = await on_leads(make)
    lead = await make.lead(ACCOUNT)
    viewer = await make.team_member(ACCOUNT, "viewer")
    for user, code in ((ACCOUNT, None), (viewer, "AU003"), (STRANGER, "AU004")):
        async with acting(database, "authenticated", user) as session:
            row = await session.fetchrow(
                "select * from automations.start_runs($1, '{}', array[$2]::uuid[], array[null]::uuid[], "
                "array[null]::text[])",
                automation,
                lead,
            )
        assert (row["error_code"], row["execution_id"] is not None) == (code, code is None)
