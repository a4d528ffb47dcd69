"""Many at once over HTTP: starts on records; cancel and retry of all runs that match."""

from __future__ import annotations

import random
import string
import uuid
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Client, refused
from tests.api.test_automations import EDGES, NODES, made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import Workers, World

if TYPE_CHECKING:
    from tests.conftest import Factory

ON_LEAD = {**NODES[0], "data": {"config": {"record": "lead"}}}
FAILING = {"id": "end", "type": "logic-stop", "data": {"config": {"status": "failed", "message": "no"}}}


async def live(client: Client, world: World, *nodes: Any, name: str = "On leads") -> str:
    """The path of an automation that can be started by hand."""
    draft = await made(client, world, name, nodes=list(nodes) or [ON_LEAD, NODES[1]], edges=EDGES)
    path = f"/automations/{draft['id']}"
    await client.ok("POST", f"{path}/publish")
    await client.ok("POST", f"{path}/enable")
    return path


async def test_a_run_for_each_record(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world)
    leads = sorted(await world.leads(3))
    theirs = await make.lead((await other_account(make)).account)
    body = {"lead_ids": [str(one) for one in (*leads, leads[0], theirs)], "input": {"name": "Ada"}, "key": "k"}
    done = await owner.ok("POST", f"{path}/executions/bulk", json=body)
    assert done["next"] is None
    by_lead = {item["record_id"]: item for item in done["items"]}
    assert set(by_lead) == {str(one) for one in (*leads, theirs)}
    assert by_lead.pop(str(theirs)) == {
        "record_id": str(theirs),
        "execution_id": None,
        "error": {"code": "not_found", "detail": "there is no such lead", "hint": "Check the id."},
    }
    for lead, item in by_lead.items():
        run = await world.run(uuid.UUID(item["execution_id"]))
        assert (str(run["lead_id"]), run["trigger_data"]["input"], item["error"]) == (lead, {"name": "Ada"}, None)
        assert run["triggered_by"] == world.account
    again = await owner.ok("POST", f"{path}/executions/bulk", json=body)
    assert {item["record_id"]: item["execution_id"] for item in again["items"] if item["execution_id"]} == {
        lead: item["execution_id"] for lead, item in by_lead.items()
    }
    answers = [
        await owner("POST", f"{path}/executions/bulk", json={**body, "key": None}, headers={"Idempotency-Key": "i"})
        for _ in range(2)
    ]
    assert (answers[0].json(), answers[1].headers["idempotent-replayed"]) == (answers[1].json(), "true")
    assert await world.count() == 6


