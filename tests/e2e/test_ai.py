"""AI steps from the command line: refused without an endpoint, run with one, counted afterwards."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.e2e.conftest import Cli, make_cli
from tests.model_server import ModelServer, model_server

pytestmark = [pytest.mark.timeout(240)]
KEY = "sk-of-the-installation-e2e"


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    """In a thread: the commands are processes that are waited for."""
    served: list[ModelServer] = []
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with model_server() as one:
            served.append(one)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    assert ready.wait(20)
    yield served[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(20)
    loop.close()


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Cli:
    return make_cli(
        tmp_path_factory.mktemp("cli"),
        AUTOMATIONS_AI_BASE_URL=server.base_url,
        AUTOMATIONS_AI_API_KEY=KEY,
        AUTOMATIONS_AI_MODEL="good",
        AUTOMATIONS_AI_TOKENS_PER_DAY="5000",
    )


@pytest.fixture
def without_model(cli: Cli) -> Cli:
    return replace(cli, environment={name: value for name, value in cli.environment.items() if "_AI_" not in name})


def imported(cli: Cli, **config: Any) -> str:
    automation = str(uuid.uuid4())
    nodes = [
        {"id": "start", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "write", "type": "ai-generate", "data": {"config": {"prompt": "Greet", **config}}},
    ]
    edges = [{"id": "e", "source": "start", "target": "write"}]
    file = {"id": automation, "name": f"Writes {automation}", "nodes": nodes, "edges": edges}
    cli.ok("import", "-", given=json.dumps(file))
    return automation


@pytest.mark.full
@pytest.mark.usefixtures("up")
def test_without_an_endpoint_it_is_told_before_it_runs(cli: Cli, without_model: Cli) -> None:
    automation = imported(cli)
    for command in ("validate", "publish"):
        refused = without_model(command, automation)
        told = refused.out + refused.err
        assert (refused.code, "there is no language model to ask" in told, "Traceback" in told) == (1, True, False)
        assert "AUTOMATIONS_AI_BASE_URL" in told
    (problem,) = without_model("validate", automation, "--json").json
    assert (problem["code"], problem["node_id"]) == ("no_model", "write")
    cli.ok("validate", automation)


@pytest.mark.usefixtures("up")
def test_it_runs_and_is_counted(cli: Cli, server: ModelServer) -> None:
    said = cli.ok("ai", "usage").out
    assert said == "No AI step has run in this time. A day may have 5,000 tokens for each account.\n"
    server.say("Good morning")
    automation = imported(cli)
    cli.ok("publish", automation)
    cli.ok("enable", automation)
    run = cli.ok("run", automation, "--json").json
    shown = cli.ok("show", run["id"]).out
    assert "21 tokens in, 7 out" in shown
    assert "Good morning" in shown
    (day,) = cli.ok("ai", "usage", "--json").json
    assert {name: day[name] for name in day if name not in ("account_id", "day")} == {
        "calls": 1,
        "input_tokens": 21,
        "output_tokens": 7,
        "reserved": 0,
        "limit": 5000,
    }
    assert day["day"] == str(datetime.now(UTC).date())
    table = cli.ok("ai").out.splitlines()
    assert table[0].split() == ["DAY", "ACCOUNT", "CALLS", "TOKENS", "IN", "TOKENS", "OUT", "SET", "ASIDE", "OF"]
    assert table[1].split()[2:] == ["1", "21", "7", "0", "5,000"]


@pytest.mark.usefixtures("up")
def test_a_key_that_is_refused_is_shown_to_nobody(cli: Cli) -> None:
    automation = imported(cli, model="401")
    cli.ok("publish", automation)
    cli.ok("enable", automation)
    failed = cli("run", automation)
    told = failed.out + failed.err
    assert (failed.code, "does not take the key" in told, KEY in told, "Traceback" in told) == (1, True, False, False)
