"""What holds of a row of public.automations, whoever writes it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

ANY_LEAD = {"event_source": "lead", "event_type": "any"}


async def _version(database: asyncpg.Connection, automation: uuid.UUID) -> dict[str, Any]:
    row = await database.fetchrow(
        "select v.* from automations a join automations.versions v on v.id = a.published_version where a.id = $1",
        automation,
    )
    return dict(row) if row else {}


async def test_agent_and_automation_are_of_one_account_for_every_role(
    database: asyncpg.Connection, make: Factory
) -> None:
    mine, theirs = uuid.uuid4(), uuid.uuid4()
    my_agent, their_agent = await make.agent(mine), await make.agent(theirs)
    automation = await make.automation(mine, my_agent)
    for role in ("postgres", "service_role"):
        await database.execute(f"set role {role}")
        with pytest.raises(asyncpg.PostgresError, match="different accounts") as caught:
            await make.automation(mine, their_agent)
        assert caught.value.sqlstate == "AU002"
        assert caught.value.hint
        with pytest.raises(asyncpg.PostgresError, match="different accounts"):
            await database.execute("update automations set agent_id = $1", their_agent)
        with pytest.raises(asyncpg.PostgresError, match="different accounts"):
            await database.execute("update automations set user_id = $1", theirs)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await make.automation(mine, uuid.uuid4())
    # Both at once: it would take its runs and versions into another account.
    with pytest.raises(asyncpg.PostgresError, match="stays in its account"):
        await database.execute("update automations set user_id = $1, agent_id = $2", theirs, their_agent)
    draft = await make.automation(mine, my_agent, status="draft")
    await database.execute(
        "update automations set user_id = $1, agent_id = $2 where id = $3", theirs, their_agent, draft
    )
    assert await database.fetchval("select agent_id from automations where id = $1", automation) == my_agent


async def test_updated_at_moves_with_edits_and_not_with_runs(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4())

    async def moves(change: str) -> tuple[bool, bool]:
        query = "select updated_at, draft_revision from automations where id = $1"
        before = await database.fetchrow(query, automation)
        await database.execute(f"update automations set {change} where id = $1", automation)
        after = await database.fetchrow(query, automation)
        return after["updated_at"] > before["updated_at"], after["draft_revision"] > before["draft_revision"]

    assert await moves("execution_count = 7, last_executed_at = now(), last_execution_status = 'failed'") == (
        False,
        False,
    )
    assert await moves("viewport = '{\"zoom\": 2}'") == (True, False)
    assert await moves("enabled = false") == (True, False)
    assert await moves("name = 'Another'") == (True, False)
    assert await moves('nodes = \'[{"id": "a"}]\'') == (True, True)
    assert await moves("edges = '[{}]'") == (True, True)
    assert await moves('trigger_config = \'{"event_source": "lead", "event_type": "any"}\'') == (True, True)
    assert await moves("draft_revision = 1000") == (False, False)


async def test_a_row_that_sql_makes_active_gets_a_version(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4(), status="draft")
    assert await _version(database, automation) == {}
    await database.execute("update automations set status = 'active' where id = $1", automation)
    version = await _version(database, automation)
    assert (version["number"], version["origin"], version["trigger_type"]) == (1, "sql", "event")
    assert version["nodes"] == [
        {
            "id": "trigger",
            "type": "trigger-event",
            "position": {"x": 0, "y": 0},
            "data": {"label": "Trigger", "config": {"event_source": "lead", "event_type": "INSERT"}},
        }
    ]
    # The draft is left as it was written.
    assert await database.fetchval("select nodes from automations") == []
    await database.execute("update automations set status = 'active', enabled = true")
    assert await database.fetchval("select count(*) from automations.versions") == 1


async def test_columns_win_over_the_trigger_node(database: asyncpg.Connection, make: Factory) -> None:
    nodes = [
        {"id": "say", "type": "action-send-message", "data": {"label": "Say"}},
        {
            "id": "start",
            "type": "trigger-event",
            "x": 1,
            "data": {"label": "Start", "config": {"event_type": "UPDATE"}},
        },
    ]
    edges = [{"id": "e", "source": "start", "target": "say"}]
    automation = await make.automation(
        uuid.uuid4(), nodes=nodes, edges=edges, trigger_type="ai_tool", trigger_config={"name": "tool"}
    )
    version = await _version(database, automation)
    assert version["nodes"] == [
        nodes[0],
        {"id": "start", "type": "trigger-ai-tool", "x": 1, "data": {"label": "Start", "config": {"name": "tool"}}},
    ]
    assert version["edges"] == edges


async def test_a_trigger_changed_by_sql_goes_with_the_published_flow_not_with_the_draft(
    database: asyncpg.Connection, make: Factory
) -> None:
    published = [{"id": "t", "type": "trigger-event", "data": {}}, {"id": "a", "type": "logic-stop", "data": {}}]
    automation = await make.automation(uuid.uuid4(), nodes=published)
    await database.execute('update automations set nodes = \'[{"id": "half-done"}]\'')
    assert (await _version(database, automation))["number"] == 1
    await database.execute("update automations set trigger_config = $1", ANY_LEAD)
    version = await _version(database, automation)
    assert (version["number"], version["trigger_config"]) == (2, ANY_LEAD)
    assert [node["id"] for node in version["nodes"]] == ["t", "a"]
    assert version["nodes"][0]["data"]["config"] == ANY_LEAD

    # The same while it is paused: the columns win when it becomes active.
    await database.execute("update automations set status = 'paused'")
    await database.execute("update automations set trigger_type = 'manual', trigger_config = '{}'")
    assert (await _version(database, automation))["number"] == 2
    await database.execute("update automations set status = 'active'")
    version = await _version(database, automation)
    assert (version["number"], version["trigger_type"]) == (3, "manual")
    assert [node["type"] for node in version["nodes"]] == ["trigger-manual", "logic-stop"]


@pytest.mark.parametrize(
    "nodes",
    [[5], ["trigger-event"], [None], [[]], [{}], [{"type": 3}], [{"type": "trigger-event", "data": "odd"}]],
)
async def test_odd_nodes_can_be_activated(database: asyncpg.Connection, make: Factory, nodes: Any) -> None:
    automation = await make.automation(uuid.uuid4(), nodes=nodes)
    assert (await _version(database, automation))["number"] == 1


async def test_a_copied_row_does_not_run_the_version_of_another(database: asyncpg.Connection, make: Factory) -> None:
    automation = await make.automation(uuid.uuid4())
    copy = await database.fetchval(
        "insert into automations (agent_id, user_id, name, status, trigger_type, trigger_config, published_version)"
        " select agent_id, user_id, 'Copy', status, trigger_type, trigger_config, published_version from automations"
        " returning id"
    )
    assert (await _version(database, copy))["automation_id"] == copy
    with pytest.raises(asyncpg.PostgresError, match="not one of this automation"):
        await database.execute(
            "update automations set published_version = (select id from automations.versions where automation_id = $1)"
            " where id = $2",
            automation,
            copy,
        )


async def test_runs_held_while_paused_are_due_when_it_is_active_again_and_nobody_waits(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account, trigger_type="manual", trigger_config={})
    held, locked = await make.execution(automation), await make.execution(automation)
    parked = await make.execution(automation)
    await database.execute("update automations set status = 'paused'")
    await database.execute("update automation_executions set due_at = now() + interval '1 hour'")
    await database.execute("update automation_executions set status = 'running', owner = 7 where id = $1", parked)
    await database.execute("update automation_executions set owner = null where id = $1", parked)
    worker = await connect()
    await worker.execute("begin")
    await worker.execute("select from automation_executions where id = $1 for no key update", locked)
    await database.execute("set lock_timeout = '1s'")
    await database.execute("update automations set status = 'active'")
    await worker.execute("rollback")
    due = await database.fetch("select id from automation_executions where due_at <= now()")
    assert [row["id"] for row in due] == [held]


async def test_deleting_an_automation_takes_everything_of_it_along(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    automation = await make.automation(account)
    await make.lead(account)
    run = await database.fetchval("select id from automation_executions")
    await database.execute(
        "insert into automations.steps (execution_id, key, account_id, node_id, status) values ($1, 'a', $2, 'a',"
        " 'completed')",
        run,
        account,
    )
    await database.execute("delete from automations where id = $1", automation)
    for table in ("public.automation_executions", "automations.versions", "automations.steps"):
        assert await database.fetchval(f"select count(*) from {table}") == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("trigger_config", {"event_source": "lead", "event_type": "insert"}),
        ("trigger_config", {"event_source": "lead", "event_type": ["INSERT", "UPDATE"]}),
        ("trigger_config", []),
        ("nodes", 5),
        ("edges", "x"),
        ("name", " "),
    ],
)
async def test_what_could_never_fire_is_refused(make: Factory, column: str, value: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await make.automation(uuid.uuid4(), **{column: value})


async def test_sql_that_changes_the_trigger_of_a_live_automation_changes_its_draft_too(
    database: asyncpg.Connection, make: Factory
) -> None:
    nodes = [
        {"id": "start", "type": "trigger-event", "position": {"x": 0, "y": 0}, "data": {"label": "New", "config": {}}},
        {"id": "end", "type": "logic-stop", "position": {"x": 0, "y": 1}, "data": {"label": "End", "config": {}}},
    ]
    automation = await make.automation(uuid.uuid4(), nodes=nodes)
    wanted = {"event_source": "lead", "event_type": "UPDATE"}
    await database.execute("update automations set trigger_config = $2 where id = $1", automation, wanted)
    draft = await database.fetchval("select nodes from automations where id = $1", automation)
    assert [node["id"] for node in draft] == ["start", "end"]
    assert draft[0]["data"]["config"] == wanted
    assert draft[1] == nodes[1]
