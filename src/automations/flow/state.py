"""The state of a run as a value: what the machine has decided so far, and its JSON form.

Standard library only. The JSON form shares the outputs with the state (nothing is copied): serialise it, do not edit
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from automations.flow.commands import FinalStatus, Resumed
from automations.flow.loops import LoopState
from automations.flow.outcomes import Json, JsonObject

StepStatus = Literal["running", "waiting", "looping", "completed", "failed", "skipped"]
RunStatus = Literal["running", "stopping", "completed", "failed", "cancelled"]

STATE_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a step with status `waiting` waits for: its next attempt (`retry`), or what its `Wait` named."""

    reason: Literal["retry", "wait"]
    delay_seconds: float | None = None
    until: datetime | None = None
    signal: str | None = None
    note: Json = None
    condition: JsonObject | None = None
    since: datetime | None = None


@dataclass(slots=True)
class StepState:
    """One step of a run.

    - `attempt` is 1 on the first try; 0 for what never ran: the trigger, a skipped step, and a disabled one, which is
      recorded as completed through its first handle with output None.
    - `handle` is the one taken: None while open, when skipped, and when a failure had no `error` edge.
    - `wait` is set while waiting, `resumed` while what followed a wait is open.
    - `error` and `error_code` also hold the last failure while a retry is awaited.
    - Code `abandoned`: the run ended while this step was running (`failed`: its effect is not known) or parked
      (`skipped`). One that waited for a retry is `failed` with the error of its last attempt.
    - `loop` is set while looping: the step is a loop whose iterations run.
    - `unknown`: this attempt follows one whose outcome was lost in a crash.
    """

    status: StepStatus
    attempt: int = 0
    handle: str | None = None
    output: Json = None
    variables: dict[str, Json] = field(default_factory=dict)
    error: str | None = None
    error_code: str | None = None
    wait: Waiting | None = None
    resumed: Resumed | None = None
    unknown: bool = False
    loop: LoopState | None = None

    @property
    def is_open(self) -> bool:
        return self.status in ("running", "waiting", "looping")

    def abandon(self) -> None:
        """The run, or the iteration that it is in, ends before this open step does."""
        waits_for_retry = self.wait is not None and self.wait.reason == "retry"
        self.status = "failed" if waits_for_retry or self.status == "running" else "skipped"
        if not waits_for_retry:
            self.error, self.error_code = "the run ended before this step did", "abandoned"
        self.wait = self.resumed = self.loop = None

    def handled_failure(self) -> JsonObject:
        """What templates see of a failed step behind its `error` handle."""
        output: JsonObject
        if isinstance(self.output, dict):
            output = dict(self.output)
        else:
            output = {} if self.output is None else {"output": self.output}
        output["error"] = self.error
        return output


@dataclass(slots=True)
class Scope:
    """One level of a run at work: the top, or an iteration. Derived from the steps; not serialised or compared.

    `keys` are the step keys of its nodes by index; `undecided` (edges) and `live` go by place in the region; `setters`
    is the bit set of nodes that set variables; `path` is (index of the loop, number) of each iteration around. A step
    counts as open until what follows from it is decided. `halted`: nothing begins here any more, what runs is waited
    for.
    """

    name: str
    region: int
    keys: Sequence[str] | Mapping[int, str]
    undecided: list[int]
    live: bytearray
    path: tuple[int, ...] = ()
    parent: Scope | None = None
    loop_key: str = ""
    open_steps: int = 0
    setters: int = 0
    halted: bool = False

    @property
    def number(self) -> int:
        """Of an iteration: which one of its loop."""
        return self.path[-1]


@dataclass(slots=True)
class RunState:
    """One run. `stopping`: nothing new starts, running steps finish, then the run ends as `ends_as`.

    `seed` (the execution id, say) makes the jitter of retries differ between runs and repeat within one. `steps` is
    keyed by step key; a step that was never decided has no entry, and those of an iteration go when it ends.
    """

    trigger: JsonObject
    seed: str = ""
    status: RunStatus = "running"
    steps: dict[str, StepState] = field(default_factory=dict)
    ends_as: FinalStatus | None = None
    output: Json = None
    error: str | None = None
    error_node_id: str | None = None
    scopes: dict[str, Scope] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_final(self) -> bool:
        return self.status not in ("running", "stopping")

    def to_json(self) -> JsonObject:
        return {
            "format": STATE_FORMAT,
            "trigger": self.trigger,
            "seed": self.seed,
            "status": self.status,
            "steps": {key: _step_to_json(step) for key, step in self.steps.items()},
            "ends_as": self.ends_as,
            "output": self.output,
            "error": self.error,
            "error_node_id": self.error_node_id,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> RunState:
        """Raises ValueError for a format that this program does not know."""
        if value.get("format") != STATE_FORMAT:
            raise ValueError(f"run state of format {value.get('format')!r}; this program reads format {STATE_FORMAT}")
        data = cast("dict[str, Any]", value)
        return cls(
            trigger=data["trigger"],
            seed=data["seed"],
            status=data["status"],
            steps={key: _step_from_json(step) for key, step in data["steps"].items()},
            ends_as=data["ends_as"],
            output=data["output"],
            error=data["error"],
            error_node_id=data["error_node_id"],
        )


def _step_to_json(step: StepState) -> JsonObject:
    return {
        "status": step.status,
        "attempt": step.attempt,
        "handle": step.handle,
        "output": step.output,
        "variables": step.variables,
        "error": step.error,
        "error_code": step.error_code,
        "wait": None if step.wait is None else _waiting_to_json(step.wait),
        "resumed": None if step.resumed is None else _resumed_to_json(step.resumed),
        "unknown": step.unknown,
        "loop": None if step.loop is None else step.loop.to_json(),
    }


def _waiting_to_json(wait: Waiting) -> JsonObject:
    return {
        "reason": wait.reason,
        "delay_seconds": wait.delay_seconds,
        "until": None if wait.until is None else wait.until.isoformat(),
        "signal": wait.signal,
        "note": wait.note,
        "condition": wait.condition,
        "since": None if wait.since is None else wait.since.isoformat(),
    }


def _resumed_to_json(resumed: Resumed) -> JsonObject:
    return {"by": resumed.by, "payload": resumed.payload, "note": resumed.note}


def _step_from_json(data: dict[str, Any]) -> StepState:
    wait, resumed, loop = data["wait"], data["resumed"], data["loop"]
    if wait is not None:
        times = {name: wait[name] and datetime.fromisoformat(wait[name]) for name in ("until", "since")}
        wait = Waiting(**{**wait, **times})
    return StepState(
        **{
            **data,
            "wait": wait,
            "resumed": None if resumed is None else Resumed(**resumed),
            "loop": None if loop is None else LoopState.from_json(loop),
        }
    )
