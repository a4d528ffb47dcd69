"""A worker and its database must understand each other; an old worker stops when the schema is newer than it knows."""

from __future__ import annotations

from automations.db.connection import Connection
from automations.db.migrate import LATEST, schema_version
from automations.errors import MigrationError, SchemaTooNew


async def check_schema(connection: Connection) -> None:
    """Raises `SchemaTooNew`, or `MigrationError` for a database that was not migrated (so far)."""
    version = await schema_version(connection)
    if version is None or version < LATEST:
        raise MigrationError(
            "the database has no automations schema"
            if version is None
            else f"the database is at {version}, not {LATEST}",
            hint="Run `automations migrate`.",
        )
    if version > LATEST:
        raise SchemaTooNew(
            f"the database is at {version}; this worker knows {LATEST}",
            hint="Install the newer automations and start the worker again.",
        )
