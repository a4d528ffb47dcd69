"""Runs about rows of users' tables: found, changed and created within the account, policies or not."""

from __future__ import annotations

import uuid
from typing import Any

import asyncpg
import pytest
from tests.engine.drawing import Json, line, node, set_variables
from tests.engine.world import Workers, World

ORDERS = """
create table public.orders (
  id {id}, user_id uuid not null, lead_id uuid, status text default 'new', total numeric, tags text[], owner text
);
create index on public.orders (user_id);
grant select, insert, update on public.orders to authenticated;
select automations.watch_table('orders', 'user_id', 'id', 'lead_id');
"""
IDS = {
    "bigint": "bigint generated always as identity primary key",
    "uuid": "uuid primary key default gen_random_uuid()",
    "text": "text primary key default 'A-' || gen_random_uuid()",
}
ON_ORDER = {"event_source": "orders", "event_type": "INSERT"}


def update(node_id: str = "save", **config: Any) -> Json:
    return node(node_id, "action-update-record", {"table": "orders", **config})


def create(**values: Any) -> Json:
    return node("create", "action-create-record", {"table": "orders", "values": values})


def find(field: str, value: Any) -> Json:
    conditions = {"field": field, "operator": "equals", "value": value}
    return node("find", "action-find-records", {"table": "orders", "conditions": conditions, "order_by": "total"})


async def order(world: World, account: uuid.UUID | None = None, **columns: Any) -> Any:
    row = {"user_id": account or world.account, **columns}
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    return await world.db.fetchval(
        f"insert into orders ({', '.join(row)}) values ({places}) returning id", *row.values()
    )


async def the_run(world: World) -> Any:
    assert sum((await world.all_ended()).values()) == 1
    return await world.db.fetchrow("select * from automation_executions")


@pytest.mark.parametrize("kind", IDS)
async def test_the_row_of_the_run_is_changed(world: World, workers: Workers, kind: str) -> None:
    await world.db.execute(ORDERS.format(id=IDS[kind]))
    await world.automation(line(update(values={"status": "seen {{ trigger.new.total }}"}), on=ON_ORDER))
    keys = [await order(world, total=total) for total in range(30)]
    await workers.start()

    assert await world.all_ended() == {"completed": 30}
    rows = await world.db.fetch("select id, status from orders")
    assert {row["id"]: row["status"] for row in rows} == {key: f"seen {i}" for i, key in enumerate(keys)}
    # Each change is its run's, and started nothing.
    events = await world.db.fetch("select execution_id from automations.events where operation = 'UPDATE'")
    assert len({event["execution_id"] for event in events} - {None}) == 30


async def test_a_row_can_be_named_by_a_number(world: World, workers: Workers) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    await world.automation(line(update(record_id="{{ trigger.new.id }}", values={"status": "seen"}), on=ON_ORDER))
    await workers.start()
    await order(world)
    assert (await the_run(world))["output"]["record"]["status"] == "seen"


@pytest.mark.parametrize("policies", ["none", "open"])
async def test_rows_of_another_account_are_not_there(world: World, workers: Workers, policies: str) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    if policies == "open":
        await world.db.execute(
            "alter table orders enable row level security;"
            'create policy "all" on orders for all to authenticated using (true) with check (true)'
        )
    assign = {"mode": "fixed", "to": "me", "column": "owner", "only_if_unassigned": True}
    theirs = await order(world, uuid.uuid4(), status="wanted", total=1)
    mine = await order(world, status="wanted", total=2)
    await world.automation(line(find("status", "wanted"), on=ON_ORDER), name="finds")
    await world.automation(line(update(record_id=str(theirs), values={"status": "stolen"}), on=ON_ORDER), name="steals")
    take = update(record_id=str(theirs), tags={"add": ["x"]}, assign=assign)
    await world.automation(line(take, on=ON_ORDER), name="takes")
    await workers.start()
    await order(world)

    assert await world.all_ended() == {"completed": 1, "failed": 2}
    errors = await world.db.fetch("select error from automation_executions where status = 'failed'")
    assert all("there is no row" in row["error"] for row in errors)
    found = await world.db.fetchval("select output from automation_executions where status = 'completed'")
    assert [row["id"] for row in found["records"]] == [mine]
    assert dict(await world.db.fetchrow("select status, tags, owner from orders where id = $1", theirs)) == {
        "status": "wanted",
        "tags": None,
        "owner": None,
    }


