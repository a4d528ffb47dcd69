"""What schedules there are and when they come, published or still a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from automations.db.automation_store import AutomationStore
from automations.db.schedule_store import ScheduleRow, ScheduleStore
from automations.errors import Conflict, Unusable
from automations.flow.recurrence import Due, Recurrence, ScheduleInvalid, read_schedule
from automations.flow.schedule_words import in_words
from automations.services.publishing import drawn_flow, get_automation, trigger_of

State = Literal["live", "off", "paused", "error", "draft"]


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """`words` say the schedule, or why it cannot be read (then `timezone` and `local` times are None).

    `next_due` None: not live, not looked at yet, or `finished`.
    """

    id: UUID
    name: str
    state: State
    words: str
    timezone: str | None
    next_due: datetime | None
    next_local: datetime | None
    last_due: datetime | None
    last_local: datetime | None
    overlap: str | None
    on_missed: str | None
    finished: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The next due times after `since`, the database's present. `of`: which of the two was looked at."""

    id: UUID
    name: str
    of: Literal["published", "draft"]
    words: str
    timezone: str
    overlap: str
    on_missed: str
    since: datetime
    next: list[Due]


async def list_schedules(store: ScheduleStore, account: UUID | None) -> list[ScheduleView]:
    """Published schedules, in the order in which they are due."""
    return [_view(row) for row in await store.all_of(account)]


async def preview_schedule(
    automations: AutomationStore, schedules: ScheduleStore, automation_id: UUID, *, count: int, draft: bool
) -> Preview:
    """What is published, or the draft: if asked for, or where nothing is published.

    `NotFound`; `Conflict` for a trigger that is no schedule; `Unusable` for a schedule that cannot be used.
    """
    automation = await get_automation(automations, automation_id)
    of_draft = draft or automation.published_version is None
    trigger: tuple[str, dict[str, Any]] | None = (automation.trigger_type, automation.trigger_config)
    if of_draft:
        trigger = trigger_of(drawn_flow(automation))
    if trigger is None or trigger[0] != "schedule":
        kind = "nothing" if trigger is None else trigger[0]
        raise Conflict(
            f"{'the draft' if of_draft else 'the automation'} starts on {kind}, not on a schedule",
            hint="`automations schedules` lists those that are published; --draft looks at the drawing.",
        )
    try:
        recurrence = read_schedule(trigger[1])
    except ScheduleInvalid as invalid:
        raise Unusable(
            f"the schedule cannot be used: {invalid}", hint="`automations validate ID` says what to change."
        ) from None
    since = await schedules.now()
    return Preview(
        id=automation.id,
        name=automation.name,
        of="draft" if of_draft else "published",
        words=in_words(recurrence),
        timezone=recurrence.config.timezone,
        overlap=recurrence.config.overlap,
        on_missed=_missed(recurrence),
        since=since,
        next=recurrence.preview(since, count),
    )


@dataclass(frozen=True, slots=True)
class Dues:
    """What a config says: in words, and its next due times after `since`."""

    words: str
    timezone: str
    since: datetime
    next: list[Due]


async def preview_config(schedules: ScheduleStore, config: dict[str, Any], count: int) -> Dues:
    """Of a config that nobody has saved. `Unusable`."""
    try:
        recurrence = read_schedule(config)
    except ScheduleInvalid as invalid:
        raise Unusable(
            f"the schedule cannot be used: {invalid}", hint="Correct the fields of the config that are named."
        ) from None
    since = await schedules.now()
    return Dues(in_words(recurrence), recurrence.config.timezone, since, recurrence.preview(since, count))


def _view(row: ScheduleRow) -> ScheduleView:
    recurrence: Recurrence | None
    try:
        recurrence = read_schedule(row.trigger_config)
        words = in_words(recurrence)
    except ScheduleInvalid as invalid:
        recurrence, words = None, f"cannot be used: {invalid}"
    state: State = "live" if row.enabled and row.status == "active" else "off"
    if row.status in ("paused", "error", "draft"):
        state = row.status  # type: ignore[assignment]  # the three that were asked for
    return ScheduleView(
        id=row.id,
        name=row.name,
        state=state,
        words=words,
        timezone=None if recurrence is None else recurrence.config.timezone,
        next_due=row.next_due if state == "live" else None,
        next_local=_local(row.next_due, recurrence) if state == "live" else None,
        last_due=row.last_due,
        last_local=_local(row.last_due, recurrence),
        overlap=None if recurrence is None else recurrence.config.overlap,
        on_missed=None if recurrence is None else _missed(recurrence),
        finished=row.finished,
        error=row.error,
    )


def _local(moment: datetime | None, recurrence: Recurrence | None) -> datetime | None:
    return None if moment is None or recurrence is None else moment.astimezone(recurrence.zone)


def _missed(recurrence: Recurrence) -> str:
    config = recurrence.config
    return f"all, at most {config.missed_at_most}" if config.on_missed == "all" else config.on_missed
