"""Standard Webhooks: a message is signed with its id, the second of its attempt, and a secret that both sides know.

Signed is `<id>.<timestamp>.<body>` with HMAC-SHA256; the header holds one `v1,<base64>` for each secret, so that a
secret can be replaced while both are in use.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from automations.errors import StepError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
HEADERS: Final = (ID, TIMESTAMP, SIGNATURE)
PREFIX: Final = "whsec_"
# A shorter key could be guessed; and what is no key at all is often short enough to be base64 by chance.
SHORTEST_KEY: Final = 16
MOST_SECRETS: Final = 5
MOST_SIGNATURES: Final = 20

Verdict = Literal["right", "missing", "malformed", "stale", "wrong"]


def keys_of(secret: str) -> list[bytes]:
    """The keys in a field with one secret, or with several that blanks separate. `StepError` code `bad_secret`."""
    parts = secret.split()
    if not 1 <= len(parts) <= MOST_SECRETS:
        raise _bad(f"the signature needs 1 to {MOST_SECRETS} secrets, separated by blanks")
    return [_key(part) for part in parts]


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _bad("the secret of the signature is neither `whsec_` with base64 behind it nor base64") from None
    if len(key) < SHORTEST_KEY:
        raise _bad(f"the secret of the signature has {len(key)} bytes; at least {SHORTEST_KEY} are needed")
    return key


def _bad(message: str) -> StepError:
    return StepError(message, code="bad_secret", hint="Make one: `echo whsec_$(openssl rand -base64 32)`.")


def sign(secret: str, message_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message. `StepError` code `bad_secret`."""
    timestamp = str(int(moment.timestamp()))
    signatures = [f"v1,{_signature(key, message_id, timestamp, body)}" for key in keys_of(secret)]
    return {ID: message_id, TIMESTAMP: timestamp, SIGNATURE: " ".join(signatures)}


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verify_head(headers: Mapping[str, str], now: datetime, window_seconds: float) -> Verdict:
    """What can be said before the body is there; `right`: nothing against it. `headers`: by lower-case name."""
    if not all(headers.get(name) for name in HEADERS):
        return "missing"
    return judge_timestamp(headers[TIMESTAMP], now, window_seconds)


def judge_timestamp(text: str, now: datetime, window_seconds: float) -> Verdict:
    """Seconds since 1970, not further than the window from now, before or after."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        return "malformed"
    return "right" if abs(now.timestamp() - int(text)) <= window_seconds else "stale"


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes) -> Verdict:
    """Whether one of the signatures was made with one of the keys; compared in constant time.

    `headers`: by lower-case name, found right by `verify_head`.
    """
    given = [part.partition(",") for part in headers[SIGNATURE].split()[:MOST_SIGNATURES]]
    candidates = [value.encode() for version, _, value in given if version == "v1"]
    right = False
    for key in keys:
        expected = _signature(key, headers[ID], headers[TIMESTAMP], body).encode()
        for candidate in candidates:
            right |= hmac.compare_digest(expected, candidate)
    return "right" if right else "wrong"
