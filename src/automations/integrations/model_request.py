"""What is asked of an endpoint, and what it turns out not to know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from automations.flow.outside_ports import ModelCall

SCHEMAS = "response_format"
OLDER_LIMIT = "max_tokens"
TEMPERATURE = "temperature"
_AS_JSON = "Answer with one JSON value and nothing else, without a code fence. It has to fit this JSON Schema:\n"


def request_of(call: ModelCall, unknown: Collection[str]) -> dict[str, Any]:
    """The body of the request. `unknown`: what this endpoint does not know, as `learnt` found out.

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


def learnt(status: int, told: str, sent: Collection[str]) -> str | None:
    """What the endpoint says that it does not know, among the fields that were `sent` and that we can do without."""
    if status not in (400, 422):
        return None
    words = told.lower()
    if OLDER_LIMIT in sent and "max_completion_tokens" in words:
        return OLDER_LIMIT
    if SCHEMAS in sent and ("response_format" in words or "json_schema" in words):
        return SCHEMAS
    # Models that think first have one of their own.
    if TEMPERATURE in sent and TEMPERATURE in words and "support" in words:
        return TEMPERATURE
    return None
