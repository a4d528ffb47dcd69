"""The node by itself, and in a flow; neither needs a database."""

from __future__ import annotations

from typing import Any

import pytest
from automations_phone.transform_phone import TransformPhone

from automations.flow.outcomes import Continue, Fail
from automations.testing import run_flow, run_node


@pytest.mark.parametrize(
    ("number", "country", "phone"),
    [
        ("+44 20 7946 0123", "", "+442079460123"),
        ("0044 (20) 7946-0123", "", "+442079460123"),
        ("020 7946 0123", "44", "+442079460123"),
        ("+1 202-555-0182", "44", "+12025550182"),
    ],
)
async def test_numbers_in_one_form(number: str, country: str, phone: str) -> None:
    outcome = await run_node(TransformPhone(), {"number": number, "country": country})
    assert outcome == Continue(output={"phone": phone})


@pytest.mark.parametrize("number", ["020 7946 0123", "", "call me", "+0123456789", "+1234567890123456"])
async def test_what_is_no_number_fails_in_words(number: str) -> None:
    outcome = await run_node(TransformPhone(), {"number": number})
    assert isinstance(outcome, Fail)
    assert outcome.code == "not_a_phone_number"


async def test_a_flow_with_it() -> None:
    """Installed, it is found by its type like every other."""
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "trigger-manual", "data": {}},
        {"id": "phone", "type": "transform-phone", "data": {"config": {"number": "{{ trigger.input.phone }}"}}},
    ]
    edges: list[dict[str, Any]] = [{"id": "e", "source": "start", "target": "phone"}]
    run = await run_flow(nodes, edges, {"input": {"phone": "+1 (202) 555 0182"}})
    assert (run.status, run.output) == ("completed", {"phone": "+12025550182"})
