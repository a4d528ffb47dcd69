"""Which runs a schedule gets now: what has become due, and what of the missed is made up for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from automations.flow.recurrence import Recurrence

# A due time that was looked at later than this is missed: no worker was there. Shorter lags are only lags.
MISSED_AFTER: Final = timedelta(seconds=60)
MOST_COUNTED: Final = 1_000


@dataclass(frozen=True, slots=True)
class DuePlan:
    """`missed` and `timely` get a run each, oldest first; of the missed, `dropped` (at most 1,000) get none.

    `next_due`: None when nothing comes any more.
    """

    missed: list[datetime]
    timely: list[datetime]
    dropped: int
    next_due: datetime | None


def plan_dues(recurrence: Recurrence, decided_until: datetime, now: datetime) -> DuePlan:
    """Everything in (decided_until, now]. A clock that was set back decides nothing twice: then there is nothing."""
    config = recurrence.config
    boundary = max(decided_until, now - MISSED_AFTER)
    match config.on_missed:
        case "once":
            at_most = 1
        case "all":
            at_most = config.missed_at_most
        case "none":
            at_most = 0
        case _:
            assert_never(config.on_missed)
    counted = recurrence.count(decided_until, boundary, MOST_COUNTED + at_most)
    missed = recurrence.latest(decided_until, boundary, at_most)
    timely = recurrence.latest(boundary, now, MOST_COUNTED)
    return DuePlan(missed, timely, counted - len(missed), recurrence.first_after(max(decided_until, now)))
