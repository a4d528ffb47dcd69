"""Whether a JSON value fits a JSON Schema: the part of it that people write for an answer of a model. Pure.

Judged: type, properties, required, additionalProperties, items, enum, const, anyOf, minimum, maximum, minLength,
maxLength, minItems, maxItems. Words that only describe, and `pattern` and `format`, are for the model alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from automations.flow.outcomes import Json

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
    {"$ref", "$dynamicRef", "allOf", "oneOf", "not", "if", "patternProperties", "dependentSchemas", "prefixItems"}
)
DEEPEST: Final = 20
MOST_PROBLEMS: Final = 5


def schema_problem(schema: Any, path: str = "", depth: int = 0) -> str | None:
    """Why this is no schema that answers can be judged by; None where it is one."""
    here = path or "the schema"
    if depth > DEEPEST:
        return f"{here} is nested more than {DEEPEST} levels deep"
    if not isinstance(schema, dict):
        return f"{here} is not an object"
    unknown = sorted(_UNKNOWN & set(schema))
    if unknown:
        return (
            f"{here} uses {unknown[0]}, by which answers cannot be judged; write it out with properties, items, anyOf"
        )
    kinds = _kinds(schema)
    if any(kind not in _TYPES for kind in kinds):
        return f"{here} has a type that is not one of {', '.join(_TYPES)}"
    for word, kind in (("required", list), ("enum", list), ("anyOf", list), ("properties", dict)):
        if word in schema and not isinstance(schema[word], kind):
            return f"{word} of {here} is not {'a list' if kind is list else 'an object'}"
    if not all(isinstance(name, str) for name in schema.get("required", [])):
        return f"required of {here} is not a list of names"
    for place, below in _below(schema):
        found = schema_problem(below, f"{path}.{place}" if path else place, depth + 1)
        if found is not None:
            return found
    return None


def misfits(schema: dict[str, Any], value: Json) -> list[str]:
    """What of `value` does not fit, at most five things, each with its place; [] where all of it does."""
    found: list[str] = []
    for problem in _misfits(schema, value, "", 0):
        found.append(problem)
        if len(found) == MOST_PROBLEMS:
            break
    return found


def _misfits(schema: Any, value: Json, path: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > DEEPEST:
        return
    here = path or "the answer"
    kinds = _kinds(schema)
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{here} is not of type {' or '.join(kinds)}"
        return
    if "enum" in schema and not any(_same(value, choice) for choice in schema["enum"]):
        yield f"{here} is none of {', '.join(str(choice) for choice in schema['enum'])[:300]}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{here} is not {schema['const']!s:.100}"
    choices = schema.get("anyOf")
    if choices and all(next(_misfits(choice, value, path, depth + 1), None) for choice in choices):
        yield f"{here} fits none of the kinds it may be"
    yield from _out_of_bounds(schema, value, here)
    if isinstance(value, dict):
        yield from _misfits_of_object(schema, value, path, depth)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from _misfits(schema["items"], item, f"{path}[{place}]", depth + 1)


def _misfits_of_object(schema: dict[str, Any], value: dict[str, Json], path: str, depth: int) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{_join(path, name)} is missing"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        below = properties.get(name, others)
        if below is False:
            yield f"{_join(path, name)} is not asked for"
        else:
            yield from _misfits(below, item, _join(path, name), depth + 1)


def _out_of_bounds(schema: dict[str, Any], value: Json, here: str) -> Iterator[str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high, size, unit = schema.get("minimum"), schema.get("maximum"), value, ""
    elif isinstance(value, str):
        low, high, size, unit = schema.get("minLength"), schema.get("maxLength"), len(value), " characters"
    elif isinstance(value, list):
        low, high, size, unit = schema.get("minItems"), schema.get("maxItems"), len(value), " items"
    else:
        return
    if isinstance(low, int | float) and size < low:
        yield f"{here} has fewer than {low}{unit}" if unit else f"{here} is below {low}"
    if isinstance(high, int | float) and size > high:
        yield f"{here} has more than {high}{unit}" if unit else f"{here} is above {high}"


def _kinds(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type")
    return [str(one) for one in kind] if isinstance(kind, list) else [] if kind is None else [str(kind)]


def _below(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    if "items" in schema:
        yield "items", schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        yield "additionalProperties", schema["additionalProperties"]
    yield from ((f"anyOf.{place}", choice) for place, choice in enumerate(schema.get("anyOf", [])))


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
