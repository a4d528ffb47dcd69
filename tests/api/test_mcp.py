"""The official SDK's client against `/mcp`: lists and calls tools, and builds an automation by what they tell it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from itertools import cycle
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from tests.api.conftest import ApiServer, Hooks, refused, serving, token
from tests.api.test_keys_and_requests import key_of
from tests.api.tool_flows import delay, tool, waiting
from tests.engine.drawing import probe, stop
from tests.engine.world import Workers, World, eventually

from automations.api.mcp.server import OWN
from automations.flow.outcomes import Continue

if TYPE_CHECKING:
    from tests.conftest import Factory

ERAS = ("legacy", "auto")


@contextlib.asynccontextmanager
async def agent(hooks: Hooks, bearer: str, *, mode: str = "auto", query: str = "") -> AsyncIterator[Client]:
    """The SDK's client, signed in."""
    headers = {"Authorization": f"Bearer {bearer}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
        Client(streamable_http_client(f"{hooks.server.url}/mcp{query}", http_client=http), mode=mode) as client,
    ):
        yield client


def told(result: CallToolResult, *, failed: bool = False) -> Any:
    assert result.is_error is failed, result.structured_content
    return result.structured_content


@pytest.mark.parametrize("mode", ERAS)
async def test_a_tool_is_listed_and_called(hooks: Hooks, world: World, workers: Workers, mode: str) -> None:
    await tool(world)
    await workers.start()
    async with agent(hooks, token(world.account), mode=mode) as client:
        assert client.server_info is not None
        assert client.server_info.name == "automations"
        assert "create_automation" in (client.instructions or "")
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert set(tools) == {*OWN, "greet"}
        assert all(one.description and one.input_schema["type"] == "object" for one in tools.values())
        answer = await client.call_tool("greet", {"name": "Ada"})
    assert (told(answer)["status"], told(answer)["output"]) == ("completed", "Ada")
    assert '"output":"Ada"' in str(answer.content[0])


@pytest.mark.parametrize("mode", ERAS)
async def test_progress_is_told_while_a_run_goes_on(hooks: Hooks, world: World, workers: Workers, mode: str) -> None:
    async def go_on(_value: Any, _context: Any) -> Any:
        return Continue(output={})

    workers.probes.on("go on", go_on)
    steps = [probe(f"step{number}", "external", "go on") for number in range(5)]
    await tool(world, "slow", *steps, delay(), schema=None)
    await workers.start()
    seen: list[tuple[float, str | None]] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, message))

    async with agent(hooks, token(world.account), mode=mode) as client:
        answer = told(await client.call_tool("slow", {}, progress_callback=heard))
        assert answer["status"] == "running"
        assert "show_run" in answer["message"]
        run = {"execution_id": answer["execution_id"]}
        shown = told(await client.call_tool("show_run", run))
        assert shown["status"] == "running"
        assert {step["node_id"] for step in shown["steps"]} >= {f"step{number}" for number in range(5)}
        assert told(await client.call_tool("cancel_run", {**run, "reason": "enough"}))["status"] == "cancelled"
        assert told(await client.call_tool("show_run", run))["error"] == "enough"
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1][0] >= 5
    assert "steps done" in str(seen[-1][1])


