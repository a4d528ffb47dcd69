"""Watching tables as the command line does, and what publishing, `explain`, `doctor` and test runs make of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.cli.compose import connect_as_service, load_registry
from automations.db import watched_table_store
from automations.db.automation_store import AutomationStore
from automations.db.connection import close_quietly, connected
from automations.db.doctor_store import DoctorStore
from automations.db.execution_store import ExecutionStore
from automations.db.journal_store import JournalStore
from automations.db.watched_table_store import WatchedTableStore
from automations.errors import Conflict, FlowInvalid, NotAllowed, NotFound, Unusable
from automations.services import explaining, publishing
from automations.services.diagnosis import judge_watched
from automations.services.draft_test import prepare_test
from automations.services.needs import Installation
from automations.services.watched_tables import unwatch

if TYPE_CHECKING:
    from tests.conftest import Connect

ACCOUNT = uuid.UUID("00000000-0000-4000-8000-00000000aaaa")
REGISTRY = load_registry()


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Any]:
    connection = await connect_as_service(database_url)
    yield connection
    await close_quietly(connection)


@pytest.fixture
async def tables(database: asyncpg.Connection, database_url: str) -> AsyncIterator[WatchedTableStore]:
    """As the role that migrates; with a table that may be watched."""
    await database.execute(
        "create table orders (id bigint generated always as identity primary key, user_id uuid, status text);"
        "create index on orders (user_id); grant select, insert, update on orders to authenticated"
    )
    async with connected(database_url) as connection:
        yield WatchedTableStore(connection)


async def watch_orders(tables: WatchedTableStore) -> None:
    await tables.watch("orders", "user_id", "id", None, grant=False)


def drawn(*steps: dict[str, Any], source: str = "orders") -> dict[str, Any]:
    config = {"event_source": source, "event_type": "any"}
    nodes = [{"id": "on", "type": "trigger-event", "data": {"config": config}}, *steps]
    edges = [{"id": b["id"], "source": a["id"], "target": b["id"]} for a, b in pairwise(nodes)]
    return {"nodes": nodes, "edges": edges, "trigger_config": config}


def step(kind: str, **config: Any) -> dict[str, Any]:
    return {
        "id": kind,
        "type": f"action-{kind}-record{'s' if kind == 'find' else ''}",
        "data": {"config": {"table": "orders", **config}},
    }


async def draft(make: Any, flow: dict[str, Any]) -> uuid.UUID:
    agent = await make.agent(ACCOUNT)
    made: uuid.UUID = await make.automation(ACCOUNT, agent, status="draft", **flow)
    return made


async def problems(service: Any, automation: uuid.UUID) -> list[tuple[str, str | None, str | None]]:
    store = AutomationStore(service)
    read = await publishing.get_automation(store, automation)
    found = await publishing.check_surroundings(store, REGISTRY, Installation(), read, publishing.drawn_flow(read))
    assert all(problem.hint for problem in found)
    return [(problem.code, problem.node_id, problem.field) for problem in found]


async def test_a_flow_on_a_table_that_nothing_watches_cannot_be_published(
    make: Any, service: Any, tables: WatchedTableStore
) -> None:
    flow = drawn(step("update", values={"status": "x"}), step("create", values={"status": "x"}))
    automation = await draft(make, flow)
    assert await problems(service, automation) == [
        ("unwatched_table", "on", "event_source"),
        ("unwatched_table", "update", "table"),
        ("unwatched_table", "create", "table"),
    ]
    with pytest.raises(FlowInvalid, match="nothing watches the table orders"):
        await publishing.publish(AutomationStore(service), REGISTRY, automation, installation=Installation())
    await watch_orders(tables)
    await publishing.publish(AutomationStore(service), REGISTRY, automation, installation=Installation())


async def test_columns_that_say_whose_a_row_is_cannot_be_published(
    make: Any, service: Any, tables: WatchedTableStore
) -> None:
    await watch_orders(tables)
    automation = await draft(
        make,
        drawn(
            step("update", values={"id": 1}, assign={"mode": "fixed", "to": "x", "column": "user_id"}),
            step("create", values={"id": 1, "user_id": "x"}),
        ),
    )
    assert await problems(service, automation) == [
        ("protected_column", "update", "table"),
        ("protected_column", "update", "table"),
        ("protected_column", "create", "table"),
    ]


async def test_columns_that_a_table_does_not_have_are_named_before_anything_runs(
    make: Any, service: Any, tables: WatchedTableStore
) -> None:
    await watch_orders(tables)
    wrong = {
        "all": [{"field": "statsu", "operator": "equals", "value": "x"}, {"field": "status", "operator": "exists"}]
    }
    flow = drawn(
        step("update", values={"statsu": "x", "status": "y"}, assign={"mode": "fixed", "to": "x"}),
        step("create", table="leads", values={"nmae": "Ada", "email": "ada@example.com"}),
        step("find", conditions=wrong, order_by="ids"),
    )
    flow["nodes"][0]["data"]["config"] |= {
        "event_type": "UPDATE",
        "watch": ["status", "stauts"],
        "conditions": {"not": {"field": "new.totl", "operator": "exists"}},
    }
    automation = await draft(make, flow)
    assert await problems(service, automation) == [
        ("unknown_column", "on", "watch.1"),
        ("unknown_column", "on", "conditions.not.field"),
        ("unknown_column", "update", "values.statsu"),
        ("unknown_column", "update", "assign"),
        ("unknown_column", "create", "values.nmae"),
        ("unknown_column", "find", "order_by"),
        ("unknown_column", "find", "conditions.all.0.field"),
    ]
    with pytest.raises(FlowInvalid) as refused:
        await publishing.publish(AutomationStore(service), REGISTRY, automation, installation=Installation())
    said = {problem.field: problem for problem in refused.value.problems}
    assert said["values.nmae"].message == "leads has no column `nmae`"
    assert said["values.nmae"].hint.startswith("Did you mean `name`? Available: ")


async def test_plain_sql_publishes_whatever_it_wants(make: Any, database: asyncpg.Connection) -> None:
    await make.automation(ACCOUNT, trigger_config={"event_source": "later", "event_type": "any"})
    for source in ("leads", "message", "drop table", "a.b.c", "1st"):
        with pytest.raises(asyncpg.CheckViolationError):
            await make.automation(ACCOUNT, trigger_config={"event_source": source, "event_type": "any"})


async def test_they_are_listed_with_how_they_stand(tables: WatchedTableStore, service: Any) -> None:
    await watch_orders(tables)
    (one,) = await WatchedTableStore(service).all()
    assert (one.source, one.account_column, one.id_column, one.state) == ("orders", "user_id", "id", "fires")
    assert one.watched_by == "postgres"
    again = await tables.watch("public.orders", "user_id", "id", None, grant=False)
    assert again.state == "unchanged"
    assert [warning.code for warning in again.warnings] == ["no_row_level_security"]


async def test_what_is_refused_says_what_to_do(tables: WatchedTableStore, service: Any) -> None:
    with pytest.raises(Unusable) as wrong:
        await tables.watch("orders", "owner", "id", None, grant=False)
    assert "id, user_id, status" in (wrong.value.hint or "")
    with pytest.raises(NotAllowed) as denied:
        await WatchedTableStore(service).watch("orders", "user_id", "id", None, grant=False)
    assert denied.value.hint
    with pytest.raises(NotFound):
        await unwatch(tables, "orders")


async def test_unwatching_says_who_used_it(make: Any, tables: WatchedTableStore, database: asyncpg.Connection) -> None:
    await watch_orders(tables)
    listens = await make.automation(ACCOUNT, name="A", trigger_config={"event_source": "orders", "event_type": "any"})
    agent = await database.fetchval("select agent_id from automations")
    names = await make.automation(ACCOUNT, agent, name="B", nodes=[step("find")])
    await make.automation(ACCOUNT, agent, name="C")
    assert await unwatch(tables, "public.orders") == "orders"
    assert [(user.id, user.listens) for user in await tables.users_of("orders")] == [(listens, True), (names, False)]
    assert await database.fetchval("select count(*) from pg_trigger where tgname = 'trigger_table_automations'") == 0


async def test_a_table_that_is_in_use_is_waited_for_a_little(
    tables: WatchedTableStore, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_table_store, "TRIES", 2)
    monkeypatch.setattr(watched_table_store, "PAUSE_SECONDS", 0.01)
    writer = await connect()
    transaction = writer.transaction()
    await transaction.start()
    await writer.execute("insert into orders (user_id) values (null)")
    with pytest.raises(Conflict, match="locked by other transactions"):
        await watch_orders(tables)
    monkeypatch.setattr(watched_table_store, "TRIES", 200)
    watching = asyncio.create_task(watch_orders(tables))
    await asyncio.sleep(0.1)
    # Whoever waits for the table lets others pass: a writer who comes now does.
    other = await connect()
    await other.execute("insert into orders (user_id) values (null)")
    await transaction.commit()
    await watching


async def test_explain_tells_of_a_row_by_its_id(
    make: Any, service: Any, tables: WatchedTableStore, database: asyncpg.Connection
) -> None:
    await watch_orders(tables)
    condition = {"field": "new.status", "operator": "equals", "value": "paid"}
    config = {"event_source": "orders", "event_type": "any", "conditions": condition}
    await make.automation(ACCOUNT, trigger_config=config)
    key = await database.fetchval("insert into orders (user_id, status) values ($1, 'new') returning id", ACCOUNT)
    await database.execute("update orders set status = 'paid'")
    journal, executions = JournalStore(service), ExecutionStore(service)

    found = await explaining.explain(journal, executions, f"orders:{key}", account=ACCOUNT)
    assert [one.verdicts[0].outcome for one in found] == ["started", "not matched"]
    assert {one.event.record_key for one in found} == {str(key)}
    assert await explaining.explain(journal, executions, f"public.orders:{key}", account=None) == found
    with pytest.raises(NotFound, match="no change of 99 in orders"):
        await explaining.explain(journal, executions, "orders:99", account=ACCOUNT)
    with pytest.raises(NotFound, match="no lead"):
        await explaining.explain(journal, executions, "nothing:99", account=ACCOUNT)


async def test_doctor_finds_what_no_longer_fires(tables: WatchedTableStore, database: asyncpg.Connection) -> None:
    async def look() -> list[tuple[str, str]]:
        found = judge_watched(await DoctorStore(tables.connection).watched())
        assert all((finding.do is None) == (finding.level == "ok") for finding in found)
        return [(finding.level, finding.what) for finding in found]

    assert await look() == []
    await watch_orders(tables)
    assert await look() == [("ok", "watched tables fire: orders")]
    for change, state in {
        "alter table orders disable trigger trigger_table_automations": "switched off",
        "drop trigger trigger_table_automations on orders": "no trigger",
        "alter table orders rename user_id to whose": "no column user_id",
        "drop table orders": "no table",
    }.items():
        await database.execute(change)
        assert await look() == [("broken", f"the watched table public.orders starts nothing: {state}")]


async def test_a_test_run_begins_with_a_row(
    make: Any, service: Any, tables: WatchedTableStore, database: asyncpg.Connection
) -> None:
    await watch_orders(tables)
    automations, executions = AutomationStore(service), ExecutionStore(service)
    automation = await publishing.get_automation(automations, await draft(make, drawn(step("find"))))
    mine, theirs = [
        await database.fetchval("insert into orders (user_id) values ($1) returning id", account)
        for account in (ACCOUNT, uuid.uuid4())
    ]

    async def prepare(row: str) -> dict[str, Any]:
        _, start = await prepare_test(
            executions, REGISTRY, automation, given={}, lead_id=None, conversation_id=None, row_id=row,
            now=datetime.now(UTC),
        )  # fmt: skip
        return dict(start.trigger)

    data = await prepare(str(mine))
    assert (data["table"], data["record_id"], data["new"]["id"]) == ("orders", str(mine), mine)
    for row in (str(theirs), "no number"):
        with pytest.raises(Unusable):
            await prepare(row)
