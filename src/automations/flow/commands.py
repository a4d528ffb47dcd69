"""What the state machine asks its driver to do, and what a driver hands back after a crash.

Standard library only, like everything that the machine imports.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from automations.flow.outcomes import Json, Outcome

TOP_SCOPE = ""

FinalStatus = Literal["completed", "failed", "cancelled"]
Resumption = Literal["timer", "signal"]


def step_key(scope: str, node_id: str) -> str:
    """`<scope>/<node id>`: the name of a step within its run, never positional. The top scope is empty."""
    return f"{scope}/{node_id}"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Why a step that answered `Wait` runs again. `payload` is the signal's, `note` is the one of its `Wait`."""

    by: Resumption
    payload: Json = None
    note: Json = None


@dataclass(frozen=True, slots=True)
class RunStep:
    """Run one attempt of one step and feed its outcome with the same `attempt`.

    `unknown`: an earlier attempt began and its outcome was lost in a crash. Where the node says `on_unknown: fail`, the
    driver feeds a `Fail` that is not retryable (and records it) instead of running the step.
    """

    key: str
    node_id: str
    scope: str
    attempt: int
    resumed: Resumed | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Call `timer_fired(key)` after `delay_seconds` (retry) or at `until` (wait); exactly one of the two is set.

    A delay counts from the moment at which the failure was recorded, also when `restore` asks for it again.
    """

    key: str
    reason: Literal["retry", "wait"]
    delay_seconds: float | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AwaitSignal:
    """Call `signal_arrived(key, payload)` at the signal, or `timer_fired(key)` at `until`, whichever comes first."""

    key: str
    signal: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over; always the last command of its list. `error_node_id` is set where a step made the run fail."""

    status: FinalStatus
    output: Json = None
    error: str | None = None
    error_node_id: str | None = None


Command = RunStep | SetTimer | AwaitSignal | Finish


@dataclass(frozen=True, slots=True)
class Recorded:
    """One durable record of a step: its outcome, or None where the attempt began and nothing more is known.

    `resumed` belongs to an attempt that had begun after a wait.
    """

    key: str
    outcome: Outcome | None
    attempt: int = 1
    resumed: Resumed | None = None