async def test_an_agent_builds_tests_publishes_and_calls_an_automation(
    hooks: Hooks, world: World, workers: Workers
) -> None:
    await workers.start()
    # The journal begins with an account's first automation.
    await world.make.automation(world.account, world.agent, name="Another", enabled=False)
    lead = await world.lead(name="Ada", score=90)
    async with agent(hooks, token(world.account)) as client:

        async def call(name: str, /, **arguments: Any) -> Any:
            return told(await client.call_tool(name, arguments))

        types = {one["type"] for one in (await call("list_node_types"))["node_types"]}
        assert {"trigger-ai-tool", "action-find-records", "logic-stop"} <= types
        described = await call("get_node_type", type="action-find-records")
        assert described["error_handle"] == "error"
        assert "conditions" in described["config_schema"]["properties"]
        assert described["output_example"]["count"] == 1
        assert '"nodes"' in described["guide"]
        assert "{{ trigger.new.name }}" in (await call("get_expression_help"))["expressions"]
        (found,) = (await call("list_agents"))["agents"]
        assert found["id"] == str(world.agent)
        schema = {"type": "object", "properties": {"above": {"type": "integer"}}, "required": ["above"]}
        nodes: list[Any] = [
            {
                "id": "start",
                "type": "trigger-ai-tool",
                "data": {"config": {"tool_name": "hot leads", "description": "Finds.", "input_schema": schema}},
            },
            {
                "id": "find",
                "type": "action-find-record",
                "data": {"config": {"table": "leads", "conditons": {}}},
            },
            {"id": "answer", "type": "logic-stop", "data": {"config": {"output": "{{ steps.fnd.count }}"}}},
        ]
        edges = [{"source": "start", "target": "find"}, {"source": "find", "target": "anser"}]
        problems = (await call("validate_flow", nodes=nodes, edges=edges))["problems"]
        assert {one.get("node_id") for one in problems} >= {"start", "find", "answer"}
        assert all(one["message"] and one["what_to_do"] for one in problems)
        assert any("action-find-records" in one["what_to_do"] for one in problems)
        # What was told is mended.
        nodes[0]["data"]["config"]["tool_name"] = "hot_leads"
        nodes[1]["type"] = "action-find-records"
        draft = await call("create_automation", name="Hot leads", nodes=nodes, edges=edges)
        assert draft["valid"] is False
        assert any(one.get("field") == "conditons" for one in draft["problems"]), draft["problems"]
        no = told(await client.call_tool("publish_automation", {"automation_id": draft["id"]}), failed=True)
        assert (no["code"], no["problems"]) == ("flow_invalid", draft["problems"])
        condition = {"field": "score", "operator": "greater_than", "value": "{{ trigger.input.above }}"}
        nodes[1]["data"]["config"] = {"table": "leads", "conditions": condition}
        nodes[2]["data"]["config"]["output"] = "{{ steps.find.records }}"
        edges[1]["target"] = "answer"
        one = {"automation_id": draft["id"]}
        saved = await call("update_automation", **one, nodes=nodes, edges=edges, draft_revision=draft["draft_revision"])
        assert (saved["valid"], saved["problems"], saved["name"]) == (True, [], "Hot leads")
        assert [node["position"]["y"] for node in saved["nodes"]] == [0, 120, 240]
        stale = told(
            await client.call_tool("update_automation", {**one, "name": "x", "draft_revision": 0}), failed=True
        )
        assert stale["code"] == "conflict"
        test = await call("test_automation", **one, input={"above": 50})
        assert (test["status"], test["test_mode"], test["output"][0]["id"]) == ("completed", True, str(lead))
        assert [step["node_id"] for step in test["steps"]] == ["start", "find", "answer"]
        assert (await call("publish_automation", **one, note="first"))["published_number"] == 1
        assert (await call("enable_automation", **one))["enabled"] is True
        listed = {one.name: one for one in (await client.list_tools(cache_mode="bypass")).tools}
        assert listed["hot_leads"].input_schema == schema
        assert listed["hot_leads"].annotations is not None
        assert listed["hot_leads"].annotations.read_only_hint is True
        answer = await call("hot_leads", above=50)
        assert (answer["status"], [row["name"] for row in answer["output"]]) == ("completed", ["Ada"])
        (run, _test) = (await call("list_runs", automation_id=draft["id"]))["runs"]
        assert run["id"] == answer["execution_id"]
        (known,) = (await call("list_automations", trigger_type="ai_tool"))["automations"]
        assert known["id"] == draft["id"]
        assert (await call("get_automation", **one))["draft_is_published"] is True
        assert (await call("validate_flow", **one)) == {"valid": True, "problems": [], "warnings": []}
        (change,) = (await call("explain", subject="Ada"))["changes"]
        assert change["verdicts"][0]["outcome"] == "not matched"
        assert (await call("disable_automation", **one))["enabled"] is False
        off = told(await client.call_tool("hot_leads", {"above": 1}), failed=True)
        assert (off["code"], "enable" in off["hint"]) == ("conflict", True)


