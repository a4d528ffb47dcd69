"""The `pattern` of a JSON Schema: Rust's regular expressions, as long as they are small once they are written out.

They are linear in the text, whatever the pattern; but seven characters, `\\w{200}`, take 0.2 seconds to read and nine
megabytes to keep, so how large one becomes is estimated first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pydantic_core import SchemaError, SchemaValidator, core_schema

LONGEST: Final = 10_000
# About 4 MB, and 25 ms. A class of Unicode is what counts: there may be 100 of them.
MOST_WEIGHT: Final = 100_000
MOST_KEPT: Final = 64
# Of a flow: what one request has read stays until it is answered.
MOST_PATTERNS: Final = 60
_CLASSES: Final = {"w": 1_000, "W": 1_000, "p": 1_000, "P": 1_000, "d": 60, "D": 60, "s": 15, "S": 15}
_NEGATED: Final = 15
_FOLDED: Final = 8
_TIMES: Final = re.compile(r"\{(\d{1,9})?,?(\d{1,9})?\}")
# Flags that make letters stand for more, or blanks and comments for nothing.
_FOLDS: Final = re.compile(r"\(\?[a-zA-Z]*i")
_IS_FREE: Final = re.compile(r"\(\?[a-zA-Z]*x")


@lru_cache(maxsize=MOST_KEPT)
def read_pattern(pattern: str) -> SchemaValidator | None:
    """None for one that is not understood, or too large."""
    if len(pattern) > LONGEST or _IS_FREE.search(pattern) or _weight(pattern) > MOST_WEIGHT:
        return None
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:
        return None


def _weight(pattern: str) -> int:
    """Of what it becomes: repetitions are written out."""
    groups = [0]
    last = at = 0
    while at < len(pattern):
        times = _TIMES.match(pattern, at)
        if times is not None:
            often = max(int(times[1] or 1), int(times[2] or 1))
            groups[-1] += last * max(0, often - 1)
            last *= max(1, often)
            at = times.end()
            continue
        sign = pattern[at]
        if sign in "*+?|^$":
            at += 1
            continue
        if sign == "(":
            groups.append(0)
            at += 1
            continue
        if sign == ")" and len(groups) > 1:
            last, at = max(1, groups.pop()), at + 1
        elif sign == "[":
            last, at = _class(pattern, at)
        else:
            last, at = _one(pattern, at)
        groups[-1] += last
    return sum(groups) * (_FOLDED if _FOLDS.search(pattern) else 1)


def _one(pattern: str, at: int) -> tuple[int, int]:
    """The weight of a character or a named class, and where it ends."""
    if pattern[at] == "\\":
        name, end = pattern[at + 1 : at + 2], at + 2
        if pattern[end : end + 1] == "{" and name in ("p", "P", "x", "u", "U", "b"):
            end = (pattern.find("}", end) + 1) or len(pattern)
        return _CLASSES.get(name, 1), end
    return _NEGATED if pattern[at] == "." else 1 if pattern[at].isascii() else 5, at + 1


def _class(pattern: str, at: int) -> tuple[int, int]:
    weight = depth = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "[":
            depth, at = depth + 1, at + 1
            if pattern[at : at + 1] == "^":
                weight, at = weight + _NEGATED, at + 1
            # Here it is no end.
            if pattern[at : at + 1] == "]":
                at += 1
        elif sign == "]":
            depth, at = depth - 1, at + 1
            if not depth:
                break
        else:
            more, at = _one(pattern, at)
            weight += more
    return max(1, weight), at
