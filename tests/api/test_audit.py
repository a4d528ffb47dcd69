"""What is on record: every change, whoever makes it and with whatever tool, and every refused access."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Hooks, refused, token
from tests.api.test_automations import EDGES, NODES, made, other_account
from tests.api.test_mcp import agent
from tests.engine.world import World, eventually

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory


async def log_of(world: World, account: uuid.UUID | None = None) -> list[tuple[Any, ...]]:
    rows = await world.db.fetch(
        "select action, actor, automation_id, details from automations.audit_log where account_id = $1 order by id",
        account or world.account,
    )
    return [tuple(row) for row in rows]


async def test_every_change_of_an_automation(world: World, api: ApiServer, make: Factory) -> None:
    admin = await make.team_member(world.account, "admin")
    client = api.signed_in(admin)
    draft = await made(client, world)
    automation, path = uuid.UUID(draft["id"]), f"/automations/{draft['id']}"
    await client.ok("PUT", path, json={"name": "Welcome", "nodes": NODES, "edges": []})
    # The same again is no change.
    await client.ok("PUT", path, json={"name": "Welcome", "nodes": NODES, "edges": []})
    await client.ok("PUT", path, json={"name": "Welcome", "nodes": NODES, "edges": EDGES})
    for verb in ("publish", "enable", "enable", "pause", "resume", "disable", "enable"):
        await client.ok("POST", f"{path}/{verb}")
    run = await client.ok("POST", f"{path}/executions", json={})
    await client.ok("POST", f"/executions/{run['id']}/cancel")
    await client.ok("DELETE", f"/executions/{run['id']}")
    await client.ok("POST", f"{path}/executions", json={})
    await client.ok("DELETE", path)
    log = [entry for entry in await log_of(world) if entry[0] != "team.joined"]
    assert {(actor, of) for _, actor, of, _ in log} == {(admin, automation)}
    assert [action for action, *_ in log] == [
        *("automation.created", "automation.saved", "automation.saved", "publish"),
        *("automation.enabled", "pause", "resume", "automation.disabled", "automation.enabled"),
        *("start_run", "cancel_run", "execution.deleted", "start_run", "automation.deleted"),
    ]
    details = [entry[3] for entry in log]
    assert details[0] == {"name": "Greet"}
    assert details[1] == {"fields": ["edges", "name"], "revision": 1}
    assert details[-3] == {"status": "cancelled"}


async def test_plain_sql_of_users_is_on_record_and_figures_of_runs_are_not(
    world: World, api: ApiServer, acting: Acting
) -> None:
    automation = uuid.UUID((await made(api.signed_in(world.account), world))["id"])
    before = len(await log_of(world))
    await world.db.execute(
        "update automations set execution_count = 7, last_executed_at = now(), last_execution_status = 'completed'"
    )
    async with acting(world.db, "authenticated", world.account):
        await world.db.execute("""update automations set viewport = '{"x": 1, "y": 1, "zoom": 1}'""")
    assert len(await log_of(world)) == before
    async with acting(world.db, "authenticated", world.account):
        await world.db.execute("update automations set description = 'by hand', enabled = true")
        await world.db.execute("delete from automations")
    assert (await log_of(world))[before:] == [
        ("automation.enabled", world.account, automation, {}),
        ("automation.saved", world.account, automation, {"fields": ["description"], "revision": 0}),
        ("automation.deleted", world.account, automation, {"name": "Greet"}),
    ]


async def refusals_of(world: World, count: int, account: uuid.UUID | None = None) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []

    async def look() -> bool:
        found[:] = [
            (actor, of, told) for action, actor, of, told in await log_of(world, account) if action == "refused"
        ]
        return len(found) >= count

    await eventually(look)
    assert len(found) == count
    return found


async def test_who_asks_for_what_belongs_to_others_is_on_their_record(
    world: World, api: ApiServer, make: Factory
) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    automation, path = uuid.UUID(draft["id"]), f"/automations/{draft['id']}"
    stranger = uuid.uuid4()
    refused(await api.signed_in(stranger)("GET", f"{path}?secret=1"), 404, "not_found")
    (entry,) = await refusals_of(world, 1)
    told = {"method": "GET", "path": f"/api/v1{path}", "code": "not_found"}
    assert entry == (stranger, automation, told)
    # Again and again: once a minute.
    for _ in range(5):
        refused(await api.signed_in(stranger)("DELETE", path), 404, "not_found")
    # An id in the body, by somebody who is of another account.
    other = await other_account(make)
    body = {"agent_id": str(world.agent), "name": "x"}
    refused(await api.signed_in(other.account)("POST", "/automations", json=body), 404, "not_found")
    # One's own things that are not there, and ids of nothing, are nobody's business.
    refused(await owner("GET", f"/executions/{uuid.uuid4()}"), 404, "not_found")
    viewer = await make.team_member(world.account, "viewer")
    refused(await api.signed_in(viewer)("DELETE", path), 403, "not_allowed")
    found = {(actor, told["code"], told["method"]) for actor, _, told in await refusals_of(world, 3)}
    assert found == {
        (stranger, "not_found", "GET"),
        (other.account, "not_found", "POST"),
        (viewer, "not_allowed", "DELETE"),
    }
    assert await refusals_of(world, 0, other.account) == []


async def test_what_a_key_tries_beyond_its_scopes_is_told_to_its_account(
    world: World, api: ApiServer, make: Factory
) -> None:
    owner = api.signed_in(world.account)
    key = await owner.ok("POST", "/api-keys", json={"name": "k", "scopes": ["read"]})
    refused(
        await api.bearer(key["key"])("POST", "/api-keys", json={"name": "x", "scopes": ["write"]}), 403, "not_allowed"
    )
    ((actor, _, told),) = await refusals_of(world, 1)
    assert (actor, told["api_key"], told["path"]) == (world.account, key["id"], "/api/v1/api-keys")


async def test_nobody_floods_the_log_of_another(world: World, api: ApiServer) -> None:
    draft = await made(api.signed_in(world.account), world)
    people = [api.signed_in(uuid.uuid4()) for _ in range(90)]
    for number in range(0, len(people), 3):
        await asyncio.gather(*(one("GET", f"/automations/{draft['id']}") for one in people[number : number + 3]))
    assert 1 <= len([entry for entry in await log_of(world) if entry[0] == "refused"]) <= 64


async def test_refusals_over_mcp_are_on_record_too(hooks: Hooks, world: World, api: ApiServer, make: Factory) -> None:
    draft = await made(api.signed_in(world.account), world)
    viewer, stranger = await make.team_member(world.account, "viewer"), uuid.uuid4()
    for who in (viewer, stranger):
        async with agent(hooks, token(who)) as client:
            assert (await client.call_tool("publish_automation", {"automation_id": draft["id"]})).is_error
            await client.call_tool("publish_automation", {"automation_id": str(uuid.uuid4())})
    told = {"method": "POST", "path": "/mcp", "tool": "publish_automation"}
    assert await refusals_of(world, 2) == [
        (viewer, uuid.UUID(draft["id"]), {**told, "code": "not_allowed"}),
        (stranger, uuid.UUID(draft["id"]), {**told, "code": "not_found"}),
    ]
