"""Whose things a route is about, where nothing in its address says so."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from automations.api.request_scope import InScope
from automations.errors import Unusable


async def _account(
    scope: InScope,
    account: Annotated[
        UUID | None, Query(description="The account; left out: the caller's own. A server has to name one.")
    ] = None,
) -> UUID:
    chosen = account or scope.caller.user_id
    if chosen is None:
        raise Unusable("a server has no account of its own", hint="Say which one it is: ?account=ID.")
    return chosen


# Whether the caller may see it is the database's business.
OfAccount = Annotated[UUID, Depends(_account)]
