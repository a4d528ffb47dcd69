"""Problems of a config's templates, found when a flow is validated: nothing is rendered."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from automations.flow.outcomes import Json
from automations.flow.template_scope import NO_SECRETS, offer
from automations.flow.template_syntax import (
    FUNCTIONS,
    ROOTS,
    Code,
    Part,
    Path,
    TemplateSyntaxError,
    Text,
    is_template,
    names_used,
    parse_text,
)
from automations.flow.template_words import is_called, unknown_function, unknown_words

MOST_EXPRESSIONS: Final = 500
MOST_PROBLEMS: Final = 50

LOOP_ROOTS: Final = ("item", "index")

_ENV: Final = ("now", "execution_id", "test_mode")
_INCLUDE: Final = re.compile(r"\{%[-+]?\s*(include|import|from|extends)\b", re.ASCII)
_STEP_IN_BRACKETS: Final = re.compile(r"""\bsteps\s?\[\s?(?:"([^"\\]{1,64})"|'([^'\\]{1,64})')""", re.ASCII)
_STEP_WITH_MINUS: Final = re.compile(r"\bsteps\.([A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)+)", re.ASCII)

Finding = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Visible:
    """What the templates of a step may name: steps of the flow, those before it, the names of the loops around it."""

    known_steps: Collection[str]
    ancestors: Collection[str]
    loop_names: frozenset[str] = frozenset()

    @property
    def roots(self) -> list[str]:
        return [*(root for root in ROOTS if root not in LOOP_ROOTS), *sorted(self.loop_names)]


def check_templates(
    config: Json,
    seen: Visible,
    *,
    literal_fields: frozenset[str] = frozenset(),
    secret_fields: frozenset[str] = frozenset(),
) -> list[Finding]:
    """(dotted field, message, hint), at most 50: syntax errors, unknown roots, steps that are unknown or do not come
    before this one, templates that are too long or too many, secrets outside of the fields that may hold them."""
    return list(islice(_check(config, seen, literal_fields, secret_fields), MOST_PROBLEMS))


def _check(
    config: Json, seen: Visible, literal_fields: frozenset[str], secret_fields: frozenset[str]
) -> Iterator[Finding]:
    may_hold_secrets = literal_patterns(secret_fields)
    expressions = 0
    for field, text in walk_texts(config, literal_fields):
        try:
            parts = parse_text(text)
        except TemplateSyntaxError as error:
            yield field, f"{field}: {error.message}", error.hint
            continue
        expressions += sum(not isinstance(part, Text) for part in parts)
        if expressions > MOST_EXPRESSIONS:
            hint = "Prepare values in a step of their own, or split the step."
            yield field, f"the step holds more than {MOST_EXPRESSIONS} templates", hint
            return
        for part in parts:
            for message, hint in _check_part(part, seen, secrets=_is_below(field, may_hold_secrets)):
                yield field, f"{field}: {message}", hint


def _check_part(part: Part, seen: Visible, *, secrets: bool) -> Iterator[tuple[str, str]]:
    match part:
        case Text():
            return
        case Path(segments=("secrets", str())) if secrets:
            return
        case Path(source, segments):
            for message, hint in _check_name(tuple(map(str, segments)), seen):
                yield f"{{{{ {source} }}}}: {message}", hint
        case Code(source):
            shown = source if len(source) <= 80 else source[:79] + "…"
            for message, hint in _check_code(source, seen):
                yield f"{shown}: {message}", hint


def _check_code(source: str, seen: Visible) -> Iterator[tuple[str, str]]:
    try:
        names = names_used(source)
    except TemplateSyntaxError as error:
        yield error.message, error.hint
        return
    included = _INCLUDE.search(source)
    if included:
        yield f"`{included.group(1)}` is not available", "There are no other templates to use; write the text here."
    with_minus = [step for step in _STEP_WITH_MINUS.findall(source) if step in seen.known_steps]
    for step in dict.fromkeys(with_minus):
        yield f"steps.{step} is read as a subtraction here", f'Write steps["{step}"].'
    if with_minus:
        return
    brackets = {("steps", one or other) for one, other in _STEP_IN_BRACKETS.findall(source)}
    names = names | brackets if ("steps",) in {name[:1] for name in names} else names
    yield from unknown_words(source)
    for name in sorted({name[:2] for name in names}):
        if name[0] in FUNCTIONS:
            continue
        if len(name) == 1 and name[0] not in seen.roots and is_called(name[0], source):
            yield unknown_function(name[0])
        else:
            yield from _check_name(name, seen)


def _check_name(name: tuple[str, ...], seen: Visible) -> Iterator[tuple[str, str]]:
    match name:
        case ("secrets", *_):
            yield "a secret cannot be used here", NO_SECRETS
        case ("env", key, *_) if key not in _ENV:
            yield f"there is no `{key}` in env", offer(key, list(_ENV))
        case ("steps", step, *_) if step not in seen.ancestors:
            reachable = offer(step, sorted(set(seen.known_steps) & set(seen.ancestors)))
            if step in seen.known_steps:
                yield f"the step `{step}` does not come before this one", f"Connect it so that it does. {reachable}"
            else:
                yield f"there is no step `{step}`", reachable
        case (("item" | "index") as root, *_) if root not in seen.loop_names:
            yield f"`{root}` is there inside of a loop only", offer(root, seen.roots)
        case (root, *_) if root not in seen.roots:
            yield f"`{root}` is not known here", offer(root, seen.roots)


def _is_below(field: str, patterns: frozenset[tuple[str, ...]]) -> bool:
    """Whether the field is one of these, or in one of them."""
    parts = field.split(".")
    return any(is_literal(".".join(parts[:length]), patterns) for length in range(1, len(parts) + 1))


def is_literal(field: str, literal_fields: frozenset[tuple[str, ...]]) -> bool:
    parts = field.split(".")
    return any(
        len(pattern) == len(parts) and all(a in ("*", b) for a, b in zip(pattern, parts, strict=True))
        for pattern in literal_fields
    )


def literal_patterns(fields: frozenset[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(field.split(".")) for field in fields)


def walk_texts(value: Json, literal_fields: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every text that is a template, as (dotted field, text)."""
    literal = literal_patterns(literal_fields)
    pending: list[tuple[str, Json]] = [("", value)]
    while pending:
        field, item = pending.pop()
        if isinstance(item, str):
            if is_template(item) and not is_literal(field, literal):
                yield field, item
        elif isinstance(item, dict | list) and not is_literal(field, literal):
            pending.extend(reversed([(below(field, key), child) for key, child in entries_of(item)]))


def entries_of(value: dict[str, Json] | list[Json]) -> list[tuple[str, Json]]:
    if isinstance(value, dict):
        return list(value.items())
    return [(str(position), item) for position, item in enumerate(value)]


def below(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key
