"""AI steps with a real model. What it says is its own affair: whatever it is, it has to be what the step promises."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tests.conftest import Factory
from tests.engine import world as of_world
from tests.engine.drawing import draw, edge, node
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, new_world
from tests.model_gateways import model_gateway, steps_with

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

MESSAGE = "Hi, this is Ada from ACME. We need 12 seats from 2026-12-01 on. Please send an offer today!"
LABELS = [
    {"name": "sales", "description": "wants to buy, or an offer"},
    {"name": "support", "description": "has a problem with the product"},
]
FIELDS = [
    {"name": "company", "description": "name of the company that writes"},
    {"name": "seats", "type": "integer", "description": "how many seats they want"},
]
SCHEMA = {
    "type": "object",
    "properties": {"subject": {"type": "string"}, "polite": {"type": "boolean"}},
    "required": ["subject", "polite"],
    "additionalProperties": False,
}


@pytest.fixture
async def workers(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workers]:
    gateway = model_gateway(
        database_url,
        os.environ["AUTOMATIONS_TEST_MODEL_URL"],
        model=os.environ.get("AUTOMATIONS_TEST_MODEL_NAME", "default"),
    )
    monkeypatch.setattr(of_world, "step_runner", lambda: steps_with(gateway))
    group = Workers(database_url, Probes())
    yield group
    await group.close()
    await gateway.close()


async def test_a_run_writes_fills_in_sorts_and_reads(
    database: asyncpg.Connection, make: Factory, workers: Workers
) -> None:
    world = await new_world(database, make)
    few = {"max_output_tokens": 300, "timeout_seconds": 300}
    text = "{{ trigger.new.name }}"
    await world.automation(
        draw(
            [
                node("write", "ai-generate", {"prompt": "Answer in one short sentence.", "data": text, **few}),
                node("fill", "ai-generate", {"prompt": "Describe", "data": text, "output_schema": SCHEMA, **few}),
                node("sort", "ai-classify", {"text": text, "labels": LABELS, **few}),
                node("read", "ai-extract", {"text": text, "fields": FIELDS, **few}),
            ],
            [edge("trigger", step) for step in ("write", "fill", "sort", "read")],
        )
    )
    await workers.start()
    run = await world.ended(await world.lead(name=MESSAGE), within=500)
    said: dict[str, Any] = {entry["node_id"]: entry for entry in run["nodes_executed"]}
    shown = {step: (said[step]["handle"], said[step]["output"], said[step]["error"]) for step in said}
    print(shown)
    assert run["status"] == "completed", shown
    assert said["write"]["output"]["text"].strip()
    assert set(said["fill"]["output"]["json"]) == {"subject", "polite"}
    label = said["sort"]["output"]["label"]
    assert label in ("sales", "support", None)
    assert said["sort"]["handle"] in (label, "low_confidence")
    assert set(said["read"]["output"]["fields"]) == {"company", "seats"}
    for step in ("write", "fill", "sort", "read"):
        assert min(said[step]["output"]["usage"].values()) > 0
    assert await database.fetchval("select reserved from automations.ai_usage") == 0
