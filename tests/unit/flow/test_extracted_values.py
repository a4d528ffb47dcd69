"""Values that a model read, held to their types."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.flow.extracted_values import FieldKind, read_value

KINDS: Any = st.sampled_from(get_args(FieldKind))
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@given(KINDS, VALUES)
def test_whatever_comes_is_a_value_of_the_kind_or_none_or_refused(kind: FieldKind, value: Any) -> None:
    try:
        read = read_value(kind, value, ("Basic", "Pro"))
    except ValueError as error:
        assert str(error).startswith("is ")  # noqa: PT017
        return
    if read is None:
        return
    fits: dict[str, Any] = {
        "text": lambda: isinstance(read, str) and read,
        "number": lambda: isinstance(read, int | float) and not isinstance(read, bool),
        "integer": lambda: isinstance(read, int) and not isinstance(read, bool),
        "boolean": lambda: isinstance(read, bool),
        "date": lambda: date.fromisoformat(str(read)).isoformat() == read,
        "enum": lambda: read in ("Basic", "Pro"),
        "list": lambda: isinstance(read, list) and read and all(isinstance(item, str) and item for item in read),
    }
    assert fits[kind]()


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("number", "1200.50", 1200.5),
        ("number", 3.0, 3),
        ("integer", " 12 ", 12),
        ("boolean", "no", False),
        ("date", "2026-12-01T23:30:00-08:00", "2026-12-01"),
        ("enum", " PRO", "Pro"),
        ("list", ["a", None, " ", 5], ["a", "5"]),
        ("list", [], None),
        ("text", 5, "5"),
    ],
)
def test_what_is_meant_is_taken(kind: FieldKind, value: Any, read: Any) -> None:
    assert read_value(kind, value, ("Basic", "Pro")) == read


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "1,200 EUR"),
        ("number", True),
        ("number", "NaN"),
        ("integer", 1.5),
        ("integer", 1e300),
        ("boolean", 1),
        ("date", "1 December"),
        ("date", "2026-02-30"),
        ("enum", "Gold"),
        ("text", {"a": 1}),
        ("list", [["a"]]),
    ],
)
def test_what_is_of_another_kind_is_refused(kind: FieldKind, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        read_value(kind, value, ("Basic", "Pro"))
