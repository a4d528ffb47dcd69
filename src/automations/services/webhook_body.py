"""What a webhook was sent, as a value: JSON, the fields of a form, or a text."""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl

from automations.db.json_text import is_deeper
from automations.errors import WebhookRefused
from automations.flow.http_messages import media_type

DEEPEST: Final = 64
MOST_FIELDS: Final = 1_000


def parse_body(content: bytes, content_type: str, content_encoding: str) -> Any:
    """None for an empty body. `WebhookRefused`: `unsupported_body`, `bad_body`.

    Without a content type it is JSON where it can be read as such, else a text.
    """
    if content_encoding.strip().lower() not in ("", "identity"):
        raise WebhookRefused(
            "unsupported_body", "the body is compressed", hint="Send it without a Content-Encoding header."
        )
    if not content:
        return None
    kind, charset = media_type(content_type)
    if kind.endswith(("/json", "+json")):
        return _json(_text(content, "utf-8"))
    if kind == "application/x-www-form-urlencoded":
        return _form(_text(content, "utf-8"))
    if kind.startswith("text/") or kind.endswith(("/xml", "+xml")):
        if charset is None:
            raise _bad("the body is in a character set that is not read here", "Send it in UTF-8.")
        text = _text(content, charset)
        return _json_if_it_is(text) if not content_type else text
    raise WebhookRefused(
        "unsupported_body",
        "the body is of a kind that is not taken",
        hint="Send application/json, application/x-www-form-urlencoded or text/plain.",
    )


def collected(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Values by name; what came several times is a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except UnicodeDecodeError:
        raise _bad(f"the body is not text in {charset}", "Send it in UTF-8.") from None


def _form(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise _bad("the form cannot be read", f"Send at most {MOST_FIELDS} fields, percent-encoded as UTF-8.") from None
    return collected(pairs)


def _json_if_it_is(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _json(text)


def _json(text: str) -> Any:
    try:
        value = json.loads(text, parse_float=_number, parse_constant=_no_number)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        why = str(error) if isinstance(error, json.JSONDecodeError) else "a number in it is too large"
        raise _bad(f"the body is called JSON but cannot be read: {why}", "Send JSON in UTF-8.") from None
    if is_deeper(value, DEEPEST):
        raise _too_deep()
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large")
    return value


def _no_number(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"{word} is no JSON", word, 0)


def _too_deep() -> WebhookRefused:
    return _bad(f"the body is nested deeper than {DEEPEST} levels", "Send it flatter.")


def _bad(message: str, hint: str) -> WebhookRefused:
    return WebhookRefused("bad_body", message, hint=hint)
