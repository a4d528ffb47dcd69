"""The input form of a start: which record it wants, and whether what was filled in fits its JSON Schema.

Judged is what `json_schema` judges. Where a schema names its fields, others have to be allowed by it; where it names
none, every input fits. Defaults of named fields are filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automations.errors import InputInvalid, Unusable
from automations.flow.json_schema import misfits

MOST_PROBLEMS = 50


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
    """`given` with the schema's defaults filled in. `InputInvalid` names every field that does not fit."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    value = dict(given)
    for name, definition in properties.items():
        if name not in value and isinstance(definition, dict) and "default" in definition:
            value[name] = definition["default"]
    others = schema.get("additionalProperties", "properties" not in schema)
    problems = misfits({**schema, "properties": properties, "additionalProperties": others}, value, MOST_PROBLEMS)
    if problems:
        asked = ", ".join(
            f"{name} ({definition.get('type', 'any')})" if isinstance(definition, dict) else name
            for name, definition in properties.items()
        )
        raise InputInvalid(problems, hint=f"The form asks for {asked or 'nothing'}.")
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
