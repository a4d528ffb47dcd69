"""Tags and owners: changed within the update, so that runs side by side lose nothing and turns are fair."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.drawing import LEAD_INSERT, LEAD_UPDATE, Json, condition, draw, edge, line, node, set_variables
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, step_runner

from automations.engine.flow_versions import load_flow
from automations.engine.test_run import TestStart, run_test

if TYPE_CHECKING:
    from tests.conftest import Connect

ANN, BOB, CID = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
TURNS = {"mode": "round_robin", "among": [ANN, BOB, CID]}


def change(node_id: str = "save", **config: Any) -> Json:
    return node(node_id, "action-update-record", {"table": "leads", **config})


async def owners(world: World) -> Counter[str]:
    return Counter(str(row["owner_id"]) for row in await world.db.fetch("select owner_id from leads"))


TAGS: list[tuple[Json, list[str], list[str]]] = [
    ({"add": ["b", "c"]}, ["a", "b"], ["a", "b", "c"]),
    ({"add": ["c", "c"]}, [], ["c"]),
    ({"remove": ["a", "x"]}, ["a", "b", "a"], ["b"]),
    ({"add": ["d"], "remove": ["b"]}, ["c", "b", "a"], ["c", "a", "d"]),
    ({"add": ["b"], "remove": ["b"]}, ["a", "b"], ["a", "b"]),
    ({"set": ["z", "y", "z"]}, ["a"], ["z", "y"]),
    ({"set": []}, ["a"], []),
    ({"remove": []}, ["a", "a"], ["a"]),
]


@pytest.mark.parametrize(("tags", "before", "after"), TAGS)
async def test_tags(world: World, workers: Workers, tags: Json, before: list[str], after: list[str]) -> None:
    await world.automation(line(change(tags=tags)))
    await workers.start()
    lead = await world.lead(tags=before)
    run = await world.ended(lead)
    assert run["error"] is None
    assert run["output"]["record"]["tags"] == after
    assert await world.db.fetchval("select tags from leads where id = $1", lead) == after


async def test_no_tag_is_lost_where_many_are_added_at_once(world: World, workers: Workers) -> None:
    for number in range(20):
        await world.automation(line(change(tags={"add": [f"t{number}", "all"]}), on=LEAD_INSERT))
    await workers.start()
    await workers.start()
    lead = await world.lead(tags=["first"])
    assert await world.all_ended() == {"completed": 20}
    tags = await world.db.fetchval("select tags from leads where id = $1", lead)
    assert tags[0] == "first"
    assert sorted(tags) == sorted({"first", "all", *(f"t{number}" for number in range(20))})


async def test_all_of_it_in_one_update(world: World, workers: Workers) -> None:
    await world.automation(
        line(
            change(
                values={"stage": "new {{ trigger.new.name }}"}, tags={"add": ["{{ trigger.new.status }}"]}, assign=TURNS
            )
        )
    )
    await workers.start()
    lead = await world.lead(name="Ada")
    run = await world.ended(lead)
    row = run["output"]["record"]
    assert (row["stage"], row["tags"], row["owner_id"]) == ("new Ada", ["new"], ANN)
    assert (run["output"]["assigned"], run["output"]["owner"]) == (True, ANN)
    changes = await world.db.fetch("select changed from automations.events where operation = 'UPDATE'")
    assert [event["changed"] for event in changes] == [["owner_id", "stage", "tags", "updated_at"]]


@pytest.mark.parametrize(
    ("assign", "before", "after", "assigned"),
    [
        ({"mode": "fixed", "to": BOB}, None, BOB, True),
        ({"mode": "fixed", "to": BOB}, CID, BOB, True),
        ({"mode": "fixed", "to": BOB, "only_if_unassigned": True}, None, BOB, True),
        ({"mode": "fixed", "to": BOB, "only_if_unassigned": True}, CID, CID, False),
        ({**TURNS, "only_if_unassigned": True}, CID, CID, False),
        ({**TURNS, "only_if_unassigned": True}, None, ANN, True),
        (TURNS, ANN, ANN, True),
        ({**TURNS, "another": True}, ANN, BOB, True),
        ({**TURNS, "another": True}, CID, ANN, True),
        ({**TURNS, "another": True}, None, ANN, True),
        ({**TURNS, "among": [ANN, ANN, CID], "another": True}, ANN, CID, True),
        ({**TURNS, "among": [ANN], "another": True}, ANN, ANN, True),
    ],
)
async def test_an_owner(
    world: World, workers: Workers, assign: Json, before: str | None, after: str, assigned: bool
) -> None:
    await world.automation(line(change(assign=assign)))
    await workers.start()
    lead = await world.lead(owner_id=before)
    run = await world.ended(lead)
    assert run["error"] is None
    assert (run["output"]["assigned"], run["output"]["owner"]) == (assigned, after)
    assert str(await world.db.fetchval("select owner_id from leads where id = $1", lead)) == after
    turns = await world.db.fetchval("select sum(position) from automations.rotations")
    assert turns == (1 if assigned and assign["mode"] == "round_robin" else None)


async def test_owners_come_from_data(world: World, workers: Workers) -> None:
    await world.automation(
        line(
            set_variables("team", {"team": [BOB, CID]}),
            change(assign={"mode": "round_robin", "among": "{{ vars.team }}"}),
        )
    )
    await workers.start()
    await world.leads(10)
    assert await world.all_ended() == {"completed": 10}
    assert await owners(world) == {BOB: 5, CID: 5}


@pytest.mark.full
async def test_turns_are_fair_under_two_workers(world: World, workers: Workers) -> None:
    await world.automation(line(change(assign=TURNS)))
    await world.leads(1000)
    await asyncio.gather(workers.start(), workers.start())
    assert await world.all_ended() == {"completed": 1000}
    assert sorted((await owners(world)).values()) == [333, 333, 334]
    assert await world.db.fetchval("select position from automations.rotations") == 1000


@pytest.mark.full
async def test_a_turn_that_came_to_nothing_is_the_next_ones(world: World, workers: Workers) -> None:
    """Some records are refused by the table, at the update or only when the transaction commits."""
    await world.db.execute(
        """
        create function public.refuse_late() returns trigger language plpgsql as $$
        begin
          if new.score % 20 = 1 and new.owner_id is not null then raise check_violation using message = 'late'; end if;
          return null;
        end $$;
        create constraint trigger refuse_late after update on public.leads deferrable initially deferred
          for each row execute function public.refuse_late();
        alter table leads add constraint even check (score % 4 <> 3 or owner_id is null);
        """
    )
    await world.automation(line(change(assign=TURNS)))
    await world.leads(60)
    await workers.start()
    await workers.start()
    assert await world.all_ended() == {"completed": 42, "failed": 18}
    assert await owners(world) == {ANN: 14, BOB: 14, CID: 14, "None": 18}
    assert await world.db.fetchval("select position from automations.rotations") == 42


async def test_those_who_have_an_owner_take_no_turn(world: World, workers: Workers) -> None:
    await world.automation(line(change(assign={**TURNS, "only_if_unassigned": True})))
    other = uuid.uuid4()
    await world.db.execute(
        "insert into leads (user_id, owner_id) select $1, case when i % 2 = 0 then $2::uuid end"
        " from generate_series(1, 60) i",
        world.account,
        other,
    )
    await workers.start()
    assert await world.all_ended() == {"completed": 60}
    assert await owners(world) == {ANN: 10, BOB: 10, CID: 10, str(other): 30}


async def test_each_step_has_turns_of_its_own(world: World, workers: Workers) -> None:
    await world.automation(
        draw(
            [
                condition("big", "trigger.new.score", "greater_than", 15),
                change("one", assign=TURNS),
                change("two", assign={"mode": "round_robin", "among": [ANN, BOB]}),
            ],
            [edge("trigger", "big"), edge("big", "one", "true"), edge("big", "two", "false")],
        )
    )
    await world.leads(30)
    await workers.start()
    assert await world.all_ended() == {"completed": 30}
    rows = await world.db.fetch("select node_id, position from automations.rotations order by 1")
    assert [tuple(row) for row in rows] == [("one", 15), ("two", 15)]


async def test_turns_that_somebody_else_takes_hold_up_nothing_else(
    world: World, workers: Workers, connect: Connect
) -> None:
    """A worker that was stopped in the middle of a transaction, as another one sees it."""
    automation = await world.automation(line(change(assign=TURNS)))
    await world.automation(line(set_variables("other", {"a": 1})), name="other")
    stopped = await connect()
    transaction = stopped.transaction()
    await transaction.start()
    await stopped.execute("select automations.take_turn($1, $2, 'save')", world.account, automation)
    await world.leads(40)
    await workers.start()
    while await world.count("automation_id <> $1 and status = 'completed'", automation) < 40:
        await asyncio.sleep(0.02)
    assert await world.count("automation_id = $1 and status <> 'completed'", automation) == 40
    # A writer of such a lead is not in anybody's way, and nobody in theirs.
    async with asyncio.timeout(10):
        await world.db.execute("update leads set stage = 'user'")
    await transaction.rollback()
    assert await world.all_ended() == {"completed": 80}
    assert sorted((await owners(world)).values()) == [13, 13, 14]


async def test_a_test_run_takes_no_turn_and_shows_the_next(world: World, probes: Probes, database_url: str) -> None:
    drawing = line(change("first", assign=TURNS), change("second", tags={"add": ["t"]}), change("third", assign=TURNS))
    automation = await world.automation(drawing)
    await world.db.execute("insert into automations.rotations values ($1, 'first', $2, 1)", automation, world.account)
    lead = await world.lead()
    await world.db.execute("delete from automation_executions")
    loaded = load_flow(None, drawing.nodes, drawing.edges, probes.registry)
    start = TestStart(automation, world.account, "event", {"new": {}}, lead_id=lead)
    run = await world.run(await run_test(database_url, loaded, start, step_runner()))
    assert run["error"] is None
    shown = {entry["node_id"]: entry["output"] for entry in run["nodes_executed"]}
    assert (shown["first"]["owner"], shown["third"]["owner"], shown["third"]["record"]["tags"]) == (BOB, ANN, ["t"])
    assert await world.db.fetchval("select sum(position) from automations.rotations") == 1
    assert await owners(world) == {"None": 1}


async def test_turns_of_an_automation_that_is_gone_are_cleaned_up(world: World) -> None:
    automation = await world.automation(line(change(assign=TURNS), on=LEAD_UPDATE))
    for one in (automation, uuid.uuid4()):
        await world.db.execute("select automations.take_turn($1, $2, 'save')", world.account, one)
    await world.db.execute("select automations.cleanup_batch(100)")
    assert await world.db.fetchval("select array_agg(automation_id) from automations.rotations") == [automation]
