"""The input form of a start: which record it wants, and whether what was filled in fits its JSON Schema.

Only what forms use is judged: `required`, `type`, `enum`, `default`, minimum, maximum and `additionalProperties`; the
rest of the schema is for whoever draws the form. Where a schema names its fields, others have to be allowed by it;
where it names none, every input fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automations.errors import Unusable

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Form:
    """`record` is none, lead or conversation; `schema` is {} where nothing is asked for."""

    record: str
    schema: dict[str, Any]

    def require_record(self, *, lead_id: UUID | str | None, conversation_id: UUID | str | None) -> None:
        """`Unusable` when the chosen record is missing."""
        if self.record == "lead" and lead_id is None:
            raise Unusable("this automation runs on a lead", hint="Choose one: --lead ID (or e-mail address).")
        if self.record == "conversation" and conversation_id is None:
            raise Unusable("this automation runs on a conversation", hint="Choose one: --conversation ID.")

    @property
    def names(self) -> list[str]:
        properties = self.schema.get("properties")
        return list(properties) if isinstance(properties, dict) else []


def form_of(trigger_type: str, trigger_config: dict[str, Any]) -> Form:
    schema = trigger_config.get("input_schema")
    record = trigger_config.get("record") if trigger_type == "manual" else None
    return Form(str(record or "none"), schema if isinstance(schema, dict) else {})


def read_input(schema: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """`given` with the schema's defaults filled in. `Unusable` names every field that does not fit."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    value = dict(given)
    for name, definition in properties.items():
        if name not in value and isinstance(definition, dict) and "default" in definition:
            value[name] = definition["default"]
    problems = [f"{name} is missing" for name in schema.get("required", []) if name not in value]
    for name, definition in properties.items():
        if name in value and isinstance(definition, dict):
            problem = _problem(definition, value[name])
            if problem is not None:
                problems.append(f"{name} {problem}")
    if not schema.get("additionalProperties", "properties" not in schema):
        problems += [f"{name} is not asked for" for name in value if name not in properties]
    if problems:
        asked = ", ".join(
            f"{name} ({definition.get('type', 'any')})" if isinstance(definition, dict) else name
            for name, definition in properties.items()
        )
        raise Unusable(
            f"the input does not fit: {'; '.join(problems)}", hint=f"The form asks for {asked or 'nothing'}."
        )
    return value


def read_words(schema: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """`name=text` pairs as the types that the schema asks for; text where it says nothing. `Unusable`."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    return {name: _from_text(name, text, properties.get(name)) for name, text in words.items()}


def _from_text(name: str, text: str, definition: Any) -> Any:
    wanted = definition.get("type") if isinstance(definition, dict) else None
    try:
        match wanted:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
            case "array":
                return [part.strip() for part in text.split(",") if part.strip()]
            case _:
                return text
    except (ValueError, KeyError):
        raise Unusable(
            f"{name}={text!r} is not a {wanted}", hint="Give all of it as JSON with --input where words do not do."
        ) from None


def _problem(definition: dict[str, Any], value: Any) -> str | None:
    wanted = definition.get("type")
    kinds = wanted if isinstance(wanted, list) else [wanted]
    known = [_TYPES[kind] for kind in kinds if isinstance(kind, str) and kind in _TYPES]
    if known:
        fits = any(isinstance(value, kind) for kind in known)
        if isinstance(value, bool) and "boolean" not in kinds:
            fits = False
        if not fits:
            return f"is not of type {' or '.join(str(kind) for kind in kinds)}"
    choices = definition.get("enum")
    if isinstance(choices, list) and value not in choices:
        return f"is none of {', '.join(str(choice) for choice in choices)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = definition.get("minimum"), definition.get("maximum")
        if isinstance(low, int | float) and value < low:
            return f"is below {low}"
        if isinstance(high, int | float) and value > high:
            return f"is above {high}"
    return None
