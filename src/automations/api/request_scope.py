"""What every route of the API has: who is calling, and one transaction with the rights of whoever that is.

A route names what it does as the type of its session: `Reading`, `Running`, `Writing` (the scopes of API keys) or
`Managing` (people only). The transaction begins when the session is first asked for and is committed once the answer is
known, before it is sent; an error takes it back. A POST with an `Idempotency-Key` keeps its answer in that transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.responses import Response

from automations.api.body_limit import ShallowRequest
from automations.api.rate_limits import RateLimits
from automations.api.refusals import LONGEST_PATH, Refusals
from automations.api.sign_in import SignIn
from automations.api.tokens import Caller, NotSignedIn, TokenReader
from automations.api.turns import Turns
from automations.db.connection import Connection
from automations.db.request_session import acting_as, find_api_key, keep_answer, take_request
from automations.errors import ConfigurationError, Conflict, NotAllowed, NotFound, Unusable
from automations.flow.registry import NodeRegistry
from automations.services.account_settings import InstallationSettings
from automations.services.api_keys import KEY_PREFIX, key_digest
from automations.services.connections import Connections
from automations.services.draft_test import DraftTests
from automations.services.live_feed import LiveFeed
from automations.services.manual_starts import ManualStarts
from automations.services.needs import Installation
from automations.services.run_answers import RunAnswers
from automations.services.secrets import Box

log = structlog.get_logger(__name__)

SCHEME: Final = "bearer "
KEPT_HEADERS: Final = ("location", "etag", "content-type")

Needs = Literal["read", "run", "write", "person"]


def no_secret_key() -> Box:
    raise ConfigurationError(
        "this installation has no key for secrets", hint="Set AUTOMATIONS_SECRET_KEY_FILE or AUTOMATIONS_SECRET_KEY."
    )


@dataclass(frozen=True, slots=True)
class Api:
    """`tokens` None: this installation knows no way for users to sign in, and every route says so. `editor`: where the
    web editor lies; None: it came without."""

    connections: Connections
    engine_connections: Connections
    tokens: TokenReader | None
    registry: NodeRegistry
    installation: Installation
    draft_tests: DraftTests
    answers: RunAnswers
    starts: ManualStarts
    live: LiveFeed
    public_url: str | None = None
    editor: Path | None = None
    cors_origins: tuple[str, ...] = ()
    sign_in: SignIn | None = None
    limits: RateLimits = field(default_factory=RateLimits.none)
    secret_box: Callable[[], Box] = no_secret_key
    installation_settings: InstallationSettings = InstallationSettings()  # noqa: RUF009 - frozen
    metrics_token: str | None = field(default=None, repr=False)
    refusals: Refusals = field(default_factory=Refusals)
    turns: Turns = field(default_factory=Turns)

    @asynccontextmanager
    async def acting(
        self, caller: Caller, *, read_only: bool = False, account: UUID | None = None
    ) -> AsyncIterator[Connection]:
        """One transaction of the caller's, for nothing but the account where one is named; committed when it ends."""
        async with (
            self.turns.of(caller.user_id),
            self.connections.connection() as connection,
            acting_as(
                connection, caller.role, caller.user_id, key=caller.key, account=account, read_only=read_only
            ) as session,
        ):
            yield session

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Connection]:
        """What the caller may not read himself but has to be told of: whether a secret of that name is there, say.

        Of connections of their own: requests that hold one and ask for a second would wait for each other.
        """
        async with self.engine_connections.connection() as connection:
            yield connection

    async def caller(self, request: Request) -> Caller:
        """Raises `NotSignedIn`; `TooManyRequests` for a caller who calls too often, or an address that guesses."""
        given = request.headers.getlist("authorization")
        if len(given) != 1 or given[0][: len(SCHEME)].lower() != SCHEME:
            raise NotSignedIn("there is no bearer token")
        address = address_of(request)
        try:
            caller = await self._believed(given[0][len(SCHEME) :].strip(), address)
        except NotSignedIn as refusal:
            # Counted first: what is beyond the limit is not logged either.
            self.limits.count_failure(address)
            path = request.url.path[:LONGEST_PATH]
            log.info("not signed in", reason=str(refusal), address=address, method=request.method, path=path)
            raise
        # Servers are the installation's own, and ask for many.
        if caller.user_id is not None:
            self.limits.count(caller.user_id if caller.key is None else caller.key.id)
        return caller

    async def _believed(self, text: str, address: str | None) -> Caller:
        if text.startswith(KEY_PREFIX):
            return await self._caller_with_key(key_digest(text), address)
        if self.tokens is None:
            raise ConfigurationError(
                "nobody can sign in: this installation does not know whose tokens to trust",
                hint="Set AUTOMATIONS_JWT_SECRET or AUTOMATIONS_JWKS_URL.",
            )
        return await self.tokens.read(text)

    async def _caller_with_key(self, digest: bytes, address: str | None) -> Caller:
        if digest not in self.limits.proven:
            self.limits.require_patience(address)
        async with self.connections.connection() as connection:
            key = await find_api_key(connection, digest)
        if key is None:
            raise NotSignedIn("the API key is not valid here, was revoked or has expired")
        self.limits.proven.add(digest)
        return Caller("authenticated", key.account_id, key)


