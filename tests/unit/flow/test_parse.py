"""The shape of a drawing: what is read, what is a problem, and that size alone never costs time."""

from __future__ import annotations

from typing import Any

import pytest

from automations.flow.graph import Pinned
from automations.flow.limits import MAX_BYTES, MAX_DEPTH, MAX_EDGES, MAX_NODES, check_limits
from automations.flow.node import Retry
from automations.flow.node_settings import NodeSettings
from automations.flow.parse import DrawnEdge, parse_drawing

CODE = {"field": "error.code", "operator": "equals", "value": "http_status"}


def node(node_id: Any = "a", node_type: Any = "work", **data: Any) -> dict[str, Any]:
    return {"id": node_id, "type": node_type, "position": {"x": 1, "y": 2}, "data": data}


def edge(**fields: Any) -> dict[str, Any]:
    return {"id": "e1", "source": "a", "target": "b", **fields}


def found(nodes: object, edges: object = ()) -> list[tuple[str, str | None, str | None, str | None]]:
    problems = parse_drawing(nodes, list(edges) if isinstance(edges, tuple) else edges).problems
    assert all(problem.message and problem.hint for problem in problems)
    return [(problem.code, problem.node_id, problem.edge_id, problem.field) for problem in problems]


def test_a_note_on_the_canvas_is_no_node() -> None:
    note = {"id": "a note", "type": "note", "position": {"x": 0, "y": 0}, "data": {"text": "why"}}
    drawing = parse_drawing([note, node(), {**note, "id": "a"}], [])
    assert list(drawing.nodes) == ["a"]
    assert drawing.problems == []


def test_everything_that_a_node_may_say() -> None:
    raw = node(
        "send-1",
        "action-http",
        label=" Send it ",
        config={"url": "https://example.com"},
        disabled=True,
        retry={"attempts": 4, "backoff": "fixed"},
        timeout_seconds=30,
        on_unknown="fail",
        on_error="continue",
        note="ask Ada before you change this",
        pinned={"output": {"status": 200}, "handle": "out"},
        max_output_bytes=4096,
        mask=[" IBAN ", "iban", "Phone"],
        color="red",
    )
    drawing = parse_drawing([{**raw, "selected": True, "measured": {"width": 10}}], [])
    assert drawing.problems == []
    drawn = drawing.nodes["send-1"]
    assert (drawn.type, drawn.label, drawn.config) == ("action-http", "Send it", {"url": "https://example.com"})
    assert drawn.disabled is True
    assert drawn.settings == NodeSettings(
        note="ask Ada before you change this",
        retry=Retry(attempts=4, backoff="fixed"),
        timeout_seconds=30.0,
        on_unknown="fail",
        on_error="continue",
        pinned=Pinned({"status": 200}, "out"),
        max_output_bytes=4096,
        mask=("iban", "phone"),
    )
    assert drawn.place == (2.0, 1.0, 1)


SETTINGS = ["retry", "timeout_seconds", "on_unknown", "on_error", "note", "pinned", "max_output_bytes", "mask"]


@pytest.mark.parametrize("data", [None, {}, dict.fromkeys(["label", "config", "disabled", *SETTINGS])])
def test_what_a_node_does_not_say(data: object) -> None:
    drawing = parse_drawing([{"id": "a", "type": "work", "data": data}], [])
    assert drawing.problems == []
    drawn = drawing.nodes["a"]
    assert (drawn.label, drawn.config, drawn.disabled, drawn.place) == ("a", {}, False, (0.0, 0.0, 1))
    assert drawn.settings == NodeSettings(None, None, None, "retry", "stop", None, 1_048_576, ())


@pytest.mark.parametrize("position", [None, 5, {}, {"x": "1"}, {"y": True}, {"x": None}, {"x": float("nan")}])
def test_an_odd_position_is_no_problem(position: object) -> None:
    drawing = parse_drawing([{"id": "a", "type": "work", "position": position}], [])
    assert drawing.problems == []
    assert drawing.nodes["a"].place == (0.0, 0.0, 1)


