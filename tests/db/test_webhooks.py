"""A genuine delivery starts one run: who may call the function, what it decides, and how the rows of a webhook look."""

from __future__ import annotations

import asyncio
import uuid
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.db.automation_store import AutomationStore
from automations.db.connection import connected
from automations.db.execution_store import ExecutionStore
from automations.db.webhook_store import WebhookStart, WebhookStore
from automations.errors import FlowInvalid
from automations.flow.registry import NodeRegistry
from automations.services.draft_test import prepare_test
from automations.services.needs import Installation
from automations.services.publishing import get_automation, publish
from automations.services.transfer import import_file, read_file, write_file

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Factory

REGISTRY = NodeRegistry(entry.load()() for entry in entry_points(group="automations.nodes"))
HOOK = {"event_source": "webhook", "event_type": "RECEIVED", "auth": {"type": "none"}}
CALL = "select * from automations.start_webhook_run($1, $2, $3, $4)"
DATA = {"event": "RECEIVED", "body": {"order": 7}}


async def hook(make: Factory, account: uuid.UUID | None = None, config: Any = None, **columns: Any) -> uuid.UUID:
    return await make.automation(account or uuid.uuid4(), trigger_config={**HOOK, **(config or {})}, **columns)


async def call(database: asyncpg.Connection, automation: uuid.UUID, key: str | None = "a", digest: bytes = b"1") -> Any:
    return tuple(await database.fetchrow(CALL, automation, key, digest, DATA))


@pytest.mark.parametrize("who", ["owner", "admin", "member", "viewer", "stranger", "anon", "service_role"])
async def test_who_may_start_a_run_so(database: asyncpg.Connection, make: Factory, acting: Acting, who: str) -> None:
    account = uuid.uuid4()
    automation = await hook(make, account)
    person = {"owner": account, "stranger": uuid.uuid4()}.get(who)
    if who in ("admin", "member", "viewer"):
        person = await make.team_member(account, who)
    role = who if who in ("anon", "service_role") else "authenticated"
    if who == "service_role":
        async with acting(database, role):
            outcome, _ = await call(database, automation)
        assert outcome == "started"
        return
    for statement in (CALL, "select automations.known_delivery($1, $2, $3)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(database, role, person):
                await database.fetchrow(statement, *(automation, "a", b"1", DATA)[: statement.count("$")])
    assert await database.fetchval("select count(*) from automation_executions") == 0


async def test_a_run_as_the_engine_wants_it(database: asyncpg.Connection, make: Factory) -> None:
    account = uuid.uuid4()
    automation = await hook(make, account, {"concurrency": {"key": "body.order"}})
    outcome, run_id = await call(database, automation)
    run = await database.fetchrow("select * from automation_executions where id = $1", run_id)
    version = await database.fetchval("select published_version from automations where id = $1", automation)
    assert outcome == "started"
    assert (run["trigger_type"], run["status"], run["account_id"], run["version_id"]) == (
        "event",
        "pending",
        account,
        version,
    )
    assert (run["lane"], run["due_at"] is not None) == (f"{automation}:key:7", True)
    assert {**run["trigger_data"], "timestamp": None} == {**DATA, "timestamp": None}


async def test_a_debounced_one_starts_later(database: asyncpg.Connection, make: Factory) -> None:
    automation = await hook(make, config={"concurrency": {"key": "body.order"}, "debounce": {"seconds": 600}})
    _, run_id = await call(database, automation)
    assert await database.fetchval(
        "select due_at > now() + interval '9 minutes' from automation_executions where id = $1", run_id
    )


async def test_an_id_starts_once_for_each_automation(database: asyncpg.Connection, make: Factory) -> None:
    first, second = await hook(make), await hook(make)
    started, run_id = await call(database, first, "same", b"body")
    assert started == "started"
    assert await call(database, first, "same", b"body") == ("duplicate", run_id)
    assert await call(database, first, "same", b"other") == ("other_content", run_id)
    assert (await call(database, second, "same", b"body"))[0] == "started"
    assert [(await call(database, first, None, b"body"))[0] for _ in range(2)] == ["started", "started"]
    # Keys of starts by hand are others.
    await database.execute("update automations set trigger_type = 'manual', trigger_config = '{}' where id = $1", first)
    by_hand = await database.fetchval("select automations.start_run($1, p_idempotency_key => 'same')", second)
    assert by_hand not in (run_id, None)


async def test_deliveries_of_one_id_at_the_same_moment_are_one_run(
    database: asyncpg.Connection, database_url: str, make: Factory
) -> None:
    automation = await hook(make)

    async def deliver() -> WebhookStart:
        async with connected(database_url, role="service_role") as connection:
            return await WebhookStore(connection).start(automation, "same", b"body", {})

    answers = await asyncio.gather(*(deliver() for _ in range(8)))
    assert sorted(answer.outcome for answer in answers) == ["duplicate"] * 7 + ["started"]
    assert len({answer.execution_id for answer in answers}) == 1
    assert await database.fetchval("select count(*) from automation_executions") == 1


async def test_the_second_waits_for_the_first_and_takes_over_where_that_gives_up(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await hook(make)
    other = await connect()
    transaction = database.transaction()
    await transaction.start()
    assert (await call(database, automation))[0] == "started"
    waiting = asyncio.create_task(call(other, automation))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    await transaction.rollback()
    assert (await waiting)[0] == "started"


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({"enabled": False}, "switched_off"),
        ({"status": "paused"}, "stopped"),
        ({"status": "error"}, "stopped"),
        ({"status": "paused", "enabled": False}, "switched_off"),
    ],
)
async def test_what_is_not_live_starts_nothing_and_takes_no_key(
    database: asyncpg.Connection, make: Factory, columns: dict[str, Any], outcome: str
) -> None:
    automation = await hook(make)
    _, before = await call(database, automation, "before")
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
    await database.execute(f"update automations set {sets} where id = $1", automation, *columns.values())
    assert await call(database, automation) == (outcome, None)
    # Who asks again for what was taken hears of it all the same.
    assert await call(database, automation, "before") == ("duplicate", before)
    await database.execute("update automations set enabled = true, status = 'active' where id = $1", automation)
    assert (await call(database, automation))[0] == "started"


