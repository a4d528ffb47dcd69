"""Agents, leads, conversations and messages over HTTP: policies decide who, the catalogue says which columns."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.conftest import ApiServer, Client, refused
from tests.api.test_automations import other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Factory

JSON = {"Content-Type": "application/json"}
NOBODY = str(uuid.uuid4())


async def rows_of(client: Client, world: World) -> dict[str, Any]:
    """One of each, by the name of its table."""
    agent = await client.ok("GET", f"/agents/{world.agent}")
    lead = await client.ok(
        "POST", "/leads", json={"user_id": str(world.account), "agent_id": agent["id"], "name": "Ada"}
    )
    conversation = await client.ok("POST", "/conversations", json={"agent_id": agent["id"], "lead_id": lead["id"]})
    message = await client.ok(
        "POST", "/messages", json={"conversation_id": conversation["id"], "direction": "inbound", "body": "Hello"}
    )
    return {"agents": agent, "leads": lead, "conversations": conversation, "messages": message}


async def test_made_read_changed_deleted(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    lead = await owner.ok(
        "POST", "/leads", json={"name": "Ada", "email": "ada@example.com", "tags": ["a"], "data": {"deep": [1, None]}}
    )
    assert lead == {
        "id": lead["id"],
        "user_id": str(world.account),
        "agent_id": None,
        "name": "Ada",
        "email": "ada@example.com",
        "phone": None,
        "status": "new",
        "stage": None,
        "score": None,
        "owner_id": None,
        "tags": ["a"],
        "data": {"deep": [1, None]},
        "created_at": lead["created_at"],
        "updated_at": lead["created_at"],
    }
    path = f"/leads/{lead['id']}"
    assert await owner.ok("GET", path) == lead
    changed = await owner.ok("PATCH", path, json={"stage": "won", "score": 7, "email": None})
    expected = {**lead, "stage": "won", "score": 7, "email": None, "updated_at": changed["updated_at"]}
    assert changed == expected
    assert await owner.ok("PATCH", path, json={}) == expected
    assert (await owner("DELETE", path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        refused(await owner(method, path, json={}), 404, "not_found")
    rows = await rows_of(owner, world)
    assert (await owner.ok("PATCH", f"/agents/{world.agent}", json={"name": "Sales"}))["name"] == "Sales"
    message = f"/messages/{rows['messages']['id']}"
    assert (await owner.ok("PATCH", message, json={"status": "read"}))["status"] == "read"
    conversation = f"/conversations/{rows['conversations']['id']}"
    assert (await owner.ok("PATCH", conversation, json={"status": "closed"}))["status"] == "closed"
    assert (await owner("DELETE", conversation)).status_code == 204
    refused(await owner("GET", message), 404, "not_found")


async def test_a_change_starts_automations(world: World, api: ApiServer, make: Factory) -> None:
    await make.automation(world.account, world.agent)
    lead = await api.signed_in(world.account).ok("POST", "/leads", json={"name": "Ada"})
    run = await world.run_of(uuid.UUID(lead["id"]))
    assert run["trigger_data"]["new"]["name"] == "Ada"


async def test_lists_are_pages_with_filters(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    # One transaction: five of one time, told apart by their ids.
    await world.leads(5)
    for number in range(4):
        body = {"name": f"Eve {number}", "email": f"eve{number}@Example.com", "stage": "new" if number % 2 else "won"}
        await owner.ok("POST", "/leads", json=body)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(6):
        found = await owner.ok("GET", "/leads", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [one["name"] for one in found["items"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert (seen[:4], sorted(seen[4:])) == (
        [f"Eve {number}" for number in (3, 2, 1, 0)],
        [f"Lead {number}" for number in range(1, 6)],
    )

    async def names(**params: Any) -> list[str]:
        return sorted(one["name"] for one in (await owner.ok("GET", "/leads", params=params))["items"])

    assert await names(search="EVE2@example") == ["Eve 2"]
    assert await names(search="eve 3") == ["Eve 3"]
    assert await names(stage="won") == ["Eve 0", "Eve 2"]
    assert await names(stage="won", search="eve 2") == ["Eve 2"]
    assert await names(agent_id=NOBODY) == await names(account=NOBODY) == await names(search="%") == []
    assert len(await names(account=str(world.account))) == 9
    rows = await rows_of(owner, world)
    for path, params in (
        ("conversations", {"agent_id": str(world.agent), "lead_id": rows["leads"]["id"], "status": "open"}),
        ("messages", {"conversation_id": rows["conversations"]["id"], "direction": "inbound", "search": "HELL"}),
        ("agents", {"search": "gent"}),
    ):
        found = await owner.ok("GET", f"/{path}", params=params)
        assert (found["items"], found["next"]) == ([rows[path]], None), path
        assert (await owner.ok("GET", f"/{path}", params={"account": NOBODY}))["items"] == []


async def test_wrong_input_is_told_by_its_field(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    lead = (await rows_of(owner, world))["leads"]
    for method, path in (("POST", "/leads"), ("PATCH", f"/leads/{lead['id']}")):
        told = refused(await owner(method, path, json={"nmae": "x", "stgae": "y"}), 422, "unusable")
        assert told["detail"] == "leads have no column nmae, stgae"
        for body, code in (
            ({"id": NOBODY}, "unusable"),
            ({"score": "many"}, "invalid_request"),
            ({"score": 2**31}, "invalid_request"),
            ({"owner_id": "x"}, "invalid_request"),
            ({"name": "a\0b"}, "unusable"),
            ({"data": {"a": "a\0b"}}, "unusable"),
            ({"a\0b": 1}, "unusable"),
            ({"tags": "x"}, "invalid_request"),
            ({"status": None}, "unusable"),
            ({"created_at": "yesterday or so"}, "unusable"),
            ([], "invalid_request"),
        ):
            refused(await owner(method, path, json=body), 422, code)
        for text in (b'{"data": "\\ud800"}', b'{"data": NaN}'):
            refused(await owner(method, path, content=text, headers=JSON), 422, "unusable")
        deep = b'{"data": ' + b"[" * 300 + b"]" * 300 + b"}"
        refused(await owner(method, path, content=deep, headers=JSON), 400, "bad_request")
    told = refused(await owner("PATCH", f"/agents/{world.agent}", json={"user_id": NOBODY}), 422, "unusable")
    assert "user_id" in told["detail"]
    refused(await owner("POST", "/messages", json={"conversation_id": NOBODY, "body": "x"}), 404, "not_found")
    refused(await owner("POST", "/messages", json={"direction": "sideways"}), 422, "invalid_request")
    refused(await owner("GET", "/messages/no-uuid"), 404, "not_found")
    for params in ({"limit": 0}, {"limit": 201}, {"owner_id": "x"}):
        refused(await owner("GET", "/leads", params=params), 422, "invalid_request")
    for cursor in ("x", "W10", "WzEsMl0", "bnVsbA", "WyJ4IiwieSJd", "WyIyMDI2LTAxLTAxIiwieSJd"):
        refused(await owner("GET", "/leads", params={"cursor": cursor}), 422, "unusable")
    refused(await owner("GET", "/leads", params={"search": "a\0"}), 422, "unusable")


async def test_who_may_what(world: World, api: ApiServer, make: Factory) -> None:
    rows = await rows_of(api.signed_in(world.account), world)
    new = {
        "agents": {"user_id": str(world.account), "name": "x"},
        "leads": {"user_id": str(world.account), "name": "x"},
        "conversations": {"agent_id": str(world.agent)},
        "messages": {"conversation_id": rows["conversations"]["id"], "direction": "outbound", "body": "x"},
    }
    change = {"agents": {"name": "y"}, "leads": {"name": "y"}}
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    member = api.signed_in(await make.team_member(world.account, "member"))
    reads, _ = await key_of(world, api, "read", "run")
    writes, _ = await key_of(world, api, "read", "write")
    strangers = [api.signed_in(uuid.uuid4()), api.signed_in((await other_account(make)).account)]
    for table, row in rows.items():
        path, body = f"/{table}/{row['id']}", change.get(table, {"status": "y"})
        refused(await api.bearer(None)("GET", path), 401, "not_signed_in")
        for client in strangers:
            for method in ("GET", "PATCH", "DELETE"):
                refused(await client(method, path, json=body), 404, "not_found")
            refused(await client("POST", f"/{table}", json=new[table]), 404, "not_found")
            listed = await client.ok("GET", f"/{table}", params={"account": str(world.account)})
            assert listed == {"items": [], "next": None}
        for client in (viewer, reads):
            assert await client.ok("GET", path) == row
            for method in ("PATCH", "DELETE"):
                refused(await client(method, path, json=body), 403, "not_allowed")
            refused(await client("POST", f"/{table}", json=new[table]), 403, "not_allowed")
        for client in (member, writes, api.signed_in(None)):
            made = await client.ok("POST", f"/{table}", json=new[table])
            await client.ok("PATCH", f"/{table}/{made['id']}", json=body)
            assert (await client("DELETE", f"/{table}/{made['id']}")).status_code == 204


async def test_nothing_is_tied_to_what_belongs_to_others(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    rows = await rows_of(owner, world)
    other = await other_account(make)
    theirs = await rows_of(api.signed_in(other.account), other)
    for method, path, body in (
        ("POST", "/leads", {"agent_id": theirs["agents"]["id"]}),
        ("POST", "/leads", {"user_id": str(other.account)}),
        ("PATCH", f"/leads/{rows['leads']['id']}", {"agent_id": theirs["agents"]["id"]}),
        ("PATCH", f"/leads/{rows['leads']['id']}", {"user_id": str(other.account)}),
        ("POST", "/conversations", {"agent_id": theirs["agents"]["id"]}),
        ("POST", "/conversations", {"agent_id": rows["agents"]["id"], "lead_id": theirs["leads"]["id"]}),
        ("PATCH", f"/conversations/{rows['conversations']['id']}", {"agent_id": theirs["agents"]["id"]}),
        ("PATCH", f"/conversations/{rows['conversations']['id']}", {"lead_id": theirs["leads"]["id"]}),
        ("POST", "/messages", {"conversation_id": theirs["conversations"]["id"], "direction": "inbound", "body": "x"}),
        ("PATCH", f"/messages/{rows['messages']['id']}", {"conversation_id": theirs["conversations"]["id"]}),
        ("PATCH", f"/messages/{rows['messages']['id']}", {"lead_id": theirs["leads"]["id"]}),
    ):
        told = refused(await owner(method, path, json=body), 404, "not_found")
        mine = {name: NOBODY if name not in {"direction", "body"} else value for name, value in body.items()}
        if "user_id" not in body and "lead_id" not in body:
            # It is told apart from what is nowhere by nothing.
            assert refused(await owner(method, path, json=mine), 404, "not_found") == told


async def test_a_key_keeps_to_its_account_whatever_the_policies_of_the_database_say(
    world: World, api: ApiServer, make: Factory
) -> None:
    other = await other_account(make)
    theirs = await rows_of(api.signed_in(other.account), other)
    # A database with policies of its own that know nothing of keys.
    for table in theirs:
        await world.db.execute(f"create policy everybody on {table} for all to authenticated using (true)")
    owner = api.signed_in(world.account)
    key, _ = await key_of(world, api, "read", "write")
    for table, row in theirs.items():
        path = f"/{table}/{row['id']}"
        assert await owner.ok("GET", path) == row
        refused(await key("GET", path), 404, "not_found")
        refused(await key("PATCH", path, json={}), 404, "not_found")
        refused(await key("DELETE", path), 404, "not_found")
        assert row["id"] not in [one["id"] for one in (await key.ok("GET", f"/{table}"))["items"]]
    for path, body in (
        ("/leads", {"user_id": str(other.account)}),
        ("/agents", {"user_id": str(other.account)}),
        ("/conversations", {"agent_id": str(other.agent)}),
        ("/messages", {"conversation_id": theirs["conversations"]["id"], "direction": "inbound", "body": "x"}),
    ):
        refused(await key("POST", path, json=body), 404, "not_found")
    lead = await key.ok("POST", "/leads", json={"name": "Mine"})
    refused(await key("PATCH", f"/leads/{lead['id']}", json={"user_id": str(other.account)}), 404, "not_found")
    assert (await key.ok("GET", f"/leads/{lead['id']}"))["user_id"] == str(world.account)


async def test_tables_of_the_databases_own(world: World, api: ApiServer) -> None:
    await world.db.execute(
        """
        alter table leads add column company text;
        alter table leads add column size integer generated always as (char_length(company)) stored;
        create function refuse() returns trigger language plpgsql as
          $$ begin raise exception 'companies are written in full'; end $$;
        create trigger refuse before update on leads for each row when (new.company = 'X') execute function refuse();
        drop table messages;
        """
    )
    owner = api.signed_in(world.account)
    lead = await owner.ok("POST", "/leads", json={"company": "Analytical"})
    assert (lead["company"], lead["size"]) == ("Analytical", 10)
    path = f"/leads/{lead['id']}"
    assert (await owner.ok("PATCH", path, json={"company": "Engines"}))["company"] == "Engines"
    assert "size" in refused(await owner("PATCH", path, json={"size": 3}), 422, "unusable")["detail"]
    assert refused(await owner("PATCH", path, json={"company": "X"}), 422, "unusable")["detail"] == (
        "companies are written in full"
    )
    refused(await owner("GET", "/messages"), 404, "not_found")
    await world.db.execute("create table messages (id bigint generated always as identity primary key, body text)")
    await world.db.execute("grant all on messages to authenticated")
    written = [await owner.ok("POST", "/messages", json={"body": f"m{number}"}) for number in range(3)]
    assert written[0] == {"id": 1, "body": "m0"}
    first = await owner.ok("GET", "/messages", params={"limit": 2})
    assert first["items"] == written[:0:-1]
    rest = await owner.ok("GET", "/messages", params={"limit": 2, "cursor": first["next"]})
    assert rest == {"items": written[:1], "next": None}
    assert await owner.ok("PATCH", "/messages/2", json={"body": "new"}) == {"id": 2, "body": "new"}
    refused(await owner("GET", "/messages", params={"direction": "inbound"}), 422, "unusable")
    refused(await owner("GET", "/messages/99999999999999999999"), 404, "not_found")


@pytest.mark.parametrize("table", ["automations", "pg_class", "agents; drop table leads", None])
async def test_other_tables_are_not_reached(world: World, table: str | None) -> None:
    async with world.db.transaction():
        await world.db.execute("set local role authenticated")
        with pytest.raises(Exception, match="has no table"):
            await world.db.fetch("select * from automations.list_records($1, '{}', null, null, 5, null, null)", table)
