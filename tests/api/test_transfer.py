"""Automations as files over HTTP, and made from templates."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tests.api.conftest import ApiServer, refused
from tests.api.test_automations import EDGES, NODES, made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

from automations.services.flow_templates import shipped_templates

if TYPE_CHECKING:
    from tests.conftest import Factory


async def test_a_draft_goes_out_and_comes_back(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world, description="Says hello")
    answer = await owner("GET", f"/automations/{draft['id']}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="greet.json"'
    file = answer.json()
    assert file == {
        "format": "automations/1",
        "id": draft["id"],
        "name": "Greet",
        "description": "Says hello",
        "icon": None,
        "color": None,
        "nodes": NODES,
        "edges": EDGES,
    }
    same = await owner.ok("POST", "/automations/import", json=file)
    assert same == {
        "id": draft["id"],
        "name": "Greet",
        "change": "unchanged",
        "published": False,
        "draft_revision": 0,
        "problems": [],
    }
    with_revision = await owner.ok("GET", f"/automations/{draft['id']}/export", params={"with_revision": True})
    assert with_revision == {**file, "draft_revision": 0}
    changed = await owner.ok(
        "POST", "/automations/import", json={**with_revision, "edges": []}, headers={"If-Match": '"0"'}
    )
    assert (changed["change"], changed["draft_revision"], [one["code"] for one in changed["problems"]]) == (
        "updated",
        1,
        ["unreachable"],
    )
    refused(await owner("POST", "/automations/import", json=file, headers={"If-Match": '"0"'}), 409, "conflict")
    # What belongs to others is not there; its id is taken all the same.
    other = api.signed_in((await other_account(make)).account)
    told = refused(await other("POST", "/automations/import", json=file), 409, "conflict")
    assert (told["detail"], "make a copy" in told["hint"]) == (f"the id {draft['id']} is taken", True)
    copy = await other.ok("POST", "/automations/import", json={**file, "id": None})
    again = await other.ok("POST", "/automations/import", json={**file, "id": None})
    assert (copy["change"], again["change"], again["id"]) == ("created", "unchanged", copy["id"])
    kept = await other.ok("POST", "/automations/import", json={**file, "id": str(uuid.UUID(int=7)), "name": "Seven"})
    assert (kept["id"], kept["change"]) == (str(uuid.UUID(int=7)), "created")
    assert await owner.ok("GET", f"/automations/{draft['id']}/export") == {**file, "edges": []}


async def test_files_that_are_none_are_refused(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    for body in ({}, {"name": 1, "nodes": NODES}, {"name": "x", "nodes": NODES, "nods": 1}, {"name": "x", "id": "y"}):
        told = refused(await owner("POST", "/automations/import", json=body), 422, "unusable")
        assert "the file" in told["detail"]
    refused(await owner("POST", "/automations/import", json={"name": "x", "nodes": 1}), 422, "invalid_request")
    told = refused(
        await owner("POST", "/automations/import", json={"name": "a\u0000b", "nodes": NODES}), 422, "unusable"
    )
    await make_second_agent(world)
    told = refused(await owner("POST", "/automations/import", json={"name": "x", "nodes": NODES}), 422, "unusable")
    assert "`agent_id`" in told["hint"]
    params = {"agent_id": str(world.agent)}
    assert (await owner.ok("POST", "/automations/import", json={"name": "x", "nodes": NODES}, params=params))["id"]
    deep: list[object] = []
    for _ in range(200):
        deep = [deep]
    refused(await owner("POST", "/automations/import", json={"name": "y", "nodes": deep}), 400, "bad_request")


async def make_second_agent(world: World) -> None:
    await world.make.agent(world.account)


async def test_an_automation_is_made_from_a_template(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    listed = (await owner.ok("GET", "/templates"))["items"]
    assert [one["key"] for one in listed] == list(shipped_templates())
    for one in listed:
        shown = await owner.ok("GET", f"/templates/{one['key']}")
        assert {name: shown[name] for name in one} == one
        assert {edge["target"] for edge in shown["edges"]} < {node["id"] for node in shown["nodes"]}
        given = {each["name"]: each["example"] for each in shown["parameters"] if each["default"] is None}
        given = {name: str(world.account) if "user" in name else text for name, text in given.items()}
        made_one = await owner.ok(
            "POST", "/automations/from-template", json={"template": one["key"], "parameters": given}
        )
        assert (made_one["change"], made_one["problems"], made_one["published"]) == ("created", [], False), one["key"]
    told = refused(
        await owner("POST", "/automations/from-template", json={"template": one["key"], "parameters": given}),
        409,
        "conflict",
    )
    assert "`name`" in told["hint"]
    refused(await owner("POST", "/automations/from-template", json={"template": "no"}), 404, "not_found")
    refused(await owner("GET", "/templates/no"), 404, "not_found")
    wrong = {"template": one["key"], "parameters": {"nobody": "x"}}
    refused(await owner("POST", "/automations/from-template", json=wrong), 422, "unusable")
    refused(await owner("POST", "/automations/from-template", json={"template": 1}), 422, "invalid_request")


async def test_who_may_what(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    export, file = f"/automations/{draft['id']}/export", {"name": "File", "nodes": NODES, "edges": EDGES}
    from_template = {"template": "weekly-digest", "agent_id": str(world.agent)}
    viewer, stranger = api.signed_in(await make.team_member(world.account, "viewer")), api.signed_in(uuid.uuid4())
    runs, _ = await key_of(world, api, "run")
    for params in ({"account": str(world.account)}, {"agent_id": str(world.agent)}):
        refused(await viewer("POST", "/automations/import", json=file, params=params), 403, "not_allowed")
        refused(await stranger("POST", "/automations/import", json=file, params=params), 404, "not_found")
    refused(await stranger("POST", "/automations/import", json=file), 404, "not_found")
    refused(await viewer("POST", "/automations/from-template", json=from_template), 403, "not_allowed")
    refused(await stranger("POST", "/automations/from-template", json=from_template), 404, "not_found")
    refused(await stranger("GET", export), 404, "not_found")
    await viewer.ok("GET", export)
    for method, path, body in (
        ("GET", export, None),
        ("POST", "/automations/import", file),
        ("GET", "/templates", None),
        ("GET", "/templates/weekly-digest", None),
        ("POST", "/automations/from-template", from_template),
    ):
        refused(await runs(method, path, json=body), 403, "not_allowed")
    server = api.signed_in(None)
    assert (await server.ok("POST", "/automations/import", json=file))["change"] == "created"
