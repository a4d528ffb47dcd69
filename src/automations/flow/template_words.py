"""Filters, tests and functions that a piece of code names: the engine knows them, the parser does not ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from automations.flow.expression_catalogue import FILTERS
from automations.flow.template_scope import offer
from automations.flow.template_syntax import FUNCTIONS, TemplateSyntaxError, code_end, without_strings

# What the engine has beside those that the page names: known, not offered.
OTHER_FILTERS: Final = frozenset({
    "attr", "chain", "count", "d", "dictsort", "e", "filesizeformat", "groupby", "indent", "pprint", "slice",
    "striptags", "truncate", "wordwrap", "zip",
})  # fmt: skip
TESTS: Final = frozenset({
    "boolean", "defined", "divisibleby", "endingwith", "eq", "equalto", "escaped", "even", "false", "filter", "float",
    "ge", "greaterthan", "gt", "in", "int", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne",
    "none", "number", "odd", "safe", "sameas", "sequence", "startingwith", "string", "test", "true", "undefined",
    "upper",
})  # fmt: skip
# What people write who know another engine or language.
_MEANT: Final = {
    "lowercase": "lower", "uppercase": "upper", "tolower": "lower", "toupper": "upper", "downcase": "lower",
    "upcase": "upper", "strip": "trim", "len": "length", "size": "length", "number": "float", "str": "string",
    "json": "tojson", "tojsonstring": "tojson", "strftime": "date", "formatdate": "date", "dateformat": "date",
    "add": "plus", "concat": "join", "filter": "select",
}  # fmt: skip

_FILTER: Final = re.compile(r"\|\s*([A-Za-z_]\w*)", re.ASCII)
_BLOCK_FILTER: Final = re.compile(r"\s*filter\s+([A-Za-z_]\w*)", re.ASCII)
_TEST: Final = re.compile(r"(?<![.\w])is\s+(?:not\s+)?([A-Za-z_]\w*)(?!\w)", re.ASCII)
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\b", re.ASCII)


def unknown_words(source: str) -> Iterator[tuple[str, str]]:
    """(message, hint) for each filter and test of a piece of code that the engine does not have."""
    if _RAW.search(source):
        return  # What stands between is text, and may look like anything.
    filters: dict[str, None] = {}
    tests: dict[str, None] = {}
    for inner, is_block in _inside(source):
        code = without_strings(inner)
        filters.update(dict.fromkeys(_FILTER.findall(code)))
        tests.update(dict.fromkeys(_TEST.findall(code)))
        if is_block and (block := _BLOCK_FILTER.match(code)):
            filters[block.group(1)] = None
    for name in filters:
        if name not in FILTERS and name not in OTHER_FILTERS:
            yield f"there is no filter `{name}`", _hint(name, [*FILTERS])
    for name in tests:
        if name not in TESTS:
            yield f"there is no test `is {name}`", offer(name, sorted(TESTS))


def is_called(name: str, source: str) -> bool:
    """Whether the name is written as a function somewhere."""
    return re.search(rf"(?<![.\w]){re.escape(name)}\s*\(", source, re.ASCII) is not None


def unknown_function(name: str) -> tuple[str, str]:
    if name in FILTERS:
        return f"`{name}` is a filter, no function", f"Write the value first: {{{{ value | {name} }}}}."
    return f"there is no function `{name}`", _hint(name, sorted(FUNCTIONS))


def _hint(name: str, known: list[str]) -> str:
    meant = _MEANT.get(name.lower().replace("_", ""))
    if meant is not None:
        example = FILTERS[meant]
        return f"Did you mean the filter `{meant}`? For example {example}"
    return offer(name, known)


def _inside(source: str) -> Iterator[tuple[str, bool]]:
    """What is between `{{ }}` and between `{% %}`; whether it is the latter."""
    position = 0
    while (start := source.find("{", position)) >= 0:
        opening = source[start : start + 2]
        position = start + 2
        if opening == "{#":
            end = source.find("#}", position)
            position = len(source) if end < 0 else end + 2
        elif opening in ("{{", "{%"):
            try:
                end = code_end(source, position, closing="}}" if opening == "{{" else "%}")
            except TemplateSyntaxError:
                return
            yield source[position:end].strip("-+"), opening == "{%"
            position = end + 2
