from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.commands import Resumed
from automations.flow.conditions import check_condition, compile_condition
from automations.flow.outcomes import Continue, Fail, JsonObject, Wait
from automations.nodes.logic_wait import LogicWait, LogicWaitConfig
from automations.testing import run_node
from automations.testing.clock import START

LEAD = "6f1d3a52-8c1e-4a57-9c1a-0f4f2f0f6a11"
CONVERSATION = "0b7e0ee0-45c0-4b29-8f0e-7d2c1a2b3c4d"
OTHER = "a3b0c442-98fc-4c14-9afb-f4c8996fb924"
RUN = "00000000-0000-4000-8000-00000000e000"
HOT: JsonObject = {"field": "new.score", "operator": "greater_than", "value": 80}


async def wait(config: JsonObject, **context: Any) -> Any:
    return await run_node(LogicWait(), config, **{"lead_id": LEAD, "conversation_id": CONVERSATION, **context})


@pytest.mark.parametrize(
    ("config", "topic"),
    [
        ({"wait_for": "condition", "condition": HOT}, f"lead:{LEAD}"),
        ({"wait_for": "condition", "condition": HOT, "record": "conversation"}, f"conversation:{CONVERSATION}"),
        ({"wait_for": "change"}, f"change:lead:{LEAD}"),
        ({"wait_for": "change", "record": "conversation"}, f"change:conversation:{CONVERSATION}"),
        ({"wait_for": "reply"}, f"reply:lead:{LEAD}"),
        ({"wait_for": "reply", "record": "conversation"}, f"reply:conversation:{CONVERSATION}"),
        ({"wait_for": "reply", "record_id": OTHER}, f"reply:lead:{OTHER}"),
        ({"wait_for": "automation", "automation_id": OTHER}, f"ended:{OTHER}:{LEAD}"),
        ({"wait_for": "automation", "automation_id": OTHER, "record": "conversation"}, f"ended:{OTHER}:{CONVERSATION}"),
        ({"wait_for": "automation", "run_id": OTHER}, f"run:{OTHER}"),
        ({"wait_for": "signal", "signal": "paid"}, f"signal:paid@{RUN}"),
        ({"wait_for": "signal", "signal": "paid", "correlate": "order 7:a@b"}, "signal:paid:order 7:a@b"),
    ],
)
async def test_what_is_waited_for_is_a_topic(config: JsonObject, topic: str) -> None:
    condition = config.get("condition")
    assert await wait(config) == Wait(signal=topic, condition=condition)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", [OTHER.upper(), f"  {OTHER}\n", f"{{{OTHER}}}", OTHER.replace("-", "")])
async def test_an_id_is_named_as_the_database_writes_it(written: str) -> None:
    assert await wait({"wait_for": "reply", "record_id": written}) == Wait(signal=f"reply:lead:{OTHER}")


async def test_a_limit_counts_from_now() -> None:
    config: JsonObject = {"wait_for": "reply", "max_wait": {"amount": 2, "unit": "days"}}
    assert await wait(config) == Wait(until=START + timedelta(days=2), signal=f"reply:lead:{LEAD}")


async def test_what_happened_since_the_run_or_the_step_counts() -> None:
    assert (await wait({"wait_for": "reply", "count_from": "run"})).since is None
    assert (await wait({"wait_for": "reply", "count_from": "step"})).since == START


async def test_a_change_of_some_columns_is_a_condition_of_the_event() -> None:
    outcome = await wait({"wait_for": "change", "columns": ["status", "stage"]})
    assert outcome.condition == {
        "any": [
            {"field": "changed", "operator": "contains", "value": "status"},
            {"field": "changed", "operator": "contains", "value": "stage"},
        ]
    }
    narrowed = await wait({"wait_for": "change", "columns": ["status"], "condition": HOT})
    assert check_condition(narrowed.condition, "condition") == []
    holds = compile_condition(narrowed.condition).holds
    assert holds({"changed": ["status", "score"], "new": {"score": 81}})
    assert not holds({"changed": ["stage", "score"], "new": {"score": 81}})
    assert not holds({"changed": ["status"], "new": {"score": 80}})


@pytest.mark.parametrize(
    ("config", "context", "code", "what"),
    [
        ({"wait_for": "reply"}, {"lead_id": None}, "no_record", "about no lead"),
        ({"wait_for": "reply", "record": "conversation"}, {"conversation_id": None}, "no_record", "no conversation"),
        ({"wait_for": "automation", "automation_id": OTHER}, {"lead_id": None}, "no_record", "about no lead"),
        ({"wait_for": "change", "record_id": "7"}, {}, "wrong_type", "'7' is not the id of a lead"),
        ({"wait_for": "change", "record_id": ""}, {}, "wrong_type", "'' is not the id of a lead"),
        ({"wait_for": "automation", "automation_id": "x"}, {}, "wrong_type", "is not the id of an automation"),
        ({"wait_for": "automation", "run_id": "x" * 500}, {}, "wrong_type", "is not the id of a run"),
        ({"wait_for": "signal", "signal": "paid", "correlate": ""}, {}, "no_correlation", "is empty"),
    ],
)
async def test_a_wait_for_nothing_that_can_come_fails(
    config: JsonObject, context: dict[str, Any], code: str, what: str
) -> None:
    outcome = await wait(config, **context)
    assert isinstance(outcome, Fail)
    assert outcome.code == code
    assert what in outcome.error
    assert len(outcome.error) < 200


