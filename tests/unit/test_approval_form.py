"""Whatever somebody wrote into a schema, its form is drawn without markup of its own, and can be read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.api.approval_form import fields_html, read_answer
from automations.errors import Unusable

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
WORDS = ("type", "enum", "title", "description", "default", "format", "minimum", "maximum", "maxLength")
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array"])
SCHEMA = st.dictionaries(st.sampled_from(WORDS), JSON | TYPES | st.lists(TYPES, max_size=2), max_size=5)
TAGS = re.compile(r"</?(label|span|small|input|select|option|textarea)\b[^<>]*>")


@given(properties=JSON | st.dictionaries(st.text(), SCHEMA | JSON, max_size=4), required=JSON | st.lists(st.text()))
def test_any_schema_is_drawn_and_read(properties: Any, required: Any) -> None:
    form = {"properties": properties, "required": required}
    drawn = fields_html(form, None)
    assert not re.search("[<>]", TAGS.sub("", drawn))
    keys = re.findall(r' name="(field-\d+)"', drawn)
    assert len(keys) == (len(properties) if isinstance(properties, dict) else 0)
    assert set(read_answer(form, {})) <= set(properties if isinstance(properties, dict) else ())
    fields_html(form, dict.fromkeys(keys, '"><b>'))


@given(text=st.text(min_size=1), schema=SCHEMA)
def test_anything_may_be_sent_back(text: str, schema: Any) -> None:
    try:
        found = read_answer({"properties": {"one": schema}}, {"field-0": text})
    except Unusable:
        return
    assert set(found) == {"one"}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, " 20 ", 20),
        ({"type": "integer"}, "x", "x"),
        ({"type": ["number", "null"]}, "1.5", 1.5),
        ({"type": "string"}, "20", "20"),
        ({"type": "boolean"}, "yes", True),
        ({"type": "array"}, '["a", 5]', ["a", 5]),
        ({"enum": ["a", None]}, "1", None),
        ({"enum": ["a"]}, "9", "9"),
        ({}, "{}", {}),
    ],
)
def test_a_text_becomes_what_the_schema_asks_for(schema: Any, text: str, value: Any) -> None:
    assert read_answer({"properties": {"one": schema}}, {"field-0": text}) == {"one": value}
