"""Which patterns are read: those that stay small once their repetitions are written out."""

from __future__ import annotations

import pytest

from automations.flow.text_pattern import read_pattern


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (r"^\+?[0-9]{7,15}$", "+4369912345678", "12"),
        (r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0f78e3aa-656d-468b-a4ab-8283027346c9", "0f78"),
        (r"^\w{3,64}$", "ada_lovelace", "a"),
        (r"^[\w.+-]{1,64}@[\w-]+(\.[\w-]+)*$", "ada.l@example.com", "ada"),
        (r"^\p{Lu}\p{L}{0,40}$", "Émilie", "ada"),
        (r"^[]^-]{2}$", "]-", "ab"),
        (r"^(?i)yes|no$", "YES", "maybe"),
        (r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$", "2026-11-26T20:00", "today"),
        (r"^[^\s@]{1,200}$", "x", "a b"),
        (r"^.{1,1000}$", "a", ""),
        (r"^[[:alpha:]]{1,50}\}$", "ab}", "1"),
        (r"^\x{41}\\{2}$", "A\\\\", "A"),
    ],
)
def test_what_people_write_is_read(pattern: str, fits: str, does_not: str) -> None:
    judge = read_pattern(pattern)
    assert judge is not None
    assert judge.isinstance_python(fits)
    assert not judge.isinstance_python(does_not)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w{200}",
        r"(\w{15}){15}",
        r"\w{15}{15}",
        r"\w+{200}",
        r"((a{100}){100}){100}",
        r"(x{0,500}){0,300}",
        r"[^\w]{150}",
        r"[[a]\w]{150}",
        r"(?i)[a-z]{5000}",
        r"(?x) \w {200}",
        r"(?sx)a",
        r"\p{L}{150}",
        r"a{1000000000}",
        "(?:" * 50 + r"\w" + "{2})" * 50,
        "a" * 20_000,
        r"(?=a)b",
        r"(a)\1",
    ],
)
def test_what_becomes_large_is_not(pattern: str) -> None:
    assert read_pattern(pattern) is None
