"""Signals to waiting runs, and breakers, over HTTP."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, refused
from tests.api.live_client import watching
from tests.api.test_automations import NODES, made, other_account
from tests.api.test_bulk import live
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import Workers, World, eventually

if TYPE_CHECKING:
    from tests.conftest import Factory

WAIT = {
    "id": "end",
    "type": "logic-wait",
    "data": {"config": {"wait_for": "signal", "signal": "paid", "correlate": "{{ trigger.input.order }}"}},
}


async def test_a_signal_wakes_the_run_that_waits_for_it(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, NODES[0], WAIT)
    await workers.start()
    run = (await owner.ok("POST", f"{path}/executions", json={"input": {"order": "o1"}}))["id"]

    async def waits() -> Any:
        return await world.db.fetchval("select count(*) from automations.waits where execution_id = $1", uuid.UUID(run))

    await eventually(waits)
    shown: dict[str, Any] = {}
    for status, expected in (("waiting", [run]), ("running", [run]), ("pending", [])):
        found = (await owner.ok("GET", "/executions", params={"status": status}))["items"]
        assert [one["id"] for one in found] == expected
        shown.update(found[0] if found else {})
    detail = await owner.ok("GET", f"/executions/{run}")
    for one in (shown, detail):
        assert (one["status"], one["waiting"], one["waits_until"]) == ("running", True, None)
    body = {"name": "paid", "correlation": "o1", "payload": {"amount": 5}}
    assert await owner.ok("POST", "/signals", json=body) == {"woken": 1}
    assert (await world.final(uuid.UUID(run)))["status"] == "completed"
    assert (await owner.ok("GET", f"/executions/{run}"))["waiting"] is False
    assert (await owner.ok("GET", "/executions", params={"status": "waiting"}))["items"] == []
    assert await owner.ok("POST", "/signals", json={**body, "correlation": "o2"}) == {"woken": 0}
    refused(await owner("POST", "/signals", json={"name": "paid", "execution_id": run}), 409, "conflict")
    bodies: list[Any] = [
        {"name": "a b", "correlation": "x"},
        {"name": "paid"},
        {"name": "paid", "correlation": "x", "execution_id": run},
        {"name": "paid", "correlation": ""},
    ]
    for wrong in bodies:
        refused(await owner("POST", "/signals", json=wrong), 422, "invalid_request")
    nul = await owner("POST", "/signals", json={"name": "paid", "correlation": "\u0000"})
    refused(nul, 422, "unusable")
    assert "NUL" in nul.json()["detail"]
    big = {"name": "paid", "correlation": "x", "payload": "x" * 300_000}
    refused(await owner("POST", "/signals", json=big), 422, "unusable")
    server = api.signed_in(None)
    refused(await server("POST", "/signals", json=body), 422, "unusable")
    assert await server.ok("POST", "/signals", json={**body, "account": str(world.account)}) == {"woken": 0}


async def test_lists_and_live_events_say_until_when_a_run_waits(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    delay = {"id": "end", "type": "logic-delay", "data": {"config": {"amount": 2, "unit": "hours"}}}
    path = await live(owner, world, NODES[0], delay)
    await workers.start()
    async with watching(owner) as stream:
        run = (await owner.ok("POST", f"{path}/executions", json={}))["id"]
        await stream.until(lambda one: any(told.get("waiting") for told in one.told("execution")))
        assert stream.told("execution")[-1]["status"] == "running"
        (shown,) = (await owner.ok("GET", "/executions", params={"status": "waiting"}))["items"]
        assert (shown["id"], shown["status"]) == (run, "running")
        until = datetime.fromisoformat(shown["waits_until"])
        assert abs(until - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)
        await owner.ok("POST", f"/executions/{run}/cancel")
        await stream.until_told("cancelled")
        assert stream.told("execution")[-1]["waiting"] is False
    (ended,) = (await owner.ok("GET", "/executions"))["items"]
    assert (ended["waiting"], ended["waits_until"]) == (False, None)


async def test_who_may_send_signals(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, *NODES)
    run = (await owner.ok("POST", f"{path}/executions", json={}))["id"]
    bodies = [
        {"name": "paid", "execution_id": run},
        {"name": "paid", "correlation": "x", "account": str(world.account)},
    ]
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    other = api.signed_in((await other_account(make)).account)
    reads, _ = await key_of(world, api, "read", "write")
    for body in bodies:
        refused(await viewer("POST", "/signals", json=body), 403, "not_allowed")
        refused(await other("POST", "/signals", json=body), 404, "not_found")
        refused(await reads("POST", "/signals", json=body), 403, "not_allowed")
        member = api.signed_in(await make.team_member(world.account, "member"))
        assert await member.ok("POST", "/signals", json=body) == {"woken": 0}


async def test_breakers_are_listed_and_lifted(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    records = [uuid.uuid4() for _ in range(5)]
    opened = datetime(2026, 3, 30, 12, tzinfo=UTC)
    for number, record in enumerate(records):
        await world.db.execute(
            "insert into automations.breakers (automation_id, record_id, account_id, opened_at, starts, minutes) "
            "values ($1, $2, $3, $4, 20, 10)",
            uuid.UUID(draft["id"]),
            record,
            world.account,
            # Two at the same moment.
            opened + timedelta(minutes=number // 2),
        )
    first = await owner.ok("GET", "/breakers", params={"limit": 3})
    second = await owner.ok("GET", "/breakers", params={"limit": 3, "cursor": first["next"]})
    assert sorted(item["record_id"] for item in first["items"] + second["items"]) == sorted(map(str, records))
    assert (first["items"][0], second["next"]) == (
        {
            "id": f"{draft['id']}/{records[4]}",
            "automation_id": draft["id"],
            "automation": "Greet",
            "record_id": str(records[4]),
            "account_id": str(world.account),
            "opened_at": "2026-03-30T12:02:00+00:00",
            "starts": 20,
            "minutes": 10,
        },
        None,
    )
    lift = f"/automations/{draft['id']}/breakers/lift"
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    other = api.signed_in((await other_account(make)).account)
    assert len((await viewer.ok("GET", "/breakers"))["items"]) == 5
    assert (await other.ok("GET", "/breakers"))["items"] == []
    refused(await viewer("POST", lift), 403, "not_allowed")
    refused(await other("POST", lift), 404, "not_found")
    key, _ = await key_of(world, api, "run")
    refused(await key("GET", "/breakers"), 403, "not_allowed")
    refused(await key("POST", lift), 403, "not_allowed")
    assert await owner.ok("POST", lift, json={"record_id": str(records[0])}) == {"lifted": 1}
    assert await owner.ok("POST", lift) == {"lifted": 4}
    assert await owner.ok("POST", lift) == {"lifted": 0}
    assert (await owner.ok("GET", "/breakers", params={"automation_id": draft["id"]}))["items"] == []
    for cursor in ("x", "WyJ4IiwieSJd", "WzEsMl0"):
        refused(await owner("GET", "/breakers", params={"cursor": cursor}), 422, "unusable")
    refused(await owner("POST", lift, json={"record_id": "x"}), 422, "invalid_request")
