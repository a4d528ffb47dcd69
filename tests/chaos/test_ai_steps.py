"""A worker is killed between the answer of a model and the record of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.chaos import worker_group
from tests.chaos.worker_group import WorkerGroup
from tests.engine.drawing import line, node
from tests.engine.world import World
from tests.model_server import ModelServer, model_server

ESTIMATE = 50 + 1 + 1024


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as served:
        yield served


@pytest.mark.parametrize("on_unknown", ["retry", "fail"])
@pytest.mark.parametrize("when", ["settled", "unsettled"])
async def test_on_unknown_decides_and_the_budget_counts_rather_too_much(
    world: World,
    group: WorkerGroup,
    server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    on_unknown: str,
    when: str,
) -> None:
    monkeypatch.setattr(worker_group, "SCRIPT", Path(__file__).with_name("model_worker_process.py"))
    await world.automation(line(node("ask", "ai-generate", {"prompt": "x"}, on_unknown=on_unknown)))
    first = await group.start(model_url=server.base_url, die_before_record=when)
    lead = await world.lead()
    await first.gone()
    assert len(server.asked) == 1
    await group.start(model_url=server.base_url)
    run = await world.ended(lead)

    if on_unknown == "retry":
        assert (run["status"], run["nodes_executed"][1]["attempt"]) == ("completed", 2)
        assert run["nodes_executed"][1]["output"]["text"] == "Hello"
    else:
        assert run["status"] == "failed"
        assert "not known" in run["error"]
    asked = 2 if on_unknown == "retry" else 1
    assert len(server.asked) == asked
    # The same request once more, to be seen as that.
    assert len({sent.headers["idempotency-key"] for sent in server.asked}) == 1
    # What the killed worker had set aside stands until the day is over, unless it was settled.
    counted = asked if when == "settled" else asked - 1
    used = await world.db.fetchrow("select calls, input_tokens, reserved from automations.ai_usage")
    assert used is not None
    assert tuple(used) == (counted, 21 * counted, 0 if when == "settled" else ESTIMATE)