def test_edges_with_and_without_a_handle() -> None:
    edges = [
        edge(id="1"),
        edge(id="2", sourceHandle=None, targetHandle="in"),
        edge(id="3", sourceHandle=""),
        edge(id="4", sourceHandle="true", animated=True),
    ]
    drawing = parse_drawing([], edges)
    assert drawing.problems == []
    handles = [None, None, None, "true"]
    assert drawing.edges == [DrawnEdge(str(i), "a", "b", handle) for i, handle in enumerate(handles, 1)]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([None], [("not_an_object", None, None, None)]),
        ([[]], [("not_an_object", None, None, None)]),
        ([{"type": "work"}], [("missing_id", None, None, "id")]),
        ([node("")], [("missing_id", None, None, "id")]),
        ([node(5)], [("missing_id", None, None, "id")]),
        ([node("1a")], [("bad_id", "1a", None, "id")]),
        ([node("-a")], [("bad_id", "-a", None, "id")]),
        ([node("a.b")], [("bad_id", "a.b", None, "id")]),
        ([node("a b")], [("bad_id", "a b", None, "id")]),
        ([node("é")], [("bad_id", "é", None, "id")]),
        ([node("a\n")], [("bad_id", "a\n", None, "id")]),
        ([node("a" * 65)], [("bad_id", None, None, "id")]),
        ([node("a" * 64), node("_"), node("A-1_b")], []),
        ([node("a"), node("a")], [("duplicate_id", "a", None, "id")]),
        ([node("a", None)], [("missing_type", "a", None, "type")]),
        ([node("a", 5)], [("missing_type", "a", None, "type")]),
        ([node("a", "")], [("missing_type", "a", None, "type")]),
        ([{"id": "a", "type": "w", "data": []}], [("bad_field", "a", None, "data")]),
        ([node(label=5)], [("bad_field", "a", None, "data.label")]),
        ([node(config=[])], [("bad_field", "a", None, "data.config")]),
        ([node(config="{}")], [("bad_field", "a", None, "data.config")]),
        ([node(disabled="yes")], [("bad_field", "a", None, "data.disabled")]),
        ([node(disabled=1)], [("bad_field", "a", None, "data.disabled")]),
        ([node(retry=3)], [("bad_retry", "a", None, "data.retry")]),
        ([node(retry={"attempts": 0})], [("bad_retry", "a", None, "data.retry.attempts")]),
        ([node(retry={"attempts": 101})], [("bad_retry", "a", None, "data.retry.attempts")]),
        ([node(retry={"times": 3})], [("bad_retry", "a", None, "data.retry.times")]),
        ([node(retry={"backoff": "random"})], [("bad_retry", "a", None, "data.retry.backoff")]),
        (
            [node(retry={"delay_seconds": -1, "jitter": "maybe"})],
            [("bad_retry", "a", None, "data.retry.delay_seconds"), ("bad_retry", "a", None, "data.retry.jitter")],
        ),
        ([node(timeout_seconds=0)], [("bad_timeout", "a", None, "data.timeout_seconds")]),
        ([node(timeout_seconds=86_401)], [("bad_timeout", "a", None, "data.timeout_seconds")]),
        ([node(timeout_seconds="5")], [("bad_timeout", "a", None, "data.timeout_seconds")]),
        ([node(timeout_seconds=True)], [("bad_timeout", "a", None, "data.timeout_seconds")]),
        ([node(timeout_seconds=0.5)], []),
        ([node(retry={"attempts": 100, "delay_seconds": 604_800, "max_delay_seconds": 604_800})], []),
        ([node(retry={"delay_seconds": 604_801})], [("bad_retry", "a", None, "data.retry.delay_seconds")]),
        ([node(retry={"attempts": 2, "retry_if": CODE})], []),
        ([node(retry={"retry_if": CODE})], [("bad_retry", "a", None, "data.retry.attempts")]),
        ([node(retry={"attempts": 2, "retry_if": "no"})], [("bad_retry", "a", None, "data.retry.retry_if")]),
        ([node(retry={"attempts": 2, "retry_if": {}})], [("bad_retry", "a", None, "data.retry.retry_if")]),
        (
            [node(retry={"attempts": 2, "retry_if": {**CODE, "operator": "is"}})],
            [("bad_retry", "a", None, "data.retry.retry_if.operator")],
        ),
        (
            [node(retry={"attempts": 2, "retry_if": {"all": [CODE, {**CODE, "field": "trigger.new.name"}]}})],
            [("bad_retry", "a", None, "data.retry.retry_if")],
        ),
        (
            [node(retry={"attempts": 2, "retry_if": {**CODE, "value": "{{ vars.code }}"}})],
            [("bad_retry", "a", None, "data.retry.retry_if.value")],
        ),
        ([node(on_error="skip")], [("bad_on_error", "a", None, "data.on_error")]),
        ([node(on_error=True)], [("bad_on_error", "a", None, "data.on_error")]),
        ([node(note="x" * 2_000)], []),
        ([node(note="x" * 2_001)], [("bad_note", "a", None, "data.note")]),
        ([node(note=["x"])], [("bad_note", "a", None, "data.note")]),
        ([node(pinned={"output": None})], []),
        ([node(pinned=5)], [("bad_pinned", "a", None, "data.pinned")]),
        ([node(pinned={"handle": "out"})], [("bad_pinned", "a", None, "data.pinned")]),
        ([node(pinned={"output": 1, "handle": 1})], [("bad_pinned", "a", None, "data.pinned.handle")]),
        ([node(pinned={"output": 1, "status": 1})], [("bad_pinned", "a", None, "data.pinned.status")]),
        ([node(max_output_bytes=1), node("b", max_output_bytes=1_048_576)], []),
        ([node(max_output_bytes=0)], [("bad_max_output", "a", None, "data.max_output_bytes")]),
        ([node(max_output_bytes=1_048_577)], [("bad_max_output", "a", None, "data.max_output_bytes")]),
        ([node(max_output_bytes=1.5)], [("bad_max_output", "a", None, "data.max_output_bytes")]),
        ([node(max_output_bytes=True)], [("bad_max_output", "a", None, "data.max_output_bytes")]),
        ([node(mask=[]), node("b", mask=["x" * 200] * 50)], []),
        ([node(mask="iban")], [("bad_mask", "a", None, "data.mask")]),
        ([node(mask=["x"] * 51)], [("bad_mask", "a", None, "data.mask")]),
        ([node(mask=["iban", " "])], [("bad_mask", "a", None, "data.mask.1")]),
        ([node(mask=["x" * 201])], [("bad_mask", "a", None, "data.mask.0")]),
        ([node(mask=[None])], [("bad_mask", "a", None, "data.mask.0")]),
        ([node(on_unknown="skip")], [("bad_on_unknown", "a", None, "data.on_unknown")]),
        ([node(on_unknown=["retry"])], [("bad_on_unknown", "a", None, "data.on_unknown")]),
    ],
)
def test_problems_of_nodes(nodes: object, expected: object) -> None:
    assert found(nodes) == expected


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([5], [("not_an_object", None, None, None)]),
        ([edge(id=None)], [("missing_id", None, None, "id")]),
        ([edge(id="x" * 513)], [("missing_id", None, None, "id")]),
        ([edge(), edge()], [("duplicate_id", None, "e1", "id")]),
        ([edge(source=None)], [("missing_end", None, "e1", "source")]),
        ([edge(source=1, target="")], [("missing_end", None, "e1", "source"), ("missing_end", None, "e1", "target")]),
        ([edge(sourceHandle=1)], [("bad_field", None, "e1", "sourceHandle")]),
    ],
)
def test_problems_of_edges(edges: object, expected: object) -> None:
    assert found([], edges) == expected


