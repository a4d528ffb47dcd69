"""For load balancers and Prometheus: does it live, can it serve, how is it doing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.conftest import ApiServer, Hooks, refused
from tests.api.test_automations import made
from tests.engine.world import World

from automations.db.figures_store import Figures
from automations.db.migrate import LATEST
from automations.services.kept import Kept

if TYPE_CHECKING:
    from tests.conftest import Factory

TOKEN = "a token of the tests"


async def figures(hooks: Hooks, **headers: str) -> dict[tuple[str, ...], float]:
    """By name and the values of its labels."""
    answer = await hooks.client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_it_lives_and_is_ready_for_this_schema(hooks: Hooks) -> None:
    for path in ("/health", "/ready"):
        answer = await hooks.client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


NEWER = f"migrations/{int(LATEST) + 1}_x.sql"


@pytest.mark.parametrize(
    "change",
    [
        f"insert into automations.migrations (name, checksum, release) values ('{NEWER}', '', '9')",
        f"delete from automations.migrations where name like 'migrations/{LATEST}%'",
    ],
    ids=["newer", "older"],
)
async def test_another_schema_is_not_ready(hooks: Hooks, change: str) -> None:
    await hooks.world.db.execute(change)
    refused(await hooks.client.get("/ready"), 503, "not_ready")
    assert (await hooks.client.get("/health")).status_code == 200


async def test_figures_of_the_database(world: World, hooks: Hooks, make: Factory) -> None:
    automation = await make.automation(world.account, world.agent)
    other = uuid.uuid4()
    elsewhere = await make.automation(other, await make.agent(other))
    for where, status, since in (
        (automation, "pending", "90 seconds"),
        (elsewhere, "pending", "30 seconds"),
        (elsewhere, "running", "600 seconds"),
        (automation, "pending", "-1 hour"),
    ):
        run = await make.execution(where)
        await world.db.execute("update automation_executions set status = $2 where id = $1", run, status)
        await world.db.execute(
            "update automation_executions set due_at = now() - $2::text::interval where id = $1", run, since
        )
    for statuses in (("failed",), ("failed",), ("running", "completed")):
        run = await make.execution(automation)
        for status in statuses:
            await world.db.execute("update automation_executions set status = $2 where id = $1", run, status)
    found = await figures(hooks)
    assert 90 <= found["automations_oldest_pending_seconds",] < 300
    assert 600 <= found["automations_lag_seconds",] < 900
    expected: dict[tuple[str, ...], float] = {
        ("automations_database_up",): 1,
        ("automations_open_runs", "pending"): 3,
        ("automations_open_runs", "running"): 1,
        ("automations_held_runs",): 0,
        ("automations_accepted_runs_last_minute",): 7,
        ("automations_claimed_runs_last_minute",): 2,
        ("automations_ended_runs_last_minute", "completed"): 1,
        ("automations_ended_runs_last_minute", "failed"): 2,
        ("automations_ended_runs_last_minute", "cancelled"): 0,
        ("automations_workers",): 0,
    }
    assert {name: found[name] for name in expected} == expected
    assert 0 < found["automations_database_connections",] < found["automations_database_connections_limit",]
    # Whoever asks again at once costs the database nothing.
    await make.execution(automation)
    assert (await figures(hooks))["automations_open_runs", "pending"] == 3


async def test_requests_are_counted_by_what_their_route_is_called(world: World, api: ApiServer, hooks: Hooks) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    await owner.ok("GET", f"/automations/{draft['id']}")
    await owner("GET", f"/automations/{uuid.uuid4()}")
    await api.bearer(None)("GET", f"/leads/{uuid.uuid4()}")
    await hooks.client.get(f"/webhooks/{uuid.uuid4()}")
    await hooks.client.request("PURGE", "/any/place/that/somebody/makes/up")
    found = await figures(hooks)
    counted = {name[1:]: value for name, value in found.items() if name[0] == "automations_http_requests_total"}
    # method, route, status.
    assert counted == {
        ("POST", "/api/v1/automations", "201"): 1,
        ("GET", "/api/v1/automations/{automation_id}", "200"): 1,
        ("GET", "/api/v1/automations/{automation_id}", "404"): 1,
        ("GET", "/api/v1/leads/{lead_id}", "401"): 1,
        ("GET", "/webhooks/{automation_id}", "404"): 1,
        ("other", "none", "404"): 1,
    }
    assert found["automations_http_request_seconds_count", "GET", "/api/v1/automations/{automation_id}"] == 2
    assert draft["id"] not in (await hooks.client.get("/metrics")).text


async def test_figures_are_for_this_machine_or_whoever_has_the_token(hooks: Hooks) -> None:
    for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"):
        refused(await hooks.client.get("/metrics", headers={name: "127.0.0.1"}), 403, "not_allowed")
    # A page that a name server points to this machine says in `Host` how it was called.
    refused(await hooks.client.get("/metrics", headers={"Host": "evil.example:8765"}), 403, "not_allowed")
    for host in ("localhost:1", "[::1]:1", "127.0.0.1"):
        assert (await hooks.client.get("/metrics", headers={"Host": host})).status_code == 200
    transport = httpx2.ASGITransport(hooks.app, client=("192.0.2.7", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as elsewhere:
        refused(await elsewhere.get("/metrics"), 403, "not_allowed")
    hooks.app.state.api = replace(hooks.app.state.api, metrics_token=TOKEN)
    for given in ({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer ä"}):
        headers: Any = {name: value.encode("latin-1") for name, value in given.items()}
        refused(await hooks.client.get("/metrics", headers=headers), 403, "not_allowed")
    assert (await figures(hooks, Authorization=f"Bearer {TOKEN}"))["automations_database_up",] == 1


async def test_figures_of_the_process_are_told_while_the_database_is_away(hooks: Hooks) -> None:
    await hooks.world.db.execute("alter function automations.figures(integer) rename to gone")
    found = await figures(hooks)
    assert found["automations_database_up",] == 0
    assert ("automations_lag_seconds",) not in found
    assert ("automations_http_requests_total", "GET", "/metrics", "200") in await figures(hooks)


async def test_people_are_told_whether_runs_are_begun(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    nobody_works = await owner.ok("GET", "/health")
    assert nobody_works == {"status": "no_worker", "oldest_pending_seconds": 0}
    # Kept for a moment, whoever asks.
    assert await api.signed_in(uuid.uuid4()).ok("GET", "/health") == nobody_works
    refused(await api.bearer(None)("GET", "/health"), 401, "not_signed_in")


@pytest.mark.parametrize(
    ("workers", "oldest", "status"), [(1, None, "ok"), (1, 60.9, "ok"), (2, 61, "late"), (0, 5, "no_worker")]
)
async def test_what_is_late_is_called_so(
    world: World, hooks: Hooks, api: ApiServer, workers: int, oldest: float | None, status: str
) -> None:
    found = Figures(None, oldest, 0, 0, 0, 0, 0, {}, workers, 1, 100)

    async def look() -> Figures:
        return found

    hooks.app.state.figures = Kept(look, 1)
    told = await api.signed_in(world.account).ok("GET", "/health")
    assert told == {"status": status, "oldest_pending_seconds": int(oldest or 0)}
