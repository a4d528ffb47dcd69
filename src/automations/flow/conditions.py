"""Conditions: one declarative JSON tree with three interpreters that agree on every input.

    {"all": [tree, …]}    every one holds (an empty list: true)
    {"any": [tree, …]}    at least one holds (an empty list: false)
    {"not": tree}
    {"field": "new.score", "operator": "greater_than", "value": 50, "ignore_case": false}

`field` is a dotted path into a JSON context, digits are list indexes. A trigger's context is its `trigger_data`
(`new.…`, `old.…`, `previous.…`, `changed`, `event`), a step's is its scope (`trigger.new.…`, `steps.x.…`, `vars.…`).
`changed` compares a field of `new` (or `trigger.new`) with the same field of `previous`; it may name `from` and `to`,
and is false when there is no previous row. `ignore_case` folds ASCII letters of strings, and of strings directly in a
list.

The interpreters: this module, `condition_explain`, and `automations.condition_holds` in `db/functions/conditions.sql`.
A tree that is malformed never matches in SQL; here it is a `StepError` of `compile_condition` and problems of
`check_condition`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from automations.errors import StepError
from automations.flow.condition_operators import CHANGED, OPERATORS, Test
from automations.flow.condition_tree import Group, Leaf, Tree, path_of, read_tree
from automations.flow.condition_values import MISSING, fold, same

Holds = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that is ready to be asked. `tree` is its parsed form."""

    tree: Tree
    holds: Holds

    def paths(self) -> set[tuple[str, ...]]:
        """Of every field that it asks for."""
        return set(_paths(self.tree))


def compile_condition(tree: object) -> Condition:
    """`StepError` (code `condition`) if the tree is malformed; whatever it is asked later, it answers."""
    parsed, problems = read_tree(tree)
    if parsed is None:
        _, message, hint = problems[0]
        raise StepError(f"the condition is not valid: {message}", hint=hint, code="condition")
    return Condition(parsed, test_of(parsed))


def check_condition(tree: object, prefix: str = "", *, templates: bool = True) -> list[tuple[str, str, str]]:
    """Problems of an unrendered tree as (dotted field path below `prefix`, message, hint).

    Stricter than `compile_condition`: it also reports what could never match. Values that hold a `{{ template }}` are
    judged when they are rendered; with `templates=False` (a trigger's conditions) they are problems.
    """
    _, problems = read_tree(tree, prefix, drawn=True, templates=templates)
    return problems


def _paths(tree: Tree) -> Iterator[tuple[str, ...]]:
    match tree:
        case Leaf():
            yield tree.path
        case Group():
            for child in tree.children:
                yield from _paths(child)
        case _:
            assert_never(tree)


def test_of(tree: Tree) -> Holds:
    match tree:
        case Leaf():
            return _changed_test(tree) if tree.operator == CHANGED else _leaf_test(tree)
        case Group():
            return _group_test(tree.kind, tuple(test_of(child) for child in tree.children))
        case _:
            assert_never(tree)


def _group_test(kind: Literal["all", "any", "not"], tests: tuple[Holds, ...]) -> Holds:
    # Plain loops: `all(test(context) for …)` costs a generator per call.
    match kind:
        case "all":

            def every(context: Any) -> bool:
                for test in tests:  # noqa: SIM110
                    if not test(context):
                        return False
                return True

            return every
        case "any":

            def some(context: Any) -> bool:
                for test in tests:  # noqa: SIM110
                    if test(context):
                        return True
                return False

            return some
        case "not":
            (only,) = tests
            return lambda context: not only(context)
        case _:
            assert_never(kind)


def _leaf_test(leaf: Leaf) -> Holds:
    operator = OPERATORS[leaf.operator]
    find = finder(leaf.path)
    value = fold(leaf.value) if leaf.ignore_case else leaf.value
    test: Test = operator.make(value)
    if leaf.ignore_case:
        exact = test

        def test(actual: Any) -> bool:
            return exact(fold(actual))

    if operator.negated:
        return lambda context: not test(find(context))
    return lambda context: test(find(context))


def _changed_test(leaf: Leaf) -> Holds:
    before = previous_path(leaf.path)
    find_row, find_before, find_now = finder(before[: leaf.path.index("new") + 1]), finder(before), finder(leaf.path)
    folded = fold if leaf.ignore_case else _as_is
    from_, to = folded(leaf.from_), folded(leaf.to)

    def changed(context: Any) -> bool:
        if not isinstance(find_row(context), Mapping):
            return False
        old, new = folded(find_before(context)), folded(find_now(context))
        if (old is MISSING and new is MISSING) or (old is not MISSING and new is not MISSING and same(old, new)):
            return False
        return (from_ is MISSING or same(old, from_)) and (to is MISSING or same(new, to))

    return changed


def previous_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Where the row before an update holds what `path` (`new.…` or `trigger.new.…`) names."""
    position = path.index("new")
    return (*path[:position], "previous", *path[position + 1 :])


def finder(path: tuple[str, ...]) -> Callable[[Any], Any]:
    """What is at `path` of a context, or `MISSING`; the `#>` of jsonb, save that a list index is digits only."""
    steps = tuple((key, _index_of(key)) for key in path)

    def find(context: Any) -> Any:
        value = context
        for key, index in steps:
            if type(value) is dict or isinstance(value, Mapping):
                value = value.get(key, MISSING)
            elif isinstance(value, list) and index is not None and index < len(value):
                value = value[index]
            else:
                return MISSING
        return value

    return find


def _index_of(key: str) -> int | None:
    if not (key.isascii() and key.isdigit()):
        return None
    digits = key.lstrip("0")
    return int(digits or "0") if len(digits) <= 10 else None


def _as_is(value: Any) -> Any:
    return value


__all__ = ["Condition", "check_condition", "compile_condition", "path_of"]
