"""A length of time as people write it in a form: an amount and a unit."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Unit = Literal["seconds", "minutes", "hours", "days", "weeks"]

_SECONDS: Final[dict[str, int]] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
LONGEST: Final = timedelta(days=5 * 366)


def most_of(unit: Unit) -> int:
    """How many of a unit are five years."""
    return int(LONGEST.total_seconds()) // _SECONDS[unit]


class Duration(BaseModel):
    """`{"amount": 2, "unit": "days"}`. A day is 24 hours, whatever the clocks do meanwhile; at most five years.

    What is longer can be read, because older flows were published with it; `length_check` refuses it in a draft.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"duration": True})

    amount: float = Field(gt=0, le=200_000_000, title="Amount", description="How many of them.")
    unit: Unit = Field(default="minutes", title="Unit", description="What the amount counts.")

    @property
    def length(self) -> timedelta:
        """Never longer than five years."""
        return timedelta(seconds=min(self.amount * _SECONDS[self.unit], LONGEST.total_seconds()))

    @property
    def most(self) -> int | None:
        """How many of its unit are five years, where it is longer than that."""
        most = most_of(self.unit)
        return most if self.amount > most else None
