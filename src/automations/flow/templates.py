"""Templates in a node's config: `{{ trigger.new.email }}` and what else may stand between braces. No I/O.

A value that is exactly one expression keeps its type. Bare paths (dots, `["key with space"]`, `[0]`) are resolved here;
everything else is left to an engine, whose answers come back by source (`integrations/template_process`).

Inside of text: a text as it is, null as nothing, everything else as compact JSON.

In fields of HTML, what is inserted is escaped, whatever it is and however it got there: much of it was typed by
strangers. `| safe` inserts a value as it is; the engine knows what that covers, so it escapes what it evaluates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from automations.errors import TemplateError
from automations.flow.outcomes import Json
from automations.flow.template_check import below, check_templates, entries_of, is_literal, literal_patterns, walk_texts
from automations.flow.template_scope import html_of, look_up, text_of
from automations.flow.template_syntax import (
    Code,
    Part,
    Path,
    TemplateSyntaxError,
    Text,
    escaping,
    is_template,
    parse_text,
)

__all__ = ["CompiledValue", "check_templates", "compile_value", "text_of"]

LONGEST_RESULT: Final = 1_048_576
"""Characters of one text after rendering."""
Resolver = Callable[[Mapping[str, Any], Mapping[str, Json]], Json]


@dataclass(frozen=True, slots=True)
class CompiledValue:
    """A config, or any JSON value, whose templates were found once.

    - `static`: there is nothing to render, `resolve` gives the value itself.
    - `engine_sources`: distinct template texts that need the engine, in the order of their first use.
    - `fields`: the dotted field in which each of them stands first.
    - `secrets`: names of the secrets that it inserts; `resolve` finds them in the scope, as `secrets`.
    """

    static: bool
    engine_sources: tuple[str, ...]
    fields: Mapping[str, str]
    secrets: frozenset[str]
    _resolve: Resolver

    def resolve(self, scope: Mapping[str, Any], rendered: Mapping[str, Json]) -> Json:
        """The value with every template filled in; `rendered` holds the engine's value of every `engine_sources`.

        Parts without templates are shared with the config: read them, do not change them. Raises `TemplateError` naming
        the field and the expression, its hint lists what is there.
        """
        return self._resolve(scope, rendered)


def compile_value(
    value: Json, *, literal_fields: frozenset[str] = frozenset(), html_fields: frozenset[str] = frozenset()
) -> CompiledValue:
    """`literal_fields`: dotted fields (`*` for any list index or key) whose text, and all below it, is taken literally.
    `html_fields`: those whose text is HTML.

    Raises `TemplateError` for a template that cannot be read; `check_templates` finds those when a flow is published.
    """
    fields: dict[str, str] = {}
    resolve = _compile(value, "", _Marks(literal_patterns(literal_fields), literal_patterns(html_fields)), fields)
    if resolve is None:
        return CompiledValue(True, (), {}, frozenset(), lambda _scope, _rendered: value)
    return CompiledValue(False, tuple(fields), fields, frozenset(_secrets_in(value, literal_fields)), resolve)


def _secrets_in(value: Json, literal_fields: frozenset[str]) -> Iterator[str]:
    for _, text in walk_texts(value, literal_fields):
        for part in parse_text(text):
            match part:
                case Path(segments=("secrets", str() as name)):
                    yield name
                case _:
                    pass


@dataclass(frozen=True, slots=True)
class _Marks:
    """Patterns of the fields that are treated otherwise than most."""

    literal: frozenset[tuple[str, ...]]
    html: frozenset[tuple[str, ...]]


def _compile(value: Json, field: str, marks: _Marks, fields: dict[str, str]) -> Resolver | None:
    """None for a value without templates."""
    if isinstance(value, str):
        if not is_template(value) or is_literal(field, marks.literal):
            return None
        return _compile_text(value, field, fields, html=is_literal(field, marks.html))
    if not isinstance(value, dict | list) or is_literal(field, marks.literal):
        return None
    entries = [(key, child, _compile(child, below(field, key), marks, fields)) for key, child in entries_of(value)]
    if all(resolve is None for _, _, resolve in entries):
        return None
    if isinstance(value, list):
        return lambda scope, rendered: [
            child if resolve is None else resolve(scope, rendered) for _, child, resolve in entries
        ]
    return lambda scope, rendered: {
        key: child if resolve is None else resolve(scope, rendered) for key, child, resolve in entries
    }


def _compile_text(text: str, field: str, fields: dict[str, str], *, html: bool) -> Resolver:
    try:
        parts = parse_text(text)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{field}: {error.message}", hint=error.hint) from None
    resolvers = [_compile_part(part, field, fields, html=html) for part in parts]
    if len(resolvers) == 1:
        return resolvers[0]

    def resolve(scope: Mapping[str, Any], rendered: Mapping[str, Json]) -> Json:
        pieces: list[str] = []
        length = 0
        for part in resolvers:
            piece = text_of(part(scope, rendered))
            length += len(piece)
            # Judged as it grows: hundreds of large values must not be in memory before we refuse them.
            if length > LONGEST_RESULT:
                raise TemplateError(
                    f"{field}: the text has more than {LONGEST_RESULT:,} characters once its templates are filled in",
                    hint="Insert less of the data.",
                )
            pieces.append(piece)
        return "".join(pieces)

    return resolve


def _compile_part(part: Part, field: str, fields: dict[str, str], *, html: bool) -> Resolver:
    match part:
        case Text(text):
            return lambda _scope, _rendered: text
        case Path() if html:
            return lambda scope, _rendered: html_of(look_up(part, scope, field))
        case Path():
            return lambda scope, _rendered: look_up(part, scope, field)
        case Code(source):
            asked = escaping(source) if html else source
            fields.setdefault(asked, field)
            return lambda _scope, rendered: rendered[asked]
