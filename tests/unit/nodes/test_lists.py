"""Map, filter, aggregate: what they make of lists, of odd lists, and of what is no list."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.flow.list_values import MOST_ITEMS, identity_of, plain_number
from automations.flow.outcomes import Continue, Fail, Json
from automations.nodes.transform_aggregate import TransformAggregate, TransformAggregateConfig
from automations.nodes.transform_filter import TransformFilter, TransformFilterConfig
from automations.nodes.transform_map import TransformMap, TransformMapConfig
from automations.testing import MemoryRecords, run_flow, run_node

LEADS: list[Any] = [
    {"name": "Ada", "score": 82, "stage": "won", "tags": ["vip"], "data": {"source": "web"}},
    {"name": "Bo", "score": 7.5, "stage": "open"},
    {"name": "Cy", "score": None, "stage": "won", "data": {"source": "fair"}},
    {"name": "Di", "score": "12", "stage": "open"},
]


async def output_of(node: Any, config: Any) -> Any:
    outcome = await run_node(node, config)
    assert isinstance(outcome, Continue), outcome
    return outcome.output


async def test_items_get_another_shape() -> None:
    config = {
        "items": LEADS,
        "fields": {"who": "item.name", "from": "item.data.source", "first": "item.tags.0", "place": "index"},
        "values": {"campaign": {"id": 1}},
    }
    assert await output_of(TransformMap(), config) == {
        "items": [
            {"who": "Ada", "from": "web", "first": "vip", "place": 0, "campaign": {"id": 1}},
            {"who": "Bo", "from": None, "first": None, "place": 1, "campaign": {"id": 1}},
            {"who": "Cy", "from": "fair", "first": None, "place": 2, "campaign": {"id": 1}},
            {"who": "Di", "from": None, "first": None, "place": 3, "campaign": {"id": 1}},
        ],
        "count": 4,
    }


async def test_items_keep_their_fields_or_become_one_value() -> None:
    kept = {"items": [{"a": 1, "b": 2}, "text"], "fields": {"b": "item.a"}, "keep": True}
    assert (await output_of(TransformMap(), kept))["items"] == [{"a": 1, "b": 1}, {"b": None}]
    assert (await output_of(TransformMap(), {"items": LEADS, "value": "item.name"}))["items"] == [
        "Ada",
        "Bo",
        "Cy",
        "Di",
    ]
    assert await output_of(TransformMap(), {"items": None, "value": "item"}) == {"items": [], "count": 0}


async def test_items_that_meet_a_condition_are_kept_in_order() -> None:
    config: Any = {"items": LEADS, "condition": {"field": "item.stage", "operator": "equals", "value": "won"}}
    assert await output_of(TransformFilter(), config) == {"items": [LEADS[0], LEADS[2]], "count": 2, "removed": 2}
    config["condition"] = {"field": "index", "operator": "less_than", "value": 1}
    assert await output_of(TransformFilter(), config) == {"items": [LEADS[0]], "count": 1, "removed": 3}


@pytest.mark.parametrize(
    ("descending", "names"), [(False, ["Bo", "Ada", "Di", "Cy"]), (True, ["Di", "Ada", "Bo", "Cy"])]
)
async def test_items_are_sorted_and_those_without_a_value_come_last(descending: bool, names: list[str]) -> None:
    config = {"items": LEADS, "sort_by": "item.score", "descending": descending}
    assert [item["name"] for item in (await output_of(TransformFilter(), config))["items"]] == names
    first = await output_of(TransformFilter(), {**config, "limit": 2})
    assert ([item["name"] for item in first["items"]], first["count"], first["removed"]) == (names[:2], 2, 2)


@given(st.lists(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none())), st.booleans())
async def test_sorting_takes_whatever_comes_and_loses_nothing(values: list[Any], descending: bool) -> None:
    found = await output_of(TransformFilter(), {"items": values, "sort_by": "item", "descending": descending})
    assert sorted(map(repr, found["items"])) == sorted(map(repr, values))
    numbers = [value for value in found["items"] if type(value) is int]
    assert numbers == sorted(numbers, reverse=descending)


async def test_figures_of_a_list_and_of_its_groups() -> None:
    figures = {
        "leads": {"operation": "count"},
        "scored": {"operation": "count", "field": "item.score"},
        "total": {"operation": "sum", "field": "item.score"},
        "mean": {"operation": "average", "field": "item.score"},
        "least": {"operation": "min", "field": "item.score"},
        "most": {"operation": "max", "field": "item.score"},
        "names": {"operation": "join", "field": "item.name", "separator": " & "},
        "stages": {"operation": "unique", "field": "item.stage"},
        "kinds": {"operation": "count_unique", "field": "item.stage"},
        "first": {"operation": "first", "field": "item.data.source"},
        "last": {"operation": "last", "field": "item.data.source"},
        "scores": {"operation": "list", "field": "item.score"},
    }
    found = await output_of(TransformAggregate(), {"items": LEADS, "figures": figures, "group_by": "item.stage"})
    assert (found["count"], found["figures"]) == (
        4,
        {
            "leads": 4,
            "scored": 3,
            "total": 89.5,
            "mean": 44.75,
            "least": 7.5,
            "most": 82,
            "names": "Ada & Bo & Cy & Di",
            "stages": ["won", "open"],
            "kinds": 2,
            "first": "web",
            "last": "fair",
            "scores": [82, 7.5, "12"],
        },
    )
    assert [(group["group"], group["count"], group["figures"]["total"]) for group in found["groups"]] == [
        ("won", 2, 82),
        ("open", 2, 7.5),
    ]


async def test_figures_of_nothing() -> None:
    operations = ("count", "count_unique", "sum", "average", "min", "max", "first", "last", "list", "unique", "join")
    figures = {operation: {"operation": operation} for operation in operations}
    assert await output_of(TransformAggregate(), {"items": [], "figures": figures, "group_by": "item"}) == {
        "count": 0,
        "figures": {
            **{"count": 0, "count_unique": 0, "sum": 0, "average": None, "min": None, "max": None},
            **{"first": None, "last": None, "list": [], "unique": [], "join": ""},
        },
        "groups": [],
    }


async def test_numbers_are_added_up_exactly() -> None:
    config: Any = {"items": [0.1, 0.2, 10**20, 0.7], "figures": {"sum": {"operation": "sum"}}}
    assert (await output_of(TransformAggregate(), config))["figures"] == {"sum": 10**20 + 1}


@pytest.mark.parametrize("items", [[1e308, 1e308], [10**400]])
async def test_numbers_beyond_all_bounds_fail_the_step(items: list[Any]) -> None:
    outcome = await run_node(TransformAggregate(), {"items": items, "figures": {"sum": {"operation": "sum"}}})
    assert isinstance(outcome, Fail)
    assert outcome.code == "out_of_range"


def test_the_same_json_is_one_group() -> None:
    def twins(*values: Any) -> int:
        return len({identity_of(value) for value in values})

    assert twins(1, 1.0, Decimal("1.00")) == 1
    assert twins("1", 1, True, None, [], {}) == 6
    assert twins({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}) == 1
    assert twins([1, 2], [2, 1]) == 2
    assert (plain_number(Decimal("2.0")), plain_number(Decimal("2.5")), plain_number(Decimal(0))) == (2, 2.5, 0)


async def test_items_that_are_nested_too_deeply_are_not_compared() -> None:
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    config: Any = {"items": [deep], "figures": {"n": {"operation": "unique"}}}
    outcome = await run_node(TransformAggregate(), config)
    assert isinstance(outcome, Fail)
    assert outcome.code == "too_deep"


NODES: list[tuple[Any, dict[str, Any]]] = [
    (TransformMap(), {"value": "item"}),
    (TransformFilter(), {}),
    (TransformAggregate(), {"figures": {"n": {"operation": "count"}}}),
]


@pytest.mark.parametrize(("node", "config"), NODES)
@pytest.mark.parametrize(
    ("items", "code"),
    [({"a": 1}, "not_a_list"), ("text", "not_a_list"), (7, "not_a_list"), ([0] * (MOST_ITEMS + 1), "too_many_items")],
)
async def test_what_is_no_list_or_too_long_fails_the_step(node: Any, config: Any, items: Json, code: str) -> None:
    outcome = await run_node(node, {**config, "items": items})
    assert isinstance(outcome, Fail)
    assert outcome.code == code


@pytest.mark.parametrize(
    ("node", "config", "field"),
    [
        (TransformMap(), TransformMapConfig(items="no template", value="item"), "items"),
        (TransformMap(), TransformMapConfig(items=[]), "fields"),
        (TransformMap(), TransformMapConfig(items=[], value="item", fields={"a": "item"}), "value"),
        (TransformMap(), TransformMapConfig(items=[], fields={"a": "item"}, values={"a": 1}), "values.a"),
        (TransformFilter(), TransformFilterConfig(items=3), "items"),
        (TransformFilter(), TransformFilterConfig(items=[], condition={"field": "item", "operator": "is"}),
         "condition.operator"),
        (TransformAggregate(),
         TransformAggregateConfig.model_validate({"items": {}, "figures": {"n": {"operation": "count"}}}), "items"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_where_it_is_drawn(node: Any, config: Any, field: str) -> None:
    assert [found for found, _ in node.check(config)] == [field]


@pytest.mark.parametrize("path", ["score", "item.", "item..a", "trigger.new", "item. a", "items.a", ""])
def test_paths_begin_with_the_item_or_its_number(path: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        TransformMapConfig(items=[], value=path)


async def test_a_digest_in_one_flow() -> None:
    """Found, filtered, counted, mapped, written: the lists go from step to step as they are."""

    def step(node_id: str, kind: str, **config: Any) -> Any:
        return {"id": node_id, "type": kind, "data": {"config": config}}

    won = {"field": "item.stage", "operator": "equals", "value": "{{ trigger.input.stage }}"}
    nodes = [
        step("start", "trigger-manual", input_schema={"type": "object"}),
        step("find", "action-find-records", table="leads"),
        step("won", "transform-filter", items="{{ steps.find.records }}", condition=won, sort_by="item.name"),
        step("sum", "transform-aggregate", items="{{ steps.won.items }}",
             figures={"names": {"operation": "join", "field": "item.name"}}),
        step("note", "transform-set-variable",
             variables={"text": "{{ steps.sum.count }}: {{ steps.sum.figures.names }}"}),
    ]  # fmt: skip
    edges = [{"id": f"e{i}", "source": a["id"], "target": b["id"]} for i, (a, b) in enumerate(pairwise(nodes))]
    store = MemoryRecords({"leads": [{"id": str(number), **lead} for number, lead in enumerate(LEADS)]})
    run = await run_flow(nodes, edges, {"input": {"stage": "won"}}, records=store)
    assert (run.status, run.error, run.variables) == ("completed", None, {"text": "2: Ada, Cy"})
