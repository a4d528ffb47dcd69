"""Lengths of time beyond the limit: told of a draft, and carried by what was published with one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import BaseModel, Field

from automations.cli.compose import load_registry
from automations.flow.compile import compile_flow
from automations.flow.duration import LONGEST, Duration
from automations.flow.node import Config, Node, duration_fields
from automations.flow.outcomes import Continue, Json, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry
from automations.services.publishing import check_draft

REGISTRY = load_registry()
TOO_LONG: JsonObject = {"amount": 99_999_999, "unit": "hours"}


class Reminder(BaseModel):
    after: Duration


class RemindConfig(Config):
    reminders: tuple[Reminder, ...] = ()
    by_name: dict[str, Duration] = Field(default_factory=dict)


class Remind(Node[RemindConfig]):
    """Somebody's node type, with lengths of time inside of lists and objects."""

    type = "remind"
    title = "Remind"
    group = "logic"
    icon = "Bell"

    async def run(self, config: RemindConfig, ctx: Context) -> Outcome:
        return Continue({})


def drawing(kind: str, config: JsonObject) -> tuple[list[JsonObject], list[JsonObject]]:
    return [
        {"id": "start", "type": "trigger-manual", "data": {"config": {"record": "lead"}}},
        {"id": "step", "type": kind, "data": {"config": config}},
    ], [{"id": "e", "source": "start", "target": "step"}]


@pytest.mark.parametrize(
    ("kind", "field", "config"),
    [
        ("logic-wait", "max_wait", {"wait_for": "reply"}),
        ("logic-approval", "deadline", {"title": "May we?"}),
        ("action-run-automation", "max_wait", {"automation": "1d6bf6d8-41bb-4c3c-9d5c-2f6d8a1b7f10"}),
    ],
)
def test_what_nobody_would_wait_for_is_told_at_its_field(kind: str, field: str, config: JsonObject) -> None:
    nodes, edges = drawing(kind, {**config, field: TOO_LONG})
    [problem] = check_draft(nodes, edges, REGISTRY)
    assert (problem.code, problem.node_id, problem.field) == ("too_long", "step", f"{field}.amount")
    assert problem.message.endswith(f"'{field}.amount': 99,999,999 hours are more than five years")
    assert problem.hint == "Use at most 43,920 hours."


def test_what_was_published_with_one_still_runs_and_ends_at_the_limit() -> None:
    nodes, edges = drawing("logic-wait", {"wait_for": "reply", "max_wait": TOO_LONG})
    assert "step" in compile_flow(nodes, edges, REGISTRY).nodes
    assert Duration.model_validate(TOO_LONG).length == LONGEST


@pytest.mark.parametrize(
    ("amount", "unit", "most"),
    [(1_830, "days", None), (1_831, "days", 1_830), (261, "weeks", None), (261.5, "weeks", 261), (1.5, "hours", None)],
)
def test_the_limit_is_five_years(amount: float, unit: str, most: int | None) -> None:
    duration = Duration.model_validate({"amount": amount, "unit": unit})
    assert duration.most == most
    assert duration.length <= timedelta(days=1_830)


def test_a_delay_of_nothing_is_refused_in_a_draft_and_runs_where_it_was_published() -> None:
    nodes, edges = drawing("logic-delay", {"amount": 0, "unit": "hours"})
    [problem] = check_draft(nodes, edges, REGISTRY)
    assert (problem.code, problem.node_id, problem.field) == ("bad_config", "step", "amount")
    assert "write more than 0" in problem.message
    assert "step" in compile_flow(nodes, edges, REGISTRY).nodes
    assert check_draft(*drawing("logic-delay", {"amount": "{{ trigger.input.hours }}"}), REGISTRY) == []


def test_one_beside_another_mistake_is_told_with_it() -> None:
    nodes, edges = drawing("logic-wait", {"max_wait": TOO_LONG})
    assert {problem.code for problem in check_draft(nodes, edges, REGISTRY)} == {"missing_field", "too_long"}


def test_what_cannot_be_read_is_told_once() -> None:
    unreadable: list[Json] = [
        "soon",
        {"amount": "soon"},
        {"amount": -1},
        {"unit": "hours"},
        {"amount": 1, "unit": "ages"},
    ]
    for value in unreadable:
        nodes, edges = drawing("logic-wait", {"wait_for": "reply", "max_wait": value})
        assert len(check_draft(nodes, edges, REGISTRY)) == 1, value


def test_they_are_found_inside_of_lists_and_objects() -> None:
    assert duration_fields(RemindConfig) == {"reminders.*.after", "by_name.*"}
    fine: JsonObject = {"amount": 1, "unit": "days"}
    config: JsonObject = {"reminders": [{"after": fine}, {"after": TOO_LONG}], "by_name": {"x": TOO_LONG, "y": fine}}
    nodes, edges = drawing("remind", config)
    found = check_draft(nodes, edges, NodeRegistry([*REGISTRY, Remind()]))
    assert [problem.field for problem in found] == ["by_name.x.amount", "reminders.1.after.amount"]
