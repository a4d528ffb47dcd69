"""What differs between two drawings, said exactly."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.flow.diff import ChangedStep, EdgeView, FieldChange, FlowDiff, StepView, diff_flows, meaning_of

Json = dict[str, Any]


def node(node_id: str, type_: str = "action-http", config: Any = None, **data: Any) -> Json:
    return {"id": node_id, "type": type_, "position": {"x": 1, "y": 2}, "data": {"config": config or {}, **data}}


def edge(source: str, target: str, handle: str | None = None) -> Json:
    drawn = {"id": f"{source}-{target}", "source": source, "target": target}
    return drawn if handle is None else {**drawn, "sourceHandle": handle}


NODES = [
    node("trigger", "trigger-event", {"event_source": "lead", "event_type": "INSERT"}, label="Start"),
    node("tell", config={"url": "https://a.example", "headers": {"X-Key": "1"}}, label="Tell", retry={"attempts": 3}),
    node("note", "action-update-record", {"table": "leads", "values": {"stage": "told", "tags": ["a", "b"]}}),
]
EDGES = [edge("trigger", "tell"), edge("tell", "note", "error")]


def test_everything_that_changed_is_named_and_nothing_else() -> None:
    nodes = deepcopy(NODES)
    nodes[0]["data"]["config"] = {"event_source": "lead", "event_type": "UPDATE", "watch": ["stage"]}
    nodes[1]["data"]["config"] = {"url": "https://b.example", "headers": {"X-Key": "1", "X.Other": None}}
    nodes[1]["data"]["retry"] = {"attempts": 5}
    nodes[1]["data"]["disabled"] = True
    del nodes[1]["data"]["label"]
    nodes[2] = node("stop", "logic-stop", {"status": "failed"}, label="Give up")
    edges = [edge("trigger", "tell"), edge("tell", "stop", "error")]

    assert diff_flows(NODES, EDGES, nodes, edges) == FlowDiff(
        added=(StepView("stop", "logic-stop", "Give up"),),
        removed=(StepView("note", "action-update-record", "note"),),
        changed=(
            ChangedStep(
                "tell",
                "tell",
                (
                    FieldChange("config.url", "changed", "https://a.example", "https://b.example"),
                    FieldChange('config.headers."X.Other"', "added", None, None),
                    FieldChange("data.label", "removed", "Tell", None),
                    FieldChange("data.retry.attempts", "changed", 3, 5),
                    FieldChange("data.disabled", "added", None, True),
                ),
            ),
        ),
        trigger=(
            FieldChange("config.event_type", "changed", "INSERT", "UPDATE"),
            FieldChange("config.watch", "added", None, ["stage"]),
        ),
        edges_added=(EdgeView("tell", "error", "stop"),),
        edges_removed=(EdgeView("tell", "error", "note"),),
    )


def test_how_it_is_drawn_is_no_difference() -> None:
    nodes = [{**item, "position": {"x": 9, "y": 9}, "selected": True, "width": 7} for item in reversed(NODES)]
    nodes[0]["measured"] = {"width": 200}
    edges = [{**item, "id": f"other-{number}", "animated": True} for number, item in enumerate(reversed(EDGES))]
    edges[1]["sourceHandle"] = "out"
    assert diff_flows(NODES, EDGES, nodes, edges) == FlowDiff()
    assert diff_flows(NODES, EDGES, nodes, edges).is_empty


def test_notes_on_the_canvas_are_no_difference() -> None:
    note = {"id": "n", "type": "note", "position": {"x": 0, "y": 0}, "data": {"text": "why"}}
    assert diff_flows([node("a")], [], [node("a"), note], []).is_empty
    assert diff_flows([node("a"), note], [], [{**note, "data": {"text": "because"}}, node("a")], []).is_empty


def test_list_items_are_told_by_their_place() -> None:
    nodes = deepcopy(NODES)
    nodes[2]["data"]["config"]["values"]["tags"] = ["a", "c", "d"]
    found = diff_flows(NODES, EDGES, nodes, EDGES)
    assert [(one.path, one.before, one.after) for one in found.changed[0].fields] == [
        ("config.values.tags.1", "b", "c"),
        ("config.values.tags.2", None, "d"),
    ]
    back = diff_flows(nodes, EDGES, NODES, EDGES)
    assert [(one.path, one.change) for one in back.changed[0].fields] == [
        ("config.values.tags.1", "changed"),
        ("config.values.tags.2", "removed"),
    ]


def test_another_trigger_is_a_change_of_the_trigger_whatever_its_node_is_called() -> None:
    nodes = [node("go", "trigger-manual", label="Start"), *NODES[1:]]
    found = diff_flows(NODES, [], nodes, [])
    assert found == FlowDiff(
        trigger=(
            FieldChange("id", "changed", "trigger", "go"),
            FieldChange("type", "changed", "trigger-event", "trigger-manual"),
            FieldChange("config", "removed", NODES[0]["data"]["config"], None),
        )
    )


def test_a_truth_value_is_no_number() -> None:
    assert diff_flows([node("a", config={"x": 1})], [], [node("a", config={"x": True})], []).changed
    assert diff_flows([node("a", config={"x": [0]})], [], [node("a", config={"x": {"0": 0}})], []).changed
    assert not diff_flows([node("a", config={"x": 1})], [], [node("a", config={"x": 1.0})], []).changed


@pytest.mark.parametrize("broken", [None, 7, "x", [], {}, {"id": 5}, {"id": "a", "type": 3, "data": []}])
def test_a_draft_may_be_anything(broken: Any) -> None:
    assert diff_flows([broken], [broken], [broken], [broken]).is_empty
    found = diff_flows(NODES, EDGES, [*NODES, broken], EDGES)
    assert len(found.added) == 1
    # A second node of one id does not hide the first one.
    twice = diff_flows([node("a")], [], [node("a"), node("a", config={"b": 1})], [])
    assert twice == FlowDiff(added=(StepView("a (number 2)", "action-http", "a (number 2)"),))


def test_values_nested_beyond_all_measure_are_compared_as_a_whole() -> None:
    def deep(value: Any) -> Any:
        for _ in range(90):
            value = [value]
        return value

    found = diff_flows([node("a", config={"x": deep(1)})], [], [node("a", config={"x": deep(2)})], [])
    assert len(found.changed[0].fields) == 1


# Any two flows: what the diff says, done to the first, makes the second.

KEYS = st.text(st.sampled_from('ab."0é'), min_size=1, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab{}", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=3)
STEPS = st.builds(
    lambda type_, config, extra: (type_, config, extra),
    st.sampled_from(["action-http", "logic-stop"]),
    CONFIGS,
    st.dictionaries(KEYS.filter(lambda key: key != "config"), VALUES, max_size=2),
)


@st.composite
def flows(draw: st.DrawFn) -> tuple[list[Json], list[Json]]:
    steps = draw(st.dictionaries(st.sampled_from("abcde"), STEPS, max_size=4))
    nodes = [
        {"id": key, "type": type_, "position": {"x": draw(st.integers(0, 9))}, "data": {"config": config, **extra}}
        for key, (type_, config, extra) in steps.items()
    ]
    start = node("trigger", draw(st.sampled_from(["trigger-event", "trigger-manual"])), draw(CONFIGS))
    ends = st.sampled_from(["trigger", *"abcde"])
    handles = st.sampled_from([None, "out", "error", "true"])
    drawn = draw(st.lists(st.tuples(ends, ends, handles), max_size=5))
    return draw(st.permutations([start, *nodes])), [edge(*one) for one in drawn]


@given(flows())
def test_nothing_differs_from_itself(flow: tuple[list[Json], list[Json]]) -> None:
    nodes, edges = flow
    assert diff_flows(nodes, edges, deepcopy(nodes), deepcopy(edges)) == FlowDiff()
    # Nor from what comes back from JSON, as the database keeps it.
    assert diff_flows(nodes, edges, json.loads(json.dumps(nodes)), json.loads(json.dumps(edges))) == FlowDiff()


@given(flows(), flows())
def test_the_difference_done_to_the_one_is_the_other(
    one: tuple[list[Json], list[Json]], other: tuple[list[Json], list[Json]]
) -> None:
    found = diff_flows(*one, *other)
    before, after = _meanings(one[0]), _meanings(other[0])

    for step in found.removed:
        del before[step.id]
    for step in found.added:
        before[step.id] = after[step.id]
    for change in found.changed:
        _apply(before[change.id], change.fields)
        assert change.fields
    _apply(before["trigger"], found.trigger)
    assert json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)

    edges = (_ways(one[1]) - set(found.edges_removed)) | set(found.edges_added)
    assert edges == _ways(other[1])
    # Nothing is said that did not change, and the way back is the same way.
    back = diff_flows(*other, *one)
    assert _paths(back) == _paths(found)
    assert (set(back.edges_added), set(back.edges_removed)) == (set(found.edges_removed), set(found.edges_added))


def _meanings(nodes: list[Json]) -> dict[str, Any]:
    return {item["id"]: deepcopy(meaning_of(item)) for item in nodes}


def _ways(edges: list[Json]) -> set[EdgeView]:
    return {EdgeView(one["source"], one.get("sourceHandle") or "out", one["target"]) for one in edges}


def _paths(found: FlowDiff) -> set[tuple[str, str]]:
    return {(step.id, field.path) for step in found.changed for field in step.fields} | {
        ("trigger", field.path) for field in found.trigger
    }


def _apply(value: Any, fields: tuple[FieldChange, ...]) -> None:
    """Removed list items come from the end, whatever their order."""
    for field in sorted(fields, key=lambda field: field.change == "removed"):
        *way, last = _split(field.path)
        place = value
        for name in way:
            place = place[int(name)] if isinstance(place, list) else place[name]
        match field.change, place:
            case "removed", list():
                place.pop()
            case "removed", _:
                del place[last]
            case "added", list():
                assert int(last) == len(place)
                place.append(deepcopy(field.after))
            case _, list():
                assert json.dumps(place[int(last)]) != json.dumps(field.after)
                place[int(last)] = deepcopy(field.after)
            case _:
                place[last] = deepcopy(field.after)


def _split(path: str) -> list[str]:
    """A path back into its names: `a."b.c".0`."""
    names: list[str] = []
    decoder = json.JSONDecoder()
    at = 0
    while at < len(path):
        if path[at] == '"':
            name, at = decoder.raw_decode(path, at)
        else:
            end = path.find(".", at)
            end = len(path) if end < 0 else end
            name, at = path[at:end], end
        names.append(name)
        at += 1
    return names