async def test_a_new_row_belongs_to_the_account(world: World, workers: Workers) -> None:
    await world.db.execute(ORDERS.format(id=IDS["text"]))
    await world.automation(line(create(status="made", id="N-1")))
    await workers.start()
    run = await world.ended(await world.lead())
    assert run["output"]["record"] | {"lead_id": None} == {
        "id": "N-1",
        "user_id": str(world.account),
        "lead_id": None,
        "status": "made",
        "total": None,
        "tags": None,
        "owner": None,
    }


REFUSED: dict[str, tuple[Json, str]] = {
    "account of a new row": (create(user_id=str(uuid.uuid4())), "cannot be written"),
    "account of a row": (update(values={"user_id": str(uuid.uuid4())}), "cannot be written"),
    "id of a row": (update(values={"id": 1}), "cannot be written"),
    "owner in the account column": (
        update(assign={"mode": "round_robin", "among": [str(uuid.uuid4())], "column": "user_id"}),
        "cannot be written",
    ),
    "no such column": (update(values={"colour": "red"}), "has no column colour"),
    "no such tag column": (update(tags={"add": ["x"], "column": "colour"}), "has no column colour"),
    "tags in a text": (update(tags={"add": ["x"], "column": "status"}), "not a list of texts"),
    "an id that is none": (update(record_id="abc", values={"status": "x"}), "wrong type"),
    "a table that is not watched": (
        node("save", "action-update-record", {"table": "agents", "record_id": "1", "values": {"name": "x"}}),
        "automations watch",
    ),
    "no such table": (node("save", "action-find-records", {"table": "nowhere"}), "automations watch"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_says_why(world: World, workers: Workers, name: str) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    step, said = REFUSED[name]
    await world.automation(line(step, on=ON_ORDER))
    await workers.start()
    key = await order(world)

    run = await the_run(world)

    assert (run["status"], run["error_node_id"]) == ("failed", step["id"])
    assert said in run["error"]
    assert await world.db.fetchval("select user_id from orders where id = $1", key) == world.account


@pytest.mark.parametrize("change", ["drop table orders", "revoke all on orders from authenticated"])
async def test_a_table_that_is_gone_or_closed_fails_the_step_alone(world: World, workers: Workers, change: str) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    await world.automation(line(set_variables("a", {"a": 1}), update(values={"status": "x"}), on=ON_ORDER))
    await order(world)
    await world.db.execute(change)
    await workers.start()
    run = await the_run(world)
    assert run["status"] == "failed"
    assert ("there is no table" if "drop" in change else "may not") in run["error"]


async def test_a_run_is_about_the_lead_of_the_row(world: World, workers: Workers) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    await world.automation(
        line(node("lead", "action-update-record", {"table": "leads", "values": {"stage": "bought"}}), on=ON_ORDER)
    )
    lead = await world.lead()
    await workers.start()
    await order(world, lead_id=lead)
    await world.ended(lead)
    assert await world.db.fetchval("select stage from leads where id = $1", lead) == "bought"


async def test_row_level_security_still_decides(world: World, workers: Workers) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    await world.db.execute("alter table orders enable row level security")
    await world.automation(line(update(values={"status": "x"}), on=ON_ORDER))
    await workers.start()
    await order(world)
    assert "there is no row" in (await the_run(world))["error"]


async def test_a_user_who_has_the_row_locked_is_not_waited_for(world: World, workers: Workers, connect: Any) -> None:
    await world.db.execute(ORDERS.format(id=IDS["bigint"]))
    await world.automation(line(update(values={"status": "seen"}), on=ON_ORDER))
    locked, *_ = [await order(world) for _ in range(20)]
    user: asyncpg.Connection = await connect()
    async with user.transaction():
        await user.execute("update orders set total = 1 where id = $1", locked)
        await workers.start()
        while await world.count("status = 'completed'") < 19:
            assert await world.count("status = 'failed'") == 0
        await user.execute("update orders set total = 2 where id = $1", locked)
    assert await world.all_ended() == {"completed": 20}
