"""Who was refused what: told to the accounts whose things were asked for, in their audit logs.

After the answer, in a transaction of its own: the request's was taken back, and how long an answer takes must not say
whether the thing is there.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from fastapi import Request

from automations.api.rate_limits import Buckets
from automations.api.tokens import Caller
from automations.db.request_session import acting_as, note_refusal
from automations.db.team_store import TeamStore
from automations.errors import AutomationsError
from automations.services.connections import Connections

log = structlog.get_logger(__name__)

# Of each caller in the log of each account; of each account in all; of those that wait. What is beyond is not noted.
SECONDS_BETWEEN: Final = 60.0
MOST_A_MINUTE: Final = 60
MOST_WAITING: Final = 32
MOST_REMEMBERED: Final = 20_000
MOST_IDS: Final = 10
LONGEST_PATH: Final = 200


class Refusals:
    def __init__(self) -> None:
        self._noting: set[asyncio.Task[None]] = set()
        self._noted: OrderedDict[tuple[UUID, UUID | None, UUID], float] = OrderedDict()
        self._of_account: Buckets[UUID] = Buckets(MOST_A_MINUTE)
        self._one = asyncio.Lock()

    async def note(self, connections: Connections, caller: Caller, request: Request, code: str) -> None:
        """Only begins it; never raises."""
        told = {"method": request.method, "path": request.url.path[:LONGEST_PATH], "code": code}
        self.begin(connections, caller, await _named_ids(request), told)

    def begin(self, connections: Connections, caller: Caller, ids: Sequence[UUID], details: dict[str, Any]) -> None:
        """`details`: `method`, `path` and `code`, which is `not_found` or `not_allowed`; never raises."""
        if caller.user_id is None or len(self._noting) >= MOST_WAITING:
            return
        if details["code"] == "not_allowed" and caller.key is not None:
            # Whoever made the key wants to know that it tries more than it may.
            ids = [*ids, caller.key.id]
        if not ids:
            return
        task = asyncio.create_task(self._note(connections, caller, caller.user_id, ids, details))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _note(
        self, connections: Connections, caller: Caller, actor: UUID, ids: Sequence[UUID], details: dict[str, Any]
    ) -> None:
        key = None if caller.key is None else caller.key.id
        log.info("refused", actor=str(actor), api_key=None if key is None else str(key), **details)
        # One after another: they share no more than one connection, and see what those before have noted.
        async with self._one:
            try:
                await self._write(connections, caller, actor, ids, details)
            except AutomationsError as error:
                log.warning("a refusal is not in the audit log", reason=error.message)

    async def _write(
        self, connections: Connections, caller: Caller, actor: UUID, ids: Sequence[UUID], details: dict[str, Any]
    ) -> None:
        key = None if caller.key is None else caller.key.id
        now = time.monotonic()
        while self._noted and next(iter(self._noted.values())) < now - SECONDS_BETWEEN:
            self._noted.popitem(last=False)
        but = [account for by, with_key, account in self._noted if (by, with_key) == (actor, key)]
        but += self._of_account.exhausted()
        async with connections.connection() as connection:
            if details["code"] == "not_found":
                # What he may see and is not there is no refusal.
                async with acting_as(connection, caller.role, actor, key=caller.key, read_only=True) as session:
                    but += [one.account_id for one in await TeamStore(session).my_accounts()]
            accounts = await note_refusal(connection, actor=actor, key=key, ids=ids, details=details, but=but)
        for account in accounts:
            self._of_account.take(account)
            self._noted[actor, key, account] = now
            if len(self._noted) > MOST_REMEMBERED:
                self._noted.popitem(last=False)


async def _named_ids(request: Request) -> list[UUID]:
    """In the path, the query, and the fields of the body, as far as that was read."""
    texts: list[Any] = [*request.path_params.values(), *request.query_params.values()]
    try:
        # Read already where the route has one: this waits for nobody.
        body = orjson.loads(getattr(request, "_body", b"") or b"null")
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, dict):
        texts += body.values()
    return ids_in(texts)


def ids_in(values: Iterable[Any]) -> list[UUID]:
    """Those of `values` that are ids, at most ten."""
    found: dict[UUID, None] = {}
    for text in values:
        if len(found) < MOST_IDS and isinstance(text, str | UUID) and len(str(text)) == 36:
            try:
                found[UUID(str(text))] = None
            except ValueError:
                continue
    return list(found)
