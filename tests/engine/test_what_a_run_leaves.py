"""Undisturbed runs: what is on record at the end, branch by branch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.engine.drawing import (
    condition,
    draw,
    edge,
    line,
    node,
    probe,
    set_variables,
    stop,
    update_lead,
)
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, outline, statuses

from automations.flow.outcomes import Continue, Fail

TIME = re.compile(r"\d{4}-\d\d-\d\dT.*")


def without_times(value: Any) -> Any:
    """Every time becomes `<time>`, every duration `<ms>` where there is one."""
    match value:
        case dict():
            return {
                key: "<ms>" if key == "duration_ms" and isinstance(item, int | float) else without_times(item)
                for key, item in value.items()
            }
        case list():
            return [without_times(item) for item in value]
        case str() if TIME.fullmatch(value):
            return "<time>"
        case _:
            return value


async def test_a_run_leaves_exactly_this(world: World, workers: Workers) -> None:
    await world.automation(
        draw(
            [
                condition("check", "trigger.new.score", "greater_than", 50),
                set_variables("text", {"message": "Hello {{ trigger.new.name }}", "points": "{{ trigger.new.score }}"}),
                update_lead("save", {"stage": "qualified", "data": {"message": "{{ vars.message }}"}}),
            ],
            [edge("trigger", "check"), edge("check", "text", "true"), edge("text", "save")],
        )
    )
    await workers.start()
    lead = await world.lead(name="Ada", score=80)

    run = await world.ended(lead)

    row: dict[str, Any] = {
        "id": str(lead),
        "user_id": str(world.account),
        "agent_id": None,
        "name": "Ada",
        "email": None,
        "phone": None,
        "status": "new",
        "stage": None,
        "score": 80,
        "owner_id": None,
        "tags": [],
        "data": {},
        "created_at": "<time>",
        "updated_at": "<time>",
    }
    changed = {**row, "stage": "qualified", "data": {"message": "Hello Ada"}}
    event = {
        "event": "INSERT",
        "table": "leads",
        "old": None,
        "new": row,
        "previous": None,
        "changed": None,
        "timestamp": "<time>",
    }
    done = {"status": "completed", "error": None, "started_at": "<time>", "duration_ms": "<ms>", "attempt": 1}
    assert without_times(run["nodes_executed"]) == [
        {
            **done,
            "node_id": "trigger",
            "type": "trigger-event",
            "label": "Trigger",
            "started_at": None,
            "duration_ms": None,
            "attempt": 0,
            "input": None,
            "output": event,
            "handle": "out",
        },
        {
            **done,
            "node_id": "check",
            "type": "logic-condition",
            "label": "Check",
            "input": {"condition": {"field": "trigger.new.score", "operator": "greater_than", "value": 50}},
            "output": {"result": True},
            "handle": "true",
        },
        {
            **done,
            "node_id": "text",
            "type": "transform-set-variable",
            "label": "Text",
            "input": {"variables": {"message": "Hello Ada", "points": 80}},
            "output": {"message": "Hello Ada", "points": 80},
            "handle": "out",
        },
        {
            **done,
            "node_id": "save",
            "type": "action-update-record",
            "label": "Save",
            "input": {"table": "leads", "values": {"stage": "qualified", "data": {"message": "Hello Ada"}}},
            "output": {"record": changed},
            "handle": "out",
        },
    ]
    assert without_times(dict(run["trigger_data"])) == event
    assert {
        name: run[name]
        for name in (
            "status",
            "error",
            "error_node_id",
            "variables",
            "owner",
            "due_at",
            "test_mode",
            "lead_id",
            "epoch",
        )
    } == {
        "status": "completed",
        "error": None,
        "error_node_id": None,
        "variables": {"message": "Hello Ada", "points": 80},
        "owner": None,
        "due_at": None,
        "test_mode": False,
        "lead_id": lead,
        "epoch": 1,
    }
    assert without_times(run["output"]) == {"record": changed}
    assert run["completed_at"] >= run["run_started_at"] >= run["started_at"]
    figures = await world.db.fetchrow("select execution_count, last_execution_status from automations")
    assert dict(figures) == {"execution_count": 1, "last_execution_status": "completed"}


async def test_the_branch_not_taken_is_skipped_and_a_join_waits_for_the_live_ones(
    world: World, workers: Workers, probes: Probes
) -> None:
    # trigger -> left (outside) and right (database), both -> join; check -> no is dead, so join does not wait for it.
    await world.automation(
        draw(
            [
                probe("left", "external", "echo", 1),
                update_lead("right", {"stage": "seen"}),
                condition("check", "trigger.new.score", "greater_than", 50),
                set_variables("no", {"a": 1}),
                set_variables("join", {"joined": "{{ steps.left }}{{ steps.right.record.stage }}"}),
            ],
            [
                edge("trigger", "left"),
                edge("trigger", "right"),
                edge("trigger", "check"),
                edge("check", "no", "true"),
                edge("left", "join"),
                edge("right", "join"),
                edge("no", "join"),
            ],
        )
    )
    await workers.start()

    run = await world.ended(await world.lead(score=1))

    assert run["status"] == "completed"
    assert run["variables"] == {"joined": "1seen"}
    assert statuses(run) == {
        "trigger": "completed",
        "left": "completed",
        "right": "completed",
        "check": "completed",
        "no": "skipped",
        "join": "completed",
    }


async def test_a_failure_goes_through_the_error_handle(world: World, workers: Workers, probes: Probes) -> None:
    async def refuse(value: Any, ctx: Any) -> Any:
        return Fail("no such luck", code="luck", output={"tried": value})

    probes.on("refuse", refuse)
    await world.automation(
        draw(
            [
                probe("try", "external", "refuse", 7),
                set_variables("never", {"a": 1}),
                set_variables("rescue", {"why": "{{ steps.try.error }}", "what": "{{ steps.try.tried }}"}),
            ],
            [edge("trigger", "try"), edge("try", "never"), edge("try", "rescue", "error")],
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    assert run["variables"] == {"why": "no such luck", "what": 7}
    assert outline(run)[1:] == [
        ("try", "failed", "error", "no such luck"),
        ("never", "skipped", None, None),
        ("rescue", "completed", "out", None),
    ]


async def test_an_unhandled_failure_fails_the_run_and_names_its_node(
    world: World, workers: Workers, probes: Probes
) -> None:
    async def refuse(value: Any, ctx: Any) -> Any:
        return Fail("no such luck")

    probes.on("refuse", refuse)
    await world.automation(
        line(set_variables("before", {"a": 1}), probe("try", "external", "refuse"), probe("after", "pure", "echo"))
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert (run["status"], run["error"], run["error_node_id"]) == ("failed", "no such luck", "try")
    assert statuses(run) == {"trigger": "completed", "before": "completed", "try": "failed"}
    assert run["variables"] == {"a": 1}


@pytest.mark.parametrize(("status", "error"), [("completed", None), ("failed", "enough"), ("cancelled", "enough")])
async def test_stop_ends_the_run_as_it_says(world: World, workers: Workers, status: str, error: str | None) -> None:
    await world.automation(line(stop("enough", status, "enough", {"answer": 42})))
    await workers.start()

    run = await world.ended(await world.lead())

    assert (run["status"], run["error"], run["output"]) == (status, error, {"answer": 42})


async def test_a_disabled_node_passes_through(world: World, workers: Workers) -> None:
    await world.automation(
        line(
            set_variables("off", {"a": 1}, disabled=True),
            node("also", "action-update-record", {"table": "leads", "values": {"stage": "no"}}, disabled=True),
            set_variables("on", {"b": 2}),
        )
    )
    await workers.start()
    lead = await world.lead()

    run = await world.ended(lead)

    assert run["variables"] == {"b": 2}
    assert outline(run) == [
        ("trigger", "completed", "out", None),
        ("off", "completed", "out", None),
        ("also", "completed", "out", None),
        ("on", "completed", "out", None),
    ]
    assert await world.db.fetchval("select stage from leads where id = $1", lead) is None


async def test_a_flow_of_only_its_trigger_completes(world: World, workers: Workers) -> None:
    await world.automation(line())
    await workers.start()

    run = await world.ended(await world.lead(name="Ada"))

    assert run["status"] == "completed"
    assert [entry["node_id"] for entry in run["nodes_executed"]] == ["trigger"]
    assert run["output"]["new"]["name"] == "Ada"


async def test_a_long_chain_of_database_steps_goes_to_its_end(world: World, workers: Workers) -> None:
    """More than one transaction may do at once."""
    await world.automation(line(*(update_lead(f"step{i}", {"score": i}) for i in range(120))))
    await workers.start()
    lead = await world.lead()

    run = await world.ended(lead)

    assert run["status"] == "completed"
    assert len(run["nodes_executed"]) == 121
    assert await world.db.fetchval("select score from leads where id = $1", lead) == 119


async def test_a_template_for_the_engine_behind_a_database_step_is_rendered(world: World, workers: Workers) -> None:
    await world.automation(
        line(
            update_lead("save", {"stage": "seen"}),
            set_variables("loud", {"text": "{{ steps.save.record.stage | upper }}"}),
            update_lead("again", {"stage": "{{ vars.text }}"}),
            probe("out", "external", "echo", "{{ vars.text | lower }}"),
        )
    )
    await workers.start()

    run = await world.ended(await world.lead())

    assert run["status"] == "completed"
    assert run["variables"] == {"text": "{{ STEPS.SAVE.RECORD.STAGE | UPPER }}"}
    assert run["output"] == "{{ VARS.TEXT | LOWER }}"


async def test_hundreds_of_mixed_runs_all_end_right(world: World, workers: Workers, probes: Probes) -> None:
    async def odd_fails(value: Any, ctx: Any) -> Any:
        return Fail("odd") if value % 2 else Continue(output=value)

    probes.on("odd fails", odd_fails)
    await world.automation(
        line(
            update_lead("first", {"stage": "one"}),
            probe("call", "external", "odd fails", "{{ trigger.new.score }}"),
            update_lead("last", {"stage": "two"}),
        )
    )
    await workers.start()
    await workers.start()
    await world.leads(300)

    assert await world.all_ended() == {"completed": 150, "failed": 150}
    assert await world.db.fetchval("select count(*) from leads where (score % 2 = 1) <> (stage = 'one')") == 0
    assert await world.count("nodes_executed -> 0 ->> 'node_id' <> 'trigger' or epoch <> 1") == 0
