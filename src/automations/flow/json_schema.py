"""Whether a JSON value fits a JSON Schema: the part of it that people write for forms, bodies and answers. Pure.

Judged: type, properties, required, additionalProperties, items, enum, const, anyOf, oneOf, allOf, not, bounds of
numbers (minimum, exclusiveMinimum, …, multipleOf), of texts (minLength, maxLength, pattern), lists (minItems, maxItems,
uniqueItems) and objects (minProperties, maxProperties), and the formats of `FORMATS`. Words that would have to be
judged to mean anything, and are not, make a schema that is refused; words that only describe are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any, Final, TypeGuard
from uuid import UUID

from automations.flow.outcomes import Json
from automations.flow.text_pattern import MOST_PATTERNS, read_pattern

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
# They would have to be judged to mean anything, and are not.
_UNKNOWN: Final = frozenset(
    {
        *("$ref", "$dynamicRef", "if", "patternProperties", "dependentSchemas", "dependentRequired", "prefixItems"),
        *("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    }
)
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")


def _read_email(text: str) -> str:
    if _EMAIL.fullmatch(text) is None:
        raise ValueError
    return text


FORMATS: Final[dict[str, Callable[[str], object]]] = {
    "email": _read_email,
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
}
DEEPEST: Final = 20
MOST_PROBLEMS: Final = 5
# Values times the schemas that they are held against: about two seconds. What a body may hold and a schema may ask for
# would be hours together.
MOST_LOOKS: Final = 2_000_000
# How many choices of an enum, or characters under a pattern, are as much work as one look.
CHOICES_A_LOOK: Final = 10
CHARACTERS_A_LOOK: Final = 500


def schema_problem(schema: Any, path: str = "", depth: int = 0, patterns: set[str] | None = None) -> str | None:
    """Why this is no schema that answers can be judged by; None where it is one."""
    here = path or "the schema"
    if depth > DEEPEST:
        return f"{here} is nested more than {DEEPEST} levels deep"
    if not isinstance(schema, dict):
        return f"{here} is not an object"
    unknown = sorted(_UNKNOWN & set(schema))
    if unknown:
        return (
            f"{here} uses {unknown[0]}, by which nothing can be judged here; write it out with properties, items, anyOf"
        )
    kinds = _kinds(schema)
    if any(kind not in _TYPES for kind in kinds):
        return f"{here} has a type that is not one of {', '.join(_TYPES)}"
    patterns = set() if patterns is None else patterns
    if isinstance(schema.get("pattern"), str):
        patterns.add(schema["pattern"])
        if len(patterns) > MOST_PATTERNS:
            return f"the schema has more than {MOST_PATTERNS} patterns"
    if isinstance(schema.get("pattern"), str) and read_pattern(schema["pattern"]) is None:
        return (
            f"pattern of {here} cannot be read: look-around and back-references are not understood, and it must not "
            "stand for too much"
        )
    for word, kind in (
        *(("required", list), ("enum", list), ("properties", dict)),
        *((word, list) for word in ("anyOf", "oneOf", "allOf")),
    ):
        if word in schema and not isinstance(schema[word], kind):
            return f"{word} of {here} is not {'a list' if kind is list else 'an object'}"
    if not all(isinstance(name, str) for name in schema.get("required", [])):
        return f"required of {here} is not a list of names"
    for place, below in _below(schema):
        found = schema_problem(below, f"{path}.{place}" if path else place, depth + 1, patterns)
        if found is not None:
            return found
    return None


def misfits(schema: dict[str, Any], value: Json, most: int = MOST_PROBLEMS) -> list[str]:
    """What of `value` does not fit, at most `most` things, each with its place; [] where all of it does."""
    found: list[str] = []
    try:
        for problem in _misfits(schema, value, "", 0, _Work()):
            found.append(problem)
            if len(found) == most:
                break
    except _TooMuch:
        found.append("there is too much of it to be judged by this schema")
    return found


class _TooMuch(Exception):
    pass


class _Work:
    """What one judgement may still cost."""

    __slots__ = ("_left", "_patterns")

    def __init__(self) -> None:
        self._left = MOST_LOOKS
        self._patterns: set[str] = set()

    def take(self, looks: int = 1) -> None:
        self._left -= looks
        if self._left < 0:
            raise _TooMuch

    def take_pattern(self, pattern: str, text: str) -> None:
        self.take(len(text) // CHARACTERS_A_LOOK)
        # More than are kept would be read anew for every value.
        self._patterns.add(pattern)
        if len(self._patterns) > MOST_PATTERNS:
            raise _TooMuch


def _misfits(schema: Any, value: Json, path: str, depth: int, work: _Work) -> Iterator[str]:
    work.take()
    if not isinstance(schema, dict) or depth > DEEPEST:
        return
    here = path or "the answer"
    kinds = _kinds(schema)
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{here} is not of type {' or '.join(kinds)}"
        return
    if "enum" in schema:
        work.take(len(schema["enum"]) // CHOICES_A_LOOK)
    if "enum" in schema and not any(_same(value, choice) for choice in schema["enum"]):
        yield f"{here} is none of {', '.join(str(choice) for choice in schema['enum'])[:300]}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{here} is not {schema['const']!s:.100}"
    if isinstance(value, str) and isinstance(schema.get("pattern"), str):
        work.take_pattern(schema["pattern"], value)
    yield from _misfits_of_choices(schema, value, path, depth, work)
    yield from _out_of_bounds(schema, value, here)
    if isinstance(value, dict):
        yield from _misfits_of_object(schema, value, path, depth, work)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from _misfits(schema["items"], item, f"{path}[{place}]", depth + 1, work)


def _misfits_of_choices(schema: dict[str, Any], value: Json, path: str, depth: int, work: _Work) -> Iterator[str]:
    here = path or "the answer"

    def fits(choice: Any) -> bool:
        return next(_misfits(choice, value, path, depth + 1, work), None) is None

    if schema.get("anyOf") and not any(map(fits, schema["anyOf"])):
        yield f"{here} fits none of the kinds it may be"
    if schema.get("oneOf") and (fitting := sum(map(fits, schema["oneOf"]))) != 1:
        yield f"{here} fits {'none' if fitting == 0 else 'several'} of the kinds of which it has to be one"
    if isinstance(schema.get("not"), dict) and fits(schema["not"]):
        yield f"{here} is of a kind that it must not be"
    for choice in schema.get("allOf", []):
        yield from _misfits(choice, value, path, depth + 1, work)


def _misfits_of_object(
    schema: dict[str, Any], value: dict[str, Json], path: str, depth: int, work: _Work
) -> Iterator[str]:
    properties = schema.get("properties", {})
    work.take(len(schema.get("required", [])) // CHOICES_A_LOOK)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{_join(path, name)} is missing"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        below = properties.get(name, others)
        if below is False:
            yield f"{_join(path, name)} is not asked for"
        else:
            yield from _misfits(below, item, _join(path, name), depth + 1, work)


def _out_of_bounds(schema: dict[str, Any], value: Json, here: str) -> Iterator[str]:
    match value:
        case bool() | None:
            return
        case int() | float():
            low, high, size, unit = schema.get("minimum"), schema.get("maximum"), float(value), ""
            yield from _out_of_open_bounds(schema, value, here)
        case str():
            low, high, size, unit = schema.get("minLength"), schema.get("maxLength"), len(value), " characters"
            yield from _misfits_of_text(schema, value, here)
        case list():
            low, high, size, unit = schema.get("minItems"), schema.get("maxItems"), len(value), " items"
            if schema.get("uniqueItems") is True and _has_twice(value):
                yield f"{here} has an item twice"
        case dict():
            low, high, size, unit = schema.get("minProperties"), schema.get("maxProperties"), len(value), " fields"
    if _is_number(low) and size < low:
        yield f"{here} has fewer than {low}{unit}" if unit else f"{here} is below {low}"
    if _is_number(high) and size > high:
        yield f"{here} has more than {high}{unit}" if unit else f"{here} is above {high}"


def _out_of_open_bounds(schema: dict[str, Any], value: float, here: str) -> Iterator[str]:
    low, high, step = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"), schema.get("multipleOf")
    if _is_number(low) and value <= low:
        yield f"{here} is not above {low}"
    if _is_number(high) and value >= high:
        yield f"{here} is not below {high}"
    if _is_number(step) and step > 0 and abs(value / step - round(value / step)) > 1e-9:
        yield f"{here} is not a multiple of {step}"


def _misfits_of_text(schema: dict[str, Any], value: str, here: str) -> Iterator[str]:
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        judge = read_pattern(pattern)
        if judge is None:
            yield f"{here} cannot be judged: its pattern cannot be read"
        elif not judge.isinstance_python(value):
            yield f"{here} does not match {pattern[:100]}"
    judged = FORMATS.get(str(schema.get("format")))
    if judged is not None:
        try:
            judged(value)
        except ValueError:
            yield f"{here} is no {schema['format']}"


def _has_twice(items: list[Json]) -> bool:
    return len({json.dumps(item, sort_keys=True) for item in items}) < len(items)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kinds(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type")
    return [str(one) for one in kind] if isinstance(kind, list) else [] if kind is None else [str(kind)]


def _below(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    if "items" in schema:
        yield "items", schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        yield "additionalProperties", schema["additionalProperties"]
    if isinstance(schema.get("not"), dict):
        yield "not", schema["not"]
    for word in ("anyOf", "oneOf", "allOf"):
        yield from ((f"{word}.{place}", choice) for place, choice in enumerate(schema.get(word, [])))


def _is(value: Json, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _same(value: Json, other: Json) -> bool:
    """In JSON, true is not 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)
