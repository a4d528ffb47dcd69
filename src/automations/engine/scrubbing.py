"""Takes the values of secrets out of whatever a step leaves: outputs, errors, inputs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus

from automations.engine.recording import MASK


class Scrubber:
    """Finds each secret as it is and as it may come back: in URLs, JSON, hex, and base64 (at any place of a text)."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        # The longest first, so that no part of one stays behind.
        self._forms = sorted(forms, key=len, reverse=True)

    def scrub(self, value: Any) -> Any:
        """The value itself where no secret is in it. Nothing here recurses: outputs are anybody's."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self._text(value)
        root = [value]
        pending: list[Any] = [root]
        while pending:
            container = pending.pop()
            for key, item in list(container.items() if isinstance(container, dict) else enumerate(container)):
                match item:
                    case str():
                        container[key] = self._text(item)
                    case dict():
                        copied = {
                            self._text(name) if isinstance(name, str) else name: sub for name, sub in item.items()
                        }
                        container[key] = copied
                        pending.append(copied)
                    case list() | tuple():
                        container[key] = list(item)
                        pending.append(container[key])
                    case _:
                        pass
        return root[0]

    def scrub_outcome(self, outcome: Any) -> Any:
        if not self._forms or not is_dataclass(outcome) or isinstance(outcome, type):
            return outcome
        changed = {one.name: self.scrub(getattr(outcome, one.name)) for one in fields(outcome)}
        return replace(outcome, **changed)

    def _text(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text


def _forms(secret: str) -> Iterable[str]:
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
