"""One request, one transaction, the rights of whoever asks: row-level security decides what is there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("requests")

Role = Literal["authenticated", "service_role"]


@asynccontextmanager
async def acting_as(connection: Connection, role: Role, user: UUID | None) -> AsyncIterator[Connection]:
    """Committed at the end, rolled back on an error. `user` None only for `service_role`."""
    claims = {"role": role, **({} if user is None else {"sub": str(user)})}
    with translated():
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(SQL["act_as"], role, json.dumps(claims))
    try:
        yield connection
    except BaseException:
        with translated():
            await transaction.rollback()
        raise
    with translated():
        await transaction.commit()