def address_of(request: Request) -> str | None:
    return None if request.client is None else request.client.host


def api_of(request: Request) -> Api:
    api: Api = request.app.state.api
    return api


class Replayed(Exception):
    """The request was answered before."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class RequestScope:
    def __init__(self, api: Api, request: Request, caller: Caller) -> None:
        self.api = api
        self.caller = caller
        self.keep_answers = True
        self._request = request
        self._opened = AsyncExitStack()
        self._session: Connection | None = None
        self._key: str | None = None

    async def session(self, *, read_only: bool) -> Connection:
        if self._session is None:
            self._session = await self._opened.enter_async_context(self.api.acting(self.caller, read_only=read_only))
            if not read_only:
                await self._take(self._session)
        return self._session

    async def _take(self, session: Connection) -> None:
        request = self._request
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or key is None or not self.keep_answers:
            return
        if not 0 < len(key) <= 255:
            raise Unusable("an Idempotency-Key has 1 to 255 characters", hint="Use a UUID.")
        body = await request.body()
        address = f"{request.method} {request.url.path}?{request.url.query}\n"
        answered = await take_request(session, key, hashlib.sha256(address.encode() + body).digest())
        self._key = key
        if answered is None:
            return
        if not answered.same:
            raise Conflict("this Idempotency-Key was sent with another request", hint="Use a new key for this one.")
        if answered.status is None:
            raise Conflict("this request was answered, but its answer was not kept", hint="Look at what it made.")
        headers = {**(answered.headers or {}), "Idempotent-Replayed": "true"}
        raise Replayed(Response(answered.body, status_code=answered.status, headers=headers))

    async def finish(self, response: Response) -> None:
        """Commits."""
        if self._session is not None and self._key is not None and self.keep_answers:
            headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
            body = bytes(response.body).decode()
            await keep_answer(self._session, self._key, response.status_code, headers, body)
        await self._opened.aclose()

    async def abandon(self, error: BaseException) -> None:
        await self._opened.__aexit__(type(error), error, error.__traceback__)


def scope_of(request: Request) -> RequestScope:
    scope: RequestScope = request.state.scope
    return scope


class ScopedRoute(APIRoute):
    """A route that only signed-in callers reach; nothing of the body is read before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            api = api_of(request)
            request = ShallowRequest(request.scope, request.receive)
            scope = RequestScope(api, request, await api.caller(request))
            request.state.scope = scope
            try:
                response = await handle(request)
                await scope.finish(response)
            except Replayed as replayed:
                await scope.abandon(replayed)
                return replayed.response
            except BaseException as error:
                await scope.abandon(error)
                if isinstance(error, NotAllowed | NotFound):
                    await api.refusals.note(api.connections, scope.caller, request, error.code)
                raise
            return response

        return handler


def require(caller: Caller, needs: Needs) -> None:
    """`NotAllowed` for a key whose scopes do not reach so far."""
    if caller.key is None or needs in caller.key.scopes:
        return
    if needs == "person":
        raise NotAllowed("an API key cannot do this", hint="Sign in as a person.")
    raise NotAllowed(f"this API key has not the scope {needs}", hint="Ask whoever manages the account for another key.")


class ActingFor:
    """A session for what is named; `needs` is what the tests of every route read. `keeps` False: for answers that must
    not be written down.
    """

    def __init__(self, needs: Needs, *, keeps: bool = True) -> None:
        self.needs = needs
        self._keeps = keeps

    async def __call__(self, request: Request) -> Connection:
        scope = scope_of(request)
        scope.keep_answers = self._keeps
        require(scope.caller, self.needs)
        return await scope.session(read_only=self.needs == "read")


class CallerFor:
    """Who is calling, for routes that hold no transaction of their own."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs

    async def __call__(self, request: Request) -> Caller:
        caller = scope_of(request).caller
        require(caller, self.needs)
        return caller


Reading = Annotated[Connection, Depends(ActingFor("read"))]
Running = Annotated[Connection, Depends(ActingFor("run"))]
Writing = Annotated[Connection, Depends(ActingFor("write"))]
Managing = Annotated[Connection, Depends(ActingFor("person"))]
ManagingUnkept = Annotated[Connection, Depends(ActingFor("person", keeps=False))]
Reader = Annotated[Caller, Depends(CallerFor("read"))]
Runner = Annotated[Caller, Depends(CallerFor("run"))]
Writer = Annotated[Caller, Depends(CallerFor("write"))]
Person = Annotated[Caller, Depends(CallerFor("person"))]


# Not functions that are not async: those are called in threads.
async def _api_of(request: Request) -> Api:
    return api_of(request)


async def _scope_of(request: Request) -> RequestScope:
    return scope_of(request)


InApi = Annotated[Api, Depends(_api_of)]
InScope = Annotated[RequestScope, Depends(_scope_of)]

# For the document: which header it is.
BEARER: Final = HTTPBearer(
    auto_error=False, description="A user's JSON Web Token, or an API key (`aut_…`) of an account."
)
