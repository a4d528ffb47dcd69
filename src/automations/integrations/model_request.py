"""What is asked of an endpoint, and what it turns out not to know."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from automations.flow.outside_ports import ModelCall

SCHEMAS = "response_format"
OLDER_LIMIT = "max_tokens"
TEMPERATURE = "temperature"
REMEMBERED: Final = 1_000
REMEMBERED_SECONDS: Final = 3_600.0
_AS_JSON = "Answer with one JSON value and nothing else, without a code fence. It has to fit this JSON Schema:\n"

_SCHEMA: Final = re.compile(r"(?<!json_)schema")


def request_of(call: ModelCall, unknown: Collection[str]) -> dict[str, Any]:
    """The body of the request. `unknown`: what this endpoint does not know, as `lacking` found out.

    A schema stands in the instructions, too: many endpoints take `response_format` and do not heed it.
    """
    system = call.system or ""
    if call.schema is not None:
        schema = orjson.dumps(call.schema).decode()
        system = f"{system}\n\n{_AS_JSON}{schema}".strip()
    messages = [{"role": "system", "content": system}] if system else []
    limit = "max_completion_tokens" if OLDER_LIMIT in unknown else OLDER_LIMIT
    body: dict[str, Any] = {
        "model": call.model,
        "messages": [*messages, {"role": "user", "content": call.prompt}],
        limit: call.max_output_tokens,
    }
    if call.temperature is not None and TEMPERATURE not in unknown:
        body["temperature"] = call.temperature
    if call.schema is not None and SCHEMAS not in unknown:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": call.schema}}
    return body


@dataclass(frozen=True, slots=True)
class Lacking:
    """A field that was refused, and that we can do without. `always`: the endpoint refuses the field, not what this
    call had in it."""

    field: str
    always: bool = True


def lacking(status: int, told: str, sent: Collection[str]) -> Lacking | None:
    """What the endpoint says that it does not take, among the fields that were `sent`."""
    if status not in (400, 422):
        return None
    words = told.lower()
    if OLDER_LIMIT in sent and "max_completion_tokens" in words:
        return Lacking(OLDER_LIMIT)
    if SCHEMAS in sent and ("response_format" in words or "json_schema" in words):
        # "Invalid schema for response_format": it knows the field. `json_schema` is a word of the protocol.
        return Lacking(SCHEMAS, always=_SCHEMA.search(words) is None)
    # Models that think first have one of their own.
    if TEMPERATURE in sent and TEMPERATURE in words and "support" in words:
        return Lacking(TEMPERATURE)
    return None


class Learnt:
    """What endpoints turned out not to know, so that it is found out once.

    For an hour, as endpoints change; and for whoever found out: endpoints repeat what they were sent, so with the right
    words in a schema one account could teach something wrong about the endpoint of all.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # By whose and which endpoint: until when each field is left out.
        self._until: OrderedDict[Hashable, dict[str, float]] = OrderedDict()

    def of(self, which: Hashable) -> set[str]:
        now = self._clock()
        return {field for field, until in self._until.get(which, {}).items() if now < until}

    def add(self, which: Hashable, fields: Collection[str]) -> None:
        if not fields:
            return
        until = self._clock() + REMEMBERED_SECONDS
        self._until.setdefault(which, {}).update(dict.fromkeys(fields, until))
        self._until.move_to_end(which)
        if len(self._until) > REMEMBERED:
            self._until.popitem(last=False)
