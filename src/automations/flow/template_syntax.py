"""How a config text with `{{ }}` falls into parts: literal text, bare paths that we resolve, code for the engine.

minijinja is used here to parse, never to evaluate. Text without `{{` and `{%` is no template, whatever else it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import minijinja

LONGEST_CODE: Final = 4_096
"""Characters of one piece of code: an expression, or a whole text that holds `{% %}`."""
ROOTS: Final = ("trigger", "steps", "vars", "item", "index", "env")
FUNCTIONS: Final = frozenset({"range", "dict", "namespace", "cycler", "joiner"})
"""What the engine knows besides the scope."""
WRITE_BRACES: Final = "To write braces as text, use {{ '{{' }}."

_ESCAPING: Final = ("{% autoescape 'html' %}", "{% endautoescape %}")

_SEGMENT: Final = r"""\.[A-Za-z_0-9][A-Za-z0-9_-]*|\[[ ]*(?:[0-9]{1,9}|"[^"\\]*"|'[^'\\]*')[ ]*\]"""
_BARE_PATH: Final = re.compile(rf"[A-Za-z_][A-Za-z0-9_]*(?:{_SEGMENT})*", re.ASCII)
_NEXT_SEGMENT: Final = re.compile(_SEGMENT, re.ASCII)
_WORDS: Final = frozenset({"true", "false", "none", "True", "False", "None", "not"})
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


class TemplateSyntaxError(ValueError):
    """The text is no template: `message` and `hint` are for its author."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """`{{ trigger.new.email }}`: `source` is what is between the braces. Digits and `[0]` are ints or keys."""

    source: str
    segments: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """For the engine. `source` is one whole `{{ expression }}`, or a text with `{% %}` (then not `is_expression`)."""

    source: str
    is_expression: bool


Part = Text | Path | Code


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def parse_text(text: str) -> tuple[Part, ...]:
    """The parts of a text in order; a single part, if it is no `Text`, keeps its type. Raises `TemplateSyntaxError`.

    Expressions of a text are rendered one by one, so that the literal text around them may be of any length. A text
    with `{% %}` or with `{{-` is one piece: its parts depend on each other.
    """
    parts: list[Part] = []
    position = 0
    whole = False
    while True:
        start, opening = _next_opening(text, position)
        if start > position:
            parts.append(Text(text[position:start]))
        if opening is None:
            break
        if opening == "{%":
            return (_code(text, is_expression=False),)
        if opening == "{#":
            end = text.find("#}", start + 2)
            if end < 0:
                raise TemplateSyntaxError("{# is never closed", "Close the comment with #}, or remove the {#.")
            whole = whole or text[start + 2 : start + 3] in ("-", "+") or text[end - 1] in ("-", "+")
            position = end + 2
            continue
        end = code_end(text, start + 2)
        inner = text[start + 2 : end]
        position = end + 2
        if inner[:1] in ("-", "+") or inner[-1:] in ("-", "+"):
            whole = whole or not (start == 0 and position == len(text))
            parts.append(_code(text[start:position], is_expression=True))
        else:
            parts.append(_expression(inner))
    return (_code(text, is_expression=False),) if whole else tuple(parts)


def code_end(text: str, start: int, *, closing: str = "}}") -> int:
    """Where the `}}` begins that closes the `{{` before `start`: not inside a string, nor inside open brackets."""
    stack: list[str] = []
    position = start
    while position < len(text):
        character = text[position]
        if character in "'\"":
            position = _string_end(text, position)
            continue
        if not stack and text.startswith(closing, position):
            return position
        if character in "([{":
            stack.append(character)
        elif character in _PAIRS and stack and stack[-1] == _PAIRS[character]:
            stack.pop()
        position += 1
    raise TemplateSyntaxError("{{ is never closed", f"Close it with }}}}. {WRITE_BRACES}")


def _string_end(text: str, start: int) -> int:
    position = start + 1
    while position < len(text) and text[position] != text[start]:
        position += 2 if text[position] == "\\" else 1
    if position >= len(text):
        raise TemplateSyntaxError("a quoted text is never closed", "Close it with the quote that it began with.")
    return position + 1


def _next_opening(text: str, start: int) -> tuple[int, str | None]:
    position = text.find("{", start)
    while position >= 0:
        opening = text[position : position + 2]
        if opening in ("{{", "{%", "{#"):
            return position, opening
        position = text.find("{", position + 1)
    return len(text), None


def _expression(inner: str) -> Part:
    source = inner.strip()
    if not source:
        raise TemplateSyntaxError("{{ }} is empty", f"Put a path between the braces. {WRITE_BRACES}")
    if source not in _WORDS and _BARE_PATH.fullmatch(source):
        return Path(source, _segments(source))
    return _code("{{" + inner + "}}", is_expression=True)


def _code(source: str, *, is_expression: bool) -> Code:
    if len(as_written(source)) > LONGEST_CODE:
        what = "an expression" if is_expression else "a text with {% %} or {{-"
        raise TemplateSyntaxError(
            f"{what} has at most {LONGEST_CODE:,} characters; this one has {len(source):,}",
            "Split it over several steps; text around plain {{ }} may be of any length.",
        )
    return Code(source, is_expression)


def _segments(source: str) -> tuple[str | int, ...]:
    first = _NEXT_SEGMENT.search(source)
    segments: list[str | int] = [source[: first.start()] if first else source]
    for found in _NEXT_SEGMENT.finditer(source):
        segment = found.group()
        if segment.startswith("."):
            segments.append(segment[1:])
        else:
            key = segment[1:-1].strip(" ")
            segments.append(int(key) if key.isdigit() else key[1:-1])
    return tuple(segments)


def escaping(source: str) -> str:
    """The same piece of code as a text in which the engine escapes for HTML whatever is not marked as `safe`."""
    return source.join(_ESCAPING)


def as_written(source: str) -> str:
    """What its author wrote of a piece of code that may be `escaping`."""
    opening, closing = _ESCAPING
    if source.startswith(opening) and source.endswith(closing):
        return source[len(opening) : -len(closing)]
    return source


@lru_cache(maxsize=1024)
def is_expression(source: str) -> bool:
    """Whether a piece of code is exactly one `{{ expression }}`, whose value keeps its type."""
    parts = parse_text(source)
    match parts:
        case (Code() as code,):
            return code.is_expression
        case (Path(),):
            return True
        case _:
            return False


_parser = minijinja.Environment(debug=False, undefined_behavior="strict", keep_trailing_newline=True)


@lru_cache(maxsize=1024)
def names_used(source: str) -> frozenset[tuple[str, ...]]:
    """The names that a piece of code takes from outside, as far as they are written with dots.

    `steps.find.count` is one name of three parts; `steps["find"]` is only `steps`. Raises `TemplateSyntaxError`.
    """
    if len(source) > LONGEST_CODE:
        _code(source, is_expression=False)
    try:
        found = _parser.undeclared_variables_in_str(source, nested=True)
    except minijinja.TemplateError as error:
        text = error.detail or error.message or "it cannot be read"
        line = f" (line {error.line})" if error.line and "\n" in source else ""
        raise TemplateSyntaxError(text + line, WRITE_BRACES) from None
    # The parser overlooks what is sliced (`env.now[:4]`).
    mentioned = mentions(without_strings(source)) if is_expression(source) else frozenset()
    return frozenset(tuple(name.split(".")) for name in found) | mentioned


def mentions(source: str, others: Iterable[str] = ()) -> frozenset[tuple[str, ...]]:
    """`(root,)` or `(root, key)` wherever a root of the scope is written; too many rather than too few.

    `others`: roots beside the usual ones, which loops have named.
    """
    return frozenset((root, key) if key else (root,) for root, key in _mention(tuple(sorted(others))).findall(source))


@lru_cache(maxsize=256)
def _mention(others: tuple[str, ...]) -> re.Pattern[str]:
    roots = "|".join((*ROOTS, *map(re.escape, others)))
    return re.compile(rf"(?<![.\w])({roots})\b(?:\s?\.\s?([A-Za-z_]\w*))?", re.ASCII)


def without_strings(source: str) -> str:
    kept: list[str] = []
    position = 0
    while position < len(source):
        if source[position] in "'\"":
            position = _string_end(source, position)
            kept.append("''")
        else:
            kept.append(source[position])
            position += 1
    return "".join(kept)
