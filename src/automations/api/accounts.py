"""Which account a request is about, where it makes something of an account."""

from __future__ import annotations

from uuid import UUID

from automations.api.tokens import Caller
from automations.errors import Unusable


def account_of(caller: Caller, given: UUID | None) -> UUID:
    """The one that is named, else the caller's own. `Unusable` for a server, which has none."""
    account = given or caller.user_id
    if account is None:
        raise Unusable("for which account?", hint="A server names it: account_id.")
    return account
