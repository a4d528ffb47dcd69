"""What holds for every node type that we ship."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import pytest

from automations.flow.node import Config, Node

NODES: list[Node[Any]] = [entry.load()() for entry in entry_points(group="automations.nodes")]


def named(node: Node[Any]) -> str:
    return node.type


def test_the_catalogue_is_complete_and_says_what_each_may_do() -> None:
    found = {(node.type, node.group, node.effect, node.is_trigger, node.handles({})) for node in NODES}
    assert found == {
        ("trigger-event", "trigger", "pure", True, ("out",)),
        ("trigger-schedule", "trigger", "pure", True, ("out",)),
        ("trigger-manual", "trigger", "pure", True, ("out",)),
        ("trigger-ai-tool", "trigger", "pure", True, ("out",)),
        ("trigger-webhook", "trigger", "pure", True, ("out",)),
        ("logic-condition", "logic", "pure", False, ("true", "false")),
        ("logic-switch", "logic", "pure", False, ("default",)),
        ("logic-stop", "logic", "pure", False, ()),
        ("logic-approval", "logic", "database", False, ("approved", "rejected", "timed_out")),
        ("logic-join", "logic", "pure", False, ("out",)),
        ("logic-loop", "logic", "pure", False, ("done", "each")),
        ("logic-wait", "logic", "pure", False, ("met", "timed_out")),
        ("logic-delay", "logic", "pure", False, ("out",)),
        ("transform-set-variable", "transform", "pure", False, ("out",)),
        ("transform-map", "transform", "pure", False, ("out",)),
        ("transform-code", "transform", "external", False, ("out",)),
        ("transform-filter", "transform", "pure", False, ("out",)),
        ("transform-aggregate", "transform", "pure", False, ("out",)),
        ("action-create-record", "action", "database", False, ("out",)),
        ("action-update-record", "action", "database", False, ("out",)),
        ("action-find-records", "action", "database", False, ("out",)),
        ("action-send-message", "action", "database", False, ("out",)),
        ("action-run-automation", "action", "database", False, ("out",)),
        ("action-http", "action", "external", False, ("out",)),
        ("action-email", "action", "external", False, ("out",)),
        ("ai-generate", "action", "external", False, ("out",)),
        ("ai-classify", "action", "external", False, ("low_confidence",)),
        ("ai-extract", "action", "external", False, ("out",)),
    }


@pytest.mark.parametrize("node", NODES, ids=named)
def test_its_type_is_the_name_it_is_registered_under(node: Node[Any]) -> None:
    (entry,) = [entry for entry in entry_points(group="automations.nodes") if entry.name == node.type]
    assert entry.load() is type(node)


@pytest.mark.parametrize("node", NODES, ids=named)
def test_people_can_read_what_it_is(node: Node[Any]) -> None:
    described = node.describe()
    assert described["title"]
    assert described["icon"]
    assert described["description"].endswith(".")
    assert len((type(node).__doc__ or "").strip().splitlines()) > 1


@pytest.mark.parametrize("node", NODES, ids=named)
def test_every_field_of_its_form_has_a_title_and_a_description(node: Node[Any]) -> None:
    schema = node.config_model.model_json_schema()
    models = [schema, *(model for model in schema.get("$defs", {}).values() if "properties" in model)]
    fields = {name: field for model in models for name, field in model["properties"].items()}
    bare = [name for name, field in fields.items() if not {"title", "description"} <= set(field)]
    assert bare == []
    # pydantic's own title is only the name with a capital.
    assert [model["additionalProperties"] for model in models] == [False] * len(models)


@pytest.mark.parametrize("node", NODES, ids=named)
def test_its_config_is_frozen_and_closed(node: Node[Any]) -> None:
    model: Any = node.config_model
    assert issubclass(model, Config)
    assert (model.model_config["frozen"], model.model_config["extra"]) == (True, "forbid")


@pytest.mark.parametrize("node", NODES, ids=named)
@pytest.mark.parametrize(
    "config",
    [{}, {"cases": None}, {"cases": "x"}, {"cases": [None, 1, {}, {"id": 5}]}, {"table": []}, {"url": 1, "body": []}],
)
def test_a_config_that_is_still_being_written_breaks_nothing(node: Node[Any], config: Any) -> None:
    assert isinstance(node.handles(config), tuple)
    assert isinstance(node.sample_output(config), dict)


def test_every_action_shows_a_sample_of_its_output() -> None:
    configs: dict[str, Any] = {"action-create-record": {"table": "leads"}, "action-update-record": {"table": "leads"}}
    empty = [
        node.type for node in NODES if node.group == "action" and not node.sample_output(configs.get(node.type, {}))
    ]
    assert empty == []
