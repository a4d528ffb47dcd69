"""Figures over HTTP: of one automation, and of all that somebody sees."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.api.conftest import ApiServer, refused
from tests.api.test_automations import made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Factory

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)


async def test_runs_are_counted_by_status_and_day(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    first, second = await made(owner, world, "First"), await made(owner, world, "Second")
    one, two = uuid.UUID(first["id"]), uuid.UUID(second["id"])
    for number in range(1, 21):
        ended = {"started_at": NOON, "completed_at": NOON, "duration_ms": number * 10}
        await make.execution(one, status="completed", **ended)
    before = NOON - timedelta(days=1)
    await make.execution(one, status="failed", started_at=before, completed_at=before, duration_ms=9_999)
    await make.execution(one, status="failed", started_at=NOON, completed_at=NOON, duration_ms=1, test_mode=True)
    await make.execution(two, status="cancelled", started_at=NOON, completed_at=NOON, duration_ms=1)
    await make.execution(one, status="failed", started_at=NOON + timedelta(days=1), completed_at=NOON, duration_ms=1)
    span = {"since": (NOON - timedelta(days=2)).isoformat(), "until": (NOON + timedelta(hours=1)).isoformat()}
    nothing = {"runs": 0, "completed": 0, "failed": 0, "cancelled": 0}
    shown = await owner.ok("GET", f"/automations/{one}/stats", params=span)
    assert shown == {
        "since": "2026-03-28T12:00:00+00:00",
        "until": "2026-03-30T13:00:00+00:00",
        "runs": 21,
        "by_status": {"pending": 0, "running": 0, "completed": 20, "failed": 1, "cancelled": 0},
        "duration_ms": {"p50": 100, "p95": 190},
        "days": [
            {"day": "2026-03-28", **nothing},
            {"day": "2026-03-29", **nothing, "runs": 1, "failed": 1},
            {"day": "2026-03-30", **nothing, "runs": 20, "completed": 20},
        ],
    }
    everything = await owner.ok("GET", "/stats", params=span)
    assert everything["executions"]["runs"] == 22
    assert everything["automations"] == {
        "total": 2,
        "live": 0,
        "by_status": {"draft": 2, "active": 0, "paused": 0, "error": 0},
        "busiest": [
            {"id": str(one), "name": "First", "runs": 21, "failed": 1},
            {"id": str(two), "name": "Second", "runs": 1, "failed": 0},
        ],
    }
    span["busiest"] = "1"
    busiest = (await owner.ok("GET", "/stats", params=span))["automations"]["busiest"]
    assert [one["name"] for one in busiest] == ["First"]
    empty = await owner.ok("GET", f"/automations/{two}/stats")
    assert (empty["runs"], empty["duration_ms"], len(empty["days"])) == (0, {"p50": None, "p95": None}, 8)


async def test_spans_that_are_none(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    for params in (
        {"since": NOON.isoformat(), "until": NOON.isoformat()},
        {"since": NOON.isoformat(), "until": (NOON + timedelta(days=93)).isoformat()},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "9999-12-31T23:59:59-14:00"},
    ):
        refused(await owner("GET", "/stats", params=params), 422, "unusable")
    for params in ({"since": "2026-03-30T12:00:00"}, {"until": "today"}):
        refused(await owner("GET", "/stats", params=params), 422, "invalid_request")


async def test_who_sees_figures(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    path = f"/automations/{(await made(owner, world))['id']}/stats"
    other = api.signed_in((await other_account(make)).account)
    refused(await other("GET", path), 404, "not_found")
    theirs = await other.ok("GET", "/stats", params={"account": str(world.account)})
    assert (theirs["automations"]["total"], theirs["executions"]["runs"]) == (0, 0)
    key, _ = await key_of(world, api, "run")
    refused(await key("GET", path), 403, "not_allowed")
    refused(await key("GET", "/stats"), 403, "not_allowed")
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    assert (await viewer.ok("GET", path))["runs"] == 0
    assert (await viewer.ok("GET", "/stats"))["automations"]["total"] == 1
