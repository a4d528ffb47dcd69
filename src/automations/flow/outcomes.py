"""What a step may answer. Outcomes are data: the engine decides what they mean for the run.

Standard library only: the state machine imports this, and the machine must load anywhere (a Temporal sandbox, a test).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

# What one attempt of a step may answer, as JSON.
MAX_OUTPUT_BYTES = 1_048_576

DEFAULT_HANDLE = "out"
ERROR_HANDLE = "error"
# What a loop repeats leaves from here; what comes after it, from `done`.
EACH_HANDLE = "each"
DONE_HANDLE = "done"

Effect = Literal["pure", "database", "external"]


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on through `handle` with `output`; `variables` are set for everything downstream."""

    output: Json = None
    handle: str = DEFAULT_HANDLE
    variables: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fail:
    """The step fails. Connected `error` handle: the run goes there; else the run fails.

    `retryable` lets the node's retry policy try again, not before `retry_after` seconds where the other side named it.
    `output` is kept on record (an HTTP status and body, say) and handed to the error branch.
    """

    error: str
    code: str = "step_failed"
    retryable: bool = False
    retry_after: float | None = None
    output: Json = None


@dataclass(frozen=True, slots=True)
class Stop:
    """End the whole run here: nothing new starts, running steps finish and are recorded."""

    status: Literal["completed", "failed", "cancelled"] = "completed"
    output: Json = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Park the run until a time, a signal, or whichever comes first; the step then runs again as `resumed`.

    At least one of `until` and `signal` is set. `signal` is a topic (see `automations.waits`); `condition` is a
    condition tree that the event has to meet, `since` the time from which events count, also before this wait: the
    start of the run unless it is given.
    """

    until: datetime | None = None
    signal: str | None = None
    note: Json = None
    condition: JsonObject | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Run the body of this loop once for each item, at most `parallelism` side by side.

    The step then completes through `done` with `{"count", "completed", "failed", "results", "errors"}`: `results` is
    what each iteration came to, in the order of the items (null where it failed), or empty unless `collect`; `errors`
    are the first 100 as `{"index", "error", "node_id"}`. Without `continue_on_error` the first iteration that fails
    makes the loop fail. Steps of the body see the item and its number, from 0, under the two names.
    """

    items: list[Json]
    parallelism: int = 1
    continue_on_error: bool = False
    collect: bool = True
    item_name: str = "item"
    index_name: str = "index"


Outcome = Continue | Fail | Stop | Wait | Loop
