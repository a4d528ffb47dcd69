"""Which writes of many runs go to the database as one statement, and what a condition implies of ids."""

from __future__ import annotations

from typing import Any

from automations.engine.operations import BULK_AT_MOST, database_failure, implied_keys, same_shape

A = "3f0c6a52-0000-4000-8000-00000000000a"


def update(record: str, account: str = "x", table: str = "leads", **values: Any) -> dict[str, Any]:
    return {"operation": "update", "table": table, "account_id": account, "id": record, "values": values}


def test_only_writes_of_one_account_table_and_set_of_columns_go_together() -> None:
    operations = [
        update("1", stage="a"),
        update("2", stage="b"),
        update("3", stage="b", score=1),
        update("4", account="y", stage="a"),
        update("5", table="messages", stage="a"),
        {"operation": "find", "table": "leads", "account_id": "x"},
        update("6", stage="c"),
    ]
    assert same_shape(operations) == [[0, 1, 6]]


def test_a_record_stands_once_in_a_statement() -> None:
    assert same_shape([update("1", stage="a"), update("2", stage="a"), update("1", stage="b")]) == [[0, 1]]


def test_creates_go_together_too() -> None:
    creates = [
        {"operation": "create", "table": "messages", "account_id": "x", "values": {"body": str(i)}} for i in range(3)
    ]
    assert same_shape(creates) == [[0, 1, 2]]


def test_statements_have_a_bounded_size_and_no_lonely_rest() -> None:
    operations = [update(str(i), stage="a") for i in range(2 * BULK_AT_MOST + 1)]
    chunks = same_shape(operations)
    assert [len(chunk) for chunk in chunks] == [BULK_AT_MOST, BULK_AT_MOST]


def test_ids_that_every_match_must_have() -> None:
    leaf: dict[str, Any] = {"field": "lead_id", "operator": "equals", "value": A}
    assert implied_keys(leaf) == {"lead_id": A}
    assert implied_keys({"all": [leaf, {"field": "channel", "operator": "equals", "value": "sms"}]}) == {"lead_id": A}


def test_nothing_is_implied_where_it_is_not_certain() -> None:
    leaf: dict[str, Any] = {"field": "lead_id", "operator": "equals", "value": A}
    trees: tuple[Any, ...] = (
        None,
        {"any": [leaf]},
        {"not": leaf},
        {**leaf, "operator": "not_equals"},
        {**leaf, "ignore_case": True},
        {**leaf, "value": A.upper()},
        {**leaf, "value": "not an id"},
        {**leaf, "value": None},
        "rubbish",
    )
    for tree in trees:
        assert implied_keys(tree) == {}


def test_errors_of_the_database_are_named() -> None:
    error = database_failure("23505", "duplicate key value violates unique constraint")
    assert (error.code, error.retryable) == ("duplicate", False)
    assert database_failure("XX000", "odd").code == "database"


def test_changes_that_depend_on_the_row_and_watched_tables_go_one_by_one() -> None:
    operations = [
        update("1", table="orders", stage="a"),
        update("2", table="orders", stage="b"),
        {**update("3", stage="a"), "operation": "change"},
        {**update("4", stage="a"), "operation": "change"},
    ]
    assert same_shape(operations) == []


def test_what_is_refused_has_a_code_of_its_own() -> None:
    assert [database_failure(code, "x").code for code in ("AU020", "AU028", "AU029")] == [
        "no_table",
        "protected_column",
        "wrong_type",
    ]
