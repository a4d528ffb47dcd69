"""What every route of the API has: who is calling, and the database with the rights of whoever that is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from automations.api.tokens import Caller, NotSignedIn, TokenReader
from automations.db.connection import Connection
from automations.db.request_session import acting_as
from automations.errors import ConfigurationError
from automations.flow.registry import NodeRegistry
from automations.services.connections import Connections
from automations.services.needs import Installation

SCHEME: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Api:
    """`tokens` None: this installation knows no way to sign in, and every route says so."""

    connections: Connections
    tokens: TokenReader | None
    registry: NodeRegistry
    installation: Installation

    @asynccontextmanager
    async def acting(self, caller: Caller) -> AsyncIterator[Connection]:
        """One transaction of the caller's; committed when it ends."""
        async with (
            self.connections.connection() as connection,
            acting_as(connection, caller.role, caller.user_id) as session,
        ):
            yield session

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Connection]:
        """What the caller may not read himself but has to be told of: whether a secret of that name is there, say."""
        async with self.connections.connection() as connection:
            yield connection


def api_of(request: Request) -> Api:
    api: Api = request.app.state.api
    return api


async def signed_in(request: Request) -> Caller:
    tokens = api_of(request).tokens
    if tokens is None:
        raise ConfigurationError(
            "nobody can sign in: this installation does not know whose tokens to trust",
            hint="Set AUTOMATIONS_JWT_SECRET or AUTOMATIONS_JWKS_URL.",
        )
    given = request.headers.getlist("authorization")
    if len(given) != 1 or given[0][: len(SCHEME)].lower() != SCHEME:
        raise NotSignedIn("there is no bearer token")
    return await tokens.read(given[0][len(SCHEME) :].strip())


SignedIn = Annotated[Caller, Depends(signed_in)]
InApi = Annotated[Api, Depends(api_of)]