async def test_what_is_no_webhook_is_unknown(database: asyncpg.Connection, database_url: str, make: Factory) -> None:
    account = uuid.uuid4()
    others = [
        uuid.uuid4(),
        await make.automation(account),
        await make.automation(account, trigger_type="manual", trigger_config={}),
        await hook(make, account, status="draft"),
    ]
    async with connected(database_url, role="service_role") as connection:
        for automation in others:
            assert await call(database, automation) == ("unknown", None)
            assert await WebhookStore(connection).find(automation) is None
        found = await WebhookStore(connection).find(await hook(make, account))
    assert found is not None
    assert (found.account, found.trigger_config) == (account, HOOK)


@pytest.mark.parametrize(
    "config",
    [
        {"event_source": "webhook"},
        {"event_source": "webhook", "event_type": "INSERT"},
        {"event_source": "lead", "event_type": "RECEIVED"},
    ],
)
async def test_a_source_with_an_event_of_another_is_refused(make: Factory, config: dict[str, Any]) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await make.automation(uuid.uuid4(), trigger_config=config)


async def test_a_row_made_by_plain_sql_has_a_version_with_the_right_node(
    database: asyncpg.Connection, make: Factory
) -> None:
    for nodes in ([], [{"id": "t", "type": "trigger-event", "data": {"label": "Hook"}}]):
        automation = await hook(make, nodes=nodes)
        drawn = await database.fetchval("select nodes from automations.versions where automation_id = $1", automation)
        assert [(node["type"], node["data"]["config"]) for node in drawn] == [("trigger-webhook", HOOK)]


FILE = """{"id": "6e0aa5f5-0000-4000-8000-0000000000aa", "name": "Orders", "nodes": [
  {"id": "hook", "type": "trigger-webhook", "data": {"config":
    {"auth": {"type": "signature", "secret": "{{ secrets.HOOK }}"},
     "body_schema": {"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]}}}}],
  "edges": []}"""


async def test_from_a_file_to_a_version_and_back(
    database: asyncpg.Connection, database_url: str, make: Factory
) -> None:
    account = uuid.uuid4()
    await make.agent(account)
    async with connected(database_url, role="service_role") as connection:
        store = AutomationStore(connection)
        imported = await import_file(store, REGISTRY, read_file(FILE, "file"), account=account)
        assert imported.problems == []
        automation = imported.automation.id
        with pytest.raises(FlowInvalid) as lacking:
            await publish(store, REGISTRY, automation, installation=Installation())
        assert [problem.code for problem in lacking.value.problems] == ["missing_secret"]
        await database.execute(
            "insert into automations.secrets (id, account_id, name, key_id, nonce, sealed) "
            "values (gen_random_uuid(), $1, 'HOOK', 'key', $2, $3)",
            account,
            bytes(12),
            bytes(40),
        )
        published = (await publish(store, REGISTRY, automation, installation=Installation())).automation
        assert (published.trigger_type, published.draft_is_published) == ("event", True)
        assert published.trigger_config["event_source"] == "webhook"
        assert published.nodes[0]["data"]["config"] == published.trigger_config
        again = await import_file(store, REGISTRY, read_file(FILE, "file"), account=account)
        exported = await import_file(store, REGISTRY, read_file(write_file(published), "export"), account=account)
        assert (again.change, exported.change) == ("unchanged", "unchanged")

        _, start = await prepare_test(
            ExecutionStore(connection),
            REGISTRY,
            await get_automation(store, automation),
            given={"order": 7},
            lead_id=None,
            conversation_id=None,
            now=await connection.fetchval("select now()"),
        )
        assert (start.trigger["event"], start.trigger["body"], start.trigger["new"]) == (
            "RECEIVED",
            {"order": 7},
            {"order": 7},
        )
