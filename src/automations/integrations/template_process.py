"""Evaluates templates in a child process that may be killed: no engine bounds its memory, and it holds the interpreter.

A template gets 1 second, 512 MB and 1,000,000 engine steps; its result at most 1 MB. Neighbours are protected by two
lanes. In the first, a template that needs more than a blink is stopped and goes on in the second, the quarantine, where
it gets its whole second; it is remembered and starts there next time, until it is quick again. Templates that were
quick before go ahead of those never seen, so that many new hostile ones delay them by one blink, not by one each.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson
import structlog

from automations.errors import TemplateError
from automations.flow.outcomes import Json
from automations.flow.template_scope import describe_gap
from automations.flow.template_syntax import (
    FUNCTIONS,
    ROOTS,
    TemplateSyntaxError,
    as_written,
    is_expression,
    mentions,
    names_used,
)
from automations.integrations.template_lane import DiedError, Lane, OvertimeError

log = structlog.get_logger(__name__)

BLINK_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 1.0
LARGEST_SCOPE: Final = 5_000_000
MOST_WAITING: Final = 2_000
MOST_IN_QUARANTINE: Final = 50
MOST_REMEMBERED: Final = 1_024
HANDICAP: Final = 200

# Methods of the objects in a scope: `vars.items()` is not the variable `items`, and needs all of `vars`.
_METHODS: Final = frozenset(name for name in dir(dict) if not name.startswith("_"))


class TemplateProcess:
    """Starts at first need. Belongs to one event loop; `close` ends its processes."""

    def __init__(self) -> None:
        self._first = Lane(most_waiting=MOST_WAITING)
        self._quarantine = Lane(most_waiting=MOST_IN_QUARANTINE)
        self._slow: OrderedDict[str, None] = OrderedDict()
        self._quick: OrderedDict[str, None] = OrderedDict()

    async def render(self, sources: Sequence[str], scope: Mapping[str, Any]) -> dict[str, Json]:
        """`{source: value}`. One whole `{{ expression }}` keeps its type, everything else becomes text.

        Raises `TemplateError` naming the template; `retryable` only if the engine itself was the problem.
        """
        return {source: await self._render(source, scope) for source in dict.fromkeys(sources)}

    async def _render(self, source: str, scope: Mapping[str, Any]) -> Json:
        request = _request(source, scope)
        try:
            answer = await self._ask(source, request)
        except OvertimeError:
            raise _failure(
                source, f"it took longer than {LONGEST_SECONDS:g} second", "Let it loop less, or split it over steps."
            ) from None
        except DiedError:
            raise _failure(source, "it needed too much memory", "Build smaller texts and lists.") from None
        if "value" in answer:
            value: Json = answer["value"]
            return value
        raise _explained(source, answer, scope)

    async def _ask(self, source: str, request: bytes) -> dict[str, Any]:
        if source not in self._slow:
            try:
                answer = await self._first.ask(request, BLINK_SECONDS, 0 if source in self._quick else HANDICAP)
                _remember(self._quick, source)
                return answer
            except (OvertimeError, DiedError) as stopped:
                self._quick.pop(source, None)
                _remember(self._slow, source)
                reason = "slow" if isinstance(stopped, OvertimeError) else "died"
                log.warning("template stopped", reason=reason, template=source[:200])
        begun = time.monotonic()
        answer = await self._quarantine.ask(request, LONGEST_SECONDS)
        if time.monotonic() - begun < BLINK_SECONDS:
            self._slow.pop(source, None)
        return answer

    async def close(self) -> None:
        await self._first.close()
        await self._quarantine.close()


def _remember(sources: OrderedDict[str, None], source: str) -> None:
    sources[source] = None
    sources.move_to_end(source)
    if len(sources) > MOST_REMEMBERED:
        sources.popitem(last=False)


def _request(source: str, scope: Mapping[str, Any]) -> bytes:
    try:
        expression = is_expression(source)
        names_used(source)  # its syntax errors are better found here than in the child
    except TemplateSyntaxError as error:
        raise _failure(source, error.message, error.hint) from None
    request = {
        "source": source,
        "expression": expression,
        "scope": _needed(scope, mentions(source, scope.keys() - set(ROOTS))),
    }
    try:
        body = orjson.dumps(request, default=_plain)
    except TypeError:
        # orjson refuses integers beyond 64 bits and lone surrogates.
        try:
            body = json.dumps(request, default=_plain, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise _failure(source, f"its data is no JSON: {error}", "Use plain JSON values.") from None
    if len(body) > LARGEST_SCOPE:
        raise _failure(
            source,
            f"it would need {len(body):,} bytes of data; at most {LARGEST_SCOPE:,} are allowed",
            "Name what it needs, such as steps.find.first instead of steps.",
        )
    return body


def _needed(scope: Mapping[str, Any], names: frozenset[tuple[str, ...]]) -> dict[str, Any]:
    """The part of the scope that a template can reach: of `steps.find.count` it is `steps.find`."""
    needed: dict[str, Any] = {}
    for root in {name[0] for name in names}:
        if root not in scope:
            continue
        content = scope[root]
        keys = {name[1] if len(name) > 1 else "" for name in names if name[0] == root}
        if isinstance(content, Mapping) and "" not in keys and not keys & _METHODS:
            needed[root] = {key: content[key] for key in keys if key in content}
        else:
            needed[root] = content
    return needed


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _failure(source: str, problem: str, hint: str) -> TemplateError:
    written = as_written(source)
    shown = written if len(written) <= 100 else written[:99] + "…"
    return TemplateError(f"{shown}: {problem}", hint=hint)


def _explained(source: str, answer: Mapping[str, Any], scope: Mapping[str, Any]) -> TemplateError:
    kind, message = str(answer.get("error")), str(answer.get("message") or "")
    line = f" (line {answer['line']})" if answer.get("line") and "\n" in source else ""
    match kind:
        case "UndefinedError":
            problem, hint = _undefined(source, scope)
            return _failure(source, problem + line, hint)
        case "OutOfFuel":
            return _failure(source, f"it does too much work{line}", "Let it loop less, or split it over steps.")
        case "too_large":
            return _failure(source, "its result is larger than 1 MB", "Build smaller texts and lists.")
        case "memory":
            return _failure(source, "it needed too much memory", "Build smaller texts and lists.")
        case "not_json":
            hint = "End with a text, number, list or object; `|list` makes a list of what can be looped over."
            return _failure(source, f"its result is no JSON value: {message}", hint)
        case "UnknownFilter" | "UnknownTest":
            hint = "Filters are, for example, upper, lower, trim, default, join, length, round, first, replace."
            return _failure(source, f"{message}{line}", hint)
        case "InvalidOperation" if "undefined" in message:
            return _failure(source, *_undefined(source, scope))
        case _:
            hint = "Check the types of what it combines; `|string`, `|int` and `|float` convert."
            return _failure(source, f"{message or kind}{line}", hint)


def _undefined(source: str, scope: Mapping[str, Any]) -> tuple[str, str]:
    """The engine only says that something is missing; the names that are not there say what."""
    missing: dict[tuple[str, str], str] = {}
    for name in sorted(names_used(source)):
        if name[0] in FUNCTIONS or name[-1] in _METHODS:
            continue
        gap = describe_gap(name, scope)
        if gap is not None:
            missing.setdefault(gap, ".".join(name))
    match list(missing):
        case [only]:
            return only
        case []:
            return "something in it is missing", "Use `|default(…)` for what may be missing."
        case _:
            return (
                f"one of these is missing: {', '.join(missing.values())}",
                "Use `|default(…)` for what may be missing.",
            )
