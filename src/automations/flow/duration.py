"""A length of time as people write it in a form: an amount and a unit."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Unit = Literal["seconds", "minutes", "hours", "days", "weeks"]

_SECONDS: Final[dict[str, int]] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
LONGEST: Final = timedelta(days=5 * 366)


class Duration(BaseModel):
    """`{"amount": 2, "unit": "days"}`. A day is 24 hours, whatever the clocks do meanwhile; at most five years."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: float = Field(gt=0, le=200_000_000, title="Amount", description="How many of them.")
    unit: Unit = Field(default="minutes", title="Unit", description="What the amount counts.")

    @property
    def length(self) -> timedelta:
        """Never longer than five years."""
        return timedelta(seconds=min(self.amount * _SECONDS[self.unit], LONGEST.total_seconds()))
