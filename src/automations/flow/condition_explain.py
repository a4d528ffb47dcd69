"""Why a condition holds or does not, in plain English: the third interpreter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final, assert_never

from automations.errors import StepError
from automations.flow.condition_operators import CHANGED, OPERATORS
from automations.flow.condition_tree import Group, Leaf, Tree
from automations.flow.condition_values import MISSING, kind_of
from automations.flow.conditions import compile_condition, finder, previous_path, test_of

_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node of the tree: `text` names actual and expected values, `children` are its parts in order.

    Every part is judged, also those that no longer matter to the answer.
    """

    holds: bool
    text: str
    children: tuple[Explanation, ...] = ()
    kind: str = "leaf"

    def first_false(self) -> Explanation | None:
        """The part that explains a no: the first comparison (or whole `any`, `not`) that failed; None if it holds."""
        if self.holds:
            return None
        if self.kind == "all":
            for child in self.children:
                found = child.first_false()
                if found is not None:
                    return found
        if self.kind == "any" and len(self.children) == 1:
            return self.children[0].first_false()
        return self


def explain(tree: object, context: Any) -> Explanation:
    """Total: a malformed tree is an explanation that does not hold."""
    try:
        parsed = compile_condition(tree).tree
    except StepError as error:
        return Explanation(False, error.message, kind="malformed")
    return _explain(parsed, context)


def _explain(tree: Tree, context: Any) -> Explanation:
    match tree:
        case Leaf():
            holds = test_of(tree)(context)
            text = _changed_text(tree, context, holds) if tree.operator == CHANGED else _leaf_text(tree, context, holds)
            return Explanation(holds, text)
        case Group():
            children = tuple(_explain(child, context) for child in tree.children)
            answers = [child.holds for child in children]
            match tree.kind:
                case "all":
                    holds = all(answers)
                    count = answers.count(False)
                    text = "all of these hold" if holds else f"{count} of these {len(answers)} do not hold"
                    text = text if answers else "there is nothing that could fail"
                case "any":
                    holds = any(answers)
                    text = f"{answers.count(True)} of these {len(answers)} hold" if holds else "none of these holds"
                    text = text if answers else "there is nothing that could hold"
                case "not":
                    holds = not answers[0]
                    text = f"it has to be false that {children[0].text}"
                case _:
                    assert_never(tree.kind)
            return Explanation(holds, text, children, tree.kind)
        case _:
            assert_never(tree)


def _leaf_text(leaf: Leaf, context: Any, holds: bool) -> str:
    operator = OPERATORS[leaf.operator]
    actual = finder(leaf.path)(context)
    phrase = (operator.phrase if holds else operator.negative_phrase).format(_expected(leaf))
    text = f"{leaf.field} is {show(actual)}, which is {phrase}"
    if leaf.ignore_case:
        text += " (letter case ignored)"
    kinds = kind_of(actual), kind_of(leaf.value)
    if operator.needs in ("comparable", "any") and set(kinds) == {"number", "string"}:
        text += f"; a {_name(kinds[0])} is never compared with a {_name(kinds[1])}"
    return text


def _expected(leaf: Leaf) -> str:
    if isinstance(leaf.value, list) and leaf.operator == "between":
        return f"{show(leaf.value[0])} and {show(leaf.value[1])}"
    return show(leaf.value)


def _changed_text(leaf: Leaf, context: Any, holds: bool) -> str:
    before = previous_path(leaf.path)
    row = finder(before[: leaf.path.index("new") + 1])(context)
    if kind_of(row) != "object":
        return f"{leaf.field} has nothing to be compared with: there is no previous row"
    old, new = finder(before)(context), finder(leaf.path)(context)
    wanted = "".join(
        f" {word} {show(value)}" for word, value in (("from", leaf.from_), ("to", leaf.to)) if value is not MISSING
    )
    text = f"{leaf.field} was {show(old)} and is {show(new)}"
    return text + (", so it changed" if holds else ", so it did not change") + wanted


def _name(kind: str | None) -> str:
    return "text" if kind == "string" else str(kind)


def show(value: Any) -> str:
    """A value as JSON, shortened; `missing` for nothing."""
    if value is MISSING:
        return "missing"
    if isinstance(value, Decimal):
        return str(value)[:_LONGEST]
    text = json.dumps(_clip(value), ensure_ascii=False, default=_spell)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _clip(value: Any) -> Any:
    # A megabyte is not written out only to be cut, and a deep document must not exhaust the stack.
    match value:
        case str():
            return value[:_LONGEST]
        case int() if value.bit_length() > 10_000:
            return "a very large number"  # Python refuses to write it out
        case list():
            return [_clip(item) if not isinstance(item, list | dict) else _outline(item) for item in value[:20]]
        case dict():
            return {
                key: _outline(item) if isinstance(item, list | dict) else _clip(item)
                for key, item in islice(value.items(), 20)
            }
        case _:
            return value


def _outline(value: list[Any] | dict[str, Any]) -> str:
    return "[…]" if isinstance(value, list) else "{…}"


def _spell(value: object) -> Any:
    return float(value) if isinstance(value, Decimal) and value.is_finite() else str(value)
