"""Tests of drafts over HTTP: on what is given, on a past change, on what a past run had."""

from __future__ import annotations

import asyncio
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Client, refused
from tests.api.test_automations import NODES, made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

from automations.cli.outside_world import TESTS_OF_ONE

if TYPE_CHECKING:
    from tests.conftest import Factory

ON_UPDATE = {
    "id": "start",
    "type": "trigger-event",
    "data": {"config": {"event_source": "lead", "event_type": "UPDATE"}},
}
RENAME = {
    "id": "rename",
    "type": "action-update-record",
    "data": {"config": {"table": "leads", "record_id": "{{ trigger.new.id }}", "values": {"name": "Renamed"}}},
}
CALL = {"id": "call", "type": "action-http", "data": {"config": {"url": "https://example.com/nobody"}}}
END = {"id": "end", "type": "logic-stop", "data": {"config": {"output": "{{ trigger.new.name }}"}}}


def line(*nodes: Any) -> dict[str, Any]:
    edges = [
        {"id": f"e{number}", "source": first["id"], "target": second["id"]}
        for number, (first, second) in enumerate(pairwise(nodes))
    ]
    return {"nodes": list(nodes), "edges": edges}


async def on_update(client: Client, world: World) -> str:
    draft = await made(client, world, **line(ON_UPDATE, RENAME, END))
    return f"/automations/{draft['id']}/test"


