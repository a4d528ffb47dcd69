"""`/api/v1/live`: what changes, as it happens."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Request
from fastapi.responses import Response

from automations.api.event_stream import EventStream
from automations.api.models.live import STREAM
from automations.api.problems import problem
from automations.api.request_scope import Api, InApi, Reader
from automations.api.router import api_router
from automations.api.tokens import Caller
from automations.db.live_store import accessible_accounts
from automations.errors import NotFound, Unusable
from automations.services.live_feed import MOST_STREAMS, MOST_STREAMS_OF_ONE
from automations.services.live_stream import LiveFilter, Mark

MOST_ACCOUNTS: Final = 200

router: Final = api_router("/live", "live")

LastEventId = Annotated[
    str | None, Header(max_length=100, description="The last `id` that you have seen: what came after it comes first.")
]


@router.get(
    "",
    status_code=200,
    response_class=EventStream,
    response_model=None,
    responses=STREAM,
    summary="Changes of runs, steps, automations and approvals, as they happen",
)
async def watch_changes(
    request: Request,
    caller: Reader,
    api: InApi,
    account: UUID | None = None,
    automation_id: UUID | None = None,
    execution_id: UUID | None = None,
    last_event_id: LastEventId = None,
) -> Response:
    who = (caller.role, caller.user_id, None if caller.key is None else caller.key.id)
    accounts = await _accounts(api, caller, account)
    # Counted once it is opened, and nothing is awaited from here to there: else many at once would all be let in.
    if api.live.streams_of(who) >= MOST_STREAMS_OF_ONE or len(api.live) >= MOST_STREAMS:
        return problem(
            "too_many_streams",
            f"you have {MOST_STREAMS_OF_ONE} streams open, or all callers together {MOST_STREAMS:,}",
            "Close one: a single stream tells everything of all your accounts.",
            headers={"Retry-After": "15"},
        )
    since = None if last_event_id is None else Mark.read(last_event_id) or Mark(0, 0)
    stream = await api.live.open(who, accounts, LiveFilter(automation_id, execution_id), since)

    async def look_again() -> frozenset[UUID]:
        return await _accounts(api, await api.caller(request), account)

    return EventStream(api.live, stream, look_again, caller.expires)


async def _accounts(api: Api, caller: Caller, account: UUID | None) -> frozenset[UUID]:
    """Whose changes are told. `NotFound` for one that the caller does not see."""
    if caller.role == "service_role":
        if account is None:
            raise Unusable("a server sees every account", hint="Say in `account` which one you want to watch.")
        return frozenset({account})
    async with api.acting(caller, read_only=True) as session:
        found = await accessible_accounts(session)
    if account is not None:
        if account not in found:
            raise NotFound("there is no such account", hint="Check the id, and who is signed in.")
        return frozenset({account})
    if len(found) > MOST_ACCOUNTS:
        raise Unusable(f"you see more than {MOST_ACCOUNTS} accounts", hint="Say in `account` which one you mean.")
    return found