async def test_mistakes_are_told_so_that_they_can_be_mended(hooks: Hooks, world: World) -> None:
    await tool(world)
    async with agent(hooks, token(world.account)) as client:

        async def wrong(name: str, /, **arguments: Any) -> Any:
            found = told(await client.call_tool(name, arguments), failed=True)
            assert found["message"]
            assert found["hint"]
            assert "`automations " not in found["hint"]
            return found

        assert (await wrong("greet", name=5, nme="x"))["problems"]
        assert (await wrong("nobody"))["code"] == "not_found"
        assert "trigger-ai-tool" in (await wrong("get_node_type", type="trigger-aitool"))["hint"]
        assert (await wrong("get_automation", automation_id="x"))["problems"][0]["field"] == "automation_id"
        assert (await wrong("get_automation", automation_id=str(uuid.uuid4())))["code"] == "not_found"
        assert (await wrong("show_run", execution_id=str(uuid.uuid4())))["code"] == "not_found"
        assert (await wrong("publish_automation", automation_id=str(uuid.uuid4())))["code"] == "not_found"
        assert (await wrong("enable_automation", automation_id=str(uuid.uuid4())))["code"] == "not_found"
        assert (await wrong("list_runs", limit=1000, status=["on"], whatever=1))["code"] == "invalid_arguments"
        assert (await wrong("list_runs", cursor="W10"))["code"] == "unusable"
        assert (await wrong("list_automations", cursor="W10"))["code"] == "unusable"
        assert (await wrong("validate_flow"))["code"] == "unusable"
        assert (await wrong("explain", subject="nobody@example.com"))["code"] == "not_found"
        assert (await wrong("create_automation", name="a\x00b", nodes=[]))["code"] in ("unusable", "invalid_arguments")
        agent_id = str(uuid.uuid4())
        assert (await wrong("create_automation", name="x", nodes=[], agent_id=agent_id))["code"] == "not_found"
        await world.make.agent(world.account)
        assert "list_agents" in (await wrong("create_automation", name="x", nodes=[]))["hint"]


async def test_explain_shows_of_watched_tables_what_the_api_shows(hooks: Hooks, world: World, make: Factory) -> None:
    """Their own policies may hide rows from some of an account, which the journal would show."""
    await world.db.execute(
        "create table public.wages (id bigint primary key, user_id uuid, pay bigint);"
        "alter table public.wages enable row level security;"
        "grant select, insert, update, delete on public.wages to authenticated;"
        "select automations.watch_table('wages', 'user_id', 'id')"
    )
    on_wages = {"event_source": "wages", "event_type": "INSERT"}
    await world.make.automation(world.account, world.agent, trigger_config=on_wages)
    await world.db.execute("insert into wages values (42, $1, 7654321)", world.account)
    event = await world.db.fetchval("select id from automations.events where source = 'wages'")
    viewer = await make.team_member(world.account, "viewer")
    # A server that names an account acts as its owner.
    for who in (world.account, viewer, None):
        async with agent(hooks, token(who), query=f"?account={world.account}") as client:
            for subject in (str(event), "wages:42"):
                answer = await client.call_tool("explain", {"subject": subject})
                assert "7654321" not in str(answer)
                assert told(answer, failed=True)["code"] == "not_found"


