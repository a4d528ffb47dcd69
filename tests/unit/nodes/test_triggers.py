from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject
from automations.nodes.trigger_ai_tool import TriggerAiTool
from automations.nodes.trigger_event import TriggerEvent, TriggerEventConfig
from automations.nodes.trigger_manual import TriggerManual
from automations.nodes.trigger_schedule import TriggerSchedule
from automations.testing import run_node

EVENT: JsonObject = {"event_source": "lead", "event_type": "UPDATE"}
SCHEDULE: JsonObject = {"cron": "0 9 * * 1"}
TOOL: JsonObject = {"tool_name": "book", "description": "Books a meeting."}


def problems(node: Node[Any], config: JsonObject) -> list[tuple[str, str]]:
    model: Any = node.config_model
    return node.check(model.model_validate(config))


@pytest.mark.parametrize(
    ("node", "config"),
    [(TriggerEvent(), EVENT), (TriggerSchedule(), SCHEDULE), (TriggerManual(), {}), (TriggerAiTool(), TOOL)],
)
async def test_a_trigger_goes_on_with_the_trigger_data(node: Node[Any], config: JsonObject) -> None:
    assert await run_node(node, config, trigger={"event": "INSERT"}) == Continue({"event": "INSERT"})


@pytest.mark.parametrize(
    ("node", "config"),
    [(TriggerEvent(), EVENT), (TriggerSchedule(), SCHEDULE), (TriggerManual(), {}), (TriggerAiTool(), TOOL)],
)
def test_every_trigger_takes_limits(node: Node[Any], config: JsonObject) -> None:
    limits: JsonObject = {"concurrency": {"limit": 1, "per": "record"}, "max_starts_per_hour": 100}
    assert problems(node, {**config, **limits}) == []
    wrongs: list[JsonObject] = [
        {"concurrency": {"limit": 0}},
        {"concurrency": {"per": "account"}},
        {"concurrency": {"unknown": 1}},
        {"concurrency": 3},
        {"max_starts_per_hour": 0},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            problems(node, {**config, **wrong})


def test_what_an_event_trigger_writes_to_the_trigger_config() -> None:
    whole: JsonObject = {
        "event_source": "lead",
        "event_type": "UPDATE",
        "conditions": {"field": "new.score", "operator": "greater_than", "value": 50},
        "watch": ["score", "stage"],
        "allow_reentry": True,
        "max_starts_per_hour": 100,
        "concurrency": {"limit": 2, "per": "record"},
    }
    assert problems(TriggerEvent(), whole) == []
    assert TriggerEventConfig.model_validate(whole).model_dump(mode="json", exclude_unset=True) == whole


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"event_source": "lead"},
        {"event_source": "message", "event_type": "INSERT"},
        {"event_source": "lead", "event_type": "insert"},
        {**EVENT, "watch": []},
        {**EVENT, "watch": ["new.score"]},
        {**EVENT, "watch": ["a; drop table leads"]},
        {**EVENT, "conditions": []},
        {**EVENT, "filter": {}},
    ],
)
def test_event_configs_that_are_refused(config: JsonObject) -> None:
    with pytest.raises(ValidationError):
        problems(TriggerEvent(), config)


def test_an_event_that_never_comes_is_a_problem() -> None:
    assert problems(TriggerEvent(), {"event_source": "conversation", "event_type": "DELETE"}) == [
        ("event_type", "never fires: deleting a conversation is not an event; use INSERT or UPDATE")
    ]
    for event in ("INSERT", "UPDATE", "any"):
        assert problems(TriggerEvent(), {"event_source": "conversation", "event_type": event}) == []
    assert problems(TriggerEvent(), {"event_source": "lead", "event_type": "DELETE"}) == []


def test_watching_columns_makes_sense_for_updates_only() -> None:
    found = problems(TriggerEvent(), {"event_source": "lead", "event_type": "INSERT", "watch": ["score"]})
    assert found == [("watch", "has no effect on INSERT: only an update changes single columns")]
    assert problems(TriggerEvent(), {"event_source": "lead", "event_type": "any", "watch": ["score"]}) == []


def test_conditions_of_an_event_are_checked_and_hold_no_templates() -> None:
    cases: list[tuple[JsonObject, str]] = [
        ({"field": "new.score", "operator": "bigger", "value": 1}, "conditions.operator"),
        ({"field": "new.name", "operator": "equals", "value": "{{ vars.x }}"}, "conditions.value"),
    ]
    for conditions, field in cases:
        assert [path for path, _ in problems(TriggerEvent(), {**EVENT, "conditions": conditions})] == [field]


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("0 9 * * 1", None),
        ("*/15 8-18 * * MON-FRI", None),
        ("0 0 29 2 *", None),
        ("0 0 * * 1#1", None),
        ("* * * * * *", "needs five fields: minute, hour, day of month, month, weekday"),
        ("@every 5 minutes", "needs five fields: minute, hour, day of month, month, weekday"),
        ("61 * * * *", "is not a cron expression: bad minute"),
        ("a b c d e", "is not a cron expression: bad minute"),
        ("0 0 31 4 *", "is not a cron expression: bad day-of-month"),
    ],
)
def test_cron_expressions(cron: str, message: str | None) -> None:
    assert problems(TriggerSchedule(), {"cron": cron}) == ([("cron", message)] if message else [])


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo"])
def test_time_zones_that_exist(zone: str) -> None:
    assert problems(TriggerSchedule(), {**SCHEDULE, "timezone": zone}) == []


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe", "../../etc/passwd", "/etc/localtime", "CET+1", "a\x00"])
def test_time_zones_that_do_not(zone: str) -> None:
    assert problems(TriggerSchedule(), {**SCHEDULE, "timezone": zone}) == [
        ("timezone", f"{zone!r} is not a known time zone; use an IANA name such as Europe/Berlin")
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (None, []),
        ({"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}, []),
        ({"type": "object"}, []),
        ({}, [("input_schema.type", 'must be "object": an input is a set of named values')]),
        (
            {"type": "object", "properties": []},
            [("input_schema.properties", "must be an object that maps each input's name to its schema")],
        ),
        (
            {"type": "object", "properties": {"a": "string"}},
            [("input_schema.properties.a", 'must be a schema such as {"type": "string"}')],
        ),
        ({"type": "object", "required": "a"}, [("input_schema.required", "must be a list of input names")]),
        (
            {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]},
            [("input_schema.required", "names inputs that have no property: b")],
        ),
    ],
)
def test_input_schemas(schema: Any, expected: list[tuple[str, str]]) -> None:
    assert problems(TriggerManual(), {"input_schema": schema}) == expected
    assert problems(TriggerAiTool(), {**TOOL, "input_schema": schema}) == expected


@pytest.mark.parametrize("name", ["", "1st", "with space", "a" * 65, "ü", "a.b"])
def test_tool_names_that_models_do_not_take_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        problems(TriggerAiTool(), {**TOOL, "tool_name": name})


def test_a_sample_has_the_shape_of_the_trigger_data() -> None:
    update = TriggerEvent().sample_output(EVENT)
    delete = TriggerEvent().sample_output({"event_source": "lead", "event_type": "DELETE"})
    assert list(update) == ["event", "table", "old", "new", "timestamp", "previous", "changed"]
    assert (delete["new"], delete["old"] is not None) == (None, True)
    assert TriggerManual().sample_output({"record": "conversation"})["table"] == "conversations"
