"""Lift breakers, by what a person types for the record."""

from __future__ import annotations

from uuid import UUID

from automations.db.breaker_store import BreakerStore, OpenBreaker
from automations.errors import NotFound, Unusable
from automations.services.naming import id_range


async def lift(store: BreakerStore, automation_id: UUID, record: str | None, account: UUID | None) -> list[OpenBreaker]:
    """Lifts that of `record` (its id or a unique beginning of it), or all of the automation; answers those lifted.

    `NotFound` where none is open, `Unusable` where several are meant.
    """
    found = [one for one in await store.open(account) if one.automation_id == automation_id]
    if record is None:
        if not found:
            raise NotFound("no breaker of this automation is open", hint="`automations breakers` lists those that are.")
        await store.lift(automation_id, None)
        return found
    ids = id_range(record)
    meant = [] if ids is None else [one for one in found if ids[0] <= one.record_id <= ids[1]]
    if not meant:
        raise NotFound(
            f"no breaker of this automation is open for a record {record!r}",
            hint="`automations breakers` lists those that are open.",
        )
    if len(meant) > 1:
        raise Unusable(f"{record!r} can mean {len(meant)} records", hint="Give more of the id.")
    await store.lift(automation_id, meant[0].record_id)
    return meant
