"""MCP as clients have it: `automations mcp` started by the SDK's client, and `/mcp` of a running `up`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import uuid
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from tests.e2e.conftest import PROGRAM, Cli, end

pytestmark = [pytest.mark.timeout(240)]
PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})


def started_by_a_client(cli: Cli, *arguments: str, **settings: str) -> StdioServerParameters:
    environment = {name: value for name, value in cli.environment.items() if name.startswith("AUTOMATIONS_")}
    return StdioServerParameters(
        command=PROGRAM[0], args=[*PROGRAM[1:], "mcp", *arguments], env={**environment, **settings}
    )


async def call(client: Client, name: str, /, **arguments: Any) -> Any:
    answer = await client.call_tool(name, arguments)
    assert not answer.is_error, answer.structured_content
    return answer.structured_content


@pytest.mark.parametrize("over", ["stdio", pytest.param("http", marks=pytest.mark.full)])
async def test_a_client_calls_a_tool_of_the_demo_and_builds_another(cli: Cli, up: dict[str, Any], over: str) -> None:
    bearer = {"Authorization": f"Bearer {cli.ok('token').out.strip()}"}
    async with httpx2.AsyncClient(headers=bearer, timeout=60, trust_env=False) as http:
        server: Any = started_by_a_client(cli)
        if over == "http":
            server = streamable_http_client(f"{up['http']}/mcp", http_client=http)
        async with Client(server) as client:
            tools = {one.name: one for one in (await client.list_tools()).tools}
            assert tools["find_lead"].annotations is not None
            assert tools["find_lead"].annotations.read_only_hint is True
            found = await call(client, "find_lead", who="Ada")
            assert (found["status"], found["output"]["stage"]) == ("completed", "qualified")
            assert (await call(client, "find_lead", who="nobody"))["output"] == {"found": False}
            name = f"shout_{over}"
            nodes = [
                {
                    "id": "start",
                    "type": "trigger-ai-tool",
                    "data": {"config": {"tool_name": name, "description": "Shouts."}},
                },
                {"id": "end", "type": "logic-stop", "data": {"config": {"output": "{{ 'hey' | upper }}"}}},
            ]
            edges = [{"source": "start", "target": "end"}]
            wrong = [nodes[0], {**nodes[1], "type": "logic-halt"}]
            judged = await call(client, "validate_flow", nodes=wrong, edges=[{"source": "start", "target": "ende"}])
            assert judged["valid"] is False
            assert {"logic-halt", "ende"} <= set(re.findall(r"[a-z-]+", json.dumps(judged["problems"])))
            draft = await call(client, "create_automation", name=name, nodes=nodes, edges=edges)
            assert draft["valid"] is True
            one = {"automation_id": draft["id"]}
            assert (await call(client, "test_automation", **one))["output"] == "HEY"
            await call(client, "publish_automation", **one)
            await call(client, "enable_automation", **one)
            assert (await call(client, name))["output"] == "HEY"


@pytest.mark.full
async def test_stdio_acts_as_the_key_says(cli: Cli, up: dict[str, Any]) -> None:
    assert up["status"] == "ready"
    stranger = cli.ok("token", "--user", str(uuid.uuid4())).out.strip()
    async with Client(started_by_a_client(cli, AUTOMATIONS_API_KEY=stranger)) as client:
        assert "find_lead" not in [one.name for one in (await client.list_tools()).tools]
        assert (await call(client, "list_automations"))["automations"] == []
    wrong = Cli({**cli.environment, "AUTOMATIONS_API_KEY": "aut_nonsense"}, cli.directory)("mcp")
    assert (wrong.code, wrong.out) == (1, "")
    assert "AUTOMATIONS_API_KEY does not sign in" in wrong.err
    nobody = cli("mcp", "--account", str(uuid.uuid4()))
    assert (nobody.code, nobody.out) == (1, "")


def test_stdout_is_the_protocols_and_the_end_of_stdin_the_end(cli: Cli, up: dict[str, Any]) -> None:
    assert up["status"] == "ready"
    answer = cli("mcp", given=f"{PING}\nnonsense\n")
    assert answer.code == 0, answer.err
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in answer.out.splitlines())


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.full), signal.SIGTERM])
def test_a_signal_ends_it_while_it_listens(cli: Cli, up: dict[str, Any], number: signal.Signals) -> None:
    assert up["status"] == "ready"
    with subprocess.Popen(
        [*PROGRAM, "mcp"], env=cli.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{PING}\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        assert end(process, number) == -number


def test_the_settings_of_a_client_are_printed(cli: Cli, up: dict[str, Any]) -> None:
    secret = Cli({**cli.environment, "AUTOMATIONS_API_KEY": "aut_very_secret"}, cli.directory)
    printed = secret.ok("mcp", "--print-config", "--account", "acc00000-0000-4000-8000-000000000001").out
    assert "very_secret" not in printed
    server = json.loads(printed)["mcpServers"]["automations"]
    assert server["args"][-3:] == ["mcp", "--account", "acc00000-0000-4000-8000-000000000001"]
    assert server["env"]["AUTOMATIONS_DATA_DIR"] == up["data_dir"]
