"""The process in which templates are evaluated: it may be killed at any moment, and it is never trusted.

Run as a script, alone: `python -I template_child.py`, standard library and minijinja only. Frames on stdin and stdout
are 4 bytes of length (big endian) and JSON. It greets with `{"ready": true}`, then answers each
`{"source", "expression", "scope"}` with `{"value": …}` or `{"error": kind, "message", "line"}`. It ends with its stdin.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import minijinja

MEMORY = 512 * 1024 * 1024
FUEL = 1_000_000
LONGEST_RESULT = 1_048_576
ALARM_SECONDS = 3.0


def limit_resources() -> None:
    """What the platform can do; the parent's clock works everywhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who may still want an answer
    try:
        import resource  # noqa: PLC0415  (not there on Windows)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS refuses
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def text_of(value: Any) -> str:
    """The twin of `flow.template_scope.text_of`."""
    if isinstance(value, str):
        return value
    return "" if value is None else dump(value)


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_refuse)


def _refuse(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} is no JSON value")


class Engine:
    """Two environments: one keeps the value of the one expression, one writes values into text."""

    def __init__(self) -> None:
        self._emitted: list[Any] = []
        self._expression = _environment(self._keep)
        self._text = _environment(text_of)

    def _keep(self, value: Any) -> str:
        # `eval_expr` would answer None where something is missing, whatever `strict` says; what is emitted is checked.
        self._emitted.append(value)
        return ""

    def answer(self, source: str, expression: bool, scope: dict[str, Any]) -> bytes:
        try:
            if expression:
                self._emitted.clear()
                self._expression.render_str(source, **scope)
                value = self._emitted[0] if self._emitted else ""
            else:
                value = self._text.render_str(source, **scope)
            if isinstance(value, str) and len(value) > LONGEST_RESULT:
                return _error("too_large")
            body = ('{"value":' + dump(value) + "}").encode("utf-8", "replace")
            return body if len(body) <= LONGEST_RESULT + 20 else _error("too_large")
        except minijinja.TemplateError as error:
            return _error(error.kind, error.detail or error.message, error.line)
        except NoTime as error:
            return _error("filter", str(error))
        except (TypeError, ValueError, RecursionError) as error:
            return _error("not_json", str(error))
        except MemoryError:
            return _error("memory")
        except Exception as error:  # whatever a method of a value raises is the template's doing
            return _error("failed", f"{type(error).__name__}: {error}")
        finally:
            self._emitted.clear()


class NoTime(Exception):
    """What a filter of times was given cannot be used; the text is for the flow's author."""


def plus(value: Any, **amounts: Any) -> str:
    """`env.now | plus(days=-7)`: weeks, days, hours, minutes, seconds; a day is 24 hours."""
    unknown = set(amounts) - {"weeks", "days", "hours", "minutes", "seconds"}
    if unknown or not amounts:
        raise NoTime("plus takes weeks, days, hours, minutes or seconds, such as plus(days=-7)")
    try:
        return (_moment(value) + timedelta(**{name: float(amount) for name, amount in amounts.items()})).isoformat()
    except (TypeError, ValueError):
        raise NoTime("plus takes numbers, such as plus(days=-7)") from None
    except OverflowError:
        raise NoTime("plus leads out of the calendar") from None


def date(value: Any, form: str = "%Y-%m-%d", zone: str = "UTC") -> str:
    """`env.now | date("%d.%m.%Y %H:%M", "Europe/Berlin")`."""
    try:
        there = ZoneInfo(zone)
    except (TypeError, ValueError, OSError, KeyError):
        raise NoTime(f"date knows no time zone {zone!r}") from None
    return _moment(value).astimezone(there).strftime(str(form)[:200])


def _moment(value: Any) -> datetime:
    """Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise NoTime(f"{str(value)[:80]!r} is no time such as 2026-01-05T09:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


# What expressions have beside minijinja's own.
FILTERS: dict[str, Callable[..., Any]] = {"plus": plus, "date": date}


def _environment(finalizer: Any) -> minijinja.Environment:
    environment = minijinja.Environment(
        debug=False, undefined_behavior="strict", fuel=FUEL, keep_trailing_newline=True, finalizer=finalizer
    )
    environment.remove_global("debug")
    for name, function in FILTERS.items():
        environment.add_filter(name, function)
    return environment


def _error(kind: str, message: str = "", line: int | None = None) -> bytes:
    return json.dumps({"error": kind, "message": message[:500], "line": line}).encode()


def read_frame(pipe: BinaryIO) -> bytes | None:
    header = pipe.read(4)
    return pipe.read(int.from_bytes(header, "big")) if len(header) == 4 else None


def write_frame(pipe: BinaryIO, body: bytes) -> None:
    pipe.write(len(body).to_bytes(4, "big") + body)
    pipe.flush()


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    engine = Engine()
    write_frame(stdout, b'{"ready":true}')
    # The kernel ends us if the parent, who watches the clock, was killed during an endless template.
    set_alarm = getattr(signal, "setitimer", None)
    while (frame := read_frame(stdin)) is not None:
        request = json.loads(frame)
        if set_alarm is not None:
            set_alarm(signal.ITIMER_REAL, ALARM_SECONDS)
        body = engine.answer(request["source"], request["expression"], request["scope"])
        if set_alarm is not None:
            set_alarm(signal.ITIMER_REAL, 0)
        write_frame(stdout, body)


if __name__ == "__main__":
    limit_resources()
    serve(sys.stdin.buffer, sys.stdout.buffer)
