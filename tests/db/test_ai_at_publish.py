"""What a flow with AI steps needs is asked for before it is published."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.conftest import Factory
from tests.model_gateways import as_service, own_endpoint

from automations.db.automation_store import AutomationStore
from automations.errors import FlowInvalid
from automations.services import publishing
from automations.services.needs import Installation
from automations.testing.flow_run import installed_nodes

ACCOUNT = uuid.UUID(int=0xACC)
STEPS: list[Any] = [
    ("ai-generate", {"prompt": "x"}),
    ("ai-classify", {"text": "x", "labels": [{"name": "a"}, {"name": "b"}]}),
    ("ai-extract", {"text": "x", "fields": [{"name": "a"}]}),
]


@pytest.mark.parametrize(("type_", "config"), STEPS, ids=[step[0] for step in STEPS])
async def test_an_endpoint_and_the_package_are_needed(
    database_url: str, make: Factory, type_: str, config: Any
) -> None:
    nodes = [
        {"id": "go", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "ask", "type": type_, "data": {"config": config}},
    ]
    edges = [{"id": "e", "source": "go", "target": "ask"}]
    draft = await make.automation(ACCOUNT, status="draft", trigger_type="manual", nodes=nodes, edges=edges)
    connection = await as_service(database_url)
    automations, registry = AutomationStore(connection), installed_nodes()

    async def problem(installation: Installation) -> tuple[str, str | None, str]:
        with pytest.raises(FlowInvalid) as refused:
            await publishing.publish(automations, registry, draft, installation=installation)
        (one,) = refused.value.problems
        return one.message, one.node_id, one.hint

    lacking = await problem(Installation(model=True))
    assert lacking[:2] == ("the package that speaks to language models is not installed", "ask")
    assert "automations[ai]" in lacking[2]
    lacking = await problem(Installation(ai_client=True))
    assert lacking[:2] == ("there is no language model to ask", "ask")
    assert "AUTOMATIONS_AI_BASE_URL" in lacking[2]
    await publishing.publish(automations, registry, draft, installation=Installation(ai_client=True, model=True))
    await own_endpoint(database_url, ACCOUNT, "https://models.example.com/v1", key=None)
    await publishing.publish(automations, registry, draft, installation=Installation(ai_client=True))
    await connection.close()


async def test_a_step_that_is_switched_off_needs_nothing(database_url: str, make: Factory) -> None:
    nodes = [
        {"id": "go", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "ask", "type": "ai-generate", "data": {"config": {"prompt": "x"}, "disabled": True}},
    ]
    edges = [{"id": "e", "source": "go", "target": "ask"}]
    draft = await make.automation(ACCOUNT, status="draft", trigger_type="manual", nodes=nodes, edges=edges)
    connection = await as_service(database_url)
    await publishing.publish(AutomationStore(connection), installed_nodes(), draft, installation=Installation())
    await connection.close()