async def test_rights_are_those_of_the_api(
    hooks: Hooks, world: World, api: ApiServer, make: Factory, workers: Workers
) -> None:
    automation = await tool(world)
    one, greet = {"automation_id": str(automation)}, {"name": "Ada"}
    viewer = await make.team_member(world.account, "viewer")
    changes: list[tuple[str, Any]] = [
        ("create_automation", {"name": "x", "nodes": []}),
        ("update_automation", {**one, "name": "x"}),
        ("test_automation", {**one, "input": greet}),
        ("publish_automation", one),
        ("enable_automation", one),
        ("disable_automation", one),
        ("greet", greet),
    ]
    async with agent(hooks, token(viewer)) as client:
        assert "greet" in [one.name for one in (await client.list_tools()).tools]
        assert told(await client.call_tool("get_automation", one))["name"] == "Greet"
        for name, arguments in changes:
            assert told(await client.call_tool(name, arguments), failed=True)["code"] == "not_allowed", name
    assert await world.count() == 0
    started = await api.signed_in(world.account).ok(
        "POST", "/tools/greet/call", json={"arguments": greet, "timeout_seconds": 0}
    )
    run = {"execution_id": started["execution_id"]}
    async with agent(hooks, token(uuid.uuid4())) as client:
        assert {one.name for one in (await client.list_tools()).tools} == set(OWN)
        reads = [("get_automation", one), ("show_run", run), ("cancel_run", run), ("validate_flow", one)]
        for name, arguments in [*changes[1:], *reads]:
            assert told(await client.call_tool(name, arguments), failed=True)["code"] == "not_found", name
        assert told(await client.call_tool("list_automations", {}))["automations"] == []
        assert told(await client.call_tool("list_runs", {}))["runs"] == []
        assert told(await client.call_tool("list_agents", {}))["agents"] == []
        assert told(await client.call_tool("explain", {"subject": "1"}), failed=True)["code"] == "unusable"
    _, reading = await key_of(world, api, "read")
    async with agent(hooks, reading) as client:
        listed = {one.name for one in (await client.list_tools()).tools}
        assert listed == {name for name, own in OWN.items() if own.needs == "read"}
        for name, arguments in [*changes, ("cancel_run", run)]:
            found = told(await client.call_tool(name, arguments), failed=True)
            assert (found["code"], "scope" in found["message"]) == ("not_allowed", True), name
    _, running = await key_of(world, api, "run")
    await workers.start()
    async with agent(hooks, running) as client:
        assert {one.name for one in (await client.list_tools()).tools} == {"cancel_run", "greet"}
        assert told(await client.call_tool("greet", greet))["output"] == "Ada"
        assert told(await client.call_tool("show_run", run), failed=True)["code"] == "not_allowed"
    async with agent(hooks, token(world.account), query=f"?account={uuid.uuid4()}") as client:
        assert {one.name for one in (await client.list_tools()).tools} == set(OWN)
        assert told(await client.call_tool("greet", greet), failed=True)["code"] == "not_found"


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
MCP = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


