from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Stop
from automations.nodes.logic_condition import LogicCondition, LogicConditionConfig
from automations.nodes.logic_join import LogicJoin
from automations.nodes.logic_stop import LogicStop
from automations.nodes.logic_switch import LogicSwitch, LogicSwitchConfig
from automations.nodes.transform_set_variable import TransformSetVariable
from automations.testing import run_flow, run_node

HOT: JsonObject = {"field": "trigger.new.score", "operator": "greater_than", "value": 80}
WARM: JsonObject = {"field": "trigger.new.score", "operator": "greater_than", "value": 50}


@pytest.mark.parametrize(("score", "result"), [(81, True), (80, False), (None, False), ("81", False), (81.5, True)])
async def test_a_condition_goes_one_way_or_the_other(score: Any, result: bool) -> None:
    outcome = await run_node(LogicCondition(), {"condition": HOT}, trigger={"new": {"score": score}})
    assert outcome == Continue({"result": result}, handle="true" if result else "false")


async def test_a_condition_sees_steps_and_variables() -> None:
    condition: JsonObject = {
        "all": [
            {"field": "steps.find.count", "operator": "equals", "value": 2},
            {"field": "vars.tier", "operator": "equals", "value": "gold"},
        ]
    }
    scope = {"steps": {"find": {"count": 2}}, "variables": {"tier": "gold"}}
    assert await run_node(LogicCondition(), {"condition": condition}, **scope) == Continue({"result": True}, "true")


async def test_a_condition_that_cannot_be_read_fails_the_step() -> None:
    outcome = await run_node(LogicCondition(), {"condition": {"field": "a", "operator": "resembles", "value": 1}})
    assert isinstance(outcome, Fail)
    assert outcome.code == "condition"


def test_a_condition_is_checked_where_it_is_drawn() -> None:
    config = LogicConditionConfig.model_validate({"condition": {"all": [{"field": "a", "operator": "resembles"}]}})
    ((field, message),) = LogicCondition().check(config)
    assert (field, "unknown operator" in message) == ("condition.all.0.operator", True)


CASES: list[Json] = [
    {"id": "hot", "label": "Hot", "condition": HOT},
    {"id": "warm", "label": "Warm", "condition": WARM},
]


@pytest.mark.parametrize(
    ("score", "case", "label"), [(90, "hot", "Hot"), (60, "warm", "Warm"), (10, "default", "Default")]
)
async def test_a_branch_takes_the_first_case_that_holds(score: int, case: str, label: str) -> None:
    outcome = await run_node(LogicSwitch(), {"cases": CASES}, trigger={"new": {"score": score}})
    assert outcome == Continue({"case": case, "label": label}, handle=case)


def test_a_branch_has_a_way_out_per_case() -> None:
    assert LogicSwitch().handles({"cases": list(CASES)}) == ("hot", "warm", "default")
    assert LogicSwitch().sample_output({"cases": list(CASES)}) == {"case": "hot", "label": "Hot"}


@pytest.mark.parametrize(
    ("config", "handles"),
    [
        ({"cases": [{"id": "a"}, {"id": "a"}]}, ("a", "default")),
        ({"cases": [{"id": "error"}, {"id": "default"}, {"id": "b"}]}, ("b", "default")),
        ({"cases": [{"id": "with space"}, {"id": ""}, {"id": None}, "c", None]}, ("default",)),
        ({"cases": {"id": "a"}}, ("default",)),
    ],
)
def test_a_branch_with_a_broken_config_still_has_ways_out(config: JsonObject, handles: tuple[str, ...]) -> None:
    assert LogicSwitch().handles(config) == handles


def test_a_branch_names_every_problem_of_its_cases() -> None:
    config = LogicSwitchConfig.model_validate(
        {"cases": [*CASES, {"id": "hot", "condition": WARM}, {"id": "error", "condition": {}}]}
    )
    found = LogicSwitch().check(config)
    assert found[:2] == [
        ("cases.2.id", "'hot' is used twice; every case needs an id of its own"),
        ("cases.3.id", "'error' is taken; choose another id"),
    ]
    assert [field for field, _ in found[2:]] == ["cases.3.condition"]


async def test_stop_ends_the_run() -> None:
    assert await run_node(LogicStop(), {}) == Stop()
    whole: JsonObject = {"status": "failed", "message": "no budget", "output": {"answer": [1]}}
    assert await run_node(LogicStop(), whole) == Stop("failed", {"answer": [1]}, "no budget")
    with pytest.raises(ValidationError):
        await run_node(LogicStop(), {"status": "done"})


async def test_variables_are_set_with_their_types() -> None:
    values: JsonObject = {"n": 1, "text": "a", "list": [1, {"a": None}], "_none": None, "yes": True}
    assert await run_node(TransformSetVariable(), {"variables": values}) == Continue(values, variables=values)
    assert TransformSetVariable().sample_output({"variables": {"a": 1}}) == {"a": 1}


@pytest.mark.parametrize(
    "variables", [{}, {"1a": 1}, {"a-b": 1}, {"a.b": 1}, {"": 1}, {"ü": 1}, {"a" * 65: 1}, ["a"], None]
)
async def test_variable_names_that_templates_could_not_read_are_refused(variables: Any) -> None:
    with pytest.raises(ValidationError):
        await run_node(TransformSetVariable(), {"variables": variables})


@pytest.mark.parametrize(("config", "mode"), [({}, "all"), ({"mode": "all"}, "all"), ({"mode": "any"}, "any")])
async def test_join_says_how_it_joins(config: dict[str, Any], mode: str) -> None:
    node = LogicJoin()
    assert node.join(config) == mode
    assert node.sample_output(config) == {"mode": mode}
    assert await run_node(node, config) == Continue(output={"mode": mode})


async def test_a_join_waits_for_every_branch_that_lives() -> None:
    nodes: list[Any] = [
        {"id": "start", "type": "trigger-manual", "data": {}},
        *({"id": name, "type": "transform-set-variable", "data": variable(name)} for name in ("a", "b")),
        {"id": "meet", "type": "logic-join", "data": {"config": {"mode": "all"}}},
        {"id": "after", "type": "transform-set-variable", "data": variable("after", "{{ vars.a }}{{ vars.b }}")},
    ]
    ways = [("start", "a"), ("start", "b"), ("a", "meet"), ("b", "meet"), ("meet", "after")]
    edges: list[Any] = [{"id": f"{one}-{other}", "source": one, "target": other} for one, other in ways]
    run = await run_flow(nodes, edges)
    assert run.output_of("meet") == {"mode": "all"}
    assert run.output == {"after": "ab"}


def variable(name: str, value: str | None = None) -> dict[str, Any]:
    return {"config": {"variables": {name: value or name}}}