@pytest.mark.parametrize("mode", ["reply", "condition", "change", "automation", "signal"])
async def test_a_time_that_is_up_leaves_by_a_way_of_its_own(mode: str) -> None:
    config: JsonObject = {"wait_for": mode, "signal": "paid"}
    outcome = await wait(config, resumed=Resumed("timer"), lead_id=None)
    assert outcome == Continue({"met": False, "wait_for": mode}, handle="timed_out")


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"record": {"id": LEAD}, "changed": ["status"]}, {"record": {"id": LEAD}, "changed": ["status"]}),
        ({"met": False, "wait_for": "?"}, {}),
        ({}, {}),
        (None, {"payload": None}),
        ([1], {"payload": [1]}),
        ("yes", {"payload": "yes"}),
    ],
)
async def test_what_came_is_the_output(payload: Any, told: JsonObject) -> None:
    outcome = await wait({"wait_for": "change"}, resumed=Resumed("signal", payload))
    assert outcome == Continue({**told, "met": True, "wait_for": "change"}, handle="met")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"wait_for": "rain"},
        {"wait_for": "reply", "record": "message"},
        {"wait_for": "signal", "signal": "a b"},
        {"wait_for": "signal", "signal": "a:b"},
        {"wait_for": "signal", "signal": "a@b"},
        {"wait_for": "signal", "signal": ""},
        {"wait_for": "signal", "signal": "x" * 65},
        {"wait_for": "signal", "signal": "a", "correlate": "x" * 501},
        {"wait_for": "change", "columns": ["a-b"]},
        {"wait_for": "change", "columns": [""]},
        {"wait_for": "change", "columns": ["a"] * 101},
        {"wait_for": "reply", "max_wait": {"amount": 0, "unit": "days"}},
        {"wait_for": "reply", "max_wait": {"amount": 1, "unit": "moons"}},
        {"wait_for": "reply", "count_from": "ever"},
        {"wait_for": "reply", "for": "ever"},
    ],
)
def test_settings_out_of_their_bounds_are_refused(wrong: JsonObject) -> None:
    with pytest.raises(ValidationError):
        LogicWaitConfig.model_validate(wrong)


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({"wait_for": "reply"}, []),
        ({"wait_for": "reply", "condition": HOT}, []),
        ({"wait_for": "change", "condition": HOT, "columns": ["status"]}, []),
        ({"wait_for": "condition"}, ["condition"]),
        ({"wait_for": "condition", "condition": {"field": "new.x", "operator": "resembles"}}, ["condition.operator"]),
        ({"wait_for": "automation"}, ["automation_id"]),
        ({"wait_for": "automation", "automation_id": "a"}, []),
        ({"wait_for": "automation", "run_id": "{{ steps.a.run_id }}"}, []),
        ({"wait_for": "automation", "automation_id": "a", "run_id": "b"}, ["run_id"]),
        ({"wait_for": "signal"}, ["signal"]),
        ({"wait_for": "signal", "signal": "paid", "correlate": "{{ trigger.new.id }}"}, []),
        ({"wait_for": "signal", "signal": "paid", "condition": HOT}, ["condition"]),
        ({"wait_for": "automation", "run_id": "a", "condition": HOT}, ["condition"]),
        (
            {
                "wait_for": "reply",
                "columns": ["a"],
                "automation_id": "a",
                "run_id": "b",
                "signal": "c",
                "correlate": "d",
            },
            ["columns", "automation_id", "run_id", "signal", "correlate"],
        ),
    ],
)
def test_what_is_wrong_is_named_where_it_is_drawn(config: JsonObject, fields: list[str]) -> None:
    found = LogicWait().check(LogicWaitConfig.model_validate(config))
    assert [field for field, _ in found] == fields
    assert all(re.search(r"[a-z]", message) for _, message in found)


@pytest.mark.parametrize("mode", ["reply", "condition", "change", "automation", "signal"])
@pytest.mark.parametrize("record", ["lead", "conversation"])
def test_a_sample_looks_like_what_comes(mode: str, record: str) -> None:
    sample = LogicWait().sample_output({"wait_for": mode, "record": record})
    assert (sample["met"], sample["wait_for"]) == (True, mode)
    assert LogicWait().handles({}) == ("met", "timed_out")
