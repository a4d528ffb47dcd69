"""The form of an approval as HTML, and the answer in what a browser sends back of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final, Literal, assert_never

import orjson

from automations.db.json_text import DEEPEST_SHOWN, is_deeper
from automations.errors import Unusable

Kind = Literal["enum", "boolean", "integer", "number", "string", "json"]
PLAIN: Final[tuple[Kind, ...]] = ("boolean", "integer", "number", "string")
# Above this a text gets more than a line.
ONE_LINE: Final = 200
INPUT_TYPES: Final = {"date": "date", "email": "email"}
Field = tuple[str, str, dict[str, Any], bool]


def fields_html(form: dict[str, Any], given: Mapping[str, str] | None) -> str:
    """`given`: what was filled in before, for one that was refused; None: the defaults of the schema."""
    return "".join(_field_html(field, given) for field in _fields(form))


def read_answer(form: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Of the names that `fields_html` gave. What is no number stays text, and does not fit then. `Unusable`."""
    answer: dict[str, Any] = {}
    for key, name, schema, _ in _fields(form):
        text = given.get(key, "")
        kind = _kind(schema)
        if kind == "boolean":
            answer[name] = bool(text)
        elif text:
            answer[name] = _value(kind, text, name, schema)
    return answer


def _fields(form: dict[str, Any]) -> list[Field]:
    """Key, name, schema and whether it has to be there. By place: a name may be what no form can send."""
    properties, required = form.get("properties"), form.get("required")
    named = properties if isinstance(properties, dict) else {}
    needed = required if isinstance(required, list) else []
    # The database keeps no order of fields.
    return [
        (f"field-{place}", name, named[name] if isinstance(named[name], dict) else {}, name in needed)
        for place, name in enumerate(sorted(named, key=lambda name: name not in needed))
    ]


def _kind(schema: dict[str, Any]) -> Kind:
    if isinstance(schema.get("enum"), list):
        return "enum"
    stated = schema.get("type")
    types = [one for one in (stated if isinstance(stated, list) else [stated]) if one != "null"]
    return next((kind for kind in PLAIN if types == [kind]), "json")


def _value(kind: Kind, text: str, name: str, schema: dict[str, Any]) -> Any:
    match kind:
        case "enum":
            return _chosen(schema["enum"], text)
        case "string" | "boolean":
            return text
        case "integer" | "number":
            try:
                return orjson.loads(text.strip())
            except orjson.JSONDecodeError:
                return text
        case "json":
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise Unusable(f"{name} is not JSON", hint='Write it as JSON, such as ["a", 5].') from None
            if is_deeper(value, DEEPEST_SHOWN):
                raise Unusable(f"{name} is nested too deeply", hint=f"At most {DEEPEST_SHOWN} levels.")
            return value
        case _:
            assert_never(kind)


def _chosen(options: list[Any], place: str) -> Any:
    # Only a page that somebody changed sends another.
    return options[int(place)] if place.isdecimal() and len(place) < 6 and int(place) < len(options) else place


def _field_html(field: Field, given: Mapping[str, str] | None) -> str:
    key, name, schema, needed = field
    kind = _kind(schema)
    text = _default(kind, schema) if given is None else given.get(key, "")
    label = f"<span>{escape(str(schema.get('title') or name))}{' *' if needed else ''}</span>"
    if schema.get("description"):
        label += f"<small>{escape(str(schema['description']))}</small>"
    if kind == "boolean":
        checked = " checked" if text else ""
        return f'<label class="check"><input type="checkbox" name="{key}" value="yes"{checked}>{label}</label>'
    required = " required" if needed else ""
    control = _control(kind, schema, f'name="{key}"{required}', text)
    return f"<label>{label}{control}</label>"


def _control(kind: Kind, schema: dict[str, Any], attributes: str, text: str) -> str:
    longest = schema.get("maxLength")
    if type(longest) is int and kind == "string":
        attributes += f' maxlength="{longest}"'
    if kind == "enum":
        options = "".join(
            f'<option value="{place}"{" selected" if text == str(place) else ""}>{escape(_shown(value))}</option>'
            for place, value in enumerate(schema["enum"])
        )
        return f'<select {attributes}><option value=""></option>{options}</select>'
    if kind == "json" or (kind == "string" and type(longest) is int and longest > ONE_LINE):
        # A browser leaves out the first newline.
        return f"<textarea {attributes}>\n{escape(text)}</textarea>"
    if kind in ("integer", "number"):
        attributes += ' type="number"' + (' step="any"' if kind == "number" else "")
        for word, attribute in (("minimum", "min"), ("maximum", "max")):
            if type(schema.get(word)) in (int, float):
                attributes += f' {attribute}="{schema[word]}"'
    else:
        attributes += f' type="{INPUT_TYPES.get(str(schema.get("format")), "text")}"'
    return f'<input {attributes} value="{escape(text)}">'


def _default(kind: Kind, schema: dict[str, Any]) -> str:
    value = schema.get("default")
    if kind == "enum":
        return str(schema["enum"].index(value)) if value in schema["enum"] else ""
    if kind == "boolean":
        return "yes" if value is True else ""
    if "default" not in schema:
        return ""
    return _as_json(value) if kind == "json" else _shown(value)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    # Not by orjson: an integer of a schema may have more than 64 bits.
    return json.dumps(value, ensure_ascii=False)
