"""Errors as `application/problem+json` (RFC 9457): a code for programs, what is wrong, what to do next. Never more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from automations.api.api_words import in_words_of_the_api
from automations.errors import (
    AutomationsError,
    ConfigurationError,
    Conflict,
    DatabaseError,
    FlowInvalid,
    InputInvalid,
    NotAllowed,
    NotFound,
    Problem,
    SettingRefused,
    TooManyRequests,
    Unusable,
    WebhookRefused,
)
from automations.flow.wording import in_words

STATUS: Final = {
    "bad_request": 400,
    "bad_body": 400,
    "unauthorized": 401,
    "stale": 401,
    "not_signed_in": 401,
    "not_allowed": 403,
    "not_found": 404,
    "wrong_method": 405,
    "too_slow": 408,
    "id_reused": 409,
    "conflict": 409,
    "switched_off": 410,
    "too_large": 413,
    "unsupported_body": 415,
    "body_does_not_fit": 422,
    "invalid_request": 422,
    "flow_invalid": 422,
    "unusable": 422,
    "too_many_requests": 429,
    "too_many_streams": 429,
    "too_many_headers": 431,
    "internal": 500,
    "run_failed": 500,
    "run_cancelled": 500,
    "paused": 503,
    "not_ready": 503,
    "not_configured": 503,
    "unavailable": 503,
}
# Seconds. A paused webhook waits for a person, the rest for a server that comes back.
_RETRY_AFTER: Final = {"paused": 300, "not_ready": 60, "unavailable": 5}


def problem(code: str, detail: str, hint: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    status = STATUS[code]
    given = dict(headers or {})
    if code in _RETRY_AFTER:
        given["Retry-After"] = str(_RETRY_AFTER[code])
    if status == 401:
        given["WWW-Authenticate"] = "Bearer" if code == "not_signed_in" else "Webhook"
    said = {"detail": in_words_of_the_api(detail), "hint": in_words_of_the_api(hint)}
    content = {"title": HTTPStatus(status).phrase, "status": status, "code": code, **said}
    return Response(
        orjson.dumps({**content, **more}), status_code=status, headers=given, media_type="application/problem+json"
    )


def told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems of a flow as they are shown."""
    return [
        {**asdict(one), "message": in_words_of_the_api(one.message), "hint": in_words_of_the_api(one.hint)}
        for one in problems
    ]


def problem_of(error: AutomationsError) -> Response:
    match error:
        case WebhookRefused():
            headers = {"Allow": ", ".join(error.allowed)} if error.allowed else None
            return problem(error.code, error.message, error.hint or "", headers=headers)
        case NotFound():
            return problem("not_found", error.message, error.hint or "Check the id.")
        case NotAllowed():
            return problem("not_allowed", error.message, error.hint or "Ask an owner or admin of the account.")
        case Conflict():
            return problem("conflict", error.message, error.hint or "Load it again, and try once more.")
        case FlowInvalid():
            problems = told(error.problems)
            return problem("flow_invalid", error.message, error.hint or "Mend the problems.", problems=problems)
        case TooManyRequests():
            headers = {
                "Retry-After": str(error.retry_after),
                "RateLimit-Policy": f'"default";q={error.per_minute};w=60',
                "RateLimit": f'"default";r=0;t={error.retry_after}',
            }
            return problem("too_many_requests", error.message, error.hint or "", headers=headers)
        case InputInvalid():
            texts = [{"message": one} for one in error.problems]
            return problem("unusable", error.message, error.hint or "Correct what you sent.", problems=texts)
        case SettingRefused():
            at = [{"field": error.name, "message": in_words_of_the_api(error.reason)}]
            return problem("unusable", error.message, error.hint or "Correct what you sent.", problems=at)
        case Unusable():
            return problem("unusable", error.message, error.hint or "Correct what you sent.")
        case ConfigurationError():
            return problem("not_configured", error.message, error.hint or "Ask whoever runs this installation.")
        case DatabaseError():
            # What the database said is for the log.
            return problem("unavailable", "this cannot be answered now", "Send it again a little later.")
        case _:
            return internal()


def refusal(error: AutomationsError) -> dict[str, str]:
    """Of one of many, in an answer about all of them."""
    content = orjson.loads(bytes(problem_of(error).body))
    return {name: content[name] for name in ("code", "detail", "hint")}


def invalid_request(error: RequestValidationError) -> Response:
    """What was sent has another form than the route takes; each place of it, never the value."""
    problems = [
        {
            "field": ".".join(map(str, one["loc"][1:])) or str(one["loc"][0]),
            "message": in_words(one["type"], one["msg"]),
        }
        for one in error.errors()[:50]
    ]
    first = problems[0]
    return problem(
        "invalid_request",
        f"{first['field']}: {first['message']}",
        "Correct the fields that are named; /api/docs shows what each takes.",
        problems=problems,
    )


def internal() -> Response:
    return problem("internal", "an error of ours", "Send it again later; the log of the server says what happened.")
