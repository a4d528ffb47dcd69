"""How people sign in where this installation issues its tokens itself: by a link of `automations up`, used once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from automations.api.tokens import TokenIssuer


class Codes(Protocol):
    def take(self, code: str) -> UUID | None:
        """Whom it signs in, once; None: nobody."""
        ...


@dataclass(frozen=True, slots=True)
class SignIn:
    codes: Codes
    issuer: TokenIssuer
