"""The settings that every node takes, in `data` beside label and config: read one by one, each problem in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError

from automations.errors import Problem
from automations.flow.condition_tree import Leaf, Tree, read_tree
from automations.flow.graph import Pinned
from automations.flow.node import Retry
from automations.flow.outcomes import MAX_OUTPUT_BYTES, Json
from automations.flow.retrying import ROOTS
from automations.flow.wording import in_words, shorten

MAX_TIMEOUT_SECONDS: Final = 86_400
MAX_NOTE_LENGTH: Final = 2_000
MAX_MASKED_NAMES: Final = 50
MAX_MASKED_NAME_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """`retry` None: the node type's own. `pinned` with handle None: the node's first one. `mask`: in lower case."""

    note: str | None = None
    retry: Retry | None = None
    timeout_seconds: float | None = None
    on_unknown: Literal["retry", "fail"] = "retry"
    on_error: Literal["stop", "continue"] = "stop"
    pinned: Pinned | None = None
    max_output_bytes: int = MAX_OUTPUT_BYTES
    mask: tuple[str, ...] = ()


def read_settings(data: Mapping[str, Any], node_id: str, problems: list[Problem]) -> NodeSettings:
    reader = _Reader(data, node_id, problems)
    return NodeSettings(
        note=reader.note(),
        retry=reader.retry(),
        timeout_seconds=reader.timeout(),
        on_unknown=reader.on_unknown(),
        on_error=reader.on_error(),
        pinned=reader.pinned(),
        max_output_bytes=reader.max_output_bytes(),
        mask=reader.mask(),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """What cannot be read has its default; the problem says so."""

    data: Mapping[str, Any]
    node_id: str
    problems: list[Problem]

    def wrong(self, code: str, field: str, complaint: str, hint: str) -> None:
        path = f"data.{field}"
        message = f"`{path}` of node {self.node_id!r}{complaint}"
        self.problems.append(Problem(code, message, hint, self.node_id, field=path))

    def note(self) -> str | None:
        value = self.data.get("note")
        if value is None or (isinstance(value, str) and len(value) <= MAX_NOTE_LENGTH):
            return value
        complaint = f" has {len(value):,} characters" if isinstance(value, str) else " is not text"
        self.wrong("bad_note", "note", complaint, f"Write at most {MAX_NOTE_LENGTH:,} characters, or leave it out.")
        return None

    def retry(self) -> Retry | None:
        value = self.data.get("retry")
        if value is None:
            return None
        try:
            retry = Retry.model_validate(value)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False, include_input=False, include_context=False)[:10]:
                field = ".".join(("retry", *(str(part)[:40] for part in error["loc"])))
                hint = (
                    "Set attempts (1 to 100), delay_seconds, backoff (fixed or exponential), max_delay_seconds, jitter "
                    "and retry_if (a condition)."
                )
                self.wrong("bad_retry", field, f": {in_words(error['type'], error['msg'])}", hint)
            return None
        return retry if self.retry_if_is_good(retry) else None

    def retry_if_is_good(self, retry: Retry) -> bool:
        if retry.retry_if is None:
            return True
        tree, found = read_tree(retry.retry_if, "retry.retry_if", drawn=True, templates=False)
        for path, message, hint in found[:10]:
            self.wrong("bad_retry", path, f": {message}", f"{hint[:1].upper()}{hint[1:]}.")
        if tree is not None and (lost := _outside(tree)):
            complaint = f": there is no {shorten(lost[0])} to ask for"
            hint = "Ask for error.message, error.code, output (or what is in it) or attempt."
            self.wrong("bad_retry", "retry.retry_if", complaint, hint)
            return False
        if not found and retry.attempts == 1:
            hint = "Set attempts to 2 or more: it counts the first try, too."
            self.wrong("bad_retry", "retry.attempts", ": with one attempt, retry_if never decides anything", hint)
            return False
        return not found

    def timeout(self) -> float | None:
        value = self.data.get("timeout_seconds")
        if value is None:
            return None
        seconds = finite(value)
        if seconds is not None and 0 < seconds <= MAX_TIMEOUT_SECONDS:
            return seconds
        complaint = f" is not a number above 0 and up to {MAX_TIMEOUT_SECONDS}"
        self.wrong("bad_timeout", "timeout_seconds", complaint, "Give seconds, a day at most, or leave it out.")
        return None

    def on_unknown(self) -> Literal["retry", "fail"]:
        match self.data.get("on_unknown"):
            case None | "retry":
                return "retry"
            case "fail":
                return "fail"
            case _:
                hint = "Choose `retry` to do the step again after a crash, or `fail` where twice is worse than never."
                self.wrong("bad_on_unknown", "on_unknown", " is neither `retry` nor `fail`", hint)
                return "retry"

    def on_error(self) -> Literal["stop", "continue"]:
        match self.data.get("on_error"):
            case None | "stop":
                return "stop"
            case "continue":
                return "continue"
            case _:
                hint = "Choose `stop` to let a failure end the run, or `continue` to go on all the same."
                self.wrong("bad_on_error", "on_error", " is neither `stop` nor `continue`", hint)
                return "stop"

    def pinned(self) -> Pinned | None:
        value = self.data.get("pinned")
        if value is None:
            return None
        hint = 'Write {"output": …}, and "handle" where the step has several ways out; or leave it out.'
        if not isinstance(value, dict) or "output" not in value:
            self.wrong("bad_pinned", "pinned", " is not an object with an output", hint)
            return None
        unknown = [key for key in value if key not in ("output", "handle")]
        if unknown:
            self.wrong("bad_pinned", f"pinned.{unknown[0][:40]}", " is not known", hint)
            return None
        output: Json = value["output"]
        handle = value.get("handle")
        if handle is not None and not isinstance(handle, str):
            self.wrong("bad_pinned", "pinned.handle", " is not text", "Name one of the step's handles.")
            return None
        return Pinned(output, handle)

    def max_output_bytes(self) -> int:
        value = self.data.get("max_output_bytes")
        if value is None:
            return MAX_OUTPUT_BYTES
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_OUTPUT_BYTES:
            return value
        complaint = f" is not a whole number from 1 to {MAX_OUTPUT_BYTES:,}"
        hint = f"Give bytes of JSON, or leave it out for {MAX_OUTPUT_BYTES:,}."
        self.wrong("bad_max_output", "max_output_bytes", complaint, hint)
        return MAX_OUTPUT_BYTES

    def mask(self) -> tuple[str, ...]:
        value = self.data.get("mask")
        if value is None:
            return ()
        hint = f"List up to {MAX_MASKED_NAMES} names of fields, such as iban, each without its path."
        if not isinstance(value, list) or len(value) > MAX_MASKED_NAMES:
            complaint = f" is not a list of at most {MAX_MASKED_NAMES} names"
            self.wrong("bad_mask", "mask", complaint, hint)
            return ()
        for number, name in enumerate(value):
            if not isinstance(name, str) or not name.strip() or len(name) > MAX_MASKED_NAME_LENGTH:
                complaint = f" is not a name of 1 to {MAX_MASKED_NAME_LENGTH} characters"
                self.wrong("bad_mask", f"mask.{number}", complaint, hint)
                return ()
        return tuple(dict.fromkeys(name.strip().lower() for name in value))


def finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _outside(tree: Tree) -> list[str]:
    """Fields of a condition that nothing will ever stand behind."""
    if isinstance(tree, Leaf):
        return [] if tree.path[0] in ROOTS else [tree.field]
    return [field for child in tree.children for field in _outside(child)]
