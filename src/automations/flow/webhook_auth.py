"""Whether a delivery is from whom it should be: judged on its headers, then on the bytes of its body. Pure.

Headers come by lower-case name. Secrets are compared in constant time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from automations.flow.standard_webhooks import (
    ID,
    MOST_SIGNATURES,
    SIGNATURE,
    Verdict,
    judge_timestamp,
    keys_of,
    verify,
    verify_head,
)
from automations.flow.webhook_config import HmacAuth, KeyAuth, NoAuth, SignedAuth, WebhookAuth

LONGEST_ID: Final = 200
IDEMPOTENCY_KEY: Final = "idempotency-key"
_BEARER: Final = re.compile(r"bearer +", re.IGNORECASE)

Headers = Mapping[str, str]


def judge_head(
    auth: WebhookAuth, secret: str | None, headers: Headers, now: datetime, window_seconds: float
) -> Verdict:
    """What can be said before the body is read; `right`: nothing against it so far. `secret` None: not known yet."""
    match auth:
        case NoAuth():
            return "right"
        case KeyAuth():
            given = headers.get(auth.name.lower(), "")
            if auth.name.lower() == "authorization":
                given = _BEARER.sub("", given, count=1)
            if not given:
                return "missing"
            known = secret is None or hmac.compare_digest(_digest(given), _digest(secret))
            return "right" if known else "wrong"
        case SignedAuth():
            return verify_head(headers, now, window_seconds)
        case HmacAuth():
            if not headers.get(auth.header.lower()) or (auth.id_header and not headers.get(auth.id_header.lower())):
                return "missing"
            if auth.timestamp_header is None:
                return "right"
            timestamp = _timestamp(auth, headers)
            return judge_timestamp(timestamp, now, window_seconds) if timestamp else "missing"
        case _:
            assert_never(auth)


def judge_body(auth: WebhookAuth, secret: str, headers: Headers, body: bytes) -> Verdict:
    """For a delivery whose head is right. `StepError` code `bad_secret` where ours cannot be one."""
    match auth:
        case NoAuth() | KeyAuth():
            return "right"
        case SignedAuth():
            return verify(keys_of(secret), headers, body)
        case HmacAuth():
            expected = _hmac(auth, secret, headers, body)
            right = False
            for candidate in _candidates(auth, headers):
                right |= hmac.compare_digest(expected, candidate)
            return "right" if right else "wrong"
        case _:
            assert_never(auth)


def delivery_id(auth: WebhookAuth, secret: str, headers: Headers, body: bytes) -> str | None:
    """What a genuine delivery is known by when it is sent again; None: it does not say."""
    match auth:
        case NoAuth() | KeyAuth():
            found = headers.get(IDEMPOTENCY_KEY) or None
        case SignedAuth():
            found = headers[ID]
        case HmacAuth(id_header=str() as name):
            found = headers[name.lower()]
        case HmacAuth():
            # As it should be, not as it was written: a copy with other letters is the same delivery.
            found = _hmac(auth, secret, headers, body).hex()
        case _:
            assert_never(auth)
    if found is None or len(found) <= LONGEST_ID:
        return found
    return f"#{_digest(found).hex()}"


def private_headers(auth: WebhookAuth) -> frozenset[str]:
    """Those that prove who is calling, in lower case."""
    match auth:
        case NoAuth():
            return frozenset()
        case KeyAuth():
            return frozenset({auth.name.lower()})
        case SignedAuth():
            return frozenset({SIGNATURE})
        case HmacAuth():
            return frozenset({auth.header.lower()})
        case _:
            assert_never(auth)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _hmac(auth: HmacAuth, secret: str, headers: Headers, body: bytes) -> bytes:
    signed = body if auth.timestamp_header is None else f"{_timestamp(auth, headers)}.".encode() + body
    return hmac.new(secret.encode("utf-8", "surrogatepass"), signed, hashlib.sha256).digest()


def _parts(auth: HmacAuth, headers: Headers) -> list[str]:
    return re.split(r"[,\s]+", headers[auth.header.lower()].strip())[:MOST_SIGNATURES]


def _timestamp(auth: HmacAuth, headers: Headers) -> str:
    """ "" where there is none."""
    name = (auth.timestamp_header or "").lower()
    if name != auth.header.lower():
        return headers.get(name, "")
    return next((part[2:] for part in _parts(auth, headers) if part.startswith("t=")), "")


def _candidates(auth: HmacAuth, headers: Headers) -> list[bytes]:
    found = []
    for part in _parts(auth, headers):
        if not part.startswith(auth.prefix):
            continue
        text = part.removeprefix(auth.prefix)
        try:
            found.append(bytes.fromhex(text) if auth.encoding == "hex" else base64.b64decode(text, validate=True))
        except (ValueError, binascii.Error):
            continue
    return found
