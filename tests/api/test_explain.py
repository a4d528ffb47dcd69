"""The journal over HTTP, and why a change did, or did not, start an automation."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, refused
from tests.api.test_automations import other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Factory

INSERT = {"event_source": "lead", "event_type": "INSERT"}


async def listening(world: World, **columns: Any) -> uuid.UUID:
    return await world.make.automation(world.account, world.agent, **{"trigger_config": INSERT, **columns})


async def test_why_a_change_started_what_it_did(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    started = await listening(world, name="A starts")
    off = await listening(world, name="B is off", enabled=False)
    lead = await world.lead(name="Ada", email="ada@example.com")
    run = await world.run_of(lead)
    (event,) = (await owner.ok("GET", "/events", params={"record_id": str(lead)}))["items"]
    assert {**event, "new": event["new"]["name"]} == {
        "id": run["event_id"],
        "account_id": str(world.account),
        "source": "leads",
        "operation": "INSERT",
        "record_id": str(lead),
        "old": None,
        "new": "Ada",
        "changed": None,
        "actor": None,
        "occurred_at": event["occurred_at"],
        "execution_id": None,
        "held": [],
    }
    explained = await owner.ok("GET", "/explain", params={"event": event["id"]})
    (item,) = explained["items"]
    assert item["event"]["id"] == event["id"]
    assert item["verdicts"] == [
        {
            "automation_id": str(started),
            "automation": "A starts",
            "outcome": "started",
            "reason": f"it matched: run {run['id']} is pending",
            "run_id": str(run["id"]),
            "run_status": "pending",
            "caveat": None,
        },
        {
            "automation_id": str(off),
            "automation": "B is off",
            "outcome": "not matched",
            "reason": "it is not enabled (`POST /automations/{id}/enable`)",
            "run_id": None,
            "run_status": None,
            "caveat": None,
        },
    ]
    for record in (str(lead), "ada@example.com", "Ada"):
        params = {"record": record, "automation_id": str(off)}
        found = (await owner.ok("GET", "/explain", params=params))["items"]
        assert [verdict["automation"] for one in found for verdict in one["verdicts"]] == ["B is off"]
    refused(await owner("GET", "/explain", params={"event": event["id"] + 1}), 404, "not_found")
    refused(await owner("GET", "/explain", params={"record": "nobody"}), 404, "not_found")
    refused(await owner("GET", "/explain", params={"record": "orders:42"}), 404, "not_found")
    refused(await owner("GET", "/explain"), 422, "unusable")
    refused(await owner("GET", "/explain", params={"record": "a\u0000"}), 422, "unusable")
    for params in ({"event": "0"}, {"event": str(2**63)}, {"record": "x", "last": "21"}, {"record": ""}):
        refused(await owner("GET", "/explain", params=params), 422, "invalid_request")


async def test_the_journal_is_read_in_pages(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    await listening(world)
    leads = await world.leads(5)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        params = {"limit": 2, "source": "leads", "operation": "INSERT", **({"cursor": cursor} if cursor else {})}
        answer = await owner.ok("GET", "/events", params=params)
        seen += [item["record_id"] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(str(lead) for lead in leads)
    assert (await owner.ok("GET", "/events", params={"operation": "DELETE"}))["items"] == []
    for cursor in ("x", "WyJ4IiwieSJd", "W3RydWUsMV0"):
        refused(await owner("GET", "/events", params={"cursor": cursor}), 422, "unusable")
    refused(await owner("GET", "/events", params={"operation": "TRUNCATE"}), 422, "invalid_request")
    refused(await owner("GET", "/events", params={"source": "\u0000"}), 422, "unusable")


async def test_rows_of_watched_tables_are_for_servers(world: World, api: ApiServer) -> None:
    await world.db.execute(
        "create table public.orders (id bigint primary key, user_id uuid);"
        "grant select, insert, update, delete on public.orders to authenticated;"
        "select automations.watch_table('orders', 'user_id', 'id')"
    )
    await listening(world, trigger_config={"event_source": "orders", "event_type": "INSERT"})
    await world.db.execute("insert into orders values (42, $1)", world.account)
    server, owner = api.signed_in(None), api.signed_in(world.account)
    (item,) = (await server.ok("GET", "/explain", params={"record": "orders:42"}))["items"]
    assert [verdict["outcome"] for verdict in item["verdicts"]] == ["started"]
    assert (await owner.ok("GET", "/events"))["items"] == []
    refused(await owner("GET", "/explain", params={"event": item["event"]["id"]}), 404, "not_found")


async def test_who_may_what(world: World, api: ApiServer, make: Factory) -> None:
    automation = await listening(world)
    lead = await world.lead(name="Ada")
    event = (await world.run_of(lead))["event_id"]
    for person in (uuid.uuid4(), (await other_account(make)).account):
        stranger = api.signed_in(person)
        assert (await stranger.ok("GET", "/events", params={"account": str(world.account)}))["items"] == []
        for params in (
            {"event": str(event)},
            {"record": str(lead)},
            {"record": "Ada", "account": str(world.account)},
            {"event": str(event), "automation_id": str(automation)},
        ):
            refused(await stranger("GET", "/explain", params=params), 404, "not_found")
    key, _ = await key_of(world, api, "write")
    refused(await key("GET", "/events"), 403, "not_allowed")
    refused(await key("GET", "/explain", params={"event": event}), 403, "not_allowed")
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    assert len((await viewer.ok("GET", "/explain", params={"event": event}))["items"]) == 1