async def test_leads_that_meet_a_condition_in_parts(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = f"{await live(owner, world)}/executions/bulk"
    leads = await world.leads(7)
    where = {"field": "score", "operator": "greater_than", "value": 2}
    seen: list[str] = []
    after = None
    for _ in range(4):
        part = await owner.ok("POST", path, json={"leads_where": where, "limit": 2, "after": after})
        seen += [item["record_id"] for item in part["items"]]
        after = part["next"]
        if after is None:
            break
    assert sorted(seen) == sorted(str(lead) for lead in leads[2:])
    told = refused(
        await owner("POST", path, json={"leads_where": {"field": "scores", "operator": "exists"}}), 422, "unusable"
    )
    assert "leads have no column 'scores'" in told["detail"]
    refused(await owner("POST", path, json={"leads_where": {"all": 1}}), 422, "unusable")
    bodies: list[Any] = [{}, {"lead_ids": []}, {"lead_ids": [str(leads[0])], "leads_where": where}, {"lead_ids": ["x"]}]
    for body in [*bodies, {"lead_ids": [str(leads[0])] * 501}, {"leads_where": where, "limit": 0}]:
        refused(await owner("POST", path, json=body), 422, "invalid_request")
    ids = {"lead_ids": [str(leads[0])]}
    refused(await owner("POST", path, json={"conversation_ids": [str(leads[0])]}), 422, "unusable")
    manual = f"{await live(owner, world, *NODES, name='On nothing')}"
    await owner.ok("POST", f"{manual}/disable")
    refused(await owner("POST", f"{manual}/executions/bulk", json=ids), 409, "conflict")


async def test_runs_are_cancelled_and_retried_in_bulk(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, NODES[0], FAILING)
    ids = [(await owner.ok("POST", f"{path}/executions", json={}))["id"] for _ in range(5)]
    nobody = str(uuid.uuid4())
    done = await owner.ok("POST", "/executions/cancel", json={"ids": [ids[0], nobody, ids[0]], "reason": "by name"})
    refusal = {"code": "not_found", "detail": "there is no such run", "hint": done["items"][1]["error"]["hint"]}
    assert done == {
        "items": [
            {"id": ids[0], "status": "cancelled", "error": None},
            {"id": nobody, "status": None, "error": refusal},
        ],
        "next": None,
    }
    assert (await world.run(uuid.UUID(ids[0])))["error"] == "by name"
    where: dict[str, Any] = {"filter": {"automation_id": path.rpartition("/")[2]}, "limit": 1}
    first = await owner.ok("POST", "/executions/cancel", json=where)
    assert ([item["id"] for item in first["items"]], first["next"] is None) == ([ids[1]], False)
    await workers.start()
    await world.all_ended()
    # What came after the first request is left alone.
    later = (await owner.ok("POST", f"{path}/executions", json={}))["id"]
    rest = await owner.ok("POST", "/executions/cancel", json={**where, "cursor": first["next"], "limit": 10})
    assert rest == {"items": [], "next": None}
    await world.final(uuid.UUID(later))
    await workers.stop_all()
    part = await owner.ok("POST", "/executions/retry", json={"filter": {}, "limit": 3})
    assert [item["id"] for item in part["items"]] == ids[2:]
    end = await owner.ok("POST", "/executions/retry", json={"filter": {}, "limit": 3, "cursor": part["next"]})
    assert ([item["id"] for item in end["items"]], end["next"]) == ([later], None)
    # Each once.
    assert (await owner.ok("POST", "/executions/retry", json={"filter": {}}))["items"] == []
    for item in part["items"]:
        assert (await world.run(uuid.UUID(item["execution_id"])))["parent_id"] == uuid.UUID(item["id"])
        assert (await owner.ok("GET", f"/executions/{item['id']}"))["retried_in"] == item["execution_id"]
    listed = (await owner.ok("GET", "/executions", params={"limit": 200}))["items"]
    retried = {one["id"]: one["retried_in"] for one in listed if one["retried_in"] is not None}
    assert retried == {item["id"]: item["execution_id"] for item in [*part["items"], *end["items"]]}
    named = {"ids": [ids[0], part["items"][0]["execution_id"]]}
    done = await owner.ok("POST", "/executions/retry", json=named)
    assert [item["error"] and item["error"]["code"] for item in done["items"]] == [None, "conflict"]
    cancelled = await owner.ok("POST", "/executions/cancel", json={"filter": {"status": ["pending"]}})
    assert len(cancelled["items"]) == 5
    for body, code in (
        ({"filter": {"status": ["completed"]}}, "unusable"),
        ({"filter": {}, "cursor": "x"}, "unusable"),
        ({"filter": {}, "cursor": "W3RydWUsMV0"}, "unusable"),
        ({}, "invalid_request"),
        ({"ids": ids, "filter": {}}, "invalid_request"),
        ({"ids": [nobody] * 201}, "invalid_request"),
        ({"filter": {"since": "2026-01-01T00:00:00"}}, "invalid_request"),
    ):
        refused(await owner("POST", "/executions/cancel", json=body), 422, code)
    refused(await owner("POST", "/executions/retry", json={"filter": {"status": ["pending"]}}), 422, "unusable")


async def test_who_may_what(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world)
    lead = str(await world.lead())
    run = (await owner.ok("POST", f"{path}/executions", json={"lead_id": lead}))["id"]
    calls = [
        (f"{path}/executions/bulk", {"lead_ids": [lead]}),
        ("/executions/cancel", {"ids": [run]}),
        ("/executions/retry", {"ids": [run]}),
    ]
    strangers = [api.signed_in(uuid.uuid4()), api.signed_in((await other_account(make)).account)]
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    reads, _ = await key_of(world, api, "read", "write")
    for place, body in calls:
        for stranger in strangers:
            refused(await stranger("POST", place, json=body), 404, "not_found")
        refused(await viewer("POST", place, json=body), 403, "not_allowed")
        refused(await reads("POST", place, json=body), 403, "not_allowed")
    refused(await viewer("POST", "/executions/cancel", json={"filter": {}}), 403, "not_allowed")
    assert (await strangers[1].ok("POST", "/executions/cancel", json={"filter": {"account": str(world.account)}})) == {
        "items": [],
        "next": None,
    }
    assert await world.count("status = 'pending'") == 1
    member = api.signed_in(await make.team_member(world.account, "member"))
    for place, body in calls:
        assert (await member.ok("POST", place, json=body))["items"][0]["error"] is None, place


async def test_lists_leave_large_data_to_the_detail(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = f"/automations/{(await made(owner, world))['id']}"
    await owner.ok("POST", f"{path}/publish")
    await owner.ok("POST", f"{path}/enable")
    large = {"name": "".join(random.Random(1).choices(string.ascii_letters, k=60_000))}
    run = (await owner.ok("POST", f"{path}/executions", json={"input": large}))["id"]
    (listed,) = (await owner.ok("GET", "/executions"))["items"]
    assert (listed["id"], listed["trigger_data"]) == (run, {"large": True})
    assert (await owner.ok("GET", f"/executions/{run}"))["trigger_data"]["input"] == large
    told = refused(await owner("POST", f"{path}/executions", json={"input": {"name": "x" * 300_000}}), 422, "unusable")
    assert told["detail"] == "the input is larger than 256 kB"
