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
    """Park the run until a time, a named signal, or whichever comes first; the step then runs again as `resumed`.

    At least one of `until` and `signal` is set.
    """

    until: datetime | None = None
    signal: str | None = None
    note: Json = None


Outcome = Continue | Fail | Stop | Wait
