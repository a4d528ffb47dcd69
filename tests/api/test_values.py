"""Numbers and times: what the document calls none is refused, not made into one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import ApiServer, refused
from tests.api.test_automations import made
from tests.engine.world import World


@pytest.mark.parametrize("wrong", [True, "7", "0.5"])
async def test_truth_and_text_are_no_numbers(world: World, api: ApiServer, wrong: Any) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    for method, path, body in (
        ("PUT", f"/automations/{draft['id']}/viewport", {"x": 0, "y": wrong, "zoom": 1}),
        ("POST", "/leads", {"score": wrong}),
        ("POST", "/invitations", {"role": "member", "days": wrong}),
        ("POST", "/api-keys", {"name": "k", "scopes": ["read"], "expires_in_days": wrong}),
        ("POST", "/tools/greet/call", {"timeout_seconds": wrong}),
        ("PATCH", "/account/settings", {"ai_tokens_per_day": wrong}),
    ):
        told = refused(await owner(method, path, json=body), 422, "invalid_request")
        assert told["problems"][0]["message"] == "has to be a number", path
    # As some languages write whole numbers.
    assert (await owner("POST", "/leads", json={"score": 7.0})).json()["score"] == 7


@pytest.mark.parametrize("wrong", ["0.5", "1764000000", "-1", "now", ""])
async def test_numbers_are_no_times(world: World, api: ApiServer, wrong: str) -> None:
    owner = api.signed_in(world.account)
    for path in ("/stats", "/executions", "/audit-log"):
        for name in ("since", "until"):
            told = refused(await owner("GET", path, params={name: wrong}), 422, "invalid_request")
            assert told["problems"] == [{"field": name, "message": "has to be a time as 2026-11-26T09:00:00Z"}]
    body = {"filter": {"since": wrong}}
    refused(await owner("POST", "/executions/cancel", json=body), 422, "invalid_request")
    refused(await owner("POST", "/executions/cancel", json={"filter": {"since": 5}}), 422, "invalid_request")
    for right in ("2026-11-26", "2026-11-26T09:00:00", "2026-11-26T09:00:00+01:00"):
        await owner.ok("GET", "/executions", params={"since": right})


async def test_the_example_of_a_template_makes_an_automation(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    schemas = (await owner.ok("GET", "/openapi.json"))["components"]["schemas"]
    (example,) = schemas["FromTemplate"]["examples"]
    assert (await owner("POST", "/automations/from-template", json=example)).status_code == 201
    told = refused(
        await owner("POST", "/automations/from-template", json={**example, "parameters": {}}), 422, "unusable"
    )
    assert "`parameters` members=" in told["hint"]
