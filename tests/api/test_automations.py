"""Automations over HTTP: drawn, published, switched, started, and kept apart by the database."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Client, refused
from tests.engine.world import Workers, World

from automations.db.contract import AUTOMATION_DETAIL_COLUMNS, AUTOMATION_LIST_COLUMNS

if TYPE_CHECKING:
    from tests.conftest import Factory

NODES = [
    {"id": "start", "type": "trigger-manual", "position": {"x": 0, "y": 0}, "data": {"label": "Go", "config": {}}},
    {
        "id": "end",
        "type": "logic-stop",
        "position": {"x": 0, "y": 100},
        "data": {"config": {"output": "{{ trigger.input.name }}"}},
    },
]
EDGES = [{"id": "e", "source": "start", "target": "end"}]


async def made(client: Client, world: World, name: str = "Greet", **body: Any) -> Any:
    given = {"agent_id": str(world.agent), "name": name, "nodes": NODES, "edges": EDGES, **body}
    return await client.ok("POST", "/automations", json=given)


async def test_from_a_draft_to_a_run(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    assert set(draft) == {*AUTOMATION_DETAIL_COLUMNS, "draft_revision", "published_number", "draft_is_published"}
    assert (draft["status"], draft["enabled"], draft["user_id"]) == ("draft", False, str(world.account))
    path = f"/automations/{draft['id']}"
    refused(await owner("POST", f"{path}/executions", json={}), 409, "conflict")
    published = await owner.ok("POST", f"{path}/publish", json={"note": "first"})
    assert (published["status"], published["published_number"], published["draft_is_published"]) == ("active", 1, True)
    assert (await owner.ok("POST", f"{path}/enable"))["enabled"] is True
    await workers.start()
    headers = {"Idempotency-Key": "k1"}
    run = await owner.ok("POST", f"{path}/executions", json={"input": {"name": "Ada"}}, headers=headers)
    again = await owner.ok("POST", f"{path}/executions", json={"input": {"name": "Ada"}}, headers=headers)
    assert run == again
    await world.final(uuid.UUID(run["id"]))
    shown = await owner.ok("GET", f"/executions/{run['id']}")
    assert (shown["status"], shown["output"], shown["triggered_by"]) == ("completed", "Ada", str(world.account))
    assert [step["node_id"] for step in shown["nodes_executed"]] == ["start", "end"]
    assert shown["version"] == 1
    # Its steps are pure: there was nothing to write before the end.
    assert await owner.ok("GET", f"/executions/{run['id']}/steps") == {"items": []}
    assert (await owner.ok("POST", f"{path}/pause", json={"reason": "lunch"}))["status"] == "paused"
    assert (await owner.ok("POST", f"{path}/resume"))["status"] == "active"
    assert (await owner.ok("POST", f"{path}/disable"))["enabled"] is False
    assert (await owner("DELETE", path)).status_code == 204
    refused(await owner("GET", path), 404, "not_found")
    refused(await owner("GET", f"/executions/{run['id']}"), 404, "not_found")


async def test_a_run_says_whom_it_is_about(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    on_lead = {**NODES[0], "data": {"config": {"record": "lead"}}}
    path = f"/automations/{(await made(owner, world, nodes=[on_lead, *NODES[1:]]))['id']}"
    await owner.ok("POST", f"{path}/publish")
    await owner.ok("POST", f"{path}/enable")
    lead = await owner.ok("POST", "/leads", json={"name": "Ada", "email": "ada@example.com"})
    run = await owner.ok("POST", f"{path}/executions", json={"lead_id": lead["id"], "input": {"name": "Ada"}})
    for columns, name in (({}, "Ada"), ({"name": ""}, "ada@example.com"), ({"email": None}, None)):
        await owner.ok("PATCH", f"/leads/{lead['id']}", json=columns)
        shown = await owner.ok("GET", f"/executions/{run['id']}")
        (listed,) = (await owner.ok("GET", "/executions"))["items"]
        assert (shown["lead_name"], listed["lead_name"]) == (name, name)


async def test_a_draft_is_saved_at_the_revision_that_was_seen(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    path, body = f"/automations/{draft['id']}", {"name": "Greet", "nodes": NODES, "edges": []}
    seen = (await owner("GET", path)).headers["etag"]
    saved = await owner("PUT", path, json=body, headers={"If-Match": seen})
    assert (saved.status_code, saved.headers["etag"] != seen, saved.json()["edges"]) == (200, True, [])
    told = refused(await owner("PUT", path, json={**body, "name": "Mine"}, headers={"If-Match": seen}), 409, "conflict")
    assert "somebody has changed the draft" in told["detail"]
    refused(await owner("PUT", path, json=body, headers={"If-Match": "seven"}), 422, "unusable")
    # A name is no change of the drawing, and is not lost either.
    seen = (await owner("GET", path)).headers["etag"]
    assert (await owner("PUT", path, json={**body, "name": "Hers"}, headers={"If-Match": seen})).status_code == 200
    told = refused(await owner("PUT", path, json={**body, "name": "Mine"}, headers={"If-Match": seen}), 409, "conflict")
    assert "name" in told["detail"]
    assert (await owner("PUT", path, json={**body, "name": "Mine"})).status_code == 200


async def test_problems_of_a_flow_are_all_told(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    wrong = [NODES[0], {"id": "call", "type": "action-http", "data": {"config": {"url": "ftp://x", "methud": 1}}}]
    draft = await made(owner, world, nodes=wrong, edges=[])
    told = refused(await owner("POST", f"/automations/{draft['id']}/publish"), 422, "flow_invalid")
    assert {problem["node_id"] for problem in told["problems"]} == {"call"}
    assert all(problem["message"] and problem["hint"] for problem in told["problems"])
    secret = {"url": "https://example.com", "headers": {"A": "{{ secrets.NOPE }}"}}
    call = {**wrong[1], "data": {"config": secret}}
    edges = [{"id": "e", "source": "start", "target": "call"}]
    draft = await made(owner, world, "Two", nodes=[NODES[0], call], edges=edges)
    told = refused(await owner("POST", f"/automations/{draft['id']}/publish"), 422, "flow_invalid")
    assert [problem["code"] for problem in told["problems"]] == ["missing_secret"]


async def test_lists_are_pages_in_a_stable_order(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    names = [f"Flow {number:02}" for number in range(7)]
    for name in names:
        await made(owner, world, name)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        answer = await owner.ok("GET", "/automations", params={"limit": 3, **({"cursor": cursor} if cursor else {})})
        assert all(set(item) == set(AUTOMATION_LIST_COLUMNS) for item in answer["items"])
        seen += [item["name"] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert seen == names[::-1]
    assert [one["name"] for one in (await owner.ok("GET", "/automations", params={"search": "w 03"}))["items"]] == [
        "Flow 03"
    ]
    for wrong in ("x", "W10", "WzEsMl0", "bnVsbA", "eyJhIjoxfQ", "WyJ4IiwieSJd"):
        refused(await owner("GET", "/automations", params={"cursor": wrong}), 422, "unusable")
        refused(await owner("GET", "/executions", params={"cursor": wrong}), 422, "unusable")
    for params in ({"limit": 0}, {"limit": 201}, {"status": "on"}, {"agent_id": "x"}):
        refused(await owner("GET", "/automations", params=params), 422, "invalid_request")


async def test_who_may_what(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    await owner.ok("POST", f"/automations/{draft['id']}/publish")
    await owner.ok("POST", f"/automations/{draft['id']}/enable")
    run = await owner.ok("POST", f"/automations/{draft['id']}/executions", json={})
    path, body = f"/automations/{draft['id']}", {"name": "Taken", "nodes": [], "edges": []}
    changes: list[tuple[str, str, Any]] = [
        ("PUT", path, body),
        ("POST", f"{path}/publish", None),
        ("POST", f"{path}/pause", None),
        ("POST", f"{path}/resume", None),
        ("POST", f"{path}/enable", None),
        ("POST", f"{path}/disable", None),
        ("POST", f"{path}/executions", {}),
        ("POST", f"/executions/{run['id']}/cancel", None),
        ("POST", f"/executions/{run['id']}/retry", None),
        ("DELETE", f"/executions/{run['id']}", None),
        ("DELETE", path, None),
    ]
    reads = [path, f"/executions/{run['id']}"]
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    stranger = api.signed_in(uuid.uuid4())
    other = api.signed_in((await other_account(make)).account)
    for client in (stranger, other):
        for read in reads:
            refused(await client("GET", read), 404, "not_found")
        refused(await client("GET", f"/executions/{run['id']}/steps"), 404, "not_found")
        for method, place, given in changes:
            refused(await client(method, place, json=given), 404, "not_found")
        assert (await client.ok("GET", "/automations"))["items"] == []
        assert (await client.ok("GET", "/executions", params={"account": str(world.account)}))["items"] == []
        refused(
            await client("POST", "/automations", json={"agent_id": str(world.agent), "name": "x"}), 404, "not_found"
        )
    for read in reads:
        await viewer.ok("GET", read)
    for method, place, given in changes:
        answer = await viewer(method, place, json=given)
        assert answer.status_code in (403, 404), (method, place, answer.text)
    assert (await viewer("POST", "/automations", json={"agent_id": str(world.agent), "name": "x"})).status_code == 403
    assert await owner.ok("GET", path) == await owner.ok("GET", path)
    for role in ("member", "admin"):
        client = api.signed_in(await make.team_member(world.account, role))
        await client.ok("PUT", path, json={"name": role, "nodes": NODES, "edges": EDGES})
    server = api.signed_in(None)
    assert len((await server.ok("GET", "/automations"))["items"]) == 1


async def other_account(make: Factory) -> World:
    from tests.engine.world import new_world

    return await new_world(make.connection, make)


async def test_bodies_are_limited(world: World, api: ApiServer) -> None:
    nobody, owner = api.bearer(None), api.signed_in(world.account)
    refused(await nobody("POST", "/automations", content=b"x" * 5_000_000), 401, "not_signed_in")
    refused(await owner("POST", "/automations", content=b"x" * 5_000_000), 413, "too_large")
    refused(await owner("POST", "/automations", content=endless()), 413, "too_large")
    # Of who has proved nothing less is read.
    told = refused(await nobody("POST", "/sign-in", content=b"x" * 20_000), 413, "too_large")
    assert "16,384 bytes" in told["detail"]
    refused(await nobody("POST", "/approvals/by-token", content=b"x" * 1_100_000), 413, "too_large")
    headers = {"Content-Type": "application/json"}
    for body, status, code in (
        (b"[" * 100_000, 400, "bad_request"),
        (b"{", 422, "invalid_request"),
        (b"\xff", 400, "bad_request"),
        (b"[]", 422, "invalid_request"),
        (b'{"agent_id": "x", "name": "", "nods": 1}', 422, "invalid_request"),
    ):
        told = refused(await owner("POST", "/automations", content=body, headers=headers), status, code)
        assert "Traceback" not in str(told)
    agent = str(world.agent)
    for name in ("a\u0000b", "\ud800"):
        answer = await owner(
            "POST", "/automations", content=json.dumps({"agent_id": agent, "name": name}), headers=headers
        )
        assert answer.status_code in (400, 422), (name, answer.text)


async def endless() -> AsyncIterator[bytes]:
    for _ in range(200):
        yield b"x" * 100_000


async def test_many_publish_at_once(world: World, api: ApiServer) -> None:
    """Each asks for a second connection while it holds one."""
    owner = api.signed_in(world.account)
    drafts = [await made(owner, world, f"Greet {number}") for number in range(24)]
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(owner("POST", f"/automations/{one['id']}/publish") for one in drafts))
    assert [answer.status_code for answer in answers] == [200] * len(drafts)
