"""The scope that templates read: its roots, what is at a path of it, and what its values are inside of text."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

from automations.errors import TemplateError
from automations.flow.outcomes import Json
from automations.flow.template_syntax import ROOTS, Path

NO_SECRETS: Final = (
    "A secret stands as {{ secrets.NAME }}, with nothing else in the braces, in fields that may hold one: the page of "
    "the node type says which."
)

_ROOT_HINTS: Final = {
    "item": "`item` is there inside of a loop only.",
    "index": "`index` is there inside of a loop only.",
    "secrets": NO_SECRETS,
}


def look_up(path: Path, scope: Mapping[str, Any], field: str = "") -> Any:
    """What is at a path of the scope. Raises `TemplateError` if nothing is."""
    value: Any = scope
    for segment in path.segments:
        value = _child(value, segment)
        if value is _NOTHING:
            place = f"{field}: " if field else ""
            problem, hint = describe_gap(path.segments, scope) or ("something is missing", "")
            raise TemplateError(f"{place}{{{{ {path.source} }}}}: {problem}", hint=hint)
    return value


def describe_gap(segments: Sequence[str | int], scope: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first part of a path that is not there, in words, and a hint; None if all of it is there."""
    value: Any = scope
    for position, segment in enumerate(segments):
        child = _child(value, segment)
        if child is _NOTHING:
            problem, hint = _describe(str(segment), ".".join(map(str, segments[:position])), value)
            if "-" in str(segment) and position > 0:
                hint += " To subtract, write spaces around the minus."
            return problem, hint
        value = child
    return None


_NOTHING: Final = object()


def _child(value: Any, segment: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(segment), _NOTHING)
    if isinstance(value, list):
        if isinstance(segment, str):
            segment = int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 10 else -1
        if 0 <= segment < len(value):
            return value[segment]
    return _NOTHING


def _describe(segment: str, parent: str, value: Any) -> tuple[str, str]:
    match value:
        case Mapping() if not parent:
            known = offer(segment, [key for key in ROOTS if key in value])
            return f"there is no `{segment}`", _ROOT_HINTS.get(segment, known)
        case Mapping() if parent == "steps":
            hint = f"It did not run before this one, or there is no such step. {offer(segment, list(value))}"
            return f"there is no output of a step `{segment}`", hint
        case Mapping() if parent == "vars":
            return f"no variable `{segment}` has been set", offer(segment, list(value))
        case Mapping():
            return f"there is no `{segment}` in {parent}", offer(segment, list(value))
        case list():
            hint = "Its items are counted from 0." if value else "It is empty."
            return f"{parent} is a list of {len(value)}, without `{segment}`", hint
        case None:
            hint = "Check what comes before it, or set a default in an earlier step."
            return f"{parent} is null, so there is no `{segment}` in it", hint
        case _:
            problem = f"{parent} is {_kind(value)}, so there is no `{segment}` in it"
            return problem, "Use it without the last part."


def offer(given: str, known: list[str]) -> str:
    """A hint: the nearest known name, and some of the known ones."""
    if not known:
        return "There is nothing in it."
    # What difflib costs grows with the square of the lengths, and keys are anybody's data.
    close = difflib.get_close_matches(given[:100], [key for key in known[:500] if len(key) <= 100], n=1)
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


def html_of(value: Json) -> str:
    """What a value is inside of HTML, as the engine writes it."""
    return escape(text_of(value)).replace("/", "&#x2f;")


def _decimal(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
