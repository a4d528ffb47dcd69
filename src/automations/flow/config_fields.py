"""The fields of a node type's config in words, from its JSON Schema: for documentation pages and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class ConfigField:
    """`name` is dotted, with `[]` for what is in a list. `kind`: JSON's types in words, values between backquotes.

    `default` is JSON; None: required. `templates`: whether templates in it are filled in.
    """

    name: str
    kind: str
    default: str | None
    meaning: str
    templates: bool


def config_fields(schema: dict[str, Any]) -> list[ConfigField]:
    """One a field, with those of models inside it, in the order of the model."""
    return list(_fields(schema, schema.get("$defs", {}), "", literal=False))


def _fields(
    schema: dict[str, Any], definitions: dict[str, Any], prefix: str, *, literal: bool
) -> Iterator[ConfigField]:
    for name, field in schema.get("properties", {}).items():
        taken_literally = literal or field.get("template") is False
        default = None if name in schema.get("required", []) else _default(field)
        meaning = sentence(field.get("description", ""))
        yield ConfigField(f"{prefix}{name}", _kind(field, definitions), default, meaning, not taken_literally)
        variants = _variants(field, definitions)
        if variants:
            yield from _of_variants(variants, definitions, f"{prefix}{name}.", literal=taken_literally)
            continue
        nested, mark = _nested(field, definitions)
        if nested:
            yield from _fields(nested, definitions, f"{prefix}{name}{mark}.", literal=taken_literally)


def _of_variants(
    variants: dict[str, dict[str, Any]], definitions: dict[str, Any], prefix: str, *, literal: bool
) -> Iterator[ConfigField]:
    """The fields of all variants of a model, each once, with the variants that have it."""
    found: dict[str, list[tuple[str, ConfigField]]] = {}
    for variant, schema in variants.items():
        for one in _fields(schema, definitions, prefix, literal=literal):
            found.setdefault(one.name, []).append((variant, one))
    for name, known in found.items():
        if all(one.kind == f"`{orjson.dumps(variant).decode()}`" for variant, one in known):
            kinds = ", ".join(one.kind for _, one in known)
            meaning = " ".join(f"{one.kind}: {one.meaning}" for _, one in known)
            yield ConfigField(name, f"one of {kinds}", None, meaning, False)
            continue
        first = known[0][1]
        if len(known) < len(variants):
            of = ", ".join(f"`{variant}`" for variant, _ in known)
            meanings = dict.fromkeys(one.meaning for _, one in known)
            first = replace(first, meaning=f"Of {of}: {' '.join(meanings)}")
        yield first


def _variants(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The models of a field that is one of several, by the word that chooses; {} for other fields."""
    for part in [field, *field.get("anyOf", [])]:
        chosen = part.get("discriminator", {}).get("mapping", {})
        if chosen:
            return {word: _resolve({"$ref": reference}, definitions) for word, reference in chosen.items()}
    return {}


def _default(field: dict[str, Any]) -> str:
    """A default that is made anew for each config is not in the schema: an empty object or list."""
    if "default" not in field:
        return {"object": "{}", "array": "[]"}.get(field.get("type", ""), "null")
    return orjson.dumps(field["default"]).decode()


def _nested(field: dict[str, Any], definitions: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The model inside a field, and `[]` if it is a list of them."""
    for part in [field, *field.get("anyOf", [])]:
        mark = "[]" if part.get("type") == "array" else ""
        target = _resolve(part.get("items", {}) if mark else part, definitions)
        if target is not part and "properties" in target:
            return target, mark
    return None, ""


def _resolve(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref", "")
    found: dict[str, Any] = definitions.get(reference.removeprefix("#/$defs/"), field) if reference else field
    return found


def _kind(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A schema in the words of JSON: `one of "a", "b"`, `integer, 1 to 200`, `list of text`."""
    field = {**_resolve(field, definitions), **{key: value for key, value in field.items() if key != "$ref"}}
    if "discriminator" in field:
        return "object"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(part, definitions) for part in field["anyOf"]))
    if "enum" in field:
        return "one of " + ", ".join(f"`{orjson.dumps(value).decode()}`" for value in field["enum"])
    if "const" in field:
        return f"`{orjson.dumps(field['const']).decode()}`"
    match field.get("type"):
        case "array":
            return f"list of {_inner(field.get('items', {}), definitions)}"
        case "object":
            values = field.get("additionalProperties")
            return f"object of {_inner(values, definitions)}" if isinstance(values, dict) else "object"
        case "string":
            return "text" + _range(field, "minLength", "maxLength", " characters")
        case "integer" | "number" as kind:
            return str(kind) + _range(field, "minimum", "maximum", "")
        case "boolean":
            return "`true` or `false`"
        case "null":
            return "`null`"
        case None:
            return "any JSON"
        case other:
            return str(other)


def _inner(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    text = _kind(field, definitions)
    return f"({text})" if " or " in text and "anyOf" in field else text


def _range(field: dict[str, Any], lowest: str, highest: str, unit: str) -> str:
    low, high = field.get(lowest), field.get(highest)
    if high is not None:
        return f", {low or 0:,} to {high:,}{unit}"
    return f", {low:,} or more{unit}" if low and lowest == "minimum" else ""


def sentence(text: str) -> str:
    """On one line, with an end."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if not text or text.endswith((".", "?", "!", ":")) else f"{text}."
