from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.node import Node
from automations.flow.outcomes import Continue, Fail, JsonObject
from automations.flow.record_tables import TableUse
from automations.nodes.action_create_record import ActionCreateRecord
from automations.nodes.action_find_records import ActionFindRecords
from automations.nodes.action_send_message import ActionSendMessage
from automations.nodes.action_update_record import ActionUpdateRecord
from automations.testing import MemoryRecords, StepContext, Write, run_node

LEAD, OTHER = "lead-1", "lead-2"


@pytest.fixture
def records() -> MemoryRecords:
    return MemoryRecords(
        {
            "leads": [{"id": LEAD, "name": "Ada", "score": 82}, {"id": OTHER, "name": "Bob", "score": 9}],
            "conversations": [
                {"id": "old", "lead_id": LEAD, "channel": "chat", "created_at": "2026-01-01T00:00:00+00:00"},
                {"id": "sms", "lead_id": LEAD, "channel": "sms", "created_at": "2026-01-02T00:00:00+00:00"},
                {"id": "new", "lead_id": LEAD, "channel": "chat", "created_at": "2026-01-03T00:00:00+00:00"},
                {"id": "nobody", "lead_id": None, "channel": "chat", "created_at": "2026-01-04T00:00:00+00:00"},
            ],
        }
    )


def problems(node: Node[Any], config: JsonObject) -> list[tuple[str, str]]:
    model: Any = node.config_model
    return node.check(model.model_validate(config))


async def test_a_new_lead_belongs_to_the_account_of_the_run(records: MemoryRecords) -> None:
    config: JsonObject = {"table": "leads", "values": {"name": "Eve", "custom_column": [1]}}
    outcome = await run_node(ActionCreateRecord(), config, records=records, account_id="account-1")
    row = records.rows("leads")[-1]
    assert outcome == Continue({"record": row})
    assert {name: row[name] for name in ("name", "custom_column", "user_id")} == {
        "name": "Eve",
        "custom_column": [1],
        "user_id": "account-1",
    }


async def test_a_new_conversation_gets_only_what_the_author_wrote(records: MemoryRecords) -> None:
    values: JsonObject = {"agent_id": "agent-1", "lead_id": LEAD}
    await run_node(ActionCreateRecord(), {"table": "conversations", "values": values}, records=records)
    assert [(write.table, write.values) for write in records.writes] == [("conversations", values)]


@pytest.mark.parametrize("column", ["id", "user_id", "created_at", "updated_at"])
async def test_columns_of_the_database_cannot_be_written(records: MemoryRecords, column: str) -> None:
    config: JsonObject = {"table": "leads", "values": {"name": "x", column: "y"}}
    for node in (ActionCreateRecord(), ActionUpdateRecord()):
        assert problems(node, config) == [(f"values.{column}", "is set by the database and cannot be written")]
        outcome = await run_node(node, config, records=records, lead_id=LEAD)
        assert isinstance(outcome, Fail)
        assert column in outcome.error
        assert "cannot be written" in outcome.error
    assert records.writes == []


@pytest.mark.parametrize(
    ("context", "config", "changed"),
    [
        ({"lead_id": LEAD}, {"table": "leads"}, ("leads", LEAD)),
        ({"lead_id": LEAD}, {"table": "leads", "record_id": OTHER}, ("leads", OTHER)),
        ({"lead_id": LEAD, "conversation_id": "sms"}, {"table": "conversations"}, ("conversations", "sms")),
    ],
)
async def test_an_update_changes_the_record_of_the_run_or_the_one_that_is_named(
    records: MemoryRecords, context: Any, config: JsonObject, changed: Any
) -> None:
    outcome = await run_node(ActionUpdateRecord(), {**config, "values": {"status": "won"}}, records=records, **context)
    assert records.writes == [Write("update", changed[0], changed[1], {"status": "won"})]
    (row,) = [row for row in records.rows(changed[0]) if row["id"] == changed[1]]
    assert (outcome, row["status"]) == (Continue({"record": row}), "won")


ORDER: JsonObject = {"table": "orders", "record_id": "42"}


