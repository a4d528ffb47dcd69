"""The catalogue over HTTP: node types with all that one has to know to draw them, and expressions."""

from __future__ import annotations

import uuid

from tests.api.conftest import ApiServer, refused
from tests.api.test_automations import made
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

from automations.flow.condition_operators import OPERATOR_NAMES
from automations.testing.flow_run import installed_nodes


async def test_every_node_type_is_told_whole(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    listed = (await owner.ok("GET", "/node-types"))["items"]
    assert [one["type"] for one in listed] == [node.type for node in installed_nodes()]
    for one in listed:
        assert await owner.ok("GET", f"/node-types/{one['type']}") == one
        assert all(one[name] for name in ("title", "group", "icon", "effect", "description", "documentation")), one
        assert one["config_schema"]["type"] == "object"
        # Of a model in a model only the outer one has its fields in `properties`.
        outer = {field["name"] for field in one["fields"] if "." not in field["name"] and "[]" not in field["name"]}
        assert outer == set(one["config_schema"].get("properties", {})), one["type"]
    by_type = {one["type"]: one for one in listed}
    switch = by_type["logic-switch"]
    assert (switch["handles"], switch["handles_note"]) == (
        ["default"],
        "one for each case (its `id`), then `default`",
    )
    http = {field["name"]: field for field in by_type["action-http"]["fields"]}
    assert http["headers"] == {
        "name": "headers",
        "kind": "object of text",
        "required": False,
        "default": "{}",
        "meaning": "Name and value of each request header.",
        "templates": True,
        "secrets": True,
    }
    assert (http["url"]["required"], http["url"]["secrets"], http["method"]["templates"]) == (True, False, False)
    assert "`POST /schedule-preview`" in by_type["trigger-schedule"]["documentation"]
    hook = by_type["trigger-webhook"]
    assert (hook["trigger"], hook["error_handle"]) == (True, False)
    assert not any(field["templates"] for field in hook["fields"])


async def test_what_somebody_has_is_not_sent_again(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    for path in ("/node-types", "/node-types/logic-stop", "/expressions"):
        first = await owner("GET", path)
        again = await owner("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again.headers["cache-control"] == "private, no-cache"
        assert (await owner("GET", path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_flow_that_is_drawn_from_the_catalogue_alone_is_valid(world: World, api: ApiServer) -> None:
    """What a program does that knows nothing else: of each config what is required, by the values in its schema."""
    owner = api.signed_in(world.account)
    listed = {one["type"]: one for one in (await owner.ok("GET", "/node-types"))["items"]}
    nodes, edges = [], []
    for number, name in enumerate(("trigger-event", "transform-set-variable", "logic-stop")):
        schema = listed[name]["config_schema"]
        told = {field: schema["properties"][field] for field in schema.get("required", [])}
        config = {field: one.get("examples", one.get("enum"))[0] for field, one in told.items()}
        nodes.append({"id": f"n{number}", "type": name, "data": {"config": config}})
        if number:
            handle = listed[nodes[number - 1]["type"]]["handles"][0]
            edge = {"source": f"n{number - 1}", "sourceHandle": handle, "target": f"n{number}"}
            edges.append({"id": f"e{number}", **edge})
    path = f"/automations/{(await made(owner, world, nodes=nodes, edges=edges))['id']}"
    judged = await owner.ok("POST", f"{path}/validate")
    assert (judged["valid"], judged["problems"], judged["warnings"]) == (True, [], [])
    assert (await owner.ok("POST", f"{path}/test"))["status"] == "completed"


async def test_expressions_are_listed(world: World, api: ApiServer) -> None:
    told = await api.signed_in(world.account).ok("GET", "/expressions")
    assert set(told) == {"roots", "filters", "functions", "operators", "conditions"}
    assert {one["name"] for one in told["conditions"]} == set(OPERATOR_NAMES)
    between = {"name": "between", "value": "pair", "meaning": "between it (both included)"}
    assert between in told["conditions"]
    assert {"name": "upper", "example": "{{ trigger.new.name | upper }}"} in told["filters"]
    assert [root["name"] for root in told["roots"]][:2] == ["trigger", "steps"]


async def test_who_may_look(world: World, api: ApiServer) -> None:
    key, _ = await key_of(world, api, "run", "write")
    for path in ("/node-types", "/node-types/logic-stop", "/expressions"):
        refused(await key("GET", path), 403, "not_allowed")
        refused(await api.bearer(None)("GET", path), 401, "not_signed_in")
        # It is the installation's, not an account's.
        await api.signed_in(uuid.uuid4()).ok("GET", path)
    told = refused(await api.signed_in(world.account)("GET", "/node-types/logic-stp"), 404, "not_found")
    assert "logic-stop" in told["hint"]
