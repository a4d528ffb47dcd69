"""What starts automations, over HTTP: when a schedule comes, where a webhook is called."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Hooks, refused
from tests.api.test_automations import made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Factory

MONDAYS = {"kind": "weekly", "weekdays": ["monday"], "times": ["09:00"], "timezone": "Europe/Berlin"}


async def test_a_schedule_is_told_before_it_is_saved(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    told = await owner.ok("POST", "/schedule-preview", json={"config": MONDAYS, "count": 2})
    first, second = told["next"]
    assert told == {
        "words": "every Monday at 09:00 in Europe/Berlin",
        "timezone": "Europe/Berlin",
        "since": told["since"],
        "next": [first, second],
    }
    local = datetime.fromisoformat(first["local"])
    assert (local.weekday(), local.hour, first["clock"]) == (0, 9, "as written")
    assert datetime.fromisoformat(first["at"]) == local
    once = {"kind": "dates", "dates": ["2020-01-01T00:00"]}
    assert (await owner.ok("POST", "/schedule-preview", json={"config": once}))["next"] == []
    for config in ({}, {"kind": "weekly"}, {"cron": "0 0 31 2 *"}, {"cron": "x"}, {"kind": 1}, {"timezone": "\u0000"}):
        assert (
            "the schedule cannot be used"
            in refused(await owner("POST", "/schedule-preview", json={"config": config}), 422, "unusable")["detail"]
        )
    bodies: list[Any] = [{}, {"config": []}, {"config": MONDAYS, "count": 101}, {"config": MONDAYS, "count": 0}]
    for body in bodies:
        refused(await owner("POST", "/schedule-preview", json=body), 422, "invalid_request")
    key, _ = await key_of(world, api, "run")
    refused(await key("POST", "/schedule-preview", json={"config": MONDAYS}), 403, "not_allowed")


async def test_a_webhook_has_an_address(world: World, api: ApiServer, hooks: Hooks, make: Factory) -> None:
    owner = api.signed_in(world.account)
    auth = {"type": "hmac", "header": "x-signature", "secret": "{{ secrets.SHOP }}"}
    automation = (await hooks.make(auth, methods=["POST", "PUT"])).rpartition("/")[2]
    path = f"/automations/{automation}/webhook"
    told = await owner.ok("GET", path)
    assert told == {
        "id": automation,
        "name": told["name"],
        "url": f"{hooks.server.url}/webhooks/{automation}",
        "methods": ["POST", "PUT"],
        "how": "with HMAC-SHA256 of the body in x-signature, in hex, made with {{ secrets.SHOP }}",
        "live": False,
        "state": "there is no secret SHOP: callers hear 503 (`PUT /secrets/SHOP`)",
    }
    await owner.ok("POST", f"/automations/{automation}/disable")
    assert "`POST /automations/{id}/enable`" in (await owner.ok("GET", path))["state"]
    other = api.signed_in((await other_account(make)).account)
    refused(await other("GET", path), 404, "not_found")
    refused(await api.signed_in(uuid.uuid4())("GET", path), 404, "not_found")
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    assert (await viewer.ok("GET", path))["url"] == told["url"]
    key, _ = await key_of(world, api, "write")
    refused(await key("GET", path), 403, "not_allowed")
    manual = await made(owner, world)
    told = refused(await owner("GET", f"/automations/{manual['id']}/webhook"), 409, "conflict")
    assert "is not started by a webhook" in told["detail"]
