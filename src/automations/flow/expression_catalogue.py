"""What expressions may use, as a list: for the completion of an editor, and for agents that write flows.

tests/docs holds it together with docs/expressions.md, whose every example is evaluated.
"""

from __future__ import annotations

from typing import Final

ROOTS: Final = {
    "trigger": "What started the run: event, table, new, previous, old, changed; or input of a manual start.",
    "steps": "By id, the output of each step that comes before this one and ran; behind an `error` edge, its error.",
    "vars": "What Set variable set in steps before this one.",
    "item": "Inside of a loop only: what it is at.",
    "index": "Inside of a loop only: its number, counted from 0.",
    "env": "now (when this attempt of the step began, UTC), execution_id, test_mode.",
    "secrets": "A secret of the account by name, alone in its braces, in fields that may hold one.",
}
FILTERS: Final = {
    "abs": "{{ -4 | abs }}",
    "batch": "{{ trigger.new.tags | batch(2) }}",
    "bool": "{{ 7 | bool }}",
    "capitalize": '{{ "ada" | capitalize }}',
    "date": '{{ "2026-01-05T09:00:00Z" | date("%d.%m.%Y %H:%M", "Europe/Berlin") }}',
    "default": '{{ trigger.new.nickname | default("friend") }}',
    "escape": '{{ "<b>" | escape }}',
    "first": '{{ trigger.new.name | split(" ") | first }}',
    "float": '{{ "1.5" | float }}',
    "format": '{{ "%s has %d" | format(trigger.new.name, 3) }}',
    "int": '{{ "42" | int }}',
    "items": "{{ trigger.new.data | items | list }}",
    "join": '{{ trigger.new.tags | join(", ") }}',
    "last": '{{ trigger.new.name | split(" ") | last }}',
    "length": "{{ trigger.new.tags | length }}",
    "lines": '{{ "a\\nb" | lines }}',
    "list": "{{ trigger.new.data | items | list }}",
    "lower": "{{ trigger.new.name | lower }}",
    "map": '{{ steps.find.records | map(attribute="id") }}',
    "max": "{{ [3, 1, 2] | max }}",
    "min": "{{ [3, 1, 2] | min }}",
    "plus": '{{ "2026-01-05T09:00:00Z" | plus(days=-7) }}',
    "reject": '{{ trigger.new.tags | reject("equalto", "vip") }}',
    "rejectattr": '{{ steps.find.records | rejectattr("status", "equalto", "open") | length }}',
    "replace": '{{ trigger.new.name | replace("Ada", "A.") }}',
    "reverse": "{{ trigger.new.tags | reverse }}",
    "round": "{{ 19.567 | round(1) }}",
    "safe": "<p>{{ vars.typed | safe }}</p>",
    "select": '{{ trigger.new.tags | select("equalto", "vip") }}',
    "selectattr": '{{ steps.find.records | selectattr("status", "equalto", "open") }}',
    "sort": "{{ trigger.new.tags | sort }}",
    "split": '{{ trigger.new.name | split(" ") | first }}',
    "string": "{{ 42 | string }}",
    "sum": "{{ [3, 1, 2] | sum }}",
    "title": '{{ "ada lovelace" | title }}',
    "tojson": "{{ trigger.new.data | tojson }}",
    "trim": '{{ "  Ada " | trim }}',
    "unique": "{{ trigger.new.tags | unique }}",
    "upper": "{{ trigger.new.name | upper }}",
    "urlencode": "{{ trigger.new.name | urlencode }}",
}
"""By name an example of the page."""
OPERATORS: Final = (
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "~",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "is",
)