@pytest.mark.parametrize(
    ("trigger", "config", "key"),
    [
        (ORDER, {}, "42"),
        (ORDER, {"record_id": 7}, "7"),
        ({"table": "sales.orders", "record_id": "42"}, {"record_id": "A-1"}, "A-1"),
    ],
)
async def test_the_row_of_a_watched_table_is_the_record_of_its_run(
    trigger: JsonObject, config: JsonObject, key: str
) -> None:
    records = MemoryRecords({"orders": [{"id": "42"}, {"id": "7"}, {"id": "A-1"}]})
    whole: JsonObject = {"table": "orders", "values": {"status": "paid", "user_id": "x"}, **config}
    outcome = await run_node(ActionUpdateRecord(), whole, records=records, trigger=trigger, lead_id=LEAD)
    assert isinstance(outcome, Continue)
    assert records.writes == [Write("update", "orders", key, {"status": "paid", "user_id": "x"})]


@pytest.mark.parametrize("trigger", [{}, {"table": "orders"}, {"table": "leads", "record_id": "42"}])
async def test_a_run_about_something_else_is_not_about_the_row(trigger: JsonObject) -> None:
    config: JsonObject = {"table": "orders", "values": {"status": "paid"}}
    outcome = await run_node(ActionUpdateRecord(), config, trigger=trigger, lead_id=LEAD)
    assert isinstance(outcome, Fail)
    assert outcome.code == "no_record"


def test_tables_that_have_to_be_watched_are_named() -> None:
    update: JsonObject = {"values": {"a": 1}, "tags": {"add": ["x"]}, "assign": {"mode": "fixed", "column": "who"}}
    orders: JsonObject = {"table": "orders"}
    assert ActionUpdateRecord().tables({**orders, **update}) == (
        TableUse("orders", written=frozenset({"a", "tags", "who"})),
    )
    assert ActionCreateRecord().tables({**orders, "values": {"a": 1}}) == (
        TableUse("orders", written=frozenset({"a"}), creates=True),
    )
    assert ActionFindRecords().tables(orders) == (TableUse("orders"),)
    for node in (ActionUpdateRecord(), ActionCreateRecord(), ActionFindRecords()):
        assert node.tables({"table": "leads", "values": {"a": 1}}) == ()
        # Half a config, as an editor has it.
        assert node.tables({}) == ()
        assert node.tables({"table": "orders", "values": "{{ x }}", "tags": "{{ x }}"})[0].written == frozenset()


TURNS: JsonObject = {"mode": "round_robin", "among": ["ann", "bob"]}


async def test_tags_and_owners(records: MemoryRecords) -> None:
    async def change(lead: str, **config: Any) -> Any:
        whole: JsonObject = {"table": "leads", "record_id": lead, **config}
        outcome = await run_node(ActionUpdateRecord(), whole, records=records)
        assert isinstance(outcome, Continue), outcome
        return outcome.output

    assert (await change(LEAD, tags={"add": ["a", "b", "a"]}))["record"]["tags"] == ["a", "b"]
    assert (await change(LEAD, tags={"add": ["c"], "remove": ["a"]}))["record"]["tags"] == ["b", "c"]
    assert (await change(LEAD, tags={"set": ["z", "z"]}))["record"]["tags"] == ["z"]
    taken = [await change(lead, assign=TURNS) for lead in (LEAD, OTHER, LEAD)]
    assert [(one["assigned"], one["owner"]) for one in taken] == [(True, "ann"), (True, "bob"), (True, "ann")]
    kept = await change(OTHER, assign={**TURNS, "only_if_unassigned": True})
    assert (kept["assigned"], kept["owner"]) == (False, "bob")
    fixed = await change(OTHER, values={"stage": "x"}, assign={"mode": "fixed", "to": 7, "column": "rep"})
    assert (fixed["assigned"], fixed["owner"], fixed["record"]["stage"]) == (True, 7, "x")
    # What depends on nothing is a plain update.
    assert records.writes[-1] == Write("update", "leads", OTHER, {"stage": "x", "rep": 7})


