from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject
from automations.flow.record_tables import TableUse
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
    limits: JsonObject = {"concurrency": {"limit": 1, "per": "record"}, "max_starts_per_hour": 100, "keep_days": 7}
    assert problems(node, {**config, **limits}) == []
    wrongs: list[JsonObject] = [
        {"concurrency": {"limit": 0}},
        {"concurrency": {"per": "account"}},
        {"concurrency": {"unknown": 1}},
        {"concurrency": 3},
        {"max_starts_per_hour": 0},
        {"keep_days": 0},
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
        {"event_source": "leads", "event_type": "INSERT"},
        {"event_source": "webhook", "event_type": "INSERT"},
        {"event_source": "a b", "event_type": "INSERT"},
        {"event_source": "{{ x }}", "event_type": "INSERT"},
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


def test_a_watched_table_is_a_source_that_publishing_looks_up() -> None:
    for source in ("orders", "sales.orders", "Order$1"):
        config: JsonObject = {"event_source": source, "event_type": "any", "concurrency": {"per": "record"}}
        assert problems(TriggerEvent(), config) == []
        assert TriggerEvent().tables(config) == (TableUse(source, "event_source"),)
        sample = TriggerEvent().sample_output(config)
        assert (sample["table"], sample["record_id"], sample["new"]) == (source, "42", {"id": 42})
    assert TriggerEvent().tables({"event_source": "lead"}) == TriggerEvent().tables({}) == ()


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


def test_limits_of_every_kind_are_taken() -> None:
    whole: JsonObject = {
        **EVENT,
        "concurrency": {"key": "new.email", "mode": "skip", "limit": 5},
        "debounce": {"seconds": 30, "at_most_seconds": 300},
        "rate_limit": {"limit": 100, "period": "day"},
        "breaker": {"starts": 20, "minutes": 5},
    }
    assert problems(TriggerEvent(), whole) == []
    assert TriggerEventConfig.model_validate(whole).model_dump(mode="json", exclude_unset=True) == whole
    assert problems(TriggerEvent(), {**EVENT, "breaker": False}) == []


@pytest.mark.parametrize(
    "limits",
    [
        {"concurrency": {"mode": "restart"}},
        {"concurrency": {"key": ""}},
        {"concurrency": {"key": "x" * 501}},
        {"debounce": {}},
        {"debounce": {"seconds": 0}},
        {"debounce": {"seconds": 604_801}},
        {"debounce": {"seconds": 5, "at_most_seconds": 0}},
        {"debounce": 5},
        {"rate_limit": {"limit": 5}},
        {"rate_limit": {"limit": 0, "period": "hour"}},
        {"rate_limit": {"limit": 5, "period": "week"}},
        {"breaker": True},
        {"breaker": {"starts": 0}},
        {"breaker": {"minutes": 0}},
        {"breaker": {"starts": 5, "seconds": 5}},
    ],
    ids=str,
)
def test_limits_that_are_refused(limits: JsonObject) -> None:
    with pytest.raises(ValidationError):
        problems(TriggerEvent(), {**EVENT, **limits})


QUIET: JsonObject = {"debounce": {"seconds": 30}}
NO_KEY = "has nothing to tell starts apart by: there is no record; name a key, such as input.order"
NO_DEBOUNCE = "has no effect here: each of these starts is wanted"
CONVERSATION: JsonObject = {"event_source": "conversation", "event_type": "INSERT"}
DELETED: JsonObject = {"event_source": "lead", "event_type": "DELETE"}


CONTRADICTIONS: list[tuple[Node[Any], JsonObject, list[tuple[str, str]]]] = [
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"mode": "skip"}},
        [("concurrency.mode", "skip needs per or key to know which runs belong together")],
    ),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"mode": "cancel_previous", "limit": 3}},
        [("concurrency.mode", "cancel_previous needs per or key to know which runs belong together")],
    ),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"mode": "cancel_previous", "per": "record", "limit": 3}},
        [
            (
                "concurrency.limit",
                "contradicts mode: cancel_previous; a run that waits for a free place could not end the one before it",
            )
        ],
    ),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"mode": "parallel", "per": "record"}},
        [
            (
                "concurrency.mode",
                "parallel starts all of them, so per and key have no effect; remove one of these",
            )
        ],
    ),
    (TriggerEvent(), {**EVENT, **QUIET, "concurrency": {"mode": "parallel", "key": "new.email"}}, []),
    (TriggerEvent(), {**EVENT, "concurrency": {"mode": "parallel", "limit": 3}}, []),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"per": "record", "key": "new.email"}},
        [("concurrency.key", "contradicts per: record; keep one of the two")],
    ),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"per": "conversation"}},
        [("concurrency.per", "a run of this trigger has no conversation; use record or lead")],
    ),
    (TriggerEvent(), {**CONVERSATION, "concurrency": {"per": "conversation"}}, []),
    (TriggerEvent(), {**CONVERSATION, "concurrency": {"per": "lead"}}, []),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"key": "email"}},
        [("concurrency.key", "'email' is not a path into the trigger's data; begin with new. or previous.")],
    ),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"key": "new..email"}},
        [("concurrency.key", "'new..email' is not a path into the trigger's data; begin with new. or previous.")],
    ),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"key": "{{ trigger.new.email }}"}},
        [
            (
                "concurrency.key",
                "is a path, not a template; write it without braces, beginning with new. or previous.",
            )
        ],
    ),
    (
        TriggerEvent(),
        {**DELETED, "concurrency": {"key": "new.email"}},
        [("concurrency.key", "'new.email' is not a path into the trigger's data; begin with old.")],
    ),
    (TriggerEvent(), {**DELETED, "concurrency": {"key": "old.email"}}, []),
    (
        TriggerEvent(),
        {**EVENT, "concurrency": {"key": "new" + ".a" * 50}},
        [("concurrency.key", "has more than 50 parts")],
    ),
    (
        TriggerEvent(),
        {**EVENT, "debounce": {"seconds": 30, "at_most_seconds": 10}},
        [("debounce.at_most_seconds", "is shorter than seconds; it would start before it is quiet")],
    ),
    (TriggerManual(), QUIET, [("debounce", NO_KEY)]),
    (TriggerManual(), {**QUIET, "record": "lead"}, []),
    (TriggerManual(), {**QUIET, "concurrency": {"key": "input.order"}}, []),
    (TriggerManual(), {**QUIET, "concurrency": {"per": "automation"}}, []),
    (TriggerAiTool(), {**TOOL, **QUIET}, [("debounce", NO_DEBOUNCE)]),
    (TriggerSchedule(), {**SCHEDULE, **QUIET}, [("debounce", NO_DEBOUNCE)]),
    (
        TriggerSchedule(),
        {**SCHEDULE, "concurrency": {"key": "due_at"}},
        [("concurrency.key", "finds nothing: a schedule has no data; use per: automation")],
    ),
    (TriggerSchedule(), {**SCHEDULE, "concurrency": {"per": "automation", "mode": "skip"}}, []),
]


@pytest.mark.parametrize(("node", "config", "expected"), CONTRADICTIONS)
def test_limits_that_contradict_each_other(
    node: Node[Any], config: JsonObject, expected: list[tuple[str, str]]
) -> None:
    assert problems(node, config) == expected
