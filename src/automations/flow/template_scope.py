"""The scope that templates read: its roots, what is at a path of it, and what its values are inside of text."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from automations.errors import TemplateError
from automations.flow.outcomes import Json
from automations.flow.template_syntax import Path

ROOTS: Final = ("trigger", "steps", "vars", "item", "index", "env")
NO_SECRETS: Final = "Secrets cannot be used in templates yet; use a node with a field for credentials."

_ROOT_HINTS: Final = {
    "item": "`item` is there inside of a loop only.",
    "index": "`index` is there inside of a loop only.",
    "secrets": NO_SECRETS,
}


def look_up(path: Path, scope: Mapping[str, Any], field: str = "") -> Any:
    """What is at a path of the scope. Raises `TemplateError` if nothing is."""
    value: Any = scope
    for position, segment in enumerate(path.segments):
        if isinstance(value, Mapping):
            key = str(segment)
            if key in value:
                value = value[key]
                continue
        elif isinstance(value, list) and -1 < (index := _index(segment)) < len(value):
            value = value[index]
            continue
        raise _missing(path, position, value, field)
    return value


def _index(segment: str | int) -> int:
    if isinstance(segment, int):
        return segment
    return int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 10 else -1


def _missing(path: Path, position: int, value: Any, field: str) -> TemplateError:
    segment = str(path.segments[position])
    parent = ".".join(map(str, path.segments[:position]))
    match value:
        case _ if position == 0:
            problem, hint = f"there is no `{segment}`", _ROOT_HINTS.get(segment, "")
            hint = hint or offer(segment, [key for key in ROOTS if key in value])
        case Mapping() if parent == "steps":
            problem = f"there is no output of a step `{segment}`"
            hint = "It did not run before this one, or there is no such step. " + offer(segment, list(value))
        case Mapping() if parent == "vars":
            problem, hint = f"no variable `{segment}` has been set", offer(segment, list(value))
        case Mapping():
            problem, hint = f"there is no `{segment}` in {parent}", offer(segment, list(value))
        case list():
            problem = f"{parent} is a list of {len(value)}, without `{segment}`"
            hint = "Its items are counted from 0." if value else "It is empty."
        case None:
            problem = f"{parent} is null, so there is no `{segment}` in it"
            hint = f'Where it may be null, write {{{{ {parent}.{segment} if {parent} else "" }}}}.'
        case _:
            problem, hint = (
                f"{parent} is {_kind(value)}, so there is no `{segment}` in it",
                "Use it without the last part.",
            )
    if "-" in segment and position > 0:
        hint += " To subtract, write spaces around the minus."
    place = f"{field}: " if field else ""
    return TemplateError(f"{place}{{{{ {path.source} }}}}: {problem}", hint=hint)


def offer(given: str, known: list[str]) -> str:
    """A hint: the nearest known name, and some of the known ones."""
    if not known:
        return "There is nothing in it."
    close = difflib.get_close_matches(given[:100], known[:500], n=1)
    shown = ", ".join(key[:50] for key in known[:20]) + (", …" if len(known) > 20 else "")
    return (f"Did you mean `{close[0]}`? " if close else "") + f"Available: {shown}."


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "a number"
        case _:
            return "a text" if isinstance(value, str) else type(value).__name__


def text_of(value: Json) -> str:
    """What a value is inside of text. The engine's process writes values in the same way."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_decimal)


def _decimal(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
