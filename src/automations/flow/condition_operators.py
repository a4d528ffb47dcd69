"""The operators of conditions: what each needs as its value, and the test it makes of it.

Every test is total: a value of the wrong type, or none at all, is simply no match. `not_equals`, `not_contains` and
`not_in` are the exact negation of their positive forms, so they do match what is missing or of another type;
`is_not_empty` and `not_exists` are exact negations, too. The twin in SQL is `automations.condition_leaf`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from automations.flow.condition_times import instant_of
from automations.flow.condition_values import MISSING, order_of, same

Test = Callable[[Any], bool]
Needs = Literal["nothing", "any", "comparable", "pair", "list", "text", "time"]


@dataclass(frozen=True, slots=True)
class Operator:
    """`make(value)` gives the test of the positive form; `phrase` completes "new.score is 42, which is …"."""

    needs: Needs
    make: Callable[[Any], Test]
    phrase: str
    negative_phrase: str
    negated: bool = False


def _equals(expected: Any) -> Test:
    return lambda actual: same(actual, expected)


def _ordered(accepts: Callable[[int], bool]) -> Callable[[Any], Test]:
    def make(expected: Any) -> Test:
        def test(actual: Any) -> bool:
            order = order_of(actual, expected)
            return order is not None and accepts(order)

        return test

    return make


def _between(expected: Any) -> Test:
    low, high = expected

    def test(actual: Any) -> bool:
        from_low = order_of(actual, low)
        if from_low is None or from_low < 0:
            return False
        from_high = order_of(actual, high)
        return from_high is not None and from_high <= 0

    return test


def _contains(expected: Any) -> Test:
    def test(actual: Any) -> bool:
        if isinstance(actual, str):
            return isinstance(expected, str) and expected in actual
        return isinstance(actual, list) and any(same(item, expected) for item in actual)

    return test


def _starts_with(expected: Any) -> Test:
    return lambda actual: isinstance(actual, str) and isinstance(expected, str) and actual.startswith(expected)


def _ends_with(expected: Any) -> Test:
    return lambda actual: isinstance(actual, str) and isinstance(expected, str) and actual.endswith(expected)


def _in(expected: Any) -> Test:
    return lambda actual: any(same(actual, item) for item in expected)


def _is_empty(_expected: Any) -> Test:
    return lambda actual: actual is MISSING or actual is None or (isinstance(actual, str | list | dict) and not actual)


def _exists(_expected: Any) -> Test:
    return lambda actual: actual is not MISSING


def _is(wanted: bool) -> Callable[[Any], Test]:
    return lambda _expected: lambda actual: actual is wanted


def _timed(accepts: Callable[[int, int], bool]) -> Callable[[Any], Test]:
    def make(expected: Any) -> Test:
        limit = instant_of(expected) if isinstance(expected, str) else None

        def test(actual: Any) -> bool:
            if limit is None or not isinstance(actual, str):
                return False
            instant = instant_of(actual)
            return instant is not None and accepts(instant, limit)

        return test

    return make


OPERATORS: Final[dict[str, Operator]] = {
    "equals": Operator("any", _equals, "equal to {}", "not equal to {}"),
    "not_equals": Operator("any", _equals, "not equal to {}", "equal to {}", negated=True),
    "greater_than": Operator("comparable", _ordered(lambda o: o > 0), "greater than {}", "not greater than {}"),
    "greater_or_equal": Operator("comparable", _ordered(lambda o: o >= 0), "at least {}", "not at least {}"),
    "less_than": Operator("comparable", _ordered(lambda o: o < 0), "less than {}", "not less than {}"),
    "less_or_equal": Operator("comparable", _ordered(lambda o: o <= 0), "at most {}", "not at most {}"),
    "between": Operator("pair", _between, "between {} (both included)", "not between {} (both included)"),
    "contains": Operator("any", _contains, "something that contains {}", "nothing that contains {}"),
    "not_contains": Operator("any", _contains, "nothing that contains {}", "something that contains {}", negated=True),
    "starts_with": Operator("text", _starts_with, "a text that starts with {}", "no text that starts with {}"),
    "ends_with": Operator("text", _ends_with, "a text that ends with {}", "no text that ends with {}"),
    "in": Operator("list", _in, "one of {}", "none of {}"),
    "not_in": Operator("list", _in, "none of {}", "one of {}", negated=True),
    "is_empty": Operator("nothing", _is_empty, "empty", "not empty"),
    "is_not_empty": Operator("nothing", _is_empty, "not empty", "empty", negated=True),
    "exists": Operator("nothing", _exists, "there", "not there"),
    "not_exists": Operator("nothing", _exists, "not there", "there", negated=True),
    "is_true": Operator("nothing", _is(True), "true", "not true"),
    "is_false": Operator("nothing", _is(False), "false", "not false"),
    "before": Operator("time", _timed(lambda a, b: a < b), "before {}", "no time before {}"),
    "after": Operator("time", _timed(lambda a, b: a > b), "after {}", "no time after {}"),
}
"""All but `changed`, which looks at two places of the context and is in `conditions`."""

CHANGED: Final = "changed"
OPERATOR_NAMES: Final = (*OPERATORS, CHANGED)
