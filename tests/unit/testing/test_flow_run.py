"""Whole flows of our own nodes, in memory."""

from __future__ import annotations

from typing import Any

import pytest

from automations.errors import FlowInvalid, StepError
from automations.flow.outcomes import JsonObject
from automations.testing import FakeClock, MemoryHttp, MemoryRecords, Write, answer, run_flow
from automations.testing.clock import START


def node(node_id: str, kind: str, **config: Any) -> JsonObject:
    return {"id": node_id, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": node_id, "config": config}}


def edge(source: str, target: str, handle: str = "out") -> JsonObject:
    return {"id": f"{source}-{handle}-{target}", "source": source, "target": target, "sourceHandle": handle}


START_NODE = node("start", "trigger-event", event_source="lead", event_type="INSERT")
HOT: JsonObject = {"field": "trigger.new.score", "operator": "greater_than", "value": 80}
QUALIFY = [
    START_NODE,
    node("hot", "logic-condition", condition=HOT),
    node(
        "text",
        "transform-set-variable",
        variables={"text": "Hi {{ trigger.new.name | upper }}!", "twice": "{{ 2 * trigger.new.score }}"},
    ),
    node("save", "action-update-record", table="leads", values={"stage": "hot", "score": "{{ vars.twice }}"}),
    node("send", "action-send-message", body="{{ vars.text }}"),
    node("cold", "logic-stop", status="cancelled", message="not hot"),
]
LINES = [
    edge("start", "hot"),
    edge("hot", "text", "true"),
    edge("hot", "cold", "false"),
    edge("text", "save"),
    edge("save", "send"),
]


def records() -> MemoryRecords:
    return MemoryRecords({"leads": [{"id": "lead"}], "conversations": [{"id": "talk", "lead_id": "lead"}]})


async def test_a_flow_runs_through_templates_conditions_and_records() -> None:
    store = records()
    run = await run_flow(QUALIFY, LINES, {"new": {"name": "Ada", "score": 82}}, records=store, lead_id="lead")
    assert (run.status, run.error, run.variables) == ("completed", None, {"text": "Hi ADA!", "twice": 164})
    assert {name: step.status for name, step in run.steps.items()} == {
        "start": "completed",
        "hot": "completed",
        "text": "completed",
        "save": "completed",
        "send": "completed",
        "cold": "skipped",
    }
    assert store.writes[0] == Write("update", "leads", "lead", {"stage": "hot", "score": 164})
    assert [(write.table, write.values["body"]) for write in store.writes[1:]] == [("messages", "Hi ADA!")]
    assert run.output == run.output_of("send")


async def test_the_other_way_ends_the_run() -> None:
    store = records()
    run = await run_flow(QUALIFY, LINES, {"new": {"name": "Ada", "score": 10}}, records=store)
    assert (run.status, run.error, store.writes) == ("cancelled", "not hot", [])


async def test_retries_take_no_time_and_the_clock_says_that_they_did() -> None:
    clock = FakeClock()
    http = MemoryHttp(
        [answer(503, headers={"retry-after": "120"}), StepError("lost", retryable=True), answer(200, [1])]
    )
    flow = [START_NODE, node("call", "action-http", url="https://example.com/{{ trigger.new.id }}")]
    run = await run_flow(flow, [edge("start", "call")], {"new": {"id": 7}}, http=http, clock=clock)
    assert (run.status, run.steps["call"].attempt) == ("completed", 3)
    assert [request.url for request in http.requests] == ["https://example.com/7"] * 3
    assert len({request.headers["Idempotency-Key"] for request in http.requests}) == 1
    assert (clock.now() - START).total_seconds() >= 120


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("{{ trigger.new.nothing }}", "url"),
        ("{{ trigger.new.list }}", "url"),
        ("{{ 1 // 0 }}", ""),
    ],
)
async def test_a_template_that_cannot_be_filled_in_fails_its_step(url: str, error: str) -> None:
    flow = [START_NODE, node("call", "action-http", url=url)]
    run = await run_flow(flow, [edge("start", "call")], {"new": {"list": [1]}})
    assert (run.status, run.error_node_id, run.steps["call"].error_code) == ("failed", "call", "template")
    assert error in (run.error or "")


async def test_a_failure_goes_its_own_way_where_one_is_drawn() -> None:
    flow = [
        START_NODE,
        node("call", "action-http", url="https://example.com/"),
        node("note", "transform-set-variable", variables={"why": "{{ steps.call.error }}"}),
    ]
    http = MemoryHttp([answer(404)])
    run = await run_flow(flow, [edge("start", "call"), edge("call", "note", "error")], http=http)
    assert (run.status, run.variables) == ("completed", {"why": "GET https://example.com/ answered 404"})


async def test_a_drawing_with_problems_does_not_run() -> None:
    with pytest.raises(FlowInvalid) as invalid:
        await run_flow([node("call", "action-http", url="ftp://x")])
    assert {problem.code for problem in invalid.value.problems} >= {"bad_config"}


async def test_a_loop_hands_its_items_to_the_steps_in_it() -> None:
    flow = [
        START_NODE,
        node("each", "logic-loop", items="{{ trigger.new.names }}", item_name="name", index_name="at"),
        node("pairs", "logic-loop", items=[1, 2]),
        node("send", "action-send-message", body="{{ at }} {{ name }} {{ item }} {{ env.test_mode }}"),
        node("after", "transform-set-variable", variables={"count": "{{ steps.each.completed }}"}),
    ]
    lines = [
        edge("start", "each"),
        edge("each", "pairs", "each"),
        edge("pairs", "send", "each"),
        edge("each", "after", "done"),
    ]
    store = records()
    run = await run_flow(
        flow, lines, {"new": {"names": ["Ada", "Bo"]}}, records=store, lead_id="lead", conversation_id="talk"
    )
    assert (run.status, run.error, run.variables) == ("completed", None, {"count": 2})
    assert [write.values["body"] for write in store.writes] == [
        "0 Ada 1 false",
        "0 Ada 2 false",
        "1 Bo 1 false",
        "1 Bo 2 false",
    ]
