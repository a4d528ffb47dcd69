"""Keys and secrets of a request, looked for in addresses that a server names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from automations.flow.secret_forms import forms_of

# A shorter one is in too many words; it is looked for as the whole value of a parameter.
SHORTEST: Final = 4
# An address may be a parameter of another, encoded once more each time. What goes on beyond this hides something.
LAYERS: Final = 10
_PARAMETERS: Final = re.compile(r"=([^=&;#]*)")


class HiddenValues:
    """Empty values are none."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = {value for value in values if value}
        self._forms = {form for value in known if len(value) >= SHORTEST for form in forms_of(value)}
        self._short = {value for value in known if len(value) < SHORTEST}

    def __bool__(self) -> bool:
        return bool(self._forms or self._short)

    def within(self, text: str) -> bool:
        """Whether one is in `text`, or in what it reads as where it is percent-encoded, however often."""
        if not self:
            return False
        for _ in range(LAYERS):
            if self._plainly(text) or ("+" in text and self._plainly(text.replace("+", " "))):
                return True
            decoded = unquote(text)
            if decoded == text:
                return False
            text = decoded
        return True

    def _plainly(self, text: str) -> bool:
        if any(form in text for form in self._forms):
            return True
        return bool(self._short) and not self._short.isdisjoint(_PARAMETERS.findall(text))
