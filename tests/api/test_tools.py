"""Automations as tools of language models over plain HTTP: offered in three forms, called, waited for."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.conftest import ApiServer, refused
from tests.api.test_keys_and_requests import key_of
from tests.api.tool_flows import SCHEMA, delay, tool, waiting
from tests.engine.drawing import edge, node, probe, stop, update_lead
from tests.engine.world import Workers, World, eventually

from automations.flow.outcomes import Continue

if TYPE_CHECKING:
    from tests.conftest import Factory


async def test_a_tool_is_offered_in_every_form(world: World, api: ApiServer) -> None:
    await tool(world)
    await tool(world, "change", update_lead("change", {"stage": "x"}), schema=None)
    owner = api.signed_in(world.account)
    openai = await owner.ok("GET", "/tools")
    greet = {"name": "greet", "description": "Does greet.", "parameters": SCHEMA}
    assert openai["items"][0] == {"type": "function", "function": greet}
    assert openai["items"][1]["function"]["parameters"] == {"type": "object", "properties": {}}
    anthropic = await owner.ok("GET", "/tools", params={"format": "anthropic"})
    assert anthropic["items"][0] == {"name": "greet", "description": "Does greet.", "input_schema": SCHEMA}
    greet, change = (await owner.ok("GET", "/tools", params={"format": "mcp"}))["items"]
    assert (greet["name"], greet["inputSchema"], greet["title"]) == ("greet", SCHEMA, "Greet")
    assert [greet["annotations"][hint] for hint in HINTS] == [True, False, True, False]
    assert [change["annotations"][hint] for hint in HINTS] == [False, True, False, False]
    first = await owner.ok("GET", "/tools", params={"limit": 1})
    rest = await owner.ok("GET", "/tools", params={"limit": 1, "cursor": first["next"]})
    assert [*first["items"], *rest["items"]] == openai["items"]
    refused(await owner("GET", "/tools", params={"cursor": "x"}), 422, "unusable")
    refused(await owner("GET", "/tools", params={"format": "xml"}), 422, "invalid_request")


HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


async def test_a_call_is_answered_with_the_output(world: World, api: ApiServer, workers: Workers) -> None:
    automation = await tool(world)
    await workers.start()
    owner = api.signed_in(world.account)
    for name in ("greet", str(automation)):
        told = await owner.ok("POST", f"/tools/{name}/call", json={"arguments": {"name": "Ada"}})
        assert (told["status"], told["output"], told["error"], told["message"]) == ("completed", "Ada", None, None)
    shown = await owner.ok("GET", f"/executions/{told['execution_id']}")
    assert shown["trigger_data"]["input"] == {"name": "Ada", "times": 1}
    headers = {"Idempotency-Key": "k"}
    first = await owner.ok("POST", "/tools/greet/call", json={"arguments": {"name": "Ada"}}, headers=headers)
    again = await owner.ok("POST", "/tools/greet/call", json={"arguments": {"name": "Ada"}}, headers=headers)
    assert first == again
    assert await world.count() == 3
    await tool(world, "fails", stop("end", "failed", "no such city"))
    told = await owner.ok("POST", "/tools/fails/call", json={"arguments": {"name": "x"}})
    assert (told["status"], told["error"]) == ("failed", "no such city")
    assert f"/executions/{told['execution_id']}" in told["message"]


async def test_a_call_that_waits_says_so_and_goes_on(world: World, api: ApiServer, workers: Workers) -> None:
    await tool(world, "later", delay(), stop("end", "completed", output="done"))
    await workers.start()
    owner = api.signed_in(world.account)
    answer = await owner("POST", "/tools/later/call", json={"arguments": {"name": "x"}})
    told = answer.json()
    assert (answer.status_code, told["status"], told["output"]) == (202, "running", None)
    assert "waiting" in told["message"]
    assert f"GET /api/v1/executions/{told['execution_id']}" in told["message"]
    assert (await owner.ok("GET", f"/executions/{told['execution_id']}"))["status"] == "running"
    assert (await owner.ok("POST", f"/executions/{told['execution_id']}/cancel"))["status"] == "cancelled"


async def test_arguments_are_judged(world: World, api: ApiServer) -> None:
    await tool(world, schema={**SCHEMA, "required": ["name", "times"], "properties": SCHEMA["properties"]})
    owner = api.signed_in(world.account)
    wrong = {"name": "x" * 30, "times": "many", "more": 1}
    told = refused(await owner("POST", "/tools/greet/call", json={"arguments": wrong}), 422, "unusable")
    assert len(told["problems"]) == 3
    assert {one["message"].split()[0] for one in told["problems"]} == set(wrong)
    wrong_bodies: list[Any] = [{"arguments": []}, {"arguments": {}, "timeout_seconds": 1e9}, {"argument": {}}]
    for body in wrong_bodies:
        refused(await owner("POST", "/tools/greet/call", json=body), 422, "invalid_request")
    deep: Any = "x"
    for _ in range(120):
        deep = [deep]
    await tool(world, "any", schema=None)
    refused(await owner("POST", "/tools/any/call", json={"arguments": {"deep": deep}}), 400, "bad_request")
    assert await world.count() == 0
    for name in ("nobody", "x" * 99, "greet%00", str(uuid.uuid4()), "ähm"):
        answer = await owner("POST", f"/tools/{name}/call", json={})
        assert answer.status_code in (404, 422), (name, answer.text)
    told = refused(await owner("POST", "/tools/nobody/call", json={}), 404, "not_found")
    assert "GET /api/v1/tools" in told["hint"]
    refused(await owner("POST", f"/tools/{'x' * 200}/call", json={}), 422, "invalid_request")
    headers = {"Content-Type": "application/json"}
    for content in (b"[" * 100_000, b"x" * 5_000_000):
        answer = await owner("POST", "/tools/any/call", content=content, headers=headers)
        assert answer.status_code in (400, 413, 422)
    for text in ("a\x00b", "\ud800"):
        content = json.dumps({"arguments": {"text": text}, "timeout_seconds": 0}).encode()
        answer = await owner("POST", "/tools/any/call", content=content, headers=headers)
        assert answer.status_code in (202, 400, 422), answer.text


@pytest.mark.parametrize("schema", ["text", {"type": "array"}, {"type": "object", "required": 5}, {"type": 7}, [1]])
async def test_a_schema_that_makes_no_sense_harms_nobody(world: World, api: ApiServer, schema: Any) -> None:
    await tool(world)
    await tool(world, "broken", schema=schema)
    await world.db.execute("update automations set trigger_config = trigger_config - 'tool_name' where name = 'none'")
    owner = api.signed_in(world.account)
    assert [one["function"]["name"] for one in (await owner.ok("GET", "/tools"))["items"]] == ["greet"]
    told = refused(await owner("POST", "/tools/broken/call", json={}), 409, "conflict")
    assert "input schema" in told["detail"]


async def test_who_may_list_and_call(world: World, api: ApiServer, make: Factory) -> None:
    automation = await tool(world)
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    assert len((await viewer.ok("GET", "/tools"))["items"]) == 1
    call: dict[str, Any] = {"json": {"arguments": {"name": "x"}, "timeout_seconds": 0}}
    refused(await viewer("POST", "/tools/greet/call", **call), 403, "not_allowed")
    stranger = api.signed_in(uuid.uuid4())
    assert (await stranger.ok("GET", "/tools"))["items"] == []
    for name in ("greet", str(automation), f"greet_{automation.hex[:8]}"):
        refused(await stranger("POST", f"/tools/{name}/call", **call), 404, "not_found")
    reads, _ = await key_of(world, api, "read")
    refused(await reads("POST", "/tools/greet/call", **call), 403, "not_allowed")
    runs, _ = await key_of(world, api, "run")
    refused(await runs("GET", "/tools"), 403, "not_allowed")
    assert (await runs("POST", "/tools/greet/call", **call)).status_code == 200 + 2
    refused(await api.bearer(None)("POST", "/tools/greet/call", **call), 401, "not_signed_in")
    assert await world.count() == 1
    await world.db.execute("update automations set enabled = false")
    assert (await viewer.ok("GET", "/tools"))["items"] == []
    refused(await runs("POST", "/tools/greet/call", **call), 409, "conflict")


async def test_a_name_of_two_accounts_means_neither(world: World, api: ApiServer, make: Factory) -> None:
    other = uuid.uuid4()
    mine, theirs = await tool(world), await tool(world, account=other)
    await world.db.execute(
        "insert into team_members (owner_id, member_id, role) values ($1, $2, 'admin')", other, world.account
    )
    both = api.signed_in(world.account)
    names = [one["function"]["name"] for one in (await both.ok("GET", "/tools"))["items"]]
    assert names == [f"greet_{mine.hex[:8]}", f"greet_{theirs.hex[:8]}"]
    call: dict[str, Any] = {"json": {"arguments": {"name": "x"}, "timeout_seconds": 0}}
    told = refused(await both("POST", "/tools/greet/call", **call), 422, "unusable")
    assert str(mine) in told["detail"]
    for path, automation in (
        (f"/tools/{names[0]}/call", mine),
        (f"/tools/{names[1]}/call", theirs),
        (f"/tools/greet/call?account={other}", theirs),
    ):
        told = (await both("POST", path, **call)).json()
        assert (await world.run(uuid.UUID(told["execution_id"])))["automation_id"] == automation
    narrowed = await both.ok("GET", "/tools", params={"account": str(world.account)})
    assert [one["function"]["name"] for one in narrowed["items"]] == ["greet"]


async def test_nobody_takes_the_name_that_another_tool_is_listed_under(world: World, api: ApiServer) -> None:
    mine, other = await tool(world), uuid.uuid4()
    await world.db.execute(
        "insert into team_members (owner_id, member_id, role) values ($1, $2, 'member')", other, world.account
    )
    await tool(world, account=other)
    listed = f"greet_{mine.hex[:8]}"
    call: dict[str, Any] = {"json": {"arguments": {"name": "x"}, "timeout_seconds": 0}}
    both = api.signed_in(world.account)
    assert (await both("POST", f"/tools/{listed}/call", **call)).status_code == 202
    taker = await tool(world, listed, account=other)
    told = refused(await both("POST", f"/tools/{listed}/call", **call), 422, "unusable")
    assert str(mine) in told["detail"]
    assert str(taker) in told["detail"]
    assert (await both("POST", f"/tools/{mine}/call", **call)).status_code == 202
    # Where the other account is not looked at, it is what it was.
    assert (await both("POST", f"/tools/{listed}/call?account={world.account}", **call)).status_code == 202
    assert await world.count("automation_id = '" + str(taker) + "'") == 0


async def test_whoever_waits_holds_no_connection(world: World, api: ApiServer, workers: Workers) -> None:
    released = asyncio.Event()

    async def hang(_value: Any, _context: Any) -> Any:
        await released.wait()
        return Continue(output={"ok": True})

    workers.probes.on("hang", hang)
    await tool(world, "hang", probe("hang", "external", "hang"), schema=None)
    await workers.start()
    owner = api.signed_in(world.account)
    # More than there are connections.
    calls = [asyncio.create_task(owner("POST", "/tools/hang/call", json={"timeout_seconds": 60})) for _ in range(20)]

    async def all_run() -> bool:
        return await world.count("status = 'running'") == 20

    await eventually(all_run)
    assert (await owner.ok("GET", "/tools"))["items"]
    idle = await world.db.fetchval(
        "select count(*) from pg_stat_activity where state like 'idle in transaction%' and state_change < now() - "
        "interval '1 s' and datname = current_database()"
    )
    assert idle == 0
    released.set()
    assert {answer.json()["status"] for answer in await asyncio.gather(*calls)} == {"completed"}


async def test_nobody_waits_for_whoever_has_hung_up(world: World, api: ApiServer) -> None:
    await tool(world)
    owner = api.signed_in(world.account)
    call = asyncio.create_task(
        owner("POST", "/tools/greet/call", json={"arguments": {"name": "x"}, "timeout_seconds": 300})
    )

    async def waits() -> bool:
        return waiting() == 1

    await eventually(waits)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)

    async def quiet() -> bool:
        return waiting() == 0

    await eventually(quiet)
    assert await world.count("status = 'pending'") == 1


async def test_a_name_is_taken_once(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    await tool(world)
    config = {"tool_name": "greet", "description": "Greets, too.", "input_schema": SCHEMA}
    nodes = [node("trigger", "trigger-ai-tool", config), stop("end", "completed", output="x")]
    body = {"agent_id": str(world.agent), "name": "Second", "nodes": nodes, "edges": [edge("trigger", "end")]}
    second = await owner.ok("POST", "/automations", json=body)
    told = refused(await owner("POST", f"/automations/{second['id']}/publish"), 422, "flow_invalid")
    (problem,) = told["problems"]
    assert (problem["code"], problem["field"]) == ("tool_name_taken", "tool_name")
