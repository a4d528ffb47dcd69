"""Webhooks out: a step of a run signs, and a receiver that knows only the library verifies."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.engine import world as of_world
from tests.engine.drawing import line, node
from tests.engine.world import Workers, World, step_runner
from tests.unit.http.conftest import Received, running

from automations.engine.outside import Outside
from automations.integrations.http_client import HttpClient

OLD = "whsec_" + base64.b64encode(b"old-old-old-old-old-old-").decode()
NEW = "whsec_" + base64.b64encode(b"new-new-new-new-new-new-").decode()
RETRY = {"attempts": 3, "delay_seconds": 1.1, "backoff": "fixed", "jitter": False}


def sending(url: str, secret: str, **data: Any) -> dict[str, Any]:
    config = {
        "method": "POST",
        "url": url,
        "auth": {"type": "signature", "secret": secret},
        "body_type": "json",
        "body": {"lead": "{{ trigger.new.id }}", "name": "{{ trigger.new.name }}"},
    }
    return node("tell", "action-http", config, **data)


async def test_a_receiver_verifies_what_a_run_sends_on_every_attempt(
    world: World, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running() as receiver:
        answers = iter(["503 Service Unavailable", "200 OK"])

        async def answer(request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 {next(answers)}\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()

        url = receiver.on("/hook", answer)
        client = HttpClient(allowed=[receiver.address])
        monkeypatch.setattr(of_world, "step_runner", lambda: step_runner(Outside(http=client)))
        await world.automation(line(sending(url, f"{NEW} {OLD}", retry=RETRY)))
        await workers.start()
        lead = await world.lead(name="Zoë")
        run = await world.ended(lead)
        await workers.stop_all()
        await client.close()

    assert run["status"] == "completed"
    first, second = receiver.requests
    for request in (first, second):
        # The other side may have the new secret already, or still the old one.
        for secret in (OLD, NEW):
            told = Webhook(secret).verify(request.body, request.headers)
            assert told == {"lead": str(lead), "name": "Zoë"}
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == first.headers["idempotency-key"]
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    (told,) = [entry for entry in run["nodes_executed"] if entry["node_id"] == "tell"]
    assert told["input"]["auth"] == {"type": "signature", "secret": "•••"}
    recorded = json.dumps([run["nodes_executed"], run["variables"], run["output"]])
    assert not [secret for secret in (OLD, NEW) if secret in recorded]
