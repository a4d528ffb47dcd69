"""Keys of machines over HTTP: made by who manages the account, shown once, revoked for good."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.api.conftest import ApiServer, refused
from tests.api.test_automations import made
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory


async def audited(world: World, *actions: str) -> list[tuple[Any, ...]]:
    rows = await world.db.fetch(
        "select action, actor, details from automations.audit_log"
        " where account_id = $1 and action = any ($2) order by id",
        world.account,
        list(actions),
    )
    return [tuple(row) for row in rows]


async def test_a_key_is_made_used_and_revoked(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    body = {"name": " CRM ", "scopes": ["write", "read", "read"], "expires_in_days": 90}
    headers = {"Idempotency-Key": "k"}
    answer = await owner("POST", "/api-keys", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    key = answer.json()
    assert (key["name"], key["scopes"], key["hint"]) == ("CRM", ["read", "write"], key["key"][-4:])
    machine = api.bearer(key["key"])
    draft = await made(machine, world)
    await machine.ok("DELETE", f"/automations/{draft['id']}")
    me = await machine.ok("GET", "/me")
    assert me == {
        "user_id": str(world.account),
        "role": "authenticated",
        "accounts": [{"account_id": str(world.account), "role": "owner"}],
        "key": {"id": key["id"], "scopes": ["read", "write"]},
    }
    listed = (await owner.ok("GET", "/api-keys"))["items"]
    assert [one["id"] for one in listed] == [key["id"]]
    assert key["key"] not in str(listed)
    assert "hash" not in listed[0]
    # A machine makes no keys, and sees none.
    for method, path, given in (
        ("GET", "/api-keys", None),
        ("POST", "/api-keys", body),
        ("DELETE", f"/api-keys/{key['id']}", None),
    ):
        refused(await machine(method, path, json=given), 403, "not_allowed")
    for _ in range(2):
        assert (await owner("DELETE", f"/api-keys/{key['id']}")).status_code == 204
    refused(await machine("GET", "/automations"), 401, "not_signed_in")
    created, revoked = await audited(world, "api_key.created", "api_key.revoked")
    assert (created[1], created[2]["id"], created[2]["scopes"]) == (world.account, key["id"], ["read", "write"])
    assert revoked == ("api_key.revoked", world.account, {"id": key["id"]})
    # The key was not kept as the answer to a request either.
    assert await world.db.fetchval("select count(*) from automations.answered_requests where body is not null") == 0
    again = await owner.ok("POST", "/api-keys", json=body, headers=headers)
    assert again["id"] != key["id"]


async def test_what_a_machine_did_says_with_which_key(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    key = await owner.ok("POST", "/api-keys", json={"name": "k", "scopes": ["read", "write"]})
    draft = await made(owner, world)
    await api.bearer(key["key"]).ok("POST", f"/automations/{draft['id']}/publish")
    ((_, actor, details),) = await audited(world, "publish")
    assert (actor, details["api_key"]) == (world.account, key["id"])


async def test_who_may_make_keys(world: World, api: ApiServer, make: Factory) -> None:
    body = {"name": "k", "scopes": ["read"], "account_id": str(world.account)}
    key = await api.signed_in(world.account).ok("POST", "/api-keys", json=body)
    for role, made_one in (("owner", 201), ("admin", 201), ("member", 403), ("viewer", 403)):
        person = api.signed_in(await make.team_member(world.account, role))
        assert (await person("POST", "/api-keys", json=body)).status_code == made_one, role
        seen = (await person.ok("GET", "/api-keys", params={"account": str(world.account)}))["items"]
        assert bool(seen) == (made_one == 201)
        if made_one == 403:
            refused(await person("DELETE", f"/api-keys/{key['id']}"), 403, "not_allowed")
    stranger = api.signed_in(uuid.uuid4())
    refused(await stranger("POST", "/api-keys", json=body), 404, "not_found")
    refused(await stranger("DELETE", f"/api-keys/{key['id']}"), 404, "not_found")
    assert (await stranger.ok("GET", "/api-keys"))["items"] == []
    refused(await api.bearer(None)("POST", "/api-keys", json=body), 401, "not_signed_in")
    server = api.signed_in(None)
    refused(await server("POST", "/api-keys", json={"name": "k", "scopes": ["read"]}), 422, "unusable")
    assert (await server.ok("POST", "/api-keys", json=body))["created_by"] is None
    assert len((await server.ok("GET", "/api-keys"))["items"]) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 101},
        {"name": "a\u0000b"},
        {"scopes": []},
        {"scopes": ["all"]},
        {"expires_in_days": 0},
        {"expires_in_days": 10**20},
        {"key": "aut_mine"},
    ],
)
async def test_nothing_else_makes_a_key(world: World, api: ApiServer, wrong: dict[str, Any]) -> None:
    body = {"name": "k", "scopes": ["read"], **wrong}
    answer = await api.signed_in(world.account)("POST", "/api-keys", json=body)
    assert answer.status_code == 422, answer.text
    assert await world.db.fetchval("select count(*) from automations.api_keys") == 0


async def test_in_sql_the_hash_is_nobodys(world: World, api: ApiServer, acting: Acting) -> None:
    await api.signed_in(world.account).ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]})
    for statement in (
        "select hash from automations.api_keys",
        "insert into automations.api_keys (account_id, name) values (auth.uid(), 'x')",
        "update automations.api_keys set scopes = '{write}'",
        "delete from automations.api_keys",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with acting(world.db, "authenticated", world.account):
                await world.db.execute(statement)
    async with acting(world.db, "authenticated", world.account):
        assert await world.db.fetchval("select count(*) from automations.api_keys") == 1
