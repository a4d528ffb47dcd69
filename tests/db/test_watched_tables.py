"""Any table fires once it is watched: for whoever may write it, never harming them, never across accounts."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.conftest import Factory, with_json

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Databases

ORDERS = """
create table public.orders (
  id {id}, user_id uuid, lead_id uuid, status text not null default 'new', total numeric, note json, extra jsonb
);
create index on public.orders (user_id);
"""
IDS = {
    "uuid": "uuid primary key default gen_random_uuid()",
    "bigint": "bigint generated always as identity primary key",
    "text": "text primary key default 'A-' || gen_random_uuid()",
}
POLICIES = """
alter table public.orders enable row level security;
create policy "read" on public.orders for select to authenticated
  using (user_id = any (array(select automations.accessible_account_ids())));
create policy "write" on public.orders for all to authenticated
  using (user_id = any (array(select automations.writable_account_ids())))
  with check (user_id = any (array(select automations.writable_account_ids())));
create policy "engine" on public.orders for all to service_role using (true) with check (true);
grant select, insert, update, delete on public.orders to authenticated, service_role;
"""


async def watch(connection: asyncpg.Connection, table: str = "public.orders", **given: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await connection.fetchval(
        "select automations.watch_table($1, $2, $3, $4, $5)",
        table,
        given.get("account", "user_id"),
        given.get("id", "id"),
        given.get("lead"),
        given.get("grant", False),
    )
    return answer


async def orders(connection: asyncpg.Connection, kind: str = "bigint", **given: Any) -> None:
    """The table, watched; without policies."""
    await connection.execute(ORDERS.format(id=IDS[kind]))
    await watch(connection, **given)


async def listening(make: Factory, account: uuid.UUID, event: str = "any", **config: Any) -> uuid.UUID:
    return await make.automation(account, trigger_config={"event_source": "orders", "event_type": event, **config})


async def runs(connection: asyncpg.Connection) -> list[Any]:
    return list(await connection.fetch("select * from automation_executions order by seq"))


@pytest.mark.parametrize("kind", IDS)
async def test_a_change_starts_a_run_in_its_transaction(database: asyncpg.Connection, make: Factory, kind: str) -> None:
    account = uuid.uuid4()
    await orders(database, kind)
    automation = await listening(make, account)
    key = await database.fetchval("insert into orders (user_id, total) values ($1, 9.50) returning id", account)
    await database.execute("update orders set status = 'paid' where id = $1", key)
    await database.execute("delete from orders")

    made, changed, gone = await runs(database)
    assert {run["automation_id"] for run in (made, changed, gone)} == {automation}
    assert {run["lead_id"] for run in (made, changed, gone)} == {None}
    new = {"id": str(key) if kind != "bigint" else key, "user_id": str(account), "lead_id": None}
    new |= {"status": "new", "total": 9.5, "note": None, "extra": None}
    when = made["trigger_data"].pop("timestamp")
    assert when is not None
    assert made["trigger_data"] == {
        "event": "INSERT",
        "table": "orders",
        "old": None,
        "new": new,
        "previous": None,
        "changed": None,
        "record_id": str(key),
    }
    paid = new | {"status": "paid"}
    data = changed["trigger_data"]
    assert (data["new"], data["previous"], data["changed"]) == (paid, new, ["status"])
    assert (gone["trigger_data"]["old"], gone["trigger_data"]["new"]) == (paid, None)
    # One record in the journal, whatever its id is.
    journal = await database.fetch("select source, operation, record_id from automations.events order by id")
    assert [tuple(row)[:2] for row in journal] == [("orders", "INSERT"), ("orders", "UPDATE"), ("orders", "DELETE")]
    (record,) = {row["record_id"] for row in journal}
    assert (record == key) == (kind == "uuid")


async def test_what_is_rolled_back_started_nothing(database: asyncpg.Connection, make: Factory) -> None:
    await orders(database)
    account = uuid.uuid4()
    await listening(make, account)
    transaction = database.transaction()
    await transaction.start()
    await database.execute("insert into orders (user_id) values ($1)", account)
    assert len(await runs(database)) == 1
    await transaction.rollback()
    assert await runs(database) == []


async def test_watched_columns_and_conditions_decide(database: asyncpg.Connection, make: Factory) -> None:
    await orders(database)
    account = uuid.uuid4()
    condition = {"field": "new.total", "operator": "greater_than", "value": 100}
    await listening(make, account, "UPDATE", watch=["status"], conditions=condition)
    for total in (50, 500):
        await database.execute("insert into orders (user_id, total) values ($1, $2)", account, total)
    await database.execute("update orders set extra = '1'")
    assert await runs(database) == []
    await database.execute("update orders set status = 'paid'")
    (run,) = await runs(database)
    assert run["trigger_data"]["new"]["total"] == 500


async def test_another_accounts_rows_never_reach_an_automation(database: asyncpg.Connection, make: Factory) -> None:
    """Without row-level security on that table."""
    await orders(database)
    mine, theirs = uuid.uuid4(), uuid.uuid4()
    await listening(make, mine)
    await listening(make, theirs)
    key = await database.fetchval("insert into orders (user_id, status) values ($1, 'secret') returning id", theirs)
    await database.execute("update orders set user_id = $1, status = 'given' where id = $2", mine, key)
    made, given = await runs(database)
    assert (made["account_id"], given["account_id"]) == (theirs, mine)
    assert "secret" not in json.dumps(given["trigger_data"])
    assert given["trigger_data"]["previous"] is None
    assert "secret" not in json.dumps(
        [
            dict(row)
            for row in await database.fetch("select old, new from automations.events where account_id = $1", mine)
        ]
    )


@pytest.mark.parametrize("own", [True, False])
async def test_a_run_is_about_the_lead_only_if_that_is_of_the_account(
    database: asyncpg.Connection, make: Factory, own: bool
) -> None:
    await orders(database, lead="lead_id")
    account = uuid.uuid4()
    await listening(make, account)
    lead = await make.lead(account if own else uuid.uuid4())
    await database.execute("insert into orders (user_id, lead_id) values ($1, $2)", account, lead)
    (run,) = await runs(database)
    assert run["lead_id"] == (lead if own else None)


WHO: dict[str, tuple[str, bool]] = {
    "owner": ("authenticated", True),
    "member": ("authenticated", True),
    "viewer": ("authenticated", False),
    "stranger": ("authenticated", False),
    "anon": ("anon", False),
    "service_role": ("service_role", True),
}


@pytest.mark.parametrize("who", WHO)
async def test_it_fires_for_whoever_may_write(
    database: asyncpg.Connection, make: Factory, acting: Acting, who: str
) -> None:
    await orders(database)
    await database.execute(POLICIES)
    account = uuid.uuid4()
    await listening(make, account)
    role, may = WHO[who]
    person = {"owner": account, "stranger": uuid.uuid4()}.get(who)
    if who in ("member", "viewer"):
        person = await make.team_member(account, who)
    wrote = True
    try:
        async with acting(database, role, person):
            await database.execute("insert into orders (user_id) values ($1)", account)
    except asyncpg.InsufficientPrivilegeError:
        wrote = False
    assert (wrote, len(await runs(database))) == (may, int(may))
    if may and role == "authenticated":
        assert await database.fetchval("select actor from automations.events") == person


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
async def test_api_roles_can_neither_attach_nor_watch(
    database: asyncpg.Connection, make: Factory, connect: Connect, role: str
) -> None:
    await orders(database)
    session = await connect()
    await session.execute(f"set role {role}; create temp table mine (id uuid, user_id uuid)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await session.execute(
            "create trigger forged after insert on mine for each row"
            " execute function automations.fire_table('orders', 'user_id', 'id', '')"
        )
    for statement in (
        "select automations.fire_table()",
        "select automations.watch_table('public.orders', 'user_id')",
        "select automations.unwatch_table('orders')",
        "insert into automations.watched_tables values ('x', 'public', 'x', 'a', 'b')",
    ):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await session.execute(statement)
        assert refused.value.sqlstate in ("42501", "AU003", "0A000"), statement
    assert await database.fetchval("select automations.watch_state(w) from automations.watched_tables w") == "fires"


HARMLESS = {
    "no account": "insert into orders (user_id) values (null)",
    "an account without automations": "insert into orders (user_id) values (gen_random_uuid())",
    "a value that jsonb cannot hold": "insert into orders (user_id, note) values ($1, '\"\\u0000\"')",
    "an update to such a value": "update orders set note = '\"\\u0000\"'",
    "an update from such a value": "update orders set note = null",
    "a deleted row with such a value": "delete from orders",
}


async def test_a_writer_is_never_harmed_by_a_value(database: asyncpg.Connection, make: Factory) -> None:
    await orders(database)
    account = uuid.uuid4()
    await listening(make, account)
    for statement in HARMLESS.values():
        await database.execute(statement, *([account] if "$1" in statement else []))
        await database.execute(HARMLESS["a value that jsonb cannot hold"], account)
    found = [run["trigger_data"] for run in await runs(database)]
    assert found
    (key,) = {data["new"]["id"] for data in found[:1]}
    assert {*found[0]["new"]} == {"id", "user_id", "error"}
    assert (found[0]["record_id"], found[0]["new"]["user_id"]) == (str(key), str(account))


CHANGES_OF_SHAPE = {
    "account gone": "alter table orders drop column user_id",
    "account renamed": "alter table orders rename user_id to owner",
    "account of another type": "alter table orders alter user_id type text using 'x'",
    "id gone": "alter table orders drop column id",
    "lead gone": "alter table orders drop column lead_id",
    "renamed": "alter table orders rename to purchases",
}


@pytest.mark.parametrize("name", CHANGES_OF_SHAPE)
async def test_a_table_that_changes_its_shape_harms_nobody(
    database: asyncpg.Connection, make: Factory, name: str
) -> None:
    await orders(database, lead="lead_id")
    account = uuid.uuid4()
    await listening(make, account)
    await database.execute("insert into orders (user_id) values ($1)", account)
    await database.execute(CHANGES_OF_SHAPE[name])
    table = "purchases" if name == "renamed" else "orders"
    await database.execute(f"insert into {table} (status) values ('after')")
    await database.execute(f"update {table} set status = 'x'")
    await database.execute(f"delete from {table}")
    state = await database.fetchval("select automations.watch_state(w) from automations.watched_tables w")
    assert state != "fires"
    gone = await database.fetchval("select automations.unwatch_table('orders')")
    assert gone == "orders"


async def test_a_dropped_table_is_told_and_can_be_unwatched(database: asyncpg.Connection) -> None:
    await orders(database)
    await database.execute("drop table orders")
    assert await database.fetchval("select automations.watch_state(w) from automations.watched_tables w") == "no table"
    assert await database.fetchval("select automations.unwatch_table('public.orders')") == "orders"
    assert await database.fetchval("select automations.unwatch_table('orders')") is None


async def test_watching_again_changes_nothing_or_what_is_new(database: asyncpg.Connection) -> None:
    await orders(database)
    await database.execute("create unique index on orders (user_id, lead_id)")
    before = await database.fetchval("select oid from pg_trigger where tgname = 'trigger_table_automations'")
    again = await watch(database, "orders")
    assert (again["source"], again["state"]) == ("orders", "unchanged")
    assert await database.fetchval("select oid from pg_trigger where tgname = 'trigger_table_automations'") == before
    assert (await watch(database, lead="lead_id"))["state"] == "watched"
    assert await database.fetchval("select lead_column from automations.watched_tables") == "lead_id"
    await database.execute("alter table orders disable trigger trigger_table_automations")
    assert (await watch(database, lead="lead_id"))["state"] == "watched"
    assert await database.fetchval("select count(*) from pg_trigger where tgname = 'trigger_table_automations'") == 1


async def test_what_may_surprise_is_said_with_the_sql_that_mends_it(database: asyncpg.Connection) -> None:
    await database.execute("create schema shop; create table shop.items (no bigserial, owner uuid, name text)")
    first = await watch(database, "shop.items", account="owner", id="no")
    assert first["source"] == "shop.items"
    told = {one["code"]: one["do"] for one in first["warnings"]}
    assert [*told] == ["id_not_unique", "no_account_index", "no_grants", "no_row_level_security"]
    with pytest.raises(asyncpg.PostgresError, match="no row-level security"):
        await watch(database, "shop.items", account="owner", id="no", grant=True)
    for statement in told.values():
        for one in filter(str.strip, statement.split(";")):
            await database.execute(one.replace(" concurrently", ""))
    assert (await watch(database, "shop.items", account="owner", id="no"))["warnings"] == []


async def test_a_grant_can_be_asked_for(database: asyncpg.Connection) -> None:
    await database.execute("create table items (id bigserial primary key, owner uuid); create index on items (owner)")
    await database.execute("alter table items enable row level security")
    answer = await watch(database, "items", account="owner", grant=True)
    assert answer["warnings"] == []
    assert await database.fetchval("select has_table_privilege('authenticated', 'items', 'select, insert, update')")


REFUSED = {
    "nowhere": ("there is no table nowhere", {}),
    "a b c": ("there is no table", {}),
    "public.leads": ("cannot be watched", {}),
    "automation_executions": ("cannot be watched", {}),
    "automations.events": ("cannot be watched", {}),
    "pg_catalog.pg_class": ("cannot be watched", {}),
    "seen": ("not an ordinary or partitioned table", {}),
    "part": ("is a partition", {}),
    '"odd name"': ("could not write the name", {}),
    "orders": ("no column owner", {"account": "owner"}),
    "public.orders": ("is of type text, and an account is a uuid", {"account": "status"}),
    "Orders": ("cannot be told apart", {"id": "total"}),
    "PUBLIC.orders": ("the id of a lead is a uuid", {"lead": "status"}),
}


@pytest.mark.parametrize("table", REFUSED)
async def test_what_cannot_be_watched_is_refused_in_words(database: asyncpg.Connection, table: str) -> None:
    await database.execute(ORDERS.format(id=IDS["bigint"]))
    await database.execute(
        """
        create view seen as select * from orders;
        create table whole (id uuid, user_id uuid) partition by list (user_id);
        create table part partition of whole default;
        create table "odd name" (id uuid, user_id uuid);
        """
    )
    said, given = REFUSED[table]
    with pytest.raises(asyncpg.PostgresError, match=said) as refused:
        await watch(database, table, **given)
    assert refused.value.sqlstate == "AU007"
    assert refused.value.hint
    assert await database.fetchval("select count(*) from automations.watched_tables") == 0


async def test_a_role_that_does_not_own_the_table_is_told_what_is_missing(
    database: asyncpg.Connection, databases: Databases, connect: Connect
) -> None:
    await database.execute(ORDERS.format(id=IDS["uuid"]))
    name = f"migrator_{uuid.uuid4().hex[:8]}"
    await database.execute(f"create role {name} nologin")
    await database.execute(
        f"""
        grant usage on schema automations to {name}; grant execute on all functions in schema automations to {name};
        """
    )
    session = await connect()
    try:
        await session.execute(f"set role {name}")
        with pytest.raises(asyncpg.PostgresError, match="may not attach a trigger") as refused:
            await watch(session)
        assert refused.value.sqlstate == "AU003"
        assert f"grant trigger on public.orders to {name};" in (refused.value.hint or "")
    finally:
        await session.execute("reset role")
        await database.execute(f"drop owned by {name}; drop role {name}")


async def test_names_that_mean_something_else_carry_their_schema(database: asyncpg.Connection, make: Factory) -> None:
    await database.execute("create table message (id int primary key, user_id uuid)")
    assert (await watch(database, "message"))["source"] == "public.message"
    account = uuid.uuid4()
    await make.automation(account, trigger_config={"event_source": "public.message", "event_type": "INSERT"})
    await database.execute("insert into message values (1, $1)", account)
    assert [run["trigger_data"]["table"] for run in await runs(database)] == ["public.message"]


async def test_a_partitioned_table_fires_through_its_partitions(database: asyncpg.Connection, make: Factory) -> None:
    await database.execute(
        """
        create table orders (id bigint, user_id uuid, region text, status text) partition by list (region);
        create table orders_eu partition of orders for values in ('eu');
        create table orders_us partition of orders for values in ('us');
        """
    )
    await watch(database)
    account = uuid.uuid4()
    await listening(make, account)
    await database.execute("insert into orders values (1, $1, 'eu'), (2, $1, 'us')", account)
    await database.execute("create table orders_as partition of orders for values in ('as')")
    await database.execute("insert into orders_as values (3, $1, 'as')", account)
    assert [run["trigger_data"]["record_id"] for run in await runs(database)] == ["1", "2", "3"]
    assert {run["trigger_data"]["table"] for run in await runs(database)} == {"orders"}
    await database.execute("select automations.unwatch_table('orders')")
    await database.execute("insert into orders values (4, $1, 'eu')", account)
    assert len(await runs(database)) == 3


async def test_changes_without_a_listener_are_journalled_and_cheap(database: asyncpg.Connection, make: Factory) -> None:
    await orders(database)
    stranger, account = uuid.uuid4(), uuid.uuid4()
    await make.automation(account)
    await database.execute("insert into orders (user_id) values ($1), ($2)", stranger, account)
    rows = await database.fetch("select account_id, source from automations.events")
    assert [tuple(row) for row in rows] == [(account, "orders")]
    assert await runs(database) == []
    await database.execute("set automations.fire = 'off'; insert into orders (user_id) select user_id from orders")
    assert await database.fetchval("select count(*) from automations.events") == 1


async def test_lanes_tell_records_apart(database: asyncpg.Connection, make: Factory) -> None:
    await orders(database)
    account = uuid.uuid4()
    automation = await listening(make, account, concurrency={"per": "record"})
    first, _ = [
        await database.fetchval("insert into orders (user_id) values ($1) returning id", account) for _ in range(2)
    ]
    await database.execute("update orders set status = 'paid' where id = $1", first)
    lanes = [run["lane"] for run in await runs(database)]
    assert lanes[0] == lanes[2] != lanes[1]
    # A retry belongs to the record, too.
    await database.execute("update automation_executions set status = 'cancelled'")
    again = await database.fetchval("select automations.retry_run($1)", (await runs(database))[0]["id"])
    lane = await database.fetchval("select lane from automation_executions where id = $1", again)
    assert lane == lanes[0]
    assert lane.startswith(str(automation))


async def test_what_a_run_causes_does_not_start_it_again(database: asyncpg.Connection, make: Factory) -> None:
    await orders(database)
    account = uuid.uuid4()
    automation = await listening(make, account)
    other = await listening(make, account, "UPDATE")
    await database.execute("insert into orders (user_id) values ($1)", account)
    (run,) = await runs(database)
    async with database.transaction():
        await database.execute("select set_config('automations.execution_id', $1, true)", str(run["id"]))
        await database.execute("update orders set status = 'mine'")
    event = await database.fetchrow("select * from automations.events order by id desc limit 1")
    assert event["execution_id"] == run["id"]
    assert event["held"] == [{"automation_id": str(automation), "reason": "reentry"}]
    (started,) = [one for one in await runs(database) if one["id"] != run["id"]]
    assert (started["automation_id"], started["ancestors"], started["depth"]) == (other, [automation], 1)


# Two sessions: the writer waits for nothing.


async def test_a_lead_that_is_being_deleted_is_not_waited_for(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    await orders(database, lead="lead_id")
    account = uuid.uuid4()
    await listening(make, account)
    lead = await make.lead(account)
    other = await connect()
    transaction = other.transaction()
    await transaction.start()
    await other.execute("delete from leads where id = $1", lead)
    async with asyncio.timeout(10):
        await database.execute("insert into orders (user_id, lead_id) values ($1, $2)", account, lead)
    await transaction.commit()
    (run,) = await runs(database)
    assert run["lead_id"] is None


async def test_a_lead_that_is_being_changed_is_the_lead_of_the_run(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    await orders(database, lead="lead_id")
    account = uuid.uuid4()
    await listening(make, account)
    lead = await make.lead(account)
    other = await connect()
    async with other.transaction():
        await other.execute("update leads set stage = 'x' where id = $1", lead)
        async with asyncio.timeout(10):
            await database.execute("insert into orders (user_id, lead_id) values ($1, $2)", account, lead)
    (run,) = await runs(database)
    assert run["lead_id"] == lead


async def test_a_run_that_the_engine_holds_is_not_waited_for(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    await orders(database)
    account = uuid.uuid4()
    automation = await listening(make, account)
    key = await database.fetchval("insert into orders (user_id) values ($1) returning id", account)
    engine = await connect()
    async with engine.transaction():
        await engine.execute("select from automation_executions for update")
        await engine.execute("update automations set execution_count = 5 where id = $1", automation)
        await engine.execute("lock table automations.watched_tables in exclusive mode")
        await engine.execute("lock table automations.waits, automations.rotations in row exclusive mode")
        async with asyncio.timeout(10):
            await database.execute("update orders set status = 'paid' where id = $1", key)
            await database.execute("delete from orders where id = $1", key)


async def test_the_same_on_postgresql_15(postgres15_url: str, connect: Connect) -> None:
    session = await connect(postgres15_url)
    make = Factory(session)
    await test_a_change_starts_a_run_in_its_transaction(session, make, "bigint")
    await session.execute("drop table orders; delete from automations")
    await session.execute("delete from automations.events")
    await test_a_writer_is_never_harmed_by_a_value(session, make)
    await session.execute("drop table orders; delete from automations")
    await test_a_partitioned_table_fires_through_its_partitions(session, make)
    await with_json(session)
