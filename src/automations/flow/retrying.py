"""`retry_if`: a condition of the author's that alone decides whether a failure of a step may be tried again.

A driver applies it to an outcome before that is fed to the machine and recorded: what is on record says what was
decided, and a restored run decides nothing anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from automations.flow.conditions import Holds
from automations.flow.outcomes import Fail, Outcome

ROOTS: Final = ("error", "output", "attempt")
"""What it may ask for: `error.message`, `error.code`, `output` of the failure, `attempt` (1 for the first)."""


def decided(outcome: Outcome, retry_if: Holds | None, attempt: int) -> Outcome:
    """The outcome with `retryable` as the condition has it; itself without a condition, or where it is no failure."""
    if retry_if is None or not isinstance(outcome, Fail):
        return outcome
    error = {"message": outcome.error, "code": outcome.code}
    retryable = retry_if({"error": error, "output": outcome.output, "attempt": attempt})
    return replace(outcome, retryable=retryable)
