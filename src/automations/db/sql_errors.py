"""What PostgreSQL refuses becomes an error of ours, with what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from automations.db.connection import CONNECTION_LOST
from automations.errors import (
    AutomationsError,
    Conflict,
    DatabaseError,
    DatabaseUnreachable,
    MigrationError,
    NotAllowed,
    NotFound,
    Unusable,
)

# SQLSTATEs that our own functions raise (db/functions/).
_OURS: dict[str, type[AutomationsError]] = {
    "AU002": Conflict,
    "AU003": NotAllowed,
    "AU004": NotFound,
    "AU005": Conflict,
    "AU006": Conflict,
    "AU007": Unusable,
}
_NOT_MIGRATED = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Inside, `asyncpg.PostgresError` and lost connections become `AutomationsError`s."""
    try:
        yield
    except asyncpg.PostgresError as error:
        raise as_ours(error) from error
    except (*CONNECTION_LOST, TimeoutError) as error:
        raise DatabaseUnreachable(
            f"the connection to the database was lost: {error or type(error).__name__}",
            hint="Check that the server runs, then try again; `automations doctor` tells more.",
        ) from error


def of_code(code: str, message: str) -> AutomationsError:
    """What a function of ours caught and reported for one of many."""
    return _OURS.get(code, DatabaseError)(message)


def as_ours(error: asyncpg.PostgresError) -> AutomationsError:
    code = getattr(error, "sqlstate", None) or ""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    hint = getattr(error, "hint", None)
    if code in _OURS:
        return _OURS[code](text, hint=hint)
    if isinstance(error, CONNECTION_LOST):
        return DatabaseUnreachable(
            f"the connection to the database was lost: {text}", hint="Check that the server runs, then try again."
        )
    if isinstance(error, _NOT_MIGRATED) and not text.startswith("operator "):
        return MigrationError(
            f"the database does not have the schema that this program expects: {text}",
            hint="Run `automations migrate`, then try again.",
        )
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return NotAllowed(text, hint="Connect as a role that may become service_role; `automations doctor` tells more.")
    if isinstance(error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError):
        return Unusable(
            "a text holds a character that the database cannot keep: NUL (\\u0000), or half of a pair",
            hint="Take it out of the text, then try again.",
        )
    if isinstance(error, asyncpg.IntegrityConstraintViolationError | asyncpg.DataError):
        return Unusable(text, hint=hint or getattr(error, "detail", None) or "Correct the value and try again.")
    return DatabaseError(f"PostgreSQL answered: {text}", hint=hint or "See the log of the server for more.")
