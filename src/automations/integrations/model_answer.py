"""What an endpoint answered, read as OpenAI's protocol has it; whatever else comes is a `StepError` in plain words."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from automations.errors import StepError
from automations.flow.outside_ports import ModelAnswer, ModelCall

MAX_TOLD = 500
LONGEST_RETRY_AFTER = 86_400.0
MAX_TOKENS_TOLD = 1_000_000_000


def read_answer(content: bytes, content_type: str, model: str) -> ModelAnswer:
    """Raises `StepError`: `model_garbage` (retryable); `model_declined` where the model will not answer.

    Tokens that the endpoint did not count are 0.
    """
    if "json" not in content_type.lower():
        raise garbage(f"the model's endpoint answered with {content_type[:100] or 'no content type'}, not with JSON")
    try:
        body: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise garbage("the model's endpoint answered with JSON that cannot be read") from None
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise garbage("the model's endpoint answered without an answer of the model in it")
    text = _text(message.get("content"))
    refusal = message.get("refusal")
    if not text and isinstance(refusal, str) and refusal:
        raise StepError(f"the model declines to answer: {refusal[:MAX_TOLD]}", code="model_declined")
    if text is None and choice.get("finish_reason") != "length":
        raise garbage("the model's endpoint answered without a text")
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    told = body.get("model")
    return ModelAnswer(
        text=text or "",
        model=told[:200] if isinstance(told, str) and told else model,
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        complete=choice.get("finish_reason") != "length",
    )


def told_by(content: bytes) -> str:
    """What the endpoint says is wrong, from `{"error": {"message": …}}` and its relatives; bounded, on one line.

    Nothing where it does not say it so: pages and tracebacks of servers help no author.
    """
    try:
        found: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    for name in ("error", "message", "detail"):
        found = found.get(name, found) if isinstance(found, dict) else found
    line = " ".join(found.split()) if isinstance(found, str) else ""
    return line if len(line) <= MAX_TOLD else f"{line[:MAX_TOLD]}…"


def refused(status: int, told: str, call: ModelCall, retry_after: str | None) -> StepError:
    """What a status other than 200 means for the step; `told` is what the endpoint said with it."""
    said = f": {told}" if told else ""
    if status == 429 and "insufficient_quota" not in told:
        return StepError(
            f"the model's endpoint has no room for more at the moment{said}",
            code="rate_limited",
            retryable=True,
            retry_after=seconds_of(retry_after),
        )
    if status >= 500 or status in (408, 409, 425):
        return StepError(
            f"the model's endpoint answered {status}{said}",
            code="model_unavailable",
            retryable=True,
            retry_after=seconds_of(retry_after),
        )
    what, hint = f"the model's endpoint answered {status}", None
    if status in (401, 403):
        what = f"the model's endpoint does not take the key ({status})"
        hint = "Check AUTOMATIONS_AI_API_KEY, or the secret that the account's settings name for its own endpoint."
    elif status == 404:
        what = f"the model's endpoint has no model {call.model!r}, or is not at this address (404)"
        hint = "Check the name of the model, and the address: it mostly ends in /v1."
    elif 300 <= status < 400:
        what = f"the model's endpoint sends elsewhere ({status}), which is not followed"
        hint = "Name the address at which it answers itself."
    return StepError(what + said, code="model_refused", hint=hint)


def broken() -> StepError:
    return StepError("the connection to the model's endpoint broke", code="model_unavailable", retryable=True)


def unreached(cause: StepError, call: ModelCall) -> StepError:
    """What kept the request from being answered, as a failure of a model."""
    if cause.code == "timeout":
        return timed_out(call)
    if cause.code == "protocol":
        return StepError(f"the model's endpoint: {cause.message}", code="model_unavailable", retryable=cause.retryable)
    return cause


def timed_out(call: ModelCall) -> StepError:
    return StepError(
        f"the model did not answer within {call.timeout_seconds:g} seconds", code="timeout", retryable=True
    )


def seconds_of(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds, at most a day; None where it says nothing usable."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def garbage(message: str) -> StepError:
    return StepError(
        message,
        code="model_garbage",
        retryable=True,
        hint="If it goes on like this: is the address that of an API like OpenAI's? It mostly ends in /v1.",
    )


def _text(content: object) -> str | None:
    """Some endpoints answer in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        texts = [part for part in parts if isinstance(part, str)]
        return "".join(texts) if texts else None
    return None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_TOKENS_TOLD else 0
