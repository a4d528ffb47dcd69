from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.list_values import MOST_ITEMS
from automations.flow.outcomes import Fail, JsonObject, Loop
from automations.nodes.logic_loop import LogicLoop, LogicLoopConfig
from automations.testing import run_node


async def test_a_list_is_gone_through_as_it_is() -> None:
    items: list[Any] = [1, "two", None, {"three": [3]}]
    assert await run_node(LogicLoop(), {"items": items}) == Loop(items)


async def test_every_setting_reaches_the_loop() -> None:
    config: JsonObject = {
        "items": [1],
        "item_name": "lead",
        "index_name": "no",
        "parallelism": 50,
        "max_items": 1,
        "continue_on_error": True,
        "collect": False,
    }
    assert await run_node(LogicLoop(), config) == Loop(
        [1], parallelism=50, continue_on_error=True, collect=False, item_name="lead", index_name="no"
    )


@pytest.mark.parametrize("items", [None, []])
async def test_nothing_is_an_empty_list(items: Any) -> None:
    assert await run_node(LogicLoop(), {"items": items}) == Loop([])


@pytest.mark.parametrize(
    ("items", "named"),
    [({"a": 1}, "an object"), ("a, b", "a text"), ("", "a text"), (7, "a single value"), (False, "a single value")],
)
async def test_what_is_no_list_fails_the_step_and_says_what_it_is(items: Any, named: str) -> None:
    outcome = await run_node(LogicLoop(), {"items": items})
    assert outcome == Fail(f"the list to go through is {named}", code="not_a_list")


@pytest.mark.parametrize(
    ("count", "most", "fails"), [(1_000, None, False), (1_001, None, True), (2, 2, False), (3, 2, True)]
)
async def test_a_longer_list_fails_before_anything_is_done(count: int, most: int | None, fails: bool) -> None:
    config: JsonObject = {"items": [None] * count, **({} if most is None else {"max_items": most})}
    outcome = await run_node(LogicLoop(), config)
    if fails:
        error = f"the list has {count:,} items; at most {most or 1_000:,} are allowed"
        assert outcome == Fail(error, code="too_many_items")
    else:
        assert outcome == Loop([None] * count)


@pytest.mark.parametrize(
    "wrong",
    [
        {"parallelism": 0},
        {"parallelism": 51},
        {"max_items": 0},
        {"max_items": MOST_ITEMS + 1},
        {"item_name": "a b"},
        {"item_name": "1st"},
        {"item_name": ""},
        {"index_name": "{{ x }}"},
        {"index_name": "x" * 65},
        {"item": "x"},
    ],
)
def test_settings_out_of_their_bounds_are_refused(wrong: JsonObject) -> None:
    with pytest.raises(ValidationError):
        LogicLoopConfig.model_validate({"items": [], **wrong})


def test_the_list_is_required() -> None:
    with pytest.raises(ValidationError):
        LogicLoopConfig.model_validate({})


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({"items": "{{ steps.find.records }}"}, []),
        ({"items": "{% for x in y %}{% endfor %}"}, []),
        ({"items": [1]}, []),
        ({"items": None}, []),
        ({"items": "leads"}, ["items"]),
        ({"items": {"a": 1}}, ["items"]),
        ({"items": 3}, ["items"]),
        ({"items": [], "item_name": "steps"}, ["item_name"]),
        ({"items": [], "index_name": "secrets"}, ["index_name"]),
        ({"items": [], "item_name": "in", "index_name": "if"}, ["item_name", "index_name"]),
        ({"items": [], "item_name": "x", "index_name": "x"}, ["index_name"]),
        ({"items": [], "item_name": "index"}, ["index_name"]),
        ({"items": [], "item_name": "index", "index_name": "item"}, []),
        ({"items": "x", "item_name": "env", "index_name": "env"}, ["item_name", "index_name", "index_name", "items"]),
    ],
)
def test_what_is_wrong_is_named_where_it_is_drawn(config: JsonObject, fields: list[str]) -> None:
    assert [field for field, _ in LogicLoop().check(LogicLoopConfig.model_validate(config))] == fields


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, ("item", "index")),
        ({"item_name": "lead", "index_name": "no"}, ("lead", "no")),
        ({"item_name": None, "index_name": 7}, ("item", "index")),
    ],
)
def test_names_of_a_drawing_that_may_be_broken(config: JsonObject, names: tuple[str, str]) -> None:
    assert LogicLoop().loop_names(config) == names


def test_the_way_out_comes_first_so_that_a_disabled_loop_is_passed_by() -> None:
    assert LogicLoop().handles({}) == ("done", "each")
    assert set(LogicLoop().sample_output({})) == {"count", "completed", "failed", "results", "errors"}