async def test_a_change_of_no_record_takes_no_turn(records: MemoryRecords) -> None:
    config: JsonObject = {"table": "leads", "assign": TURNS}
    gone = await run_node(ActionUpdateRecord(), {**config, "record_id": "gone"}, records=records)
    assert gone == Fail("there is no record gone in leads", code="record_not_found")
    outcome = await run_node(ActionUpdateRecord(), config, records=records, lead_id=LEAD)
    assert isinstance(outcome, Continue)
    assert records.rows("leads")[0]["owner_id"] == "ann"


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "values"),
        ({"tags": {}}, "tags"),
        ({"tags": {"set": ["a"], "add": ["b"]}}, "tags.set"),
        ({"tags": {"add": ["a"], "column": "id"}}, "tags.column"),
        ({"values": {"tags": []}, "tags": {"add": ["a"]}}, "tags.column"),
        ({"assign": {"mode": "fixed"}}, "assign.to"),
        ({"assign": {"mode": "fixed", "to": "a", "among": ["b"]}}, "assign.among"),
        ({"assign": {"mode": "round_robin"}}, "assign.among"),
        ({"assign": {**TURNS, "to": "a"}}, "assign.to"),
        ({"assign": {**TURNS, "column": "user_id"}}, "assign.column"),
        ({"values": {"owner_id": "a"}, "assign": TURNS}, "assign.column"),
    ],
)
async def test_changes_that_make_no_sense(records: MemoryRecords, config: JsonObject, field: str) -> None:
    whole: JsonObject = {"table": "leads", **config}
    assert [found for found, _ in problems(ActionUpdateRecord(), whole)] == [field]
    outcome = await run_node(ActionUpdateRecord(), whole, records=records, lead_id=LEAD)
    assert isinstance(outcome, Fail)
    assert outcome.error.startswith(field)
    assert records.writes == []


async def test_an_update_of_no_record_fails(records: MemoryRecords) -> None:
    config: JsonObject = {"table": "leads", "values": {"status": "won"}}
    assert await run_node(ActionUpdateRecord(), config, records=records) == Fail(
        "this run is about none of the leads, so there is no record to change", code="no_record"
    )
    gone = await run_node(ActionUpdateRecord(), {**config, "record_id": "gone"}, records=records)
    assert gone == Fail("there is no record gone in leads", code="record_not_found")
    assert problems(ActionUpdateRecord(), {**config, "table": "messages"}) == [
        ("record_id", "is required: a run is about a lead or a conversation, never about a message")
    ]


async def test_an_id_that_came_out_as_nothing_never_means_the_run_s_own_record(records: MemoryRecords) -> None:
    for node, config in (
        (ActionUpdateRecord(), {"table": "leads", "record_id": None, "values": {"status": "won"}}),
        (ActionSendMessage(), {"conversation_id": None, "body": "x"}),
        (ActionSendMessage(), {"lead_id": None, "body": "x"}),
    ):
        with pytest.raises(ValidationError):
            await run_node(node, config, records=records, lead_id=LEAD)  # type: ignore[arg-type]
    assert records.writes == []


async def test_records_are_found_in_order(records: MemoryRecords) -> None:
    config: JsonObject = {
        "table": "conversations",
        "conditions": {"field": "lead_id", "operator": "equals", "value": LEAD},
        "order_by": "created_at",
        "descending": True,
        "limit": 2,
    }
    outcome = await run_node(ActionFindRecords(), config, records=records)
    assert isinstance(outcome, Continue)
    assert isinstance(outcome.output, dict)
    found: Any = outcome.output
    assert [row["id"] for row in found["records"]] == ["new", "sms"]
    assert (found["count"], found["first"]) == (2, found["records"][0])


async def test_finding_nothing_is_an_answer(records: MemoryRecords) -> None:
    conditions: JsonObject = {"field": "score", "operator": "greater_than", "value": 100}
    outcome = await run_node(ActionFindRecords(), {"table": "leads", "conditions": conditions}, records=records)
    assert outcome == Continue({"records": [], "count": 0, "first": None})


