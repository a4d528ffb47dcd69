"""Automations that start each other: stopped, explained, and no more than that is stopped."""

from __future__ import annotations

from tests.engine.drawing import LEAD_UPDATE, line, node, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World


async def held(world: World) -> list[tuple[str, str]]:
    """(automation name, reason) of everything that was held back, in order."""
    rows = await world.db.fetch(
        "select a.name, h.value ->> 'reason' as reason from automations.events e, jsonb_array_elements(e.held) h "
        "join automations a on a.id = (h.value ->> 'automation_id')::uuid order by e.id, a.name"
    )
    return [(row["name"], row["reason"]) for row in rows]


async def test_two_that_trigger_each_other_are_stopped_and_explained(world: World, workers: Workers) -> None:
    await world.automation(line(update_lead("ping", {"stage": "ping"}), on=LEAD_UPDATE), name="ping")
    await world.automation(line(update_lead("pong", {"stage": "pong"}), on=LEAD_UPDATE), name="pong")
    lead = await world.lead()
    await workers.start()

    await world.db.execute("update leads set score = 1 where id = $1", lead)

    # Each once for the user's change, and once for what the other did; then it comes back to one that was there.
    assert await world.all_ended() == {"completed": 4}
    reasons = await held(world)
    assert reasons
    assert {reason for _, reason in reasons} == {"reentry"}
    assert {name for name, _ in reasons} == {"ping", "pong"}


async def test_a_run_does_not_start_its_own_automation(world: World, workers: Workers) -> None:
    await world.automation(line(update_lead("again", {"stage": "again"}), on=LEAD_UPDATE), name="self")
    lead = await world.lead()
    await workers.start()

    await world.db.execute("update leads set score = 1 where id = $1", lead)

    assert await world.all_ended() == {"completed": 1}
    assert await held(world) == [("self", "reentry")]


async def test_with_reentry_allowed_the_depth_is_the_end(world: World, workers: Workers) -> None:
    await world.automation(
        line(update_lead("again", {"score": 1}), on={**LEAD_UPDATE, "allow_reentry": True}), name="self"
    )
    lead = await world.lead()
    await workers.start()

    await world.db.execute("update leads set score = 0 where id = $1", lead)

    assert await world.all_ended() == {"completed": 9}
    assert await world.db.fetchval("select max(depth) from automation_executions") == 8
    assert await held(world) == [("self", "depth")]
    # Every write is linked to the run that made it, and the run to the event that started it.
    assert await world.db.fetchval("select count(*) from automations.events where execution_id is not null") == 9
    assert await world.count("event_id is null") == 0


async def test_one_automation_may_start_another_300_times(world: World, workers: Workers, probes: Probes) -> None:
    """Re-entry is judged by the ancestors of the writing run, not by how often it happened."""
    leads = await world.leads(300)
    await world.automation(line(set_variables("ok", {"a": 1}), on=LEAD_UPDATE), name="reacts")
    steps = [update_lead(f"step{i}", {"stage": "moved"}, record_id=str(lead)) for i, lead in enumerate(leads)]
    starter = await world.automation(
        line(*steps, on={"event_source": "conversation", "event_type": "INSERT"}), name="starts"
    )
    await workers.start()

    await world.conversation()

    assert await world.all_ended() == {"completed": 301}
    assert await world.count("ancestors = array[$1::uuid] and depth = 1", starter) == 300
    assert await held(world) == []


async def test_bulk_writes_of_many_runs_are_each_linked_to_their_own(world: World, workers: Workers) -> None:
    """One statement writes for many runs; every event has the run that made it."""
    await world.automation(
        line(update_lead("save", {"stage": "seen"}), node("stop", "logic-stop", {"status": "completed"}))
    )
    await world.automation(line(set_variables("ok", {"a": 1}), on=LEAD_UPDATE), name="reacts")
    await world.leads(120)
    await workers.start()

    assert await world.all_ended() == {"completed": 240}
    assert (
        await world.db.fetchval(
            "select count(*) from automations.events v join automation_executions e on e.id = v.execution_id "
            "where v.operation = 'UPDATE' and e.lead_id = v.record_id"
        )
        == 120
    )
    assert await world.count("depth = 1 and ancestors <> '{}'") == 120