async def test_nobody_else_comes_in(hooks: Hooks, world: World, api: ApiServer) -> None:
    key, text = await key_of(world, api, "read")
    assert key is not None
    await world.db.execute("update automations.api_keys set revoked_at = now()")
    for bearer in (None, "x", text, token(world.account, exp=1), token(world.account, aud="others")):
        headers = MCP | ({} if bearer is None else {"Authorization": f"Bearer {bearer}"})
        answer = await hooks.client.post("/mcp", json=PING, headers=headers)
        refused(answer, 401, "not_signed_in")
        assert answer.headers["www-authenticate"] == "Bearer"
    headers = {**MCP, "Authorization": f"Bearer {token(world.account)}"}
    assert (await hooks.client.post("/mcp", json=PING, headers=headers)).status_code == 200
    for more in (
        {"Host": "evil.example.com"},
        {"Host": f"evil.example.com:{hooks.server.port}"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
    ):
        refused(await hooks.client.post("/mcp", json=PING, headers={**headers, **more}), 403, "not_allowed")
    fine = {**headers, "Origin": "http://localhost:6274", "Host": f"localhost:{hooks.server.port}"}
    assert (await hooks.client.post("/mcp", json=PING, headers=fine)).status_code == 200
    for method in ("GET", "DELETE", "PUT"):
        answer = await hooks.client.request(method, "/mcp", headers=headers)
        assert refused(answer, 405, "wrong_method")["hint"]
        assert answer.headers["allow"] == "POST"
    refused(await hooks.client.post("/mcp?account=x", json=PING, headers=headers), 422, "unusable")


async def test_hostile_messages_end_well(hooks: Hooks, world: World) -> None:
    await tool(world, "any", schema=None)
    headers = {**MCP, "Authorization": f"Bearer {token(world.account)}"}

    async def post(content: bytes) -> httpx2.Response:
        return await hooks.client.post("/mcp", content=content, headers=headers)

    def call(arguments: str, name: str = "cancel_run") -> bytes:
        params = f'{{"name": "{name}", "arguments": {arguments}}}'
        return f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {params}}}'.encode()

    assert (await post(b"x" * 5_000_000)).status_code == 413
    nested = "[" * 50_000 + "]" * 50_000
    for content in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"jsonrpc": "2.0"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "nothing/here"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}}',
        call("[]"),
        call('"text"'),
        call(f'{{"execution_id": {nested}}}'),
        call('{"execution_id": 1e999}'),
        call(f'{{"deep": {"[" * 150}{"]" * 150}}}', "any"),
        call(f'{{"deep": {nested}}}', "any"),
        call("{}", "any\\u0000"),
        call('{"nodes": [1]}', "validate_flow"),
        call('{"nodes": [{"id": "\\u0000", "type": "\\ud800"}]}', "validate_flow"),
        call('{"name": "\\u0000", "nodes": [], "edges": [{"id": {}}]}', "create_automation"),
        call('{"search": "\\u0000"}', "list_automations"),
        call('{"subject": "\\u0000"}', "explain"),
        call('{"subject": "a:\\u0000"}', "explain"),
        call('{"automation_id": "\\u0000"}', "get_automation"),
    ):
        answer = await post(content)
        assert answer.status_code < 500, (content[:80], answer.text)
        assert "Traceback" not in answer.text
        assert "an error of ours" not in answer.text, (content[:80], answer.text)
    assert await world.count() == 0
    async with agent(hooks, token(world.account)) as client:
        assert "any" in [one.name for one in (await client.list_tools()).tools]


async def test_a_tool_with_a_name_of_ours_is_listed_under_another(hooks: Hooks, world: World, workers: Workers) -> None:
    await tool(world, "list_runs", stop("end", "completed", output="mine"), schema=None)
    await workers.start()
    async with agent(hooks, token(world.account)) as client:
        names = [one.name for one in (await client.list_tools()).tools]
        assert (names.count("list_runs"), names.count("tool_list_runs")) == (1, 1)
        assert told(await client.call_tool("tool_list_runs", {}))["output"] == "mine"
        assert len(told(await client.call_tool("list_runs", {}))["runs"]) == 1


async def test_whoever_hangs_up_ends_the_waiting_not_the_run(hooks: Hooks, world: World) -> None:
    await tool(world)

    async def waits(number: int) -> None:
        async def seen() -> bool:
            return waiting() == number

        await eventually(seen)

    for mode in ERAS:
        async with agent(hooks, token(world.account), mode=mode) as client:
            call = asyncio.create_task(client.call_tool("greet", {"name": "x"}))
            await waits(1)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            if mode == "auto":
                await waits(0)
        await waits(0)
    assert await world.count("status = 'pending'") == 2


async def test_any_server_answers_any_request(hooks: Hooks, world: World, workers: Workers, database_url: str) -> None:
    """Two servers behind one address: nothing of a client is kept in one of them."""
    await tool(world)
    await workers.start()
    async with serving(database_url, hooks.secrets) as (second, _):
        servers = cycle([hooks.server.url, second.url])

        async def take_turns(request: httpx2.Request) -> None:
            request.url = httpx2.URL(f"{next(servers)}/mcp")

        headers = {"Authorization": f"Bearer {token(world.account)}", "Host": "localhost"}
        async with (
            httpx2.AsyncClient(
                headers=headers, timeout=30, trust_env=False, event_hooks={"request": [take_turns]}
            ) as http,
            Client(streamable_http_client("http://localhost/mcp", http_client=http), mode="legacy") as client,
        ):
            for _ in range(4):
                assert "greet" in [one.name for one in (await client.list_tools(cache_mode="bypass")).tools]
                assert told(await client.call_tool("greet", {"name": "Ada"}))["output"] == "Ada"
