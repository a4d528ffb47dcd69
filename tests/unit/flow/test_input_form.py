from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from automations.errors import Unusable
from automations.flow.input_form import form_of, read_input, read_words

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "offer": {"type": "string"},
        "discount": {"type": "integer", "minimum": 0, "maximum": 50, "default": 10},
        "kind": {"type": "string", "enum": ["mail", "call"]},
        "urgent": {"type": "boolean"},
    },
    "required": ["offer"],
}


def test_defaults_are_filled_in() -> None:
    assert read_input(SCHEMA, {"offer": "tea"}) == {"offer": "tea", "discount": 10}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "offer is missing"),
        ({"offer": 1}, "offer is not of type string"),
        ({"offer": "tea", "discount": 51}, "discount is above 50"),
        ({"offer": "tea", "discount": -1}, "discount is below 0"),
        ({"offer": "tea", "discount": True}, "discount is not of type integer"),
        ({"offer": "tea", "kind": "fax"}, "kind is none of mail, call"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Unusable, match=said) as refused:
        read_input(SCHEMA, given)
    assert "offer (string)" in (refused.value.hint or "")


def test_every_field_that_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(Unusable, match="offer is missing; discount is above 50"):
        read_input(SCHEMA, {"discount": 51})


def test_fields_that_the_form_does_not_have_are_refused_unless_the_schema_allows_them() -> None:
    with pytest.raises(Unusable, match="ofer is not asked for") as refused:
        read_input(SCHEMA, {"offer": "tea", "ofer": "x"})
    assert "offer (string), discount (integer)" in (refused.value.hint or "")
    with pytest.raises(Unusable, match="x is not asked for"):
        read_input({"properties": {}}, {"x": 1})
    assert read_input({**SCHEMA, "additionalProperties": True}, {"offer": "tea", "x": 1})["x"] == 1


def test_without_a_form_every_input_fits_unless_the_schema_forbids_it() -> None:
    assert read_input({}, {"x": 1}) == {"x": 1}
    with pytest.raises(Unusable, match="x is not asked for"):
        read_input({"additionalProperties": False}, {"x": 1})


def test_words_become_what_the_schema_asks_for() -> None:
    words = {"offer": "7", "discount": "7", "urgent": "yes", "other": "7"}
    assert read_words(SCHEMA, words) == {"offer": "7", "discount": 7, "urgent": True, "other": "7"}


def test_a_word_that_cannot_be_read_is_named() -> None:
    with pytest.raises(Unusable, match="discount='much' is not a integer"):
        read_words(SCHEMA, {"discount": "much"})


def test_a_form_that_runs_on_a_lead_needs_one() -> None:
    form = form_of("manual", {"record": "lead"})
    with pytest.raises(Unusable, match="runs on a lead"):
        form.require_record(lead_id=None, conversation_id=uuid4())
    form.require_record(lead_id=uuid4(), conversation_id=None)


def test_fields_are_judged_all_the_way_down() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "order": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
            "list": {"type": "array", "maxItems": 2, "items": {"type": "integer"}},
            "note": {"type": "string", "maxLength": 3},
        },
    }
    assert read_input(schema, {"order": {"n": 1}, "list": [1], "note": "abc"})["note"] == "abc"
    with pytest.raises(Unusable) as refused:
        read_input(schema, {"order": {"n": "x"}, "list": [1, "b", 3], "note": "abcd"})
    for said in ("order.n is not of type integer", "list has more than 2 items", "note has more than 3 characters"):
        assert said in refused.value.message
