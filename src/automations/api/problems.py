"""Errors as `application/problem+json` (RFC 9457): a code for programs, what is wrong, what to do next. Never more."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from automations.errors import AutomationsError, DatabaseError, WebhookRefused

STATUS: Final = {
    "bad_request": 400,
    "bad_body": 400,
    "unauthorized": 401,
    "stale": 401,
    "not_found": 404,
    "wrong_method": 405,
    "too_slow": 408,
    "id_reused": 409,
    "switched_off": 410,
    "too_large": 413,
    "unsupported_body": 415,
    "body_does_not_fit": 422,
    "too_many_headers": 431,
    "internal": 500,
    "run_failed": 500,
    "run_cancelled": 500,
    "paused": 503,
    "not_ready": 503,
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
        given["WWW-Authenticate"] = "Webhook"
    content = {"title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail, "hint": hint}
    return Response(
        orjson.dumps({**content, **more}), status_code=status, headers=given, media_type="application/problem+json"
    )


def problem_of(error: AutomationsError) -> Response:
    match error:
        case WebhookRefused():
            headers = {"Allow": ", ".join(error.allowed)} if error.allowed else None
            return problem(error.code, error.message, error.hint or "", headers=headers)
        case DatabaseError():
            # What the database said is for the log.
            return problem("unavailable", "this cannot be answered now", "Send it again a little later.")
        case _:
            return internal()


def internal() -> Response:
    return problem("internal", "an error of ours", "Send it again later; the log of the server says what happened.")
