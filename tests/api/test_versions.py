"""Drafts validated and copied over HTTP; versions looked at, compared, and gone back to."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Client, refused
from tests.api.test_automations import EDGES, NODES, made
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Factory

CALL = {
    "id": "call",
    "type": "action-http",
    "data": {"config": {"url": "https://example.com", "headers": {"A": "{{ secrets.NOPE }}"}}},
}


def said(text: str) -> list[Any]:
    """The drawing with another answer."""
    return [NODES[0], {**NODES[1], "data": {"config": {"output": text}}}]


async def published(client: Client, world: World, *outputs: str) -> str:
    """The path of an automation with a version for each output."""
    draft = await made(client, world, nodes=said(outputs[0]))
    path = f"/automations/{draft['id']}"
    for output in outputs:
        await client.ok("PUT", path, json={"name": "Greet", "nodes": said(output), "edges": EDGES})
        await client.ok("POST", f"{path}/publish", json={"note": f"says {output}"})
    return path


async def test_a_draft_and_an_unsaved_drawing_are_validated(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = f"/automations/{(await made(owner, world))['id']}"
    judged = await owner.ok("POST", f"{path}/validate")
    assert (judged["valid"], judged["problems"], judged["warnings"]) == (True, [], [])
    wrong = [NODES[0], {"id": "call", "type": "action-http", "data": {"config": {"methud": 1}}}]
    told = await owner.ok("POST", f"{path}/validate", json={"nodes": wrong, "edges": []})
    assert told["valid"] is False
    assert {problem["node_id"] for problem in told["problems"]} == {"call"}
    assert {"url", "methud"} <= {problem["field"] for problem in told["problems"]}
    edges = [{"id": "e", "source": "start", "target": "call"}]
    told = await owner.ok("POST", f"{path}/validate", json={"nodes": [NODES[0], CALL], "edges": edges})
    assert told["problems"] == [
        {
            "code": "missing_secret",
            "message": "there is no secret NOPE in this account",
            "hint": "Set it first: `PUT /secrets/NOPE`.",
            "node_id": "call",
            "edge_id": None,
            "field": None,
        }
    ]
    hostile: list[list[Any]] = [[1, None, "x"], [{"id": 1}], [{"id": "a", "type": "a\u0000"}], [[[]]]]
    for nodes in hostile:
        assert (await owner.ok("POST", f"{path}/validate", json={"nodes": nodes}))["valid"] is False
    bodies: list[Any] = [{"nodes": {}}, {"nods": []}, {"nodes": [0] * 2_001}]
    for body in bodies:
        refused(await owner("POST", f"{path}/validate", json=body), 422, "invalid_request")


async def test_a_drawing_is_told_what_its_steps_come_to_by_each_way(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = f"/automations/{(await made(owner, world))['id']}"
    start = {"id": "start", "type": "trigger-event", "data": {"config": {"event_source": "lead", "event_type": "any"}}}
    limit = {"amount": 1, "unit": "hours"}
    wait = {"id": "wait", "type": "logic-wait", "data": {"config": {"wait_for": "reply", "max_wait": limit}}}

    async def judged(text: str, *ways: str) -> Any:
        send = {"id": "send", "type": "action-send-message", "data": {"config": {"body": text}}}
        edges = [
            {"id": "in", "source": "start", "target": "wait"},
            *({"id": way, "source": "wait", "sourceHandle": way, "target": "send"} for way in ways),
        ]
        return await owner.ok("POST", f"{path}/validate", json={"nodes": [start, wait, send], "edges": edges})

    fine = await judged("{{ steps.wait.record.body }}", "met")
    assert (fine["valid"], fine["warnings"]) == (True, [])
    assert fine["samples"]["wait"]["met"]["record"]["direction"] == "inbound"
    assert fine["samples"]["wait"]["timed_out"] == {"met": False, "wait_for": "reply"}
    [problem] = (await judged("{{ steps.wait.record.name }}", "met"))["problems"]
    assert (problem["code"], problem["node_id"], problem["field"]) == ("unknown_column", "send", "body")
    assert problem["message"] == "messages has no column `name`"
    [problem] = (await judged("{{ steps.wait.record.body }}", "timed_out"))["problems"]
    assert problem["code"] == "no_such_output"
    told = await judged("{{ steps.wait.record.body }}", "met", "timed_out")
    assert (told["valid"], [one["code"] for one in told["warnings"]]) == (True, ["output_may_lack"])


async def test_a_copy_is_a_draft_of_its_own(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = await published(owner, world, "one")
    assert (await owner("PUT", f"{path}/viewport", json={"x": 1, "y": -2.5, "zoom": 0.5})).status_code == 204
    original = await owner.ok("GET", path)
    assert (original["viewport"], original["draft_is_published"]) == ({"x": 1.0, "y": -2.5, "zoom": 0.5}, True)
    answer = await owner("POST", f"{path}/duplicate")
    copy = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/automations/{copy['id']}")
    new = {"id", "name", "status", "created_at", "updated_at", "draft_revision", "published_number"}
    assert {**copy, **{name: original[name] for name in new}} == {**original, "draft_is_published": False} | {
        name: original[name] for name in new
    }
    assert (copy["name"], copy["status"], copy["published_number"]) == ("Greet (copy)", "draft", None)
    long = await owner.ok("POST", f"/automations/{copy['id']}/duplicate", json={"name": "n" * 200})
    assert len((await owner.ok("POST", f"/automations/{long['id']}/duplicate"))["name"]) == 200
    for body in ({"x": 1, "y": 1, "zoom": 0}, {"x": "NaN", "y": 0, "zoom": 1}, {"x": 1e300, "y": 0, "zoom": 1}, {}):
        refused(await owner("PUT", f"{path}/viewport", json=body), 422, "invalid_request")
    refused(await owner("POST", f"{path}/duplicate", json={"name": ""}), 422, "invalid_request")


async def test_versions_are_listed_shown_and_compared(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = await published(owner, world, "one", "two", "three")
    first = await owner.ok("GET", f"{path}/versions", params={"limit": 2})
    second = await owner.ok("GET", f"{path}/versions", params={"limit": 2, "cursor": first["next"]})
    assert ([one["number"] for one in first["items"] + second["items"]], second["next"]) == ([3, 2, 1], None)
    shown = first["items"][0]
    assert shown == {
        "id": shown["id"],
        "number": 3,
        "trigger_type": "manual",
        "steps": 2,
        "note": "says three",
        "origin": "publish",
        "created_by": str(world.account),
        "created_at": shown["created_at"],
        "is_published": True,
    }
    whole = await owner.ok("GET", f"{path}/versions/2")
    assert (whole["nodes"], whole["edges"], whole["is_published"]) == (said("two"), EDGES, False)
    change = {"path": "config.output", "change": "changed", "before": "one", "after": "three"}
    assert await owner.ok("GET", f"{path}/diff", params={"from": 1, "to": "draft"}) == {
        "before": {"version": 1, "draft_revision": None},
        "after": {"version": None, "draft_revision": (await owner.ok("GET", path))["draft_revision"]},
        "same": False,
        "added": [],
        "removed": [],
        "changed": [{"id": "end", "label": "end", "fields": [change]}],
        "trigger": [],
        "edges_added": [],
        "edges_removed": [],
    }
    assert (await owner.ok("GET", f"{path}/diff"))["same"] is True
    told = refused(await owner("GET", f"{path}/versions/9"), 404, "not_found")
    assert "GET /automations/{id}/versions" in told["hint"]
    refused(await owner("GET", f"{path}/diff", params={"from": "first"}), 422, "unusable")
    for number in ("0", "x", str(2**31)):
        refused(await owner("GET", f"{path}/versions/{number}"), 422, "invalid_request")
    for cursor in ("x", "WzEsMl0x", "WyJ4IiwieSJd", "W3RydWUsMV0"):
        refused(await owner("GET", f"{path}/versions", params={"cursor": cursor}), 422, "unusable")


async def test_an_old_version_is_published_again(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = await published(owner, world, "one", "two")
    back = await owner.ok("POST", f"{path}/rollback", json={"version": 1, "note": "two was wrong"})
    assert (back["nodes"], back["published_number"], back["draft_is_published"]) == (said("one"), 3, True)
    listed = (await owner.ok("GET", f"{path}/versions"))["items"]
    assert listed[0]["note"] == "rolled back to version 1: two was wrong"
    refused(await owner("POST", f"{path}/rollback", json={"version": 3}), 409, "conflict")
    refused(await owner("POST", f"{path}/rollback", json={"version": 7}), 404, "not_found")
    refused(await owner("POST", f"{path}/rollback", json={"version": 0}), 422, "invalid_request")
    seen = (await owner("GET", path)).headers["etag"]
    body = {"name": "Greet", "nodes": said("unpublished"), "edges": EDGES}
    saved = (await owner("PUT", path, json=body)).headers["etag"]
    assert (
        "would be lost"
        in refused(await owner("POST", f"{path}/rollback", json={"version": 2}), 409, "conflict")["detail"]
    )
    stale = await owner("POST", f"{path}/rollback", json={"version": 2}, headers={"If-Match": seen})
    refused(stale, 409, "conflict")
    done = await owner.ok("POST", f"{path}/rollback", json={"version": 2}, headers={"If-Match": saved})
    assert (done["published_number"], done["nodes"]) == (4, said("two"))


async def test_who_has_it_already_does_not_get_it_again(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = await published(owner, world, "one")
    tag = (await owner("GET", path)).headers["etag"]
    for header in (tag, f'"x", W/{tag}', "*"):
        again = await owner("GET", path, headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await owner.ok("POST", f"{path}/enable")
    changed = await owner("GET", path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["enabled"]) == (200, True)
    # The switch is no change of the draft: what was seen may still be saved.
    body = {"name": "Greet", "nodes": NODES, "edges": EDGES}
    assert (await owner("PUT", path, json=body, headers={"If-Match": tag})).status_code == 200


async def test_who_may_what(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    path = await published(owner, world, "one", "two")
    reads = [
        ("POST", f"{path}/validate", None),
        ("GET", f"{path}/versions", None),
        ("GET", f"{path}/versions/1", None),
        ("GET", f"{path}/diff", None),
    ]
    changes = [
        ("POST", f"{path}/duplicate", None),
        ("PUT", f"{path}/viewport", {"x": 0, "y": 0, "zoom": 1}),
        ("POST", f"{path}/rollback", {"version": 1}),
    ]
    stranger, viewer = api.signed_in(uuid.uuid4()), api.signed_in(await make.team_member(world.account, "viewer"))
    runs, _ = await key_of(world, api, "run")
    for method, place, body in reads + changes:
        refused(await stranger(method, place, json=body), 404, "not_found")
        refused(await runs(method, place, json=body), 403, "not_allowed")
    for method, place, body in changes:
        refused(await viewer(method, place, json=body), 403, "not_allowed")
    for method, place, body in reads:
        await viewer.ok(method, place, json=body)
    member = api.signed_in(await make.team_member(world.account, "member"))
    for method, place, body in changes:
        assert (await member(method, place, json=body)).status_code < 300, place
