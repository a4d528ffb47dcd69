"""Conditions in Python against a corpus of answers fixed by hand, and that the corpus would notice a changed operator.

`test_conditions_corpus.json` holds `[tree, context, holds]` a line; `tests/db/test_conditions_sql.py` runs it in SQL.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from automations.errors import StepError
from automations.flow import condition_operators as operators
from automations.flow import condition_times, condition_tree, condition_values, conditions
from automations.flow.condition_explain import Explanation, explain
from automations.flow.condition_operators import OPERATORS, Operator
from automations.flow.condition_times import instant_of
from automations.flow.condition_values import MISSING, fold_ascii, kind_of, load_json, order_of, same
from automations.flow.conditions import check_condition, compile_condition, finder

Case = tuple[Any, Any, bool]
CORPUS: list[Case] = [
    (tree, context, holds)
    for tree, context, holds in load_json(Path(__file__).with_name("test_conditions_corpus.json").read_text())
]


def holds(tree: object, context: Any) -> bool:
    try:
        return compile_condition(tree).holds(context)
    except StepError:
        return False


def test_the_corpus() -> None:
    wrong = [case for case in CORPUS if holds(case[0], case[1]) != case[2]]
    assert wrong == []


def test_explain_agrees_with_the_corpus() -> None:
    for tree, context, expected in CORPUS:
        explanation = explain(tree, context)
        assert explanation.holds == expected
        assert (explanation.first_false() is None) == expected
        assert explanation.text


def test_every_operator_is_in_the_corpus_with_both_answers() -> None:
    seen = {(str(tree.get("operator")), answer) for tree, _, answer in CORPUS if isinstance(tree, dict)}
    assert {(name, answer) for name in operators.OPERATOR_NAMES for answer in (True, False)} <= seen


# Mutants ------------------------------------------------------------------------------------------------------------


def _make(name: str, make: Callable[[Any], Callable[[Any], bool]]) -> Callable[[pytest.MonkeyPatch], None]:
    """The operators that share the maker of `name` are changed as well: they are each other's negation."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        patch.setitem(OPERATORS, name, dataclasses.replace(OPERATORS[name], make=make))

    return mutate