async def test_a_draft_is_tried_with_what_is_given(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = f"/automations/{(await made(owner, world))['id']}"
    run = await owner.ok("POST", f"{path}/test", json={"input": {"name": "Ada"}})
    timed = {name: run[name] for name in ("id", "started_at", "completed_at", "duration_ms", "trigger_data")}
    steps = [(step["node_id"], step["status"], step["output"]) for step in run.pop("nodes_executed")]
    assert steps[-1][:2] == ("end", "completed")
    assert run == {
        "waiting": False,
        "waits_until": None,
        "retried_in": None,
        **timed,
        "automation_id": path.rpartition("/")[2],
        "trigger_type": "manual",
        "status": "completed",
        "variables": {},
        "error": None,
        "error_node_id": None,
        "test_mode": True,
        "triggered_by": str(world.account),
        "lead_id": None,
        "conversation_id": None,
        "lead_name": None,
        "output": "Ada",
        "parent_id": None,
        "version_id": None,
        "version": None,
    }
    assert run["trigger_data"]["input"] == {"name": "Ada"}
    assert await owner.ok("GET", f"/executions/{run['id']}")
    for only, listed in ((None, [run["id"]]), (True, [run["id"]]), (False, [])):
        params = {} if only is None else {"test_mode": only}
        assert [one["id"] for one in (await owner.ok("GET", "/executions", params=params))["items"]] == listed


async def test_a_past_change_is_what_the_draft_is_tried_with(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = await on_update(owner, world)
    lead = await world.lead(name="Ada")
    await world.db.execute("update leads set name = 'Ada L.' where id = $1", lead)
    created, updated = [
        row["id"]
        for row in await world.db.fetch("select id from automations.events where record_id = $1 order by id", lead)
    ]
    run = await owner.ok("POST", path, json={"event_id": updated})
    assert (run["status"], run["output"], run["lead_id"]) == ("completed", "Ada L.", str(lead))
    assert (run["trigger_data"]["previous"]["name"], run["trigger_data"]["changed"]) == ("Ada", ["name", "updated_at"])
    # Nothing of it stays.
    assert await world.db.fetchval("select name from leads where id = $1", lead) == "Ada L."
    again = await owner.ok("POST", path, json={"execution_id": run["id"]})
    assert (again["trigger_data"], again["lead_id"]) == (run["trigger_data"], str(lead))
    on_lead = await owner.ok("POST", path, json={"lead_id": str(lead)})
    assert (on_lead["output"], on_lead["lead_id"]) == ("Ada L.", str(lead))
    told = refused(await owner("POST", path, json={"event_id": created}), 422, "unusable")
    assert told["detail"] == f"event {created} is INSERT of a lead, and the draft does not listen to that"
    refused(await owner("POST", path, json={"event_id": 2**62}), 404, "not_found")
    refused(await owner("POST", path, json={"execution_id": str(uuid.uuid4())}), 404, "not_found")
    refused(await owner("POST", path, json={"lead_id": str(uuid.uuid4())}), 404, "not_found")


async def test_steps_outside_answer_what_is_pinned(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    last = {**END, "data": {"config": {"output": "{{ steps.call.body.answer }}"}}}
    draft = await made(owner, world, **line(NODES[0], CALL, last))
    path = f"/automations/{draft['id']}/test"
    pinned = {"call": {"output": {"status": 200, "body": {"answer": 42}}}}
    assert (await owner.ok("POST", path, json={"pinned": pinned}))["output"] == 42
    refused(await owner("POST", path, json={"pinned": {"nobody": {"output": 1}}}), 422, "unusable")
    wrong = {"call": {"output": 1, "handle": "sideways"}}
    told = refused(await owner("POST", path, json={"pinned": wrong}), 422, "flow_invalid")
    assert [problem["code"] for problem in told["problems"]] == ["bad_pinned"]
    bodies: list[Any] = [
        {"event_id": 0},
        {"event_id": 2**63},
        {"pinned": {"call": {}}},
        {"pinned": {"call": 1}},
        {"event_id": 1, "input": {"a": 1}},
        {"event_id": 1, "execution_id": str(uuid.uuid4())},
        {"leed_id": None},
    ]
    for body in bodies:
        refused(await owner("POST", path, json=body), 422, "invalid_request")
    answer = await owner("POST", path, json={"input": {"name": "a\u0000b"}, "row_id": "1"})
    refused(answer, 422, "unusable")


async def test_who_may_try_a_draft(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    path = await on_update(owner, world)
    other = await other_account(make)
    refused(await api.signed_in(uuid.uuid4())("POST", path), 404, "not_found")
    refused(await api.signed_in(other.account)("POST", path), 404, "not_found")
    refused(await api.signed_in(await make.team_member(world.account, "viewer"))("POST", path), 403, "not_allowed")
    for scopes in (("read",), ("write",)):
        key, _ = await key_of(world, api, *scopes)
        refused(await key("POST", path), 403, "not_allowed")
    # What another account has is not there, wherever its ids are put.
    theirs = await make.lead(other.account, name="Theirs")
    draft = await made(api.signed_in(other.account), other, **line(ON_UPDATE, END))
    await world.db.execute("update leads set name = 'X' where id = $1", theirs)
    event = await world.db.fetchval("select max(id) from automations.events where record_id = $1", theirs)
    run = await api.signed_in(other.account).ok("POST", f"/automations/{draft['id']}/test")
    for body in ({"event_id": event}, {"execution_id": run["id"]}, {"lead_id": str(theirs)}):
        refused(await owner("POST", path, json=body), 404, "not_found")
    member = api.signed_in(await make.team_member(world.account, "member"))
    assert (await member.ok("POST", path))["test_mode"] is True
    runs, _ = await key_of(world, api, "run")
    assert (await runs.ok("POST", path))["triggered_by"] == str(world.account)
    assert (await api.signed_in(None).ok("POST", path))["triggered_by"] is None


OPEN_TESTS = """
select count(*) from pg_stat_activity where datname = current_database() and application_name = 'automations test'
"""


async def test_so_many_tests_of_an_account_are_under_way_at_once(world: World, api: ApiServer, make: Factory) -> None:
    """Each holds a connection of its own: a hundred would leave none for anybody."""
    owner = api.signed_in(world.account)
    path = f"/automations/{(await made(owner, world))['id']}/test"
    other = await other_account(make)
    stranger = api.signed_in(other.account)
    theirs = f"/automations/{(await made(stranger, other))['id']}/test"
    given = {"input": {"name": "Ada"}}
    done = asyncio.Event()

    async def most_connections() -> int:
        most = 0
        while not done.is_set():
            most = max(most, await world.db.fetchval(OPEN_TESTS))
            await asyncio.sleep(0.005)
        return int(most)

    watching = asyncio.create_task(most_connections())
    calls = [owner("POST", path, json=given) for _ in range(30)]
    first, *answers = await asyncio.gather(stranger("POST", theirs, json=given), *calls)
    done.set()
    assert first.status_code == 200
    assert {one.status_code for one in answers} <= {200, 409}
    assert sum(one.status_code == 200 for one in answers) >= TESTS_OF_ONE
    for one in answers:
        if one.status_code == 409:
            assert "under way" in refused(one, 409, "conflict")["detail"]
    assert await watching <= TESTS_OF_ONE + 2
    assert (await owner("POST", path, json=given)).status_code == 200
