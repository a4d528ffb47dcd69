"""The forms in which a secret may come back from outside."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus


def forms_of(secret: str) -> Iterator[str]:
    """`secret` as it is, in URLs, in JSON, in hex, and in base64 (at any place of a text)."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    if not secret.isascii():
        # As it comes back from whoever reads headers one byte a letter.
        yield raw.decode("latin-1")
        yield json.dumps(raw.decode("latin-1"))[1:-1]
    yield quote(raw, safe="")
    yield quote(raw)
    yield quote_plus(raw)
    yield raw.hex()
    yield raw.hex().upper()
    for before in range(3):
        # What comes before it moves the groups of six bits; the characters at both ends are shared with neighbours.
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inner = text[(0, 2, 3)[before] : -1]
        if len(inner) >= 4:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