def _attribute(module: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(module, name, value)


def _everywhere(name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    def mutate(patch: pytest.MonkeyPatch) -> None:
        for module in (operators, condition_values, conditions, condition_times):
            if hasattr(module, name):
                patch.setattr(module, name, value)

    return mutate


def _number_as_float(value: Any) -> Any:
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def _order_by(key: Callable[[str], str | bytes]) -> Callable[[Any, Any], int | None]:
    def order(left: Any, right: Any) -> int | None:
        if isinstance(left, str) and isinstance(right, str):
            first, second = key(left), key(right)
            return -1 if sorted([first, second])[0] == first != second else int(first != second)
        return order_of(left, right)

    return order


def _order_across(left: Any, right: Any) -> int | None:
    if isinstance(left, str) != isinstance(right, str) and kind_of(left) in ("string", "number"):
        return order_of(str(left), str(right))
    return order_of(left, right)


def _order_with_booleans(left: Any, right: Any) -> int | None:
    return order_of(*(int(side) if isinstance(side, bool) else side for side in (left, right)))


def _time(change: Callable[[str], str]) -> Callable[[pytest.MonkeyPatch], None]:
    return _everywhere("instant_of", lambda text: instant_of(change(text)))


def _same_with(convert: Callable[[Any], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    return _everywhere("same", lambda left, right: same(convert(left), convert(right)))


def _finder_with_negative_indexes(path: tuple[str, ...]) -> Callable[[Any], Any]:
    def find(context: Any) -> Any:
        for key in path:
            try:
                context = context[int(key)] if isinstance(context, list) else context[key]
            except (KeyError, IndexError, ValueError, TypeError):
                return MISSING
        return context

    return find


def _finder_of_flat_keys(path: tuple[str, ...]) -> Callable[[Any], Any]:
    exact, flat = finder(path), ".".join(path)
    return lambda context: context[flat] if isinstance(context, dict) and flat in context else exact(context)


def _without_negation(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def mutate(patch: pytest.MonkeyPatch) -> None:
        patch.setitem(OPERATORS, name, dataclasses.replace(OPERATORS[name], negated=not OPERATORS[name].negated))

    return mutate


def _false_where_missing(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """`not_…` as SQL would have it if null were not handled: no match for what is missing."""
    exact = OPERATORS[name].make
    return _make(name, lambda expected: lambda actual: actual is MISSING or exact(expected)(actual))


COMPARISONS: dict[str, Callable[[int], bool]] = {
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
}
_DAYS_IN = condition_times._days_in
ORDERED = {"greater_than": ">", "greater_or_equal": ">=", "less_than": "<", "less_or_equal": "<="}


def _between(low: str, high: str) -> Callable[[Any], Callable[[Any], bool]]:
    def make(expected: Any) -> Callable[[Any], bool]:
        def test(actual: Any) -> bool:
            orders = order_of(actual, expected[0]), order_of(actual, expected[1])
            first, second = orders
            return first is not None and second is not None and COMPARISONS[low](first) and COMPARISONS[high](second)

        return test

    return make


def _is_empty_but(*exceptions: Any) -> Callable[[Any], Callable[[Any], bool]]:
    exact = OPERATORS["is_empty"].make(None)
    return lambda _expected: (
        lambda actual: (
            exact(actual) and not any(actual is item or (kind_of(item) and same(actual, item)) for item in exceptions)
        )
    )


def _changed(old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A text of `_changed_test` replaced: the operator is a closure, and every part of it has to matter."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        source = Path(conditions.__file__).read_text()
        assert source.count(old) == 1
        scope: dict[str, Any] = {"__name__": conditions.__name__}
        exec(compile(source.replace(old, new), conditions.__file__, "exec"), scope)
        patch.setattr(conditions, "_changed_test", scope["_changed_test"])

    return mutate


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{
        f"{name} is {sign}": _make(name, operators._ordered(accepts))
        for name, right in ORDERED.items()
        for sign, accepts in COMPARISONS.items()
        if sign != right
    },
    **{
        f"between is {low} and {high}": _make("between", _between(low, high))
        for low in (">", ">=", "<>")
        for high in ("<", "<=", "<>")
        if (low, high) != (">=", "<=")
    },
    **{f"{name}: without its negation": _without_negation(name) for name in OPERATORS},
    **{
        f"{name}: false where it is missing": _false_where_missing(name)
        for name in ("not_equals", "not_contains", "not_in", "not_exists")
    },
    **{
        f"{name} is {other}": _make(name, another.make)
        for name, operator in OPERATORS.items()
        for other, another in OPERATORS.items()
        if operator.needs == another.needs and operator.make is not another.make
    },
    **{f"{name} is never": _make(name, lambda _expected: lambda _actual: False) for name in OPERATORS},
    "equals: text as Python compares": _everywhere("same", lambda left, right: left == right),
    "equals: numbers as floats": _everywhere("number_of", _number_as_float),
    "equals: a text is a number": _same_with(lambda value: str(value) if isinstance(value, int) else value),
    "equals: true is 1": _same_with(lambda value: int(value) if isinstance(value, bool) else value),
    "equals: missing is null": _same_with(lambda value: None if value is MISSING else value),
    "equals: letter case ignored": _same_with(lambda value: value.lower() if isinstance(value, str) else value),
    "equals: blanks ignored": _same_with(lambda value: value.strip() if isinstance(value, str) else value),
    "equals: a list of one is its item": _same_with(
        lambda value: value[0] if isinstance(value, list) and len(value) == 1 else value
    ),
    "order: letter case ignored, as a locale does": _everywhere("order_of", _order_by(str.casefold)),
    "order: punctuation ignored, as a locale does": _everywhere(
        "order_of", _order_by(lambda text: re.sub(r"[\W_]", "", text))
    ),
    "order: letters before capitals": _everywhere("order_of", _order_by(str.swapcase)),
    "order: UTF-16 units": _everywhere("order_of", _order_by(lambda text: text.encode("utf-16-be"))),
    "order: numbers as floats": _everywhere("number_of", _number_as_float),
    "order: text against numbers": _everywhere("order_of", _order_across),
    "order: booleans are numbers": _everywhere("order_of", _order_with_booleans),
    "fold: not at all": _everywhere("fold", lambda value: value),
    "fold: all of Unicode": _everywhere("fold_ascii", str.lower),
    "fold: casefold": _everywhere("fold_ascii", str.casefold),
    "fold: not inside of lists": _everywhere(
        "fold", lambda value: fold_ascii(value) if isinstance(value, str) else value
    ),
    "contains: keys of objects": _make(
        "contains",
        lambda expected: (
            lambda actual: (
                (isinstance(actual, dict) and expected in actual) or OPERATORS["not_contains"].make(expected)(actual)
            )
        ),
    ),
    "contains: only text": _make("contains", lambda x: lambda a: isinstance(a, str) and isinstance(x, str) and x in a),
    "contains: only lists": _make("contains", lambda x: lambda a: isinstance(a, list) and any(same(i, x) for i in a)),
    "contains: not the empty text": _make(
        "contains", lambda x: lambda a: x != "" and OPERATORS["not_contains"].make(x)(a)
    ),
    "contains: a pattern": _make(
        "contains",
        lambda x: (
            lambda a: bool(
                (isinstance(a, str) and isinstance(x, str) and re.search(x, a)) or OPERATORS["not_contains"].make(x)(a)
            )
        ),
    ),
    "contains: members of members": _make(
        "contains",
        lambda x: (
            lambda a: (
                OPERATORS["not_contains"].make(x)(a)
                or (isinstance(a, list) and any(OPERATORS["not_contains"].make(x)(i) for i in a if isinstance(i, list)))
            )
        ),
    ),
    "in: missing is null": _make("in", lambda x: lambda a: any(same(None if a is MISSING else a, i) for i in x)),
    "in: as Python compares": _make("in", lambda x: lambda a: a in x),
    "not_in: as Python compares": _make("not_in", lambda x: lambda a: a in x),
    **{
        f"is_empty: not {example!r}": _make("is_empty", _is_empty_but(example))
        for example in tuple[Any, ...](([], {}, "", None, MISSING))
    },
    "is_empty: zero and false": _make("is_empty", lambda _: lambda actual: actual is MISSING or not actual),
    "is_empty: blanks": _make(
        "is_empty", lambda _: lambda actual: actual is MISSING or actual in (None, "", [], {}) or actual == " "
    ),
    "exists: not null": _make("exists", lambda _: lambda actual: actual is not MISSING and actual is not None),
    "is_true: what Python calls true": _make(
        "is_true", lambda _: lambda actual: actual is not MISSING and bool(actual)
    ),
    "is_true: 1 as well": _make("is_true", lambda _: lambda actual: actual == 1),
    "is_false: 0 as well": _make("is_false", lambda _: lambda actual: actual == 0),
    "is_true: the text as well": _make("is_true", lambda _: lambda actual: actual is True or actual == "true"),
    "before: the same time as well": _make("before", operators._timed(lambda a, b: a <= b)),
    "after: the same time as well": _make("after", operators._timed(lambda a, b: a >= b)),
    "time: zone ignored": _time(lambda text: text[:19]),
    "time: seconds of zone ignored": _time(lambda text: text[:-3] if text.count(":") == 4 else text),
    "time: lower case allowed": _time(str.upper),
    "time: blanks around allowed": _time(str.strip),
    "time: fraction cut": _time(lambda text: re.sub(r"\.\d+", "", text)),
    "time: leap second allowed": _time(lambda text: text.replace(":60", ":59")),
    "time: any digits": _time(lambda text: text.translate({0xFF10 + n: str(n) for n in range(10)})),
    "time: 24:00 allowed": _time(lambda text: text.replace("T24:00", "T23:59")),
    "time: every year divisible by 4 is a leap year": _attribute(
        condition_times, "_days_in", lambda year, month: 29 if (month, year % 4) == (2, 0) else _DAYS_IN(year, month)
    ),
    "time: 31 days in every month": _attribute(
        condition_times, "_days_in", lambda year, month: _DAYS_IN(year, month) if month == 2 else 31
    ),
    "path: indexes from the end": _everywhere("finder", _finder_with_negative_indexes),
    "path: keys with dots": _everywhere("finder", _finder_of_flat_keys),
    "changed: without a previous row": _changed(
        "if not isinstance(find_row(context), Mapping):", "if find_row(context) is None:"
    ),
    "changed: not when a key appears": _changed(
        "if (old is MISSING and new is MISSING) or", "if (old is MISSING or new is MISSING) or"
    ),
    "changed: always": _changed(
        "return False\n        return (from_ is MISSING", "pass\n        return (from_ is MISSING"
    ),
    "changed: from ignored": _changed("(from_ is MISSING or same(old, from_)) and", ""),
    "changed: to ignored": _changed("and (to is MISSING or same(new, to))", ""),
    "changed: from is null": _changed("(from_ is MISSING or same", "(from_ is None or same"),
    "changed: case": _changed("folded = fold if leaf.ignore_case else _as_is", "folded = _as_is"),
    "limits: deeper": _attribute(condition_tree, "DEEPEST", 21),
    "limits: less deep": _attribute(condition_tree, "DEEPEST", 19),
    "limits: more comparisons": _attribute(condition_tree, "MOST_LEAVES", 201),
    "limits: fewer comparisons": _attribute(condition_tree, "MOST_LEAVES", 199),
    "limits: longer text": _attribute(condition_tree, "LONGEST_STRING", 10_001),
    "limits: shorter text": _attribute(condition_tree, "LONGEST_STRING", 9_999),
    "limits: longer search": _attribute(condition_tree, "LONGEST_SEARCH", 501),
    "limits: shorter search": _attribute(condition_tree, "LONGEST_SEARCH", 499),
    "limits: longer path": _attribute(condition_tree, "LONGEST_PATH", 51),
    "limits: shorter path": _attribute(condition_tree, "LONGEST_PATH", 49),
    "limits: longer list": _attribute(condition_tree, "LONGEST_LIST", 1_001),
    "limits: shorter list": _attribute(condition_tree, "LONGEST_LIST", 999),
}


def _answer(case: Case) -> bool | None:
    """None: the mutant crashed, which no operator may do."""
    try:
        return holds(case[0], case[1])
    except (ValueError, TypeError):
        return None


@pytest.mark.parametrize("name", MUTANTS)
def test_a_changed_operator_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = dict(OPERATORS)
    with monkeypatch.context() as patch:
        MUTANTS[name](patch)
        noticed = any(_answer(case) != case[2] for case in (*CORPUS, *at_the_limits()))
    assert noticed, f"no case of the corpus tells this mutant from the real operator: {name}"
    assert exact == OPERATORS


# Limits, errors, texts ----------------------------------------------------------------------------------------------

TRUE = {"field": "t", "operator": "is_true"}


def nested(depth: int) -> Any:
    """A tree whose leaf is at `depth`; the root is at 1."""
    tree: Any = TRUE
    for _ in range(depth - 1):
        tree = {"all": [tree]}
    return tree


def at_the_limits() -> list[Case]:
    def text(operator: str, value: Any, answer: bool) -> Case:
        return {"field": "x", "operator": operator, "value": value}, {"x": "y", "t": True}, answer

    return [
        (nested(20), {"t": True}, True),
        (nested(21), {"t": True}, False),
        ({"all": [TRUE] * 200}, {"t": True}, True),
        ({"all": [TRUE] * 201}, {"t": True}, False),
        ({"all": [{"any": [TRUE] * 100}, {"not": {"all": [TRUE] * 101}}]}, {"t": False}, False),
        text("not_equals", "x" * 10_000, True),
        text("not_equals", "x" * 10_001, False),
        text("not_equals", "é" * 5_000, True),
        text("not_equals", "é" * 5_001, False),
        text("is_not_empty", "x" * 10_001, False),
        ({"field": "x" * 10_000, "operator": "not_exists"}, {}, True),
        ({"field": "x" * 10_001, "operator": "not_exists"}, {}, False),
        text("not_contains", "x" * 500, True),
        text("not_contains", "x" * 501, False),
        text("not_contains", ["x" * 501], True),
        text("not_in", ["x"] * 1_000, True),
        text("not_in", ["x"] * 1_001, False),
        ({"field": ".".join("x" * 50), "operator": "not_exists"}, {}, True),
        ({"field": ".".join("x" * 51), "operator": "not_exists"}, {}, False),
        ({"field": "new.x", "operator": "changed", "to": "x" * 10_001}, {}, False),
        ({"not": {"field": "new.x", "operator": "changed", "from": "x" * 10_001}}, {}, False),
        ({"not": {"field": "new.x", "operator": "changed", "from": "x" * 10_000}}, {}, True),
    ]


def test_limits() -> None:
    assert [case for case in at_the_limits() if holds(case[0], case[1]) != case[2]] == []


def test_a_deep_document_does_not_exhaust_the_stack() -> None:
    def deep() -> Any:
        value: Any = 1
        for _ in range(100_000):
            value = [value]
        return value

    condition = compile_condition({"field": "x", "operator": "equals", "value": deep()})
    assert condition.holds({"x": deep()})
    assert explain({"field": "x", "operator": "is_empty"}, {"x": deep()}).text


def test_values_that_are_no_json_never_match() -> None:
    for value in (float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), object(), b"x", (1,), {1}):
        for name, operator in OPERATORS.items():
            tree = {"field": "x", "operator": name, "value": [0, 1] if operator.needs in ("pair", "list") else 0}
            expected = name == "exists" or (operator.negated and name != "not_exists")
            assert compile_condition(tree).holds({"x": value}) == expected, (name, value)
            assert explain(tree, {"x": value}).holds == expected
            assert explain(tree, {"x": [value, 10**9_000]}).text


def test_a_malformed_tree_is_a_step_error() -> None:
    with pytest.raises(StepError, match="unknown operator 'greater'") as caught:
        compile_condition({"field": "a", "operator": "greater", "value": 1})
    assert caught.value.code == "condition"
    assert caught.value.hint == "did you mean 'greater_than'?"


@pytest.mark.parametrize(
    ("tree", "path", "message", "hint"),
    [
        ([], "if", "is an object", "write"),
        ({}, "if", "exactly one of", "write"),
        ({"all": [], "any": []}, "if", "this one has `all` and `any`", "write"),
        ({"all": {}}, "if.all", "needs a list", "between [ and ]"),
        ({"all": [TRUE, {"not": 1}]}, "if.all.1.not", "is an object", "write"),
        ({"field": "a", "operator": "eq", "value": 1}, "if.operator", "unknown operator 'eq'", "known are: equals"),
        ({"field": "", "operator": "exists"}, "if.field", "dotted path", "new.score"),
        ({"field": "{{ a }}", "operator": "exists"}, "if.field", "no template", "without"),
        ({"field": "a..b", "operator": "exists"}, "if.field", "empty part", "dot"),
        ({"field": "a", "operator": "equals"}, "if.value", "needs a value", "add"),
        ({"field": "a", "operator": "between", "value": 1}, "if.value", "list of two", "[10, 20]"),
        ({"field": "a", "operator": "between", "value": [1, "2"]}, "if.value", "different types", "two numbers"),
        ({"field": "a", "operator": "in", "value": "x"}, "if.value", "needs a list", '["new"'),
        ({"field": "a", "operator": "less_than", "value": True}, "if.value", "numbers or texts", "number"),
        ({"field": "a", "operator": "ends_with", "value": 1}, "if.value", "needs a text", "quotes"),
        ({"field": "a", "operator": "after", "value": "tomorrow"}, "if.value", "no time", "2026-01-31"),
        ({"field": "a", "operator": "changed"}, "if.field", "the new row", "new.<column>"),
        ({"field": "a", "operator": "exists", "to": 1}, "if.to", "belongs to `changed`", "remove"),
        ({"field": "a", "operator": "exists", "vaule": 1}, "if.vaule", "unknown key 'vaule'", "did you mean 'value'?"),
        ({"field": "a", "operator": "exists", "ignore_case": 1}, "if.ignore_case", "true or false", "quotes"),
        ({"all": [], "id": 1}, "if.id", "unknown key 'id'", "known are: all"),
        ({"all": [TRUE] * 201}, "if.all.200", "more than 200", "in"),
    ],
)
def test_problems_of_a_drawn_condition(tree: Any, path: str, message: str, hint: str) -> None:
    [(where, problem, what_to_do)] = check_condition(tree, "if")
    assert where == path
    assert message in problem
    assert hint in what_to_do


def test_templates_in_values() -> None:
    for operator in ("equals", "between", "in", "after", "ends_with", "less_than", "contains"):
        tree = {"field": "trigger.new.x", "operator": operator, "value": "{{ vars.x }}" + " " * 9_000}
        assert check_condition(tree, prefix="condition") == []
        [(path, message, _)] = check_condition(tree, prefix="conditions", templates=False)
        assert path == "conditions.value"
        assert "no templates" in message
    assert check_condition({"field": "a", "operator": "between", "value": ["{{ vars.a }}", 10]}) == []


def test_explanations() -> None:
    tree = {
        "all": [
            {"field": "new.status", "operator": "equals", "value": "open"},
            {"any": [{"field": "new.score", "operator": "greater_than", "value": 50}]},
            {"not": {"field": "new.tags", "operator": "contains", "value": "spam"}},
            {"field": "new.stage", "operator": "changed", "to": "won"},
        ]
    }
    context = {
        "new": {"status": "open", "score": 42, "tags": ["vip"], "stage": "won"},
        "previous": {"stage": "new"},
    }
    explanation = explain(tree, context)
    assert not explanation.holds
    assert explanation.text == "1 of these 4 do not hold"
    assert [child.holds for child in explanation.children] == [True, False, True, True]
    assert explanation.children[3].text == 'new.stage was "new" and is "won", so it changed to "won"'
    failed = explanation.first_false()
    assert failed is not None
    assert failed.text == "new.score is 42, which is not greater than 50"

    def text(actual: Any, operator: str, value: Any = None, **more: Any) -> str:
        context = {"new": {} if actual is MISSING else {"x": actual}}
        return explain({"field": "new.x", "operator": operator, "value": value, **more}, context).text

    assert text("70", "greater_than", 50) == (
        'new.x is "70", which is not greater than 50; a text is never compared with a number'
    )
    assert text(MISSING, "equals", "a") == 'new.x is missing, which is not equal to "a"'
    assert text("A", "equals", "a", ignore_case=True) == 'new.x is "A", which is equal to "a" (letter case ignored)'
    assert text(3, "between", [1, 5]) == "new.x is 3, which is between 1 and 5 (both included)"
    assert text(Decimal("1.50"), "less_than", 1) == "new.x is 1.50, which is not less than 1"
    assert text(1, "changed") == "new.x has nothing to be compared with: there is no previous row"
    assert len(text("x" * 1_000_000, "equals", ["y" * 1_000_000])) < 400
    assert explain({}, {}) == Explanation(
        False,
        "the condition is not valid: a condition needs exactly one of `all`, `any`, `not` and `field`",
        kind="malformed",
    )


def test_numbers_keep_their_digits() -> None:
    exact = load_json(b'{"a": 0.1234567890123456789012345678901, "b": 1e400, "c": ' + b"9" * 10_000 + b"}")
    assert exact["a"] == Decimal("0.1234567890123456789012345678901")
    assert exact["b"] == Decimal("1e400")
    assert same(exact["c"], Decimal("9" * 10_000))
    for text in ("NaN", "-Infinity", "1e9999999999999999999999", "{"):
        with pytest.raises(ValueError, match=r"."):
            load_json(text)


def test_operator_table_is_complete() -> None:
    assert all(isinstance(operator, Operator) for operator in OPERATORS.values())
    for name in ("not_equals", "not_contains", "not_in", "is_not_empty", "not_exists"):
        assert OPERATORS[name].negated
