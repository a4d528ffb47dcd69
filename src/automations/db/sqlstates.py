"""The SQLSTATE codes that our SQL raises, and the error that each is for the caller.

AU001 is the migrator's (a table has not the columns that are needed). Codes from AU020 on are those of database steps.
"""

from __future__ import annotations

from typing import Final

import asyncpg

from automations.errors import AutomationsError, Conflict, NotAllowed, NotFound, Unusable

ERROR_OF: Final[dict[str, type[AutomationsError]]] = {
    "AU002": Unusable,  # an agent, lead, conversation or version of another account or automation
    "AU003": NotAllowed,  # a viewer tried to change something
    "AU004": NotFound,  # it does not exist, or it is not the caller's to know
    "AU005": Conflict,  # a run cannot go from this status to that one
    "AU006": Conflict,  # the thing is in a state that does not allow this
    "AU007": Unusable,  # the input cannot be used as given
    "42501": NotAllowed,  # PostgreSQL's own: row-level security or a missing grant
}


def as_our_error(error: asyncpg.PostgresError) -> AutomationsError | None:
    """The error to raise instead, with message and hint as the SQL gave them; None for what is not ours to translate."""
    kind = ERROR_OF.get(error.sqlstate or "")
    return kind(error.message or str(error), hint=error.hint) if kind else None
