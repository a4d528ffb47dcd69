"""What users may do with automations and runs, and who is refused how."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.db.sql_errors import as_ours
from automations.errors import Conflict, NotAllowed, NotFound, Unusable

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Factory

NODES = [{"id": "t", "type": "trigger-manual", "data": {"label": "Go"}}]


@dataclass
class World:
    account: uuid.UUID
    agent: uuid.UUID
    automation: uuid.UUID
    run: uuid.UUID
    ended: uuid.UUID


@pytest.fixture
async def world(make: Factory) -> World:
    account = uuid.uuid4()
    agent = await make.agent(account)
    automation = await make.automation(account, agent, trigger_type="manual", trigger_config={})
    run = await make.execution(automation, trigger_data={"a": 1})
    ended = await make.execution(automation, trigger_data={"a": 1}, status="failed")
    return World(account, agent, automation, run, ended)


def _calls(world: World) -> dict[str, tuple[str, tuple[Any, ...]]]:
    publish: tuple[Any, ...] = (world.automation, NODES, [], "manual", {}, None, None)
    return {
        "start_run": ("start_run($1)", (world.automation,)),
        "cancel_run": ("cancel_run($1)", (world.run,)),
        "retry_run": ("retry_run($1)", (world.ended,)),
        "publish_version": ("publish_version($1, $2, $3, $4, $5, $6, $7)", publish),
        "pause_automation": ("pause_automation($1)", (world.automation,)),
        "resume_automation": ("resume_automation($1)", (world.automation,)),
    }


ACTIONS = ["start_run", "cancel_run", "retry_run", "publish_version", "pause_automation", "resume_automation"]


async def test_who_may(database: asyncpg.Connection, make: Factory, world: World, acting: Acting) -> None:
    people = {
        "owner": world.account,
        "admin": await make.team_member(world.account, "admin"),
        "member": await make.team_member(world.account, "member"),
        "viewer": await make.team_member(world.account, "viewer"),
        "stranger": uuid.uuid4(),
        "nobody": None,
    }
    refusals = {"viewer": ("AU003", NotAllowed), "stranger": ("AU004", NotFound), "nobody": ("AU004", NotFound)}
    for action in ACTIONS:
        call, arguments = _calls(world)[action]
        for schema in ("automations", "public"):
            for person, user in people.items():
                transaction = database.transaction()
                await transaction.start()
                if person not in refusals:
                    async with acting(database, "authenticated", user) as session:
                        await session.execute(f"select {schema}.{call}", *arguments)
                else:
                    code, kind = refusals[person]
                    with pytest.raises(asyncpg.PostgresError) as caught:
                        async with acting(database, "authenticated", user) as session:
                            await session.execute(f"select {schema}.{call}", *arguments)
                    assert (person, caught.value.sqlstate) == (person, code)
                    ours = as_ours(caught.value)
                    assert isinstance(ours, kind)
                    assert ours.hint
                await transaction.rollback()
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with acting(database, "anon") as session:
                    await session.execute(f"select {schema}.{call}", *arguments)
            for engine in ("service_role", "postgres"):
                transaction = database.transaction()
                await transaction.start()
                async with acting(database, engine) as session:
                    await session.execute(f"select {schema}.{call}", *arguments)
                await transaction.rollback()
    # What belongs to others looks like what does not exist.
    async with acting(database, "service_role") as session:
        for function in ("start_run", "cancel_run", "retry_run", "pause_automation", "resume_automation"):
            savepoint = session.transaction()
            await savepoint.start()
            with pytest.raises(asyncpg.PostgresError, match="there is no such") as caught:
                await session.execute(f"select automations.{function}($1)", uuid.uuid4())
            assert caught.value.sqlstate == "AU004"
            await savepoint.rollback()


async def test_a_started_run(database: asyncpg.Connection, make: Factory, world: World, acting: Acting) -> None:
    lead = await make.lead(world.account, name="Grace")
    conversation = await make.conversation(world.agent)
    member = await make.team_member(world.account)
    async with acting(database, "authenticated", member) as user:
        on_lead = await user.fetchval("select start_run($1, $2, $3)", world.automation, {"x": 1}, lead)
        on_conversation = await user.fetchval(
            "select start_run($1, p_conversation_id => $2)", world.automation, conversation
        )
    run = dict(await database.fetchrow("select * from automation_executions where id = $1", on_lead))
    data = run["trigger_data"]
    assert (run["status"], run["trigger_type"], run["triggered_by"]) == ("pending", "manual", member)
    assert (run["account_id"], run["lead_id"], run["conversation_id"]) == (world.account, lead, None)
    assert run["version_id"] == await database.fetchval("select published_version from automations")
    assert run["due_at"] is not None
    assert (data["event"], data["table"], data["old"], data["input"]) == ("manual", None, None, {"x": 1})
    assert data["new"]["name"] == "Grace"
    assert data["timestamp"]
    run = dict(await database.fetchrow("select * from automation_executions where id = $1", on_conversation))
    assert (run["conversation_id"], run["trigger_data"]["new"]["id"]) == (conversation, str(conversation))
    assert run["trigger_data"]["input"] == {}
    logged = await database.fetch("select actor, action, execution_id from automations.audit_log order by id desc")
    assert tuple(logged[1]) == (member, "start_run", on_lead)


async def test_what_cannot_be_started(
    database: asyncpg.Connection, make: Factory, world: World, acting: Acting
) -> None:
    async def refusal(kind: type[Exception], *arguments: Any, automation: uuid.UUID = world.automation) -> str:
        with pytest.raises(asyncpg.PostgresError) as caught:
            async with acting(database, "authenticated", world.account) as user:
                await user.execute("select start_run($1, $2, $3, $4, $5)", automation, *arguments)
        ours = as_ours(caught.value)
        assert isinstance(ours, kind)
        assert ours.hint
        return ours.message

    theirs = uuid.uuid4()
    assert "no such lead" in await refusal(NotFound, {}, await make.lead(theirs), None, None)
    their_conversation = await make.conversation(await make.agent(theirs))
    assert "no such conversation" in await refusal(NotFound, {}, None, their_conversation, None)
    assert "not an object" in await refusal(Unusable, [1], None, None, None)
    assert "1 to 255" in await refusal(Unusable, {}, None, None, "")
    assert "1 to 255" in await refusal(Unusable, {}, None, None, "x" * 256)
    draft = await make.automation(world.account, world.agent, status="draft")
    assert "not published" in await refusal(Conflict, {}, None, None, None, automation=draft)
    for column, value, message in (
        ("enabled", False, "switched off"),
        ("status", "paused", "not active but paused"),
        ("status", "error", "not active but error"),
    ):
        await database.execute(f"update automations set {column} = $1 where id = $2", value, world.automation)
        assert message in await refusal(Conflict, {}, None, None, "k")
        await database.execute("update automations set enabled = true, status = 'active'")
    # A refused start uses up no key.
    assert await database.fetchval("select count(*) from automations.start_keys") == 0
    assert await database.fetchval("select count(*) from automation_executions") == 2


async def test_one_key_is_one_run(database: asyncpg.Connection, world: World, connect: Connect) -> None:
    start = "select automations.start_run($1, p_idempotency_key => $2)"
    first = await database.fetchval(start, world.automation, "k")
    await database.execute("update automations set enabled = false")
    assert await database.fetchval(start, world.automation, "k") == first
    await database.execute("update automations set enabled = true")
    assert await database.fetchval(start, world.automation, "other") != first

    one, two = await connect(), await connect()
    await one.execute("begin")
    winner = await one.fetchval(start, world.automation, "race")
    second = asyncio.create_task(two.fetchval(start, world.automation, "race"))
    await asyncio.sleep(0.1)
    assert not second.done()
    await one.execute("commit")
    assert await second == winner
    # Rolled back, the key is free.
    await one.execute("begin")
    lost = await one.fetchval(start, world.automation, "again")
    second = asyncio.create_task(two.fetchval(start, world.automation, "again"))
    await asyncio.sleep(0.05)
    await one.execute("rollback")
    assert await second not in (lost, None)


async def test_starting_wakes_workers_unless_told_not_to(
    database: asyncpg.Connection, world: World, connect: Connect
) -> None:
    heard: list[str] = []
    listener = await connect()
    await listener.add_listener("automations_wake", lambda *message: heard.append(message[3]))
    await database.execute("set automations.wake = 'off'")
    await database.execute("select start_run($1)", world.automation)
    await listener.execute("select")
    assert heard == []
    await database.execute("reset automations.wake")
    await database.execute("begin; select 1")
    await database.execute("select start_run($1)", world.automation)
    await database.execute("select start_run($1)", world.automation)
    await database.execute("commit")
    await listener.execute("select")
    assert heard == [""]
    await database.execute("select cancel_run($1)", world.run)
    await listener.execute("select")
    assert heard == ["", ""]


async def test_cancel_in_every_state(database: asyncpg.Connection, make: Factory, world: World) -> None:
    async def cancel(run: uuid.UUID, reason: str | None = None) -> tuple[str, dict[str, Any]]:
        answer = await database.fetchval("select automations.cancel_run($1, $2)", run, reason)
        return answer, dict(await database.fetchrow("select * from automation_executions where id = $1", run))

    pending = world.run
    held, parked = await make.execution(world.automation), await make.execution(world.automation)
    update = "update automation_executions set status = 'running', owner = 7, epoch = 3, run_started_at = now()"
    await database.execute(update + ", due_at = now() - interval '1 day' where id = any ($1)", [held, parked])
    await database.execute("update automation_executions set owner = null, due_at = null where id = $1", parked)
    for run, epoch in ((pending, 1), (held, 4), (parked, 4)):
        answer, row = await cancel(run, " no longer wanted ")
        assert answer == "cancelled" == row["status"]
        assert (row["epoch"], row["owner"], row["due_at"], row["error"]) == (epoch, None, None, "no longer wanted")
        assert row["completed_at"] is not None
        assert row["duration_ms"] is not None
    again, row = await cancel(pending, "once more")
    assert (again, row["error"], row["epoch"]) == ("cancelled", "no longer wanted", 1)
    for status in ("completed", "failed"):
        run = await make.execution(world.automation, status=status)
        answer, row = await cancel(run)
        assert (answer, row["status"], row["error"]) == (status, status, None)
    assert await database.fetchval("select count(*) from automations.audit_log where action = 'cancel_run'") == 3


async def test_retry_is_a_new_run_of_what_is_published_now(database: asyncpg.Connection, world: World) -> None:
    cause = uuid.uuid4()
    await database.execute(
        "update automation_executions set ancestors = $1, depth = 1, event_id = 77 where id = $2", [cause], world.ended
    )
    await database.execute("select automations.publish_version($1, $2, '[]', 'manual', '{}')", world.automation, NODES)
    retry = await database.fetchval("select automations.retry_run($1)", world.ended)
    row = dict(await database.fetchrow("select * from automation_executions where id = $1", retry))
    assert (row["status"], row["parent_id"], row["trigger_data"]) == ("pending", world.ended, {"a": 1})
    assert (row["ancestors"], row["depth"], row["event_id"]) == ([cause], 1, 77)
    assert row["version_id"] == await database.fetchval("select published_version from automations")
    with pytest.raises(asyncpg.PostgresError, match="has not ended, it is pending") as caught:
        await database.execute("select automations.retry_run($1)", retry)
    assert isinstance(as_ours(caught.value), Conflict)


async def test_publishing(database: asyncpg.Connection, make: Factory, world: World, acting: Acting) -> None:
    member = await make.team_member(world.account)
    draft = await make.automation(world.account, world.agent, status="draft", enabled=False)
    config = {"event_source": "lead", "event_type": "UPDATE"}
    nodes = [{"id": "t", "type": "trigger-event", "data": {"config": config}}]
    publish = "select publish_version($1, $2, $3, $4, $5, $6, $7)"
    async with acting(database, "authenticated", member) as user:
        version = await user.fetchval(publish, draft, nodes, [], "event", config, "first", 0)
        row = dict(await user.fetchrow("select * from automations where id = $1", draft))
        kept = dict(await user.fetchrow("select * from automations.versions where id = $1", version))
    assert (row["status"], row["enabled"], row["published_version"]) == ("active", False, version)
    assert (row["nodes"], row["trigger_config"], row["draft_revision"]) == (nodes, config, 1)
    assert (kept["number"], kept["origin"], kept["note"], kept["created_by"]) == (1, "publish", "first", member)
    assert kept["nodes"] == nodes
    with pytest.raises(asyncpg.PostgresError, match="at revision 1, not 0") as caught:
        await database.execute(publish, draft, nodes, [], "event", config, None, 0)
    assert isinstance(as_ours(caught.value), Conflict)
    await database.execute(publish, draft, nodes, [], "event", config, None, 1)
    assert await database.fetchval("select count(*) from automations.versions where automation_id = $1", draft) == 2
    wrongs: list[tuple[Any, ...]] = [
        ({}, [], "event", config),
        (nodes, {}, "event", config),
        (nodes, [], "evnt", config),
    ]
    for wrong in wrongs:
        with pytest.raises(asyncpg.PostgresError) as caught:
            await database.execute(publish, draft, *wrong, None, None)
        assert isinstance(as_ours(caught.value), Unusable)
    # Nodes without an event to listen to are the table's own to refuse.
    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute(publish, draft, nodes, [], "event", {}, None, None)


async def test_two_publishers_with_one_revision(database: asyncpg.Connection, world: World, connect: Connect) -> None:
    publish = "select automations.publish_version($1, $2, '[]', 'manual', '{}', null, 0)"
    other = [{"id": "u", "type": "trigger-manual", "data": {}}]
    sessions = [await connect(), await connect()]
    results = await asyncio.gather(
        sessions[0].fetchval(publish, world.automation, NODES),
        sessions[1].fetchval(publish, world.automation, other),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ == "UUID" for result in results) == [False, True]


async def test_pause_and_resume(database: asyncpg.Connection, make: Factory, world: World) -> None:
    async def status() -> str:
        found: str = await database.fetchval("select status from automations where id = $1", world.automation)
        return found

    for _ in range(2):
        await database.execute("select automations.pause_automation($1, 'holidays')", world.automation)
        assert await status() == "paused"
    for _ in range(2):
        await database.execute("select automations.resume_automation($1)", world.automation)
        assert await status() == "active"
    await database.execute("update automations set status = 'error'")
    await database.execute("select automations.resume_automation($1)", world.automation)
    assert await status() == "active"
    logged = await database.fetch("select action, details from automations.audit_log order by id")
    assert [tuple(row) for row in logged][-3:] == [("pause", {"reason": "holidays"}), ("resume", {}), ("resume", {})]
    draft = await make.automation(world.account, world.agent, status="draft")
    for action in ("pause", "resume"):
        with pytest.raises(asyncpg.PostgresError) as caught:
            await database.execute(f"select automations.{action}_automation($1)", draft)
        assert isinstance(as_ours(caught.value), Conflict)


async def test_steps_are_read_masked_in_pages_and_by_the_account_only(
    database: asyncpg.Connection, make: Factory, world: World, acting: Acting
) -> None:
    for index in range(5):
        await database.execute(
            "insert into automations.steps"
            " (execution_id, key, account_id, node_id, status, outcome, record, written_at)"
            " values ($1, $2, $3, 'n', 'completed', '{\"secret\": 1}', $4, now() + $5 * interval '1 s')",
            world.run,
            f"k{9 - index}",
            world.account,
            {"step": index},
            float(index),
        )
    read = "select * from automations.execution_steps($1, $2, $3)"
    viewer = await make.team_member(world.account, "viewer")
    async with acting(database, "authenticated", viewer) as user:
        first = await user.fetch(read, world.run, None, 3)
        rest = await user.fetch(read, world.run, first[-1]["key"], 3)
    assert [row["record"]["step"] for row in [*first, *rest]] == [0, 1, 2, 3, 4]
    assert set(first[0].keys()) == {"key", "record"}
    with pytest.raises(asyncpg.PostgresError, match="no such run"):
        async with acting(database, "authenticated", uuid.uuid4()) as stranger:
            await stranger.fetch(read, world.run, None, 3)
