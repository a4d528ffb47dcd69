"""Which answers of models fit which schemas, and what is said of those that do not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.flow.json_schema import misfits, schema_problem
from automations.flow.model_answers import json_of

PERSON: Any = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "kind": {"enum": ["lead", "client", None]},
        "mails": {
            "type": "array",
            "items": {"type": "object", "properties": {"to": {"type": "string"}}},
            "maxItems": 2,
        },
        "score": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "yes": {"const": True},
    },
    "required": ["name"],
    "additionalProperties": {"type": "string"},
}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Ada"},
        {"name": "Ada", "age": 5.0, "kind": None, "mails": [{"to": "x", "cc": 1}], "score": 1.5, "more": "x"},
        {"name": "Ada", "score": None, "yes": True, "mails": []},
    ],
)
def test_what_fits(value: Any) -> None:
    assert misfits(PERSON, value) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], ["the answer is not of type object"]),
        ({}, ["name is missing"]),
        ({"name": "A"}, ["name has fewer than 2 characters"]),
        ({"name": "Ada", "age": True}, ["age is not of type integer"]),
        ({"name": "Ada", "age": 151}, ["age is above 150"]),
        ({"name": "Ada", "age": 1.5}, ["age is not of type integer"]),
        ({"name": "Ada", "kind": "x"}, ["kind is none of lead, client, None"]),
        (
            {"name": "Ada", "mails": [{"to": 1}, {}, {}]},
            ["mails has more than 2 items", "mails[0].to is not of type string"],
        ),
        ({"name": "Ada", "score": "high"}, ["score fits none of the kinds it may be"]),
        ({"name": "Ada", "yes": 1}, ["yes is not True"]),
        ({"name": "Ada", "more": 1}, ["more is not of type string"]),
    ],
)
def test_what_does_not(value: Any, said: list[str]) -> None:
    assert misfits(PERSON, value) == said


def test_only_the_first_problems_are_told() -> None:
    assert len(misfits({"items": {"type": "string"}}, list(range(100)))) == 5


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "the schema is not an object"),
        ({"type": "text"}, "the schema has a type that is not one of"),
        ({"properties": {"a": {"items": {"$ref": "#"}}}}, "a.items uses $ref"),
        ({"anyOf": [{}, {"if": {}}]}, "anyOf.1 uses if"),
        ({"required": "a"}, "required of the schema is not a list"),
        ({"properties": []}, "properties of the schema is not an object"),
    ],
)
def test_what_is_no_schema_to_judge_by(schema: Any, said: str) -> None:
    assert said in (schema_problem(schema) or "")


def test_a_schema_may_be_nested_only_so_deeply() -> None:
    schema: dict[str, Any] = {}
    for _ in range(500):
        schema = {"items": schema}
    assert "levels deep" in (schema_problem(schema) or "")


WORDS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "anyOf",
        "minimum",
        "maxLength",
        "minItems",
        "a",
        "b",
        "object",
        "array",
        "string",
        "number",
        "integer",
        "null",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


@given(JSON, JSON)
def test_any_schema_is_judged_and_any_value_too(schema: Any, value: Any) -> None:
    if schema_problem(schema) is None:
        assert isinstance(misfits(schema, value), list)


@given(st.text())
def test_any_text_is_json_or_a_value_error(text: str) -> None:
    for one in (text, f"```json\n{text}\n```", f'{{"a": {text}'):
        with suppress(ValueError):
            json_of(one)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "NaN", "Infinity", "", "{} {}"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_of(text)


@pytest.mark.parametrize(
    ("schema", "fits", "said"),
    [
        ({"exclusiveMinimum": 0}, [1, "x"], {0: "is not above 0", -4: "is not above 0"}),
        ({"exclusiveMaximum": 5}, [4.9], {5: "is not below 5"}),
        ({"multipleOf": 0.1}, [0.3, 7], {0.25: "is not a multiple of 0.1"}),
        ({"pattern": "^a+$"}, ["aa", 7], {"ab": "does not match"}),
        ({"pattern": "(a+)+$"}, ["a" * 50], {"a" * 50_000 + "b": "does not match"}),
        ({"format": "email"}, ["a@b.example", 7], {"a@": "is no email", "a b@c": "is no email"}),
        ({"format": "date"}, ["2026-01-05"], {"5.1.2026": "is no date"}),
        ({"format": "date-time"}, ["2026-01-05T09:00:00Z"], {"soon": "is no date-time"}),
        ({"format": "phone"}, ["whatever"], {}),
        ({"uniqueItems": True}, [[1, True, "1"]], {}),
        ({"maxProperties": 1}, [{"a": 1}], {}),
        ({"oneOf": [{"type": "string"}, {"minimum": 5}]}, [7], {3: "none of the kinds", "x": "several of the kinds"}),
        ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, [2], {4: "is above 3"}),
        ({"not": {"enum": [1]}}, [2], {1: "must not be"}),
    ],
)
def test_what_else_is_judged(schema: Any, fits: list[Any], said: dict[Any, str]) -> None:
    assert schema_problem(schema) is None
    for value in fits:
        assert misfits(schema, value) == [], value
    for value, text in said.items():
        assert text in misfits(schema, value)[0], value
    assert misfits({"uniqueItems": True}, [{"a": 1}, {"a": 1}]) == ["the answer has an item twice"]


def test_a_pattern_that_cannot_be_judged_is_refused() -> None:
    for pattern in ("(?=a)b", "(a)\\1", "("):
        assert "cannot be read" in (schema_problem({"properties": {"p": {"pattern": pattern}}}) or "")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"items": {"enum": list(range(100_000))}}, [99_999] * 200_000),
        ({"items": {"anyOf": [{"const": number} for number in range(20_000)]}}, [19_999] * 200_000),
        ({"items": {"required": ["a"] * 100_000}}, [{"a": 1}] * 200_000),
        ({"allOf": [{"pattern": "^a*$"}] * 20_000}, "a" * 1_000_000),
        ({"allOf": [{"pattern": f"^a*b{{0,{number}}}$"} for number in range(100)]}, "a"),
    ],
)
def test_what_would_take_hours_is_refused(schema: Any, value: Any) -> None:
    assert misfits(schema, value) == ["there is too much of it to be judged by this schema"]


def test_what_a_body_can_hold_is_judged() -> None:
    rows: Any = [{"id": number, "name": "Ada", "kind": "lead"} for number in range(100_000)]
    assert misfits({"type": "array", "items": {**PERSON, "required": [], "additionalProperties": True}}, rows) == []


def test_a_pattern_that_cannot_be_read_lets_nothing_pass() -> None:
    assert misfits({"pattern": r"\w{200}"}, "a") == ["the answer cannot be judged: its pattern cannot be read"]


def test_a_schema_has_so_many_patterns() -> None:
    properties = {f"p{number}": {"pattern": f"^a{{{number}}}$"} for number in range(61)}
    assert "60 patterns" in (schema_problem({"properties": properties}) or "")
    properties.popitem()
    assert schema_problem({"properties": properties}) is None
