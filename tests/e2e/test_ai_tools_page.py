"""What docs/ai-tools.md shows works: the loops with the SDKs, the settings of clients, the call on the command line."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import openai
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from tests.e2e.conftest import Cli
from tests.model_server import model_server

pytestmark = [pytest.mark.timeout(240)]

PAGE = (Path(__file__).parents[2] / "docs" / "ai-tools.md").read_text(encoding="utf-8")
MESSAGES = [{"role": "user", "content": "How is Ada doing?"}]
SAYS = "Ada is qualified."


def block(label: str) -> str:
    (text,) = re.findall(rf"```{label}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def loop(label: str) -> Any:
    scope: dict[str, Any] = {}
    exec(compile(block(f"python {label}"), "ai-tools.md", "exec"), scope)
    return scope["talk"]


@pytest.fixture
def token(cli: Cli, up: dict[str, Any]) -> str:
    assert up["status"] == "ready"
    return cli.ok("token").out.strip()


def api_client(up: dict[str, Any], token: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=f"{up['http']}/api/v1", headers=headers, timeout=60, trust_env=False)


def test_the_call_that_is_shown_answers_so(cli: Cli, token: str) -> None:
    assert token
    command, answer = re.findall(r"\$ automations (call .*)\n(.*)\n", PAGE)[0]
    assert json.loads(cli.ok(*command.split()).out) == json.loads(answer)


def wants(call: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call, "type": "function", "function": {"name": name, "arguments": arguments}}


async def test_the_loop_with_openais_sdk(up: dict[str, Any], token: str) -> None:
    async with model_server() as server:
        calls = [
            wants("call_1", "find_lead", '{"who": "Ada"}'),
            wants("call_2", "find_lead", ""),
            wants("call_3", "find_somebody", "{}"),
        ]
        server.say({"tool_calls": calls}, {"content": SAYS})
        with (
            httpx2.Client(trust_env=False) as http,
            openai.OpenAI(base_url=server.base_url, api_key="x", http_client=http) as client,
            api_client(up, token) as api,
        ):
            assert await asyncio.to_thread(loop("openai"), client, "tools", api, [*MESSAGES]) == SAYS
    first, second = (asked.body for asked in server.asked)
    (offered,) = [one["function"] for one in first["tools"] if one["function"]["name"] == "find_lead"]
    assert offered["parameters"]["required"] == ["who"]
    sent = {one["tool_call_id"]: json.loads(one["content"]) for one in second["messages"] if one["role"] == "tool"}
    assert (sent["call_1"]["status"], sent["call_1"]["output"]["stage"]) == ("completed", "qualified")
    assert [problem["message"].split()[0] for problem in sent["call_2"]["problems"]] == ["who"]
    assert (sent["call_3"]["code"], "/tools" in sent["call_3"]["hint"]) == ("not_found", True)


def test_the_loop_with_anthropics_sdk(up: dict[str, Any], token: str) -> None:
    """The SDK itself is no dependency: what stands for it has the shapes of its documentation."""
    asked: list[dict[str, Any]] = []
    calls = [
        SimpleNamespace(type="tool_use", id="toolu_1", name="find_lead", input={"who": "Ada"}),
        SimpleNamespace(type="tool_use", id="toolu_2", name="find_lead", input={}),
    ]
    answers = iter(
        ([SimpleNamespace(type="text", text="Let me look."), *calls], [SimpleNamespace(type="text", text=SAYS)])
    )

    def create(**request: Any) -> Any:
        asked.append({**request, "messages": [*request["messages"]]})
        return SimpleNamespace(content=next(answers))

    client = SimpleNamespace(messages=SimpleNamespace(create=create))
    with api_client(up, token) as api:
        assert loop("anthropic")(client, "a-model", api, [*MESSAGES]) == SAYS
    (offered,) = [one for one in asked[0]["tools"] if one["name"] == "find_lead"]
    assert set(offered) == {"name", "description", "input_schema"}
    results = asked[1]["messages"][-1]["content"]
    assert [(one["type"], one["tool_use_id"], one["is_error"]) for one in results] == [
        ("tool_result", "toolu_1", False),
        ("tool_result", "toolu_2", True),
    ]
    assert json.loads(results[0]["content"])["output"]["found"] is True


async def test_the_settings_of_clients_that_are_shown(cli: Cli, up: dict[str, Any], token: str) -> None:
    shown = json.loads(block("json stdio"))["mcpServers"]["automations"]
    printed = json.loads(cli.ok("mcp", "--print-config").out)["mcpServers"]["automations"]
    assert (shown["args"], set(shown), set(shown["env"])) == (printed["args"], set(printed), set(printed["env"]))
    # Clients start it as it is printed, with next to nothing of an environment.
    async with Client(StdioServerParameters(**printed)) as client:
        assert "find_lead" in [one.name for one in (await client.list_tools()).tools]
    remote = json.loads(block("json http"))["mcpServers"]["automations"]
    url = remote["url"].replace("http://127.0.0.1:8765", up["http"])
    headers = {name: value.replace("aut_…", token) for name, value in remote["headers"].items()}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        assert "find_lead" in [one.name for one in (await client.list_tools()).tools]


async def test_every_tool_to_build_with_is_on_the_page(cli: Cli, token: str) -> None:
    assert token
    table = PAGE.partition("| tool | scope of a key |\n")[2].partition("\n\n")[0]
    shown = [name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    printed = json.loads(cli.ok("mcp", "--print-config").out)["mcpServers"]["automations"]
    async with Client(StdioServerParameters(**printed)) as client:
        names = {one.name for one in (await client.list_tools()).tools} - {"find_lead"}
    assert set(shown) == names
