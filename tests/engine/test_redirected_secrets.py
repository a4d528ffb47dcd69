"""Secrets of a step's config, wherever they stand in it, do not follow a redirect to another server."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from tests.engine import world as of_world
from tests.engine.drawing import line, node
from tests.engine.world import UpperCaseRenderer, Workers, World
from tests.unit.http.conftest import running

from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.integrations.http_client import HttpClient

SECRET = "k3y/of the=partner"


class OneSecret:
    async def reveal(self, account: uuid.UUID, names: Collection[str]) -> dict[str, str]:
        return dict.fromkeys(names, SECRET)


@pytest.mark.parametrize(
    ("status", "address", "config"),
    [
        ("302 Found", f"?to={quote(f'http://api.example/?k={quote(SECRET)}', safe='')}", {"query": {"k": "SECRET"}}),
        ("302 Found", f"x;k={quote(SECRET, safe='')}", {"headers": {"X-Plain": "SECRET"}}),
        ("307 Temporary Redirect", "", {"method": "POST", "body_type": "json", "body": {"key": "SECRET"}}),
        ("308 Permanent Redirect", "", {"method": "PUT", "body_type": "raw", "body": "a", "query": {"k": "SECRET"}}),
    ],
    ids=["in a parameter", "in the path", "in the body", "beside a body"],
)
async def test_to_another_server_the_step_does_not_go(
    world: World, workers: Workers, monkeypatch: pytest.MonkeyPatch, status: str, address: str, config: dict[str, Any]
) -> None:
    async with running() as server, running() as other:
        client = HttpClient(allowed=[server.address, other.address])
        steps = StepRunner(
            outside=Outside(http=client),
            renderer=UpperCaseRenderer(),
            clock=lambda: datetime.now(UTC),
            secrets=OneSecret(),
        )
        monkeypatch.setattr(of_world, "step_runner", lambda: steps)
        url = server.reply("/", status, Location=other.url(f"/{address}"))
        given = json.loads(json.dumps(config).replace("SECRET", "{{ secrets.PARTNER }}"))
        await world.automation(line(node("call", "action-http", {"url": url, "follow_redirects": True, **given})))
        await workers.start()
        run = await world.ended(await world.lead())
        await workers.stop_all()
        await client.close()

    (told,) = [entry for entry in run["nodes_executed"] if entry["node_id"] == "call"]
    assert (run["status"], "redirects to another server" in told["error"]) == ("failed", True)
    assert (len(server.requests), other.requests) == (1, [])
    assert SECRET not in json.dumps(run["nodes_executed"])
