"""What a step produced must never keep its run from being written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from automations.db.json_text import JsonText, Unreadable, decode_json_for_people, encode_json


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, "x", None, True]}, {"a": [1, "x", None, True]}),
        ("nul \x00 here", "nul \ufffd here"),
        ({"k\x00": "v"}, {"k\ufffd": "v"}),
        ("a literal \\u0000 stays", "a literal \\u0000 stays"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ([float("nan"), float("inf")], [None, None]),
        (2**70, 2**70),
        (Decimal("1.5"), 1.5),
        ({1: "number as key"}, {"1": "number as key"}),
        ({"set": {1}}, {"set": "{1}"}),
        ((1, 2), [1, 2]),
    ],
)
def test_json_that_postgres_accepts(value: Any, expected: Any) -> None:
    text = encode_json(value)
    assert json.loads(text) == expected
    assert "\x00" not in text
    assert "\ud800" not in text


def test_text_that_is_json_already_is_passed_on() -> None:
    assert encode_json(JsonText('{"a":1}')) == '{"a":1}'


def test_a_value_that_contains_itself_does_not_end_in_a_recursion_error() -> None:
    value: dict[str, Any] = {}
    value["self"] = value
    assert json.loads(encode_json(value)) is not None


@pytest.mark.parametrize("levels", [151, 400, 1_100, 100_000])
def test_json_that_nothing_of_ours_can_walk_is_said_to_be_unreadable(levels: int) -> None:
    value = decode_json_for_people("[" * levels + "]" * levels)
    assert isinstance(value, Unreadable)
    assert value == {"unreadable": "nested too deeply to show"}


def test_json_that_can_be_shown_is_shown() -> None:
    assert decode_json_for_people("[" * 150 + "]" * 150)[0] is not None
    assert decode_json_for_people(f"[{10**400}]") == [10**400]
    assert decode_json_for_people(str("9" * 5_000)) == {"unreadable": "a number too long to show"}
