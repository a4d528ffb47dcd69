"""Connections: one way to open them, with JSON that Postgres accepts whatever a step produced."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from automations.db.json_text import decode_json, decode_json_for_people, encode_json
from automations.db.pooled_connection import PooledConnection
from automations.errors import DatabaseUnreachable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONNECT_TIMEOUT_SECONDS = 10.0
# How many a connection keeps prepared.
STATEMENTS = 100

# What says that the connection, not the statement, is at fault: open another and go on.
CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # asyncpg's state is lost with a connection that dies between two of its messages.
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DatabaseDroppedError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    OSError,
)

# What says nothing about the statement: cancelled, victim of a deadlock, out of room. The same may work the next time.
PASSING = (
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)

# For the engine's few statements, which run all the time: plans are made once, and never for the empty table that a new
# database has, whose plan would read everything when it is full. Measured: 0.4 ms less a claim.
ENGINE_PLANS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}


async def connect(
    dsn: str,
    *,
    role: str | None = None,
    application_name: str = "automations",
    settings: Mapping[str, str] | None = None,
    strict_json: bool = False,
    pooled: bool = False,
) -> Connection:
    """A connection as `role` for its whole life; `DatabaseUnreachable` says why there is none.

    `strict_json`: JSON that is nested too deeply for us raises; else it is read as `{"unreadable": …}`, so that one
    such row does not hide the others from people. `pooled`: through a pooler in transaction mode.
    """
    named_by = "AUTOMATIONS_HTTP_DATABASE_URL" if pooled else "AUTOMATIONS_DATABASE_URL"
    decoder = decode_json if strict_json else decode_json_for_people
    try:
        connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_TIMEOUT_SECONDS,
            connection_class=PooledConnection if pooled else asyncpg.Connection,
            statement_cache_size=0 if pooled else STATEMENTS,
            server_settings={"application_name": application_name, "timezone": "UTC", **(settings or {})},
        )
    except (TimeoutError, *CONNECTION_LOST, asyncpg.PostgresError, ValueError) as error:
        raise DatabaseUnreachable(
            f"cannot connect to PostgreSQL: {error or type(error).__name__}",
            hint=f"Check that the server runs and that {named_by} names it; see `automations doctor`.",
        ) from error
    try:
        for name in ("json", "jsonb"):
            await connection.set_type_codec(
                name, schema="pg_catalog", encoder=encode_json, decoder=decoder, format="text"
            )
        if pooled:
            connection.role = role
        elif role is not None:
            await connection.execute(f'set role "{role}"')
    except BaseException:
        connection.terminate()
        raise
    return connection


@asynccontextmanager
async def connected(
    dsn: str, *, role: str | None = None, application_name: str = "automations"
) -> AsyncIterator[Connection]:
    connection = await connect(dsn, role=role, application_name=application_name)
    try:
        yield connection
    finally:
        await close_quietly(connection)


async def close_quietly(connection: Connection) -> None:
    """Close without complaint: the connection may be gone already."""
    try:
        await connection.close(timeout=2)
    except Exception:
        connection.terminate()