@pytest.mark.parametrize(
    "config",
    [
        {"table": "leads; drop table leads"},
        {"table": "a.b.c"},
        {"table": "leads", "limit": 0},
        {"table": "leads", "limit": 201},
        {"table": "leads", "order_by": "name; drop table leads"},
        {"table": "leads", "order_by": "new.name"},
    ],
)
def test_searches_that_are_refused(config: JsonObject) -> None:
    with pytest.raises(ValidationError):
        problems(ActionFindRecords(), config)


def test_conditions_of_a_search_are_checked() -> None:
    config: JsonObject = {"table": "leads", "conditions": {"field": "score", "operator": "over", "value": 1}}
    assert [field for field, _ in problems(ActionFindRecords(), config)] == ["conditions.operator"]


def message(conversation: str, **values: Any) -> JsonObject:
    return {
        "conversation_id": conversation,
        "lead_id": LEAD,
        "direction": "outbound",
        "sender_type": "automation",
        "channel": "chat",
        "body": "Hello",
        "status": "queued",
        "execution_id": StepContext().execution_id,
        **values,
    }


@pytest.mark.parametrize(
    ("context", "config", "row"),
    [
        ({"conversation_id": "old", "lead_id": LEAD}, {}, message("old")),
        ({"conversation_id": "nobody", "lead_id": None}, {}, message("nobody", lead_id=None)),
        ({"lead_id": LEAD}, {}, message("new")),
        ({"lead_id": LEAD}, {"channel": "sms"}, message("sms", channel="sms")),
        ({}, {"lead_id": LEAD}, message("new")),
        ({"conversation_id": "nobody", "lead_id": None}, {"lead_id": LEAD}, message("new")),
        ({"lead_id": OTHER}, {"conversation_id": "old"}, message("old")),
        ({"conversation_id": "old"}, {"channel": "email"}, message("old", channel="email")),
        ({}, {"conversation_id": "old", "lead_id": LEAD}, message("old")),
    ],
)
async def test_a_message_goes_to_the_conversation_that_is_meant(
    records: MemoryRecords, context: Any, config: JsonObject, row: JsonObject
) -> None:
    outcome = await run_node(ActionSendMessage(), {**config, "body": "Hello"}, records=records, **context)
    assert [(write.kind, write.table, write.values) for write in records.writes] == [("create", "messages", row)]
    assert outcome == Continue({"message": records.rows("messages")[0]})


@pytest.mark.parametrize("config", [{}, {"channel": "sms"}])
async def test_who_has_no_conversation_gets_one(records: MemoryRecords, config: JsonObject) -> None:
    await records.update("leads", OTHER, {"agent_id": "agent-1"})
    outcome = await run_node(
        ActionSendMessage(), {**config, "body": "Hello"}, records=records, lead_id=OTHER, conversation_id=None
    )
    begun, written = records.writes[1:]
    assert (begun.table, begun.values) == ("conversations", {"agent_id": "agent-1", "lead_id": OTHER, **config})
    assert written.values["conversation_id"] == records.rows("conversations")[-1]["id"]
    assert outcome == Continue({"message": records.rows("messages")[0]})


@pytest.mark.parametrize(
    ("context", "config", "failure"),
    [
        ({}, {}, Fail("this run is about no lead and no conversation, so there is nobody to write to", "no_record")),
        ({"lead_id": OTHER}, {}, Fail("Bob has no conversation", "no_conversation")),
        (
            {"lead_id": LEAD},
            {"channel": "fax", "begin": False},
            Fail("Ada has no conversation on fax", "no_conversation"),
        ),
        ({"lead_id": "gone"}, {}, Fail("there is no lead gone", "record_not_found")),
        ({"conversation_id": "gone"}, {}, Fail("there is no conversation gone", "record_not_found")),
        (
            {},
            {"conversation_id": "old", "lead_id": OTHER},
            Fail(f"conversation old is not with lead {OTHER}", "wrong_lead"),
        ),
        ({"lead_id": LEAD}, {"body": " \n"}, Fail("the text of the message is empty")),
    ],
)
async def test_a_message_to_nobody_fails(
    records: MemoryRecords, context: Any, config: JsonObject, failure: Fail
) -> None:
    outcome = await run_node(ActionSendMessage(), {"body": "Hello", **config}, records=records, **context)
    assert (outcome, records.writes) == (failure, [])
