"""What every route has: keys that act for one account, answers that are given once, a document that tells the truth."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.conftest import SECRET, ApiServer, Client, refused
from tests.api.test_automations import EDGES, NODES, made
from tests.engine.world import World

from automations.api.app import ROUTES

if TYPE_CHECKING:
    from tests.conftest import Factory


async def key_of(world: World, api: ApiServer, *scopes: str, account: uuid.UUID | None = None) -> tuple[Client, str]:
    text = f"aut_{secrets.token_urlsafe(24)}"
    await world.db.execute(
        "insert into automations.api_keys (account_id, name, hash, hint, scopes) values ($1, 'k', $2, $3, $4)",
        account or world.account,
        hashlib.sha256(text.encode()).digest(),
        text[-4:],
        list(scopes),
    )
    return api.bearer(text), text


async def test_a_key_reaches_as_far_as_its_scopes(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    path = f"/automations/{draft['id']}"
    reads, _ = await key_of(world, api, "read")
    assert [one["id"] for one in (await reads.ok("GET", "/automations"))["items"]] == [draft["id"]]
    for method, address, body in (
        ("POST", f"{path}/publish", {}),
        ("POST", f"{path}/executions", {}),
        ("DELETE", path, None),
    ):
        told = refused(await reads(method, address, json=body), 403, "not_allowed")
        assert "has not the scope" in told["detail"]
    writes, _ = await key_of(world, api, "write")
    refused(await writes("GET", path), 403, "not_allowed")
    assert (await writes.ok("POST", f"{path}/publish"))["status"] == "active"
    runs, _ = await key_of(world, api, "run", "read")
    refused(await runs("POST", f"{path}/executions", json={}), 409, "conflict")
    await owner.ok("POST", f"{path}/enable")
    run = await runs.ok("POST", f"{path}/executions", json={"input": {"name": "x"}})
    assert (await runs.ok("GET", f"/executions/{run['id']}"))["triggered_by"] == str(world.account)


async def test_a_key_is_for_one_account_whoever_that_is_a_member_of(
    world: World, api: ApiServer, make: Factory
) -> None:
    other = uuid.uuid4()
    await make.automation(other, await make.agent(other), name="Theirs")
    await world.db.execute(
        "insert into team_members (owner_id, member_id, role) values ($1, $2, 'admin')", other, world.account
    )
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    assert len((await owner.ok("GET", "/automations"))["items"]) == 2
    key, _ = await key_of(world, api, "read", "write", "run")
    assert [one["id"] for one in (await key.ok("GET", "/automations"))["items"]] == [draft["id"]]
    assert (await key.ok("GET", f"/automations?account={other}"))["items"] == []


async def test_a_key_ends(world: World, api: ApiServer) -> None:
    key, text = await key_of(world, api, "read")
    await key.ok("GET", "/automations")
    assert await world.db.fetchval("select last_used_at is not null from automations.api_keys")
    for change in ("expires_at = now() - interval '1 s'", "expires_at = null, revoked_at = now()"):
        await world.db.execute(f"update automations.api_keys set {change}")
        refused(await key("GET", "/automations"), 401, "not_signed_in")
    refused(await api.bearer(text[:-1])("GET", "/automations"), 401, "not_signed_in")


async def test_nothing_of_a_body_is_read_before_it_is_known_who_sends_it(world: World, api: ApiServer) -> None:
    answer = await api.bearer(None)("POST", "/automations", content=b"{nonsense")
    refused(answer, 401, "not_signed_in")


async def test_the_same_request_again_has_the_same_answer_and_does_nothing(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    body = {"agent_id": str(world.agent), "name": "Greet", "nodes": NODES, "edges": EDGES}
    headers = {"Idempotency-Key": "one"}
    answers = await asyncio.gather(*(owner("POST", "/automations", json=body, headers=headers) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotent-replayed", "") for answer in answers) == ["", *["true"] * 4]
    assert {answer.headers["location"] for answer in answers} == {f"/api/v1/automations/{answers[0].json()['id']}"}
    assert await world.db.fetchval("select count(*) from automations") == 1
    other = await owner("POST", "/automations", json={**body, "name": "Other"}, headers=headers)
    assert "another request" in refused(other, 409, "conflict")["detail"]
    # Whose key it is matters, and a failure keeps nothing.
    stranger = api.signed_in(uuid.uuid4())
    refused(await stranger("POST", "/automations", json=body, headers=headers), 404, "not_found")
    refused(await stranger("POST", "/automations", json=body, headers=headers), 404, "not_found")
    refused(await owner("POST", "/automations", json=body, headers={"Idempotency-Key": "x" * 256}), 422, "unusable")


def test_every_route_says_what_it_does() -> None:
    for routes in ROUTES:
        for route in routes.router.routes:
            assert needs_of(route) is not None, route


def needs_of(route: Any) -> str | None:
    for dependency in route.dependant.dependencies:
        if (found := getattr(dependency.call, "needs", None)) is not None:
            return str(found)
    return None


@pytest.mark.parametrize("name", ["request.jwt.claims"])
async def test_claims_that_nobody_can_read_narrow_nothing_and_break_nothing(world: World, name: str) -> None:
    assert SECRET
    async with world.db.transaction():
        await world.db.execute("select set_config($1, 'automations_account', true)", name)
        assert await world.db.fetchval("select automations.claimed_account()") is None
