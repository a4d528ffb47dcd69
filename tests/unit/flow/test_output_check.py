"""Templates that insert of earlier steps what is not there, or not on every way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from automations.cli.compose import load_registry
from automations.flow.outcomes import Json, JsonObject
from automations.flow.output_check import OutputFindings, check_outputs, samples
from automations.flow.record_tables import ColumnUse
from automations.flow.validate import examine

REGISTRY = load_registry()
REPLY: JsonObject = {"wait_for": "reply", "max_wait": {"amount": 2, "unit": "hours"}}
HOT: JsonObject = {"condition": {"field": "trigger.new.score", "operator": "greater_than", "value": 50}}


def step(node_id: str, kind: str, config: JsonObject | None = None, **data: Json) -> JsonObject:
    return {
        "id": node_id,
        "type": kind,
        "position": {"x": 0, "y": 0},
        "data": {"label": node_id, "config": config or {}, **data},
    }


def says(node_id: str, text: str) -> JsonObject:
    return step(node_id, "action-send-message", {"body": text})


def check(nodes: Sequence[JsonObject], *lines: str) -> OutputFindings:
    start = step("start", "trigger-event", {"event_source": "lead", "event_type": "UPDATE"})
    edges = []
    for line in lines:
        way, target = line.split(">")
        source, _, handle = way.partition(":")
        edges.append({"id": line, "source": source, "target": target, **({"sourceHandle": handle} if handle else {})})
    found = examine([start, *nodes], edges, REGISTRY)
    assert found.problems == ()
    return check_outputs(found)


WAIT = step("wait", "logic-wait", REPLY)


def test_after_a_time_out_there_is_no_record() -> None:
    found = check([WAIT, says("send", "Hi {{ steps.wait.record.name }}")], "start>wait", "wait:timed_out>send")
    [problem] = found.problems
    assert (problem.code, problem.node_id, problem.field) == ("no_such_output", "send", "body")
    assert "only where `wait` leaves by `met`, and this comes after `timed_out`" in problem.message
    assert "Available here: met, wait_for." in problem.hint


def test_after_a_reply_the_record_is_a_message() -> None:
    found = check([WAIT, says("send", "{{ steps.wait.record.body | upper }}")], "start>wait", "wait:met>send")
    assert (found.problems, found.warnings) == ((), ())
    assert found.columns == (("send", ColumnUse("messages", "body", "body")),)


BOTH = ("start>wait", "wait:met>send", "wait:timed_out>send")


@pytest.mark.parametrize("text", ["{{ steps.wait.record.body }}", "They: {{ steps.wait.record.body | upper }}"])
def test_what_is_there_on_one_of_two_ways_is_told(text: str) -> None:
    found = check([WAIT, says("send", text)], *BOTH)
    [warning] = found.warnings
    assert found.problems == ()
    assert "where `wait` leaves by `timed_out`, there is no `record`" in warning.message
    assert "{% if steps.wait.record is defined %}" in warning.hint


@pytest.mark.parametrize(
    "text",
    [
        "{% if steps.wait.record is defined %}{{ steps.wait.record.body }}{% endif %}",
        "{{ steps.wait.record.body if steps.wait.met else 'nothing' }}",
        "{{ steps.wait.met }} {{ trigger.new.name }}",
    ],
)
def test_who_asks_first_is_told_nothing(text: str) -> None:
    found = check([WAIT, says("send", text)], *BOTH)
    assert (found.problems, found.warnings) == ((), ())


def test_a_step_that_is_passed_by_on_one_way() -> None:
    nodes = [step("if", "logic-condition", HOT), says("first", "Hello"), says("send", "{{ steps.first.message.id }}")]
    found = check(nodes, "start>if", "if:true>first", "first>send", "if:false>send")
    assert ["a way leads here on which `first` does not run" in one.message for one in found.warnings] == [True]
    side_by_side = check(
        [says("a", "Hello"), says("b", "Hello"), says("send", "{{ steps.a.message.id }} {{ steps.b.message.id }}")],
        *("start>a", "start>b", "a>send", "b>send"),
    )
    assert (side_by_side.problems, side_by_side.warnings) == ((), ())


def test_a_name_that_no_way_has_is_a_mistake_also_with_care() -> None:
    nodes = [says("first", "Hello"), says("send", "{{ steps.first.mesage.id }} {{ steps.first.mesage | default('') }}")]
    found = check(nodes, "start>first", "first>send")
    assert [one.hint for one in found.problems] == ["Did you mean `message`? Available: message."] * 2


@pytest.mark.parametrize(
    ("kind", "config", "path"),
    [
        ("action-http", {"url": "https://api.example.com"}, "body.anything.at.all"),
        ("transform-code", {"code": "result = 1"}, "result.anything"),
        ("action-find-records", {"table": "leads"}, "records[0].name"),
        ("action-run-automation", {"automation": "1d6bf6d8-41bb-4c3c-9d5c-2f6d8a1b7f10"}, "output.anything"),
        ("ai-generate", {"prompt": "Say hello"}, "text"),
        ("transform-set-variable", {"variables": {"tier": "gold"}}, "tier"),
        ("logic-delay", {"amount": 1, "unit": "hours"}, "waited_until"),
    ],
)
def test_what_only_a_run_knows_is_no_mistake(kind: str, config: JsonObject, path: str) -> None:
    nodes = [step("before", kind, config), says("send", f"{{{{ steps.before.{path} }}}}")]
    found = check(nodes, "start>before", "before>send")
    assert (found.problems, found.warnings) == ((), ())


def test_the_error_of_a_step_is_there_after_it_failed() -> None:
    call = step("call", "action-http", {"url": "https://api.example.com"})
    text = says("send", "{{ steps.call.error }} {{ steps.call.status }}")
    assert check([call, text], "start>call", "call:error>send").problems == ()
    [problem] = check([call, says("send", "{{ steps.call.error }}")], "start>call", "call>send").problems
    assert "leaves by `error`, and this comes after `out`" in problem.message
    goes_on = step("call", "action-http", {"url": "https://api.example.com"}, on_error="continue")
    assert check([goes_on, text], "start>call", "call>send").problems == ()


def test_columns_of_the_changed_row_are_looked_up_too() -> None:
    found = check([says("send", "{{ trigger.new.nmae }} {{ trigger.timestamp }}")], "start>send")
    assert found.columns == (("send", ColumnUse("leads", "nmae", "body")),)


def test_samples_are_of_the_way_and_of_the_config() -> None:
    nodes = [
        step("start", "trigger-event", {"event_source": "lead", "event_type": "UPDATE"}),
        WAIT,
        step("unset", "logic-wait"),
        step("stop", "logic-stop"),
    ]
    edges = [{"id": one, "source": "start", "target": one} for one in ("wait", "unset", "stop")]
    shown = samples(examine(nodes, edges, REGISTRY))
    record = shown["wait"]["met"]["record"]
    assert isinstance(record, dict)
    assert (record["direction"], "body" in record, "name" in record) == ("inbound", True, False)
    assert shown["wait"]["timed_out"] == {"met": False, "wait_for": "reply"}
    assert shown["unset"] == {"met": {"met": True}, "timed_out": {"met": False}}
    assert "stop" not in shown


def test_a_way_that_no_run_takes_is_told() -> None:
    endless = step("wait", "logic-wait", {"wait_for": "reply"})
    asks = step("ask", "logic-approval", {"title": "May it?"})
    lines = ("start>wait", "wait:met>ask", "wait:timed_out>late", "ask:timed_out>slow", "ask:approved>done")
    texts = [says(name, "Hello") for name in ("late", "slow", "done")]
    found = check([endless, asks, *texts], *lines)
    assert found.problems == ()
    assert [(one.code, one.node_id, one.field) for one in found.warnings] == [
        ("idle_way", "wait", "max_wait"),
        ("idle_way", "ask", "deadline"),
    ]
    assert found.warnings[0].message == "without a limit the time is never up, so what is drawn for that never runs"
    # With a limit, or where nothing is drawn there, nothing is said.
    limited = step("ask", "logic-approval", {"title": "May it?", "deadline": {"amount": 1, "unit": "days"}})
    assert check([WAIT, limited, *texts], *lines).warnings == ()
    assert check([endless, texts[0]], "start>wait", "wait:met>late").warnings == ()
