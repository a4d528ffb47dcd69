"""What the state machine asks its driver to do, and what a driver hands back after a crash.

Standard library only, like everything that the machine imports.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Outcome

TOP_SCOPE = ""

FinalStatus = Literal["completed", "failed", "cancelled"]
Resumption = Literal["timer", "signal"]


def iteration_scope(scope: str, loop_id: str, index: int | str = "") -> str:
    """`loop:3` at the top, `outer:3/loop:0` inside of another iteration; without an index, what all of a loop share."""
    return f"{scope}/{loop_id}:{index}" if scope else f"{loop_id}:{index}"


def opening_key(key: str) -> str:
    """Where the opening of a loop (its items) is recorded: `loop:/` for the step `/loop`, which holds its end."""
    scope, _, node_id = key.rpartition("/")
    return step_key(iteration_scope(scope, node_id), "")


def step_key(scope: str, node_id: str) -> str:
    """`<scope>/<node id>`: the name of a step within its run, never positional. The top scope is empty."""
    return f"{scope}/{node_id}"


def iterations_around(key: str) -> list[tuple[str, int]]:
    """The iterations that a key is in or about, from the outside in: (key of the loop's step, number)."""
    found: list[tuple[str, int]] = []
    outer = ""
    for part in key.rpartition("/")[0].split("/"):
        loop_id, _, number = part.rpartition(":")
        if number:
            found.append((step_key(outer, loop_id), int(number)))
        outer = f"{outer}/{part}" if outer else part
    return found


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
    condition: JsonObject | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """An outcome that the machine itself came to: of an iteration (key `<scope>/`) or of a whole loop. Record it.

    `scope` is that of the iteration, or what the scopes of the loop's iterations begin with (`loop:`). Where it
    completed, what was recorded under it need not be handed to `restore` again.
    """

    key: str
    node_id: str
    scope: str
    outcome: Continue | Fail
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over; always the last command of its list. `error_node_id` is set where a step made the run fail."""

    status: FinalStatus
    output: Json = None
    error: str | None = None
    error_node_id: str | None = None


Command = RunStep | SetTimer | AwaitSignal | Settled | Finish


@dataclass(frozen=True, slots=True)
class Recorded:
    """One durable record of a step: its outcome, or None where the attempt began and nothing more is known.

    `resumed` belongs to an attempt that had begun after a wait.
    """

    key: str
    outcome: Outcome | None
    attempt: int = 1
    resumed: Resumed | None = None
