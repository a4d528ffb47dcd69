"""A run in a worker's memory. Nothing here is truth: the database is, and a run may be dropped at any moment."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from automations.db.run_store import StepRowStatus
from automations.engine.flow_versions import LoadedFlow
from automations.flow.commands import AwaitSignal, Command, Finish, RunStep
from automations.flow.outcomes import Json, JsonObject, Outcome
from automations.flow.state import RunState


@dataclass(frozen=True, slots=True)
class StepDone:
    """The outcome of a step that ran outside a transaction, with its masked record."""

    command: RunStep
    outcome: Outcome
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TimerFired:
    key: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """Templates that needed the engine are filled in (or failed): the step can go on."""

    command: RunStep
    values: dict[str, Any]
    error: Outcome | None = None


@dataclass(frozen=True, slots=True)
class SignalArrived:
    key: str
    payload: Json = None


Happening = StepDone | TimerFired | SignalArrived | Rendered


@dataclass(slots=True)
class PendingRow:
    """What has to be written of a step at the next commit."""

    node_id: str
    status: StepRowStatus
    attempt: int
    outcome: dict[str, Any] | None = None
    record: dict[str, Any] | None = None
    due_at: datetime | None = None
    # Inside of an iteration or loop that has completed: never loaded again.
    folded: bool = False


@dataclass(slots=True, eq=False)
class Run:
    id: UUID
    epoch: int
    automation_id: UUID
    account_id: UUID
    loaded: LoadedFlow
    trigger: JsonObject
    state: RunState
    started_at: datetime
    held_since: float
    lead_id: UUID | None = None
    conversation_id: UUID | None = None
    test_mode: bool = False
    # Alone in its transaction: because one of its rows was locked, or a transaction that it was in failed.
    solo: bool = False
    tries: int = 0

    commands: deque[Command] = field(default_factory=deque)
    inbox: deque[Happening] = field(default_factory=deque)
    queued: bool = False

    database: list[RunStep] = field(default_factory=list)
    externals: list[RunStep] = field(default_factory=list)
    renders: list[RunStep] = field(default_factory=list)
    rendered: dict[str, dict[str, Any]] = field(default_factory=dict)
    timers: dict[str, datetime] = field(default_factory=dict)
    armed: set[str] = field(default_factory=set)
    signals: dict[str, AwaitSignal] = field(default_factory=dict)
    # Waits that the next commit writes, and those whose rows it removes.
    new_waits: set[str] = field(default_factory=set)
    ended_waits: set[str] = field(default_factory=set)
    in_flight: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    dirty: dict[str, PendingRow] = field(default_factory=dict)
    # Keys of iterations under way that are in the database, and prefixes of loops that have completed: to be folded.
    stored: set[str] = field(default_factory=set)
    fold_keys: list[str] = field(default_factory=list)
    fold_loops: list[str] = field(default_factory=list)
    # An outside step has ended: its outcome is committed before anything else is waited for.
    checkpoint_due: bool = False
    finish: Finish | None = None
    # A step met a locked row; it stays in `database` and is tried again.
    blocked: bool = False
    # It waits for nothing but its turn: it may come back together with others.
    takes_turns: bool = False
    turn_tries: int = 0
    dropped: bool = False
    # Its transaction failed: what is in memory is worth nothing but the outcomes of what was called outside.
    stale: bool = False

    @property
    def is_idle(self) -> bool:
        """Nothing runs and nothing is about to: the run waits for a time or a signal."""
        return not (
            self.finish
            or self.commands
            or self.inbox
            or self.database
            or self.externals
            or self.renders
            or self.in_flight
        )

    @property
    def next_timer(self) -> datetime | None:
        return min(self.timers.values(), default=None)