@pytest.mark.parametrize(
    ("bad", "better"),
    [("1a", "step_1a"), ("my step!", "my_step"), ("é", "step"), ("-x", "x"), ("9" * 99, "step_" + "9" * 59)],
)
def test_a_bad_id_comes_with_one_that_works(bad: str, better: str) -> None:
    (problem,) = parse_drawing([node(bad)], []).problems
    assert repr(better) in problem.hint
    assert parse_drawing([node(better)], []).problems == []


def test_all_problems_come_at_once() -> None:
    codes = [code for code, *_ in found([node("1"), node("b", None, retry=1), None], [edge(id=1), edge(target=None)])]
    assert codes == ["bad_id", "missing_type", "bad_retry", "not_an_object", "missing_id", "missing_end"]


def test_complaints_do_not_name_the_types_of_python() -> None:
    (problem,) = parse_drawing([node(retry=3)], []).problems
    assert problem.message == "`data.retry` of node 'a': has to be an object"


# Limits


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def endless() -> Any:
    value: list[Any] = []
    value.append({"again": value})
    return value


def doubling() -> Any:
    value: Any = [1]
    for _ in range(100):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("nodes", "edges", "codes"),
    [
        (None, [], ["not_a_list"]),
        ({}, "[]", ["not_a_list", "not_a_list"]),
        ([{}] * (MAX_NODES + 1), [{}] * (MAX_EDGES + 1), ["too_many_nodes", "too_many_edges"]),
        ([{}] * 10_000, [], ["too_many_nodes"]),
        ([node(config={"a": [{"pattern": "a"}] * 61})], [], ["too_many_patterns"]),
        ([node(config={"text": "x" * 5_000_000})], [], ["too_large"]),
        ([node(config={"list": [[]] * 1_500_000})], [], ["too_large"]),
        ([node(config={"list": [0] * 2_500_000})], [], ["too_large"]),
        ([], [edge(data="x" * MAX_BYTES)], ["too_large"]),
        ([node(config={"deep": nested(100_000)})], [], ["too_deep"]),
        ([], [edge(data=nested(100_000))], ["too_deep"]),
        ([node(config={"cycle": endless()})], [], ["too_deep"]),
        ([node(config={"double": doubling()})], [], ["too_large"]),
        ([node(config={"number": 10**30})], [], ["not_json"]),
        ([node(config={"text": "\ud800"})], [], ["not_json"]),
        ([{1: 2}], [], ["not_json"]),
        ([node(config={"set": {1}})], [], ["not_json"]),
    ],
)
def test_whatever_is_too_much_is_refused(nodes: object, edges: object, codes: list[str]) -> None:
    problems = parse_drawing(nodes, edges).problems
    assert [problem.code for problem in problems] == codes
    assert all(len(problem.message) < 300 and problem.hint for problem in problems)


def test_the_limits_themselves_are_allowed() -> None:
    # nodes > node > data > config > deep: four levels lie around the value.
    assert check_limits([node(config={"deep": nested(MAX_DEPTH - 4)})], []) == []
    assert [p.code for p in check_limits([node(config={"deep": nested(MAX_DEPTH - 3)})], [])] == ["too_deep"]
    frame = len('["')
    exact = ["x" * (MAX_BYTES - len("[]") - 2 * frame)]
    assert check_limits(exact, []) == []
    assert [p.code for p in check_limits([exact[0] + "x"], [])] == ["too_large"]
    assert check_limits([1] * MAX_NODES, [1] * MAX_EDGES) == []
