"""Outcomes made fit to keep: plain JSON of a bounded size, texts that Postgres takes. Node types are anybody's code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from automations.db.json_text import clean_text, decode_json, encode_json
from automations.flow.outcomes import MAX_OUTPUT_BYTES, Continue, Fail, Loop, Outcome, Stop, Wait

MAX_ERROR_LENGTH = 4_000


def described(error: BaseException) -> str:
    """Type and text of anybody's exception, which may refuse to be printed."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def bounded(outcome: Any, at_most: int = MAX_OUTPUT_BYTES) -> Outcome:
    """The outcome as it can be kept: plain JSON of `at_most` bytes, a text that can be read."""
    match outcome:
        case Continue():
            output, size = _plain(outcome.output)
            variables: Any = outcome.variables
            if variables is outcome.output:
                variables = output
            elif variables:
                variables, more = _plain(variables)
                size = max(size, more)
            if size > at_most:
                return _too_large(size, at_most)
            if output is outcome.output and variables is outcome.variables:
                return outcome
            return replace(outcome, output=output, variables=variables)
        case Stop():
            output, size = _plain(outcome.output)
            if size > at_most:
                return _too_large(size, at_most)
            message = None if outcome.message is None else _shortened(outcome.message)
            return replace(outcome, output=output, message=message)
        case Fail():
            output, size = _plain(outcome.output)
            return replace(outcome, error=_shortened(outcome.error), output=None if size > at_most else output)
        case Wait():
            note, size = _plain(outcome.note)
            return _too_large(size, at_most) if size > at_most else replace(outcome, note=note)
        case Loop():
            items, size = _plain(outcome.items)
            if not isinstance(items, list):
                return Fail("the step answered as a loop over something that is no list", code="internal")
            return _too_large(size, MAX_OUTPUT_BYTES) if size > MAX_OUTPUT_BYTES else replace(outcome, items=items)
        case _:
            return Fail(f"the step answered with {type(outcome).__name__}, which is not an outcome", code="internal")


def _plain(value: Any) -> tuple[Any, int]:
    """The value as JSON would give it back, itself where it is plain, and its size in bytes."""
    if value is None:
        return None, 0
    try:
        return value, len(orjson.dumps(value))
    except (TypeError, ValueError, RecursionError):
        text = encode_json(value)
        return decode_json(text), len(text)


def _shortened(text: str) -> str:
    text = clean_text(str(text))
    return text if len(text) <= MAX_ERROR_LENGTH else f"{text[:MAX_ERROR_LENGTH]}…"


def _too_large(size: int, at_most: int) -> Fail:
    limit = f"at most {at_most:,} are kept"
    if at_most < MAX_OUTPUT_BYTES:
        advice = "Ask for less in this step, or raise its max_output_bytes"
        return Fail(f"the output has {size:,} bytes; {limit} of this step. {advice}.", code="output_too_large")
    return Fail(f"the output has {size:,} bytes; {limit}. Ask for less in this step.", code="output_too_large")
