"""Takes the values of secrets out of whatever a step leaves: outputs, errors, inputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from automations.engine.recording import MASK
from automations.flow.secret_forms import forms_of


class Scrubber:
    """Finds each secret as it is and as it may come back: in URLs, JSON, hex, and base64 (at any place of a text)."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in forms_of(secret)}
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
