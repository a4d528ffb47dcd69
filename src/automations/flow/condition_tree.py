"""Reads a condition tree: what is malformed (never a match, in every interpreter) and what a drawn one should not hold.

The limits and the rules of form are repeated in `automations.condition_node` and `automations.condition_leaf`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, assert_never

from automations.flow.condition_operators import CHANGED, OPERATOR_NAMES, OPERATORS
from automations.flow.condition_times import instant_of
from automations.flow.condition_values import MISSING, kind_of

DEEPEST: Final = 20
MOST_LEAVES: Final = 200
LONGEST_STRING: Final = 10_000
"""Bytes of UTF-8."""
LONGEST_PATH: Final = 50
LONGEST_LIST: Final = 1_000
LONGEST_SEARCH: Final = 500
"""Bytes of UTF-8. PostgreSQL's search can cost text times search text, and it runs in a writer's transaction."""

_GROUPS: Final = ("all", "any", "not")
_LEAF_KEYS: Final = ("field", "operator", "value", "ignore_case", "from", "to")


@dataclass(frozen=True, slots=True)
class Leaf:
    """`from_` and `to` belong to `changed`; `MISSING` where the tree does not name them."""

    field: str
    operator: str
    path: tuple[str, ...]
    value: Any = MISSING
    ignore_case: bool = False
    from_: Any = MISSING
    to: Any = MISSING


@dataclass(frozen=True, slots=True)
class Group:
    kind: Literal["all", "any", "not"]
    children: tuple[Leaf | Group, ...]


Tree = Leaf | Group


def path_of(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split("."))


def read_tree(
    tree: object, prefix: str = "", *, drawn: bool = False, templates: bool = True
) -> tuple[Tree | None, list[tuple[str, str, str]]]:
    """The parsed tree, None if it is malformed, and the problems as (dotted path, message, hint).

    `drawn`: an author's tree before rendering; then what could never match is a problem as well, and a value that is a
    `{{ template }}` is taken to have the right shape if `templates` are rendered here at all.
    """
    reader = _Reader(drawn, templates)
    parsed = reader.node(tree, prefix, 1)
    return (None if reader.malformed else parsed), reader.problems


@dataclass(slots=True)
class _Reader:
    drawn: bool
    templates: bool
    malformed: bool = False
    leaves: int = 0
    problems: list[tuple[str, str, str]] = field(default_factory=list)

    def wrong(self, path: str, message: str, hint: str) -> None:
        self.malformed = True
        self.problems.append((path, message, hint))

    def advise(self, path: str, message: str, hint: str) -> None:
        if self.drawn:
            self.problems.append((path, message, hint))

    def node(self, tree: object, path: str, depth: int) -> Tree | None:
        if not isinstance(tree, dict):
            self.wrong(path, "a condition is an object", 'write {"field": …, "operator": …} or {"all": […]}')
            return None
        if depth > DEEPEST:
            self.wrong(path, f"nested deeper than {DEEPEST} levels", "flatten the groups, or use two steps")
            return None
        kinds = [key for key in (*_GROUPS, "field") if key in tree]
        if len(kinds) != 1:
            self.wrong(
                path,
                "a condition needs exactly one of `all`, `any`, `not` and `field`"
                + (f"; this one has {_names(kinds)}" if kinds else ""),
                'write {"field": …, "operator": …} for a comparison, {"all": […]} or {"any": […]} for a group',
            )
            return None
        if kinds == ["field"]:
            return self.leaf(tree, path)
        self.unknown_keys(tree, path, (kinds[0],))
        return self.group(kinds[0], tree[kinds[0]], _below(path, kinds[0]), depth)

    def group(self, kind: str, content: object, path: str, depth: int) -> Group | None:
        if kind == "not":
            child = self.node(content, path, depth + 1)
            return Group("not", (child,)) if child is not None else None
        if not isinstance(content, list):
            self.wrong(path, f"`{kind}` needs a list of conditions", "put the conditions between [ and ]")
            return None
        children: list[Tree] = []
        for position, item in enumerate(content):
            child = self.node(item, f"{path}.{position}", depth + 1)
            if child is not None:
                children.append(child)
            if self.leaves > MOST_LEAVES:
                break
        return Group("all" if kind == "all" else "any", tuple(children))

    def leaf(self, tree: dict[str, Any], path: str) -> Leaf | None:
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            if self.leaves == MOST_LEAVES + 1:
                self.wrong(path, f"more than {MOST_LEAVES} comparisons", "use `in` with a list, or several steps")
            return None
        known = len(self.problems)
        name, dotted = tree.get("operator"), tree["field"]
        if not isinstance(name, str) or name not in OPERATOR_NAMES:
            self.wrong(_below(path, "operator"), f"unknown operator {name!r}", _suggest(name, OPERATOR_NAMES))
            return None
        if not isinstance(dotted, str) or not dotted:
            self.wrong(_below(path, "field"), "the field is a dotted path", 'for example "new.score"')
            return None
        self.unknown_keys(tree, path, _LEAF_KEYS)
        self.field(dotted, name, _below(path, "field"))
        if not isinstance(tree.get("ignore_case", False), bool):
            self.wrong(_below(path, "ignore_case"), "`ignore_case` is true or false", "write it without quotes")
        value = tree.get("value", MISSING)
        self.value(name, value, _below(path, "value"))
        from_, to = (tree.get(key, MISSING) if name == CHANGED else MISSING for key in ("from", "to"))
        for key, end in (("from", from_), ("to", to)):
            self.string(end, _below(path, key))
            if key in tree and name != CHANGED:
                self.advise(_below(path, key), f"`{key}` belongs to `changed` only", "remove it")
        if self.malformed and len(self.problems) > known:
            return None
        return Leaf(dotted, name, path_of(dotted), value, tree.get("ignore_case", False), from_, to)

    def field(self, dotted: str, operator: str, path: str) -> None:
        self.string(dotted, path)
        segments = path_of(dotted)
        if len(segments) > LONGEST_PATH:
            self.wrong(path, f"a path of more than {LONGEST_PATH} parts", "shorten the path")
        if operator == CHANGED and segments[0] != "new" and segments[:2] != ("trigger", "new"):
            self.wrong(path, "`changed` needs a field of the new row", "write new.<column>, or trigger.new.<column>")
        if "{{" in dotted:
            self.advise(path, "the field is a path, no template", "write it without {{ and }}")
        elif "" in segments:
            self.advise(path, "the path has an empty part", "remove the extra dot")

    def value(self, operator: str, value: Any, path: str) -> None:
        needs = "nothing" if operator == CHANGED else OPERATORS[operator].needs
        if needs == "nothing":
            self.string(value, path)
            return
        if value is MISSING:
            self.wrong(path, f"`{operator}` needs a value", "add `value`")
            return
        if self.drawn and isinstance(value, str) and "{{" in value:
            if not self.templates:
                self.wrong(path, "this condition holds no templates", "compare with a fixed value")
            return
        limit = LONGEST_SEARCH if operator in ("contains", "not_contains") else LONGEST_STRING
        self.string(value, path, limit)
        match needs:
            case "pair":
                if not isinstance(value, list) or len(value) != 2:
                    self.wrong(path, "`between` needs a list of two values", "for example [10, 20]")
                elif not self.has_template(value) and kind_of(value[0]) != kind_of(value[1]):
                    self.advise(path, "the two ends are of different types", "use two numbers or two texts")
            case "list":
                if not isinstance(value, list):
                    self.wrong(path, f"`{operator}` needs a list of values", 'for example ["new", "open"]')
                elif len(value) > LONGEST_LIST:
                    self.wrong(path, f"more than {LONGEST_LIST} values", "shorten the list")
            case "comparable":
                if kind_of(value) not in ("number", "string"):
                    self.advise(path, f"`{operator}` compares numbers or texts", "use a number or a text")
            case "text":
                if not isinstance(value, str):
                    self.advise(path, f"`{operator}` needs a text", "put the value between quotes")
            case "time":
                if not isinstance(value, str) or instant_of(value) is None:
                    self.advise(path, "this is no time", "write 2026-01-31 or 2026-01-31T09:30:00Z")
            case "any":
                pass
            case _:
                assert_never(needs)

    def string(self, value: Any, path: str, limit: int = LONGEST_STRING) -> None:
        # `len` first: most strings are short, and characters never outnumber bytes.
        if isinstance(value, str) and (
            len(value) > limit or (4 * len(value) > limit and len(value.encode("utf-8", "surrogatepass")) > limit)
        ):
            self.wrong(path, f"longer than {limit:,} bytes", "shorten the text")

    def has_template(self, values: list[Any]) -> bool:
        return self.templates and any(isinstance(value, str) and "{{" in value for value in values)

    def unknown_keys(self, tree: dict[str, Any], path: str, known: tuple[str, ...]) -> None:
        for key in tree:
            if key not in known:
                self.advise(_below(path, key), f"unknown key {key!r}", _suggest(key, known))


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _names(keys: Iterable[str]) -> str:
    return " and ".join(f"`{key}`" for key in keys)


def _suggest(given: object, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(str(given)[:100], known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"
