"""Drives a random flow in a random order and keeps the durable record that a worker would."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection

from tests.unit.flow.interpreter import Path, numbers_in
from tests.unit.flow.random_plans import LATER, TRIGGER_DATA, Plan, Script, items_of, names_of

from automations.flow.commands import opening_key
from automations.flow.machine import (
    AwaitSignal,
    Command,
    Finish,
    Machine,
    Recorded,
    RunState,
    RunStep,
    SetTimer,
    Settled,
)
from automations.flow.outcomes import Continue, Fail, Json, Loop, Outcome, Stop, Wait


def perform(plan: Plan, command: RunStep, scope: dict[str, Json], failures_before: int) -> Outcome:
    node_id, script = command.node_id, plan.scripts[command.node_id]
    if script.waits != "no" and command.resumed is None and failures_before == 0:
        return Wait(
            until=LATER if script.waits in ("time", "either") else None,
            signal="go" if script.waits in ("signal", "either") else None,
        )
    if failures_before < script.failures:
        return Fail(f"{node_id} failed", retryable=True, output={"of": command.key})
    numbers = numbers_in(path_of(command.key))
    match script.end(numbers):
        case "fail":
            return Fail(f"{node_id} failed", output={"of": command.key})
        case "stop":
            return Stop(script.stop_status, {"stopped": node_id}, f"{node_id} stopped")
        case _ if script.repeats is not None:
            return opening(node_id, script, numbers)
        case handle:
            seen = "nothing" if plan.plain else json.dumps(scope, sort_keys=True)
            return Continue({"of": command.key, "saw": seen}, handle, dict.fromkeys(script.variables, command.key))


def opening(node_id: str, script: Script, numbers: int) -> Loop:
    repeats = script.repeats
    assert repeats is not None
    item, index = names_of(node_id, repeats)
    return Loop(
        [*items_of(node_id, repeats, numbers)],
        repeats.parallelism,
        repeats.continue_on_error,
        repeats.collect,
        item,
        index,
    )


def path_of(key: str) -> Path:
    scope = key.rpartition("/")[0]
    parts = [part.partition(":") for part in scope.split("/")] if scope else []
    return tuple((loop, int(number)) for loop, _, number in parts)


class Driver:
    """Runs a plan, one random outstanding command after another, and keeps the durable record of it."""

    def __init__(self, plan: Plan, chooser: random.Random, machine: Machine | None = None) -> None:
        self.plan = plan
        self.chooser = chooser
        self.machine = machine or Machine(plan.compile())
        self.rank = {node_id: i for i, node_id in enumerate(self.machine.flow.order)}
        self.recorded: list[Recorded] = []
        self.settled: dict[str, Settled] = {}
        self.ran: set[tuple[str, int, bool]] = set()
        self.outstanding: list[RunStep | SetTimer | AwaitSignal] = []
        self.finish: Finish | None = None
        self.holes = False
        # What keys begin with under which nothing may begin any more.
        self.closed: list[str] = []
        self.state: RunState

    def start(self) -> Driver:
        self.state, commands = self.machine.start(TRIGGER_DATA, seed="s")
        self.take(commands)
        return self

    def take(self, commands: list[Command], *, begun: Collection[str] | None = None) -> None:
        """`begun` are steps that were on record as begun when the run was taken over. An end that was lost then comes
        out together with what ran beside it.
        """
        closed = self.closed if begun is None else list(self.closed)
        assert self.finish is None, "a command after the end"
        last: dict[str, int] = {}
        given: set[str] = set()
        for position, command in enumerate(commands):
            match command:
                case Finish():
                    assert position == len(commands) - 1, "a command behind the finish"
                    self.finish = command
                case Settled():
                    assert command.key not in self.settled, "ended twice"
                    self.settled[command.key] = command
                    self.record(Recorded(command.key, command.outcome, command.attempt))
                case _:
                    if command.key not in (begun or ()):
                        assert not any(command.key.startswith(end) for end in closed), "begun behind the end"
                    scope, _, node_id = command.key.rpartition("/")
                    assert command.key not in given, "asked for twice"
                    assert self.holes or last.get(scope, -1) < self.rank[node_id], "not in topological order"
                    last[scope] = self.rank[node_id]
                    given.add(command.key)
        self.outstanding = [command for command in self.outstanding if command.key not in given]
        self.outstanding += [c for c in commands if not isinstance(c, Finish | Settled)]

    def record(self, record: Recorded) -> None:
        self.recorded.append(record)
        scope, _, node_id = record.key.rpartition("/")
        if isinstance(record.outcome, Stop):
            self.closed.append("")
        elif isinstance(record.outcome, Fail) and self.is_final(record):
            if not node_id:
                repeats = self.plan.scripts[node_of(record.key)].repeats
                if repeats is not None and not repeats.continue_on_error:
                    self.closed.append(scope.rpartition(":")[0] + ":")
            elif not self.is_handled(node_id):
                self.closed.append(f"{scope}/" if scope else "")

    def is_handled(self, node_id: str) -> bool:
        with_edge = any(source == node_id and handle == "error" for source, handle, _ in self.plan.edges)
        return with_edge or self.plan.scripts[node_id].on_error == "continue"

    def step(self) -> None:
        """One thing happens. Timers of what was abandoned may still fire: the machine has to ignore them."""
        command = self.outstanding.pop(self.chooser.randrange(len(self.outstanding)))
        match command:
            case RunStep():
                once = (command.key, command.attempt, command.resumed is not None)
                assert once not in self.ran, "a step ran twice"
                self.ran.add(once)
                scope = self.machine.scope_for(self.state, command.key)
                failures = len([r for r in self.recorded if r.key == command.key and isinstance(r.outcome, Fail)])
                outcome = perform(self.plan, command, scope, failures)
                key = opening_key(command.key) if isinstance(outcome, Loop) else command.key
                self.record(Recorded(key, outcome, command.attempt))
                self.take(self.machine.feed(self.state, command.key, outcome, attempt=command.attempt))
            case SetTimer():
                self.take(self.machine.timer_fired(self.state, command.key))
            case AwaitSignal():
                if command.until is not None and self.chooser.random() < 0.5:
                    self.take(self.machine.timer_fired(self.state, command.key))
                else:
                    self.take(self.machine.signal_arrived(self.state, command.key, {"hello": True}))

    def run(self, each: Callable[[], None] = lambda: None) -> Driver:
        for _ in range(5_000):
            if self.finish is not None:
                assert self.state.is_final
                assert not any(step.is_open for step in self.state.steps.values()), "open behind the end"
                return self
            assert self.outstanding, "the run is neither finished nor waiting for anything"
            self.step()
            each()
        raise AssertionError("the run does not end")

    # What is on record

    def durable(self, *, cut: int = 0, folded: bool = False, upsert: bool = False) -> list[Recorded]:
        """What a worker would read: without the last `cut` records (a crash between commits), without what is folded
        into a completed iteration or loop, with one row a key or all of them.
        """
        rows = self.recorded[: len(self.recorded) - cut]
        if folded:
            done = [self.settled[r.key] for r in rows if r.key in self.settled and isinstance(r.outcome, Continue)]
            prefixes = [(s.key, s.scope if s.scope.endswith(":") else f"{s.scope}/") for s in done]
            rows = [r for r in rows if not any(r.key.startswith(p) and r.key != key for key, p in prefixes)]
        if upsert:
            by_key: dict[str, Recorded] = {}
            for row in rows:
                by_key.pop(row.key, None)
                by_key[row.key] = row
            rows = list(by_key.values())
        return rows

    def crash(self, rows: list[Recorded], *, cut: int = 0) -> Driver:
        """Another worker takes the run over from these rows; the last `cut` records are lost."""
        other = Driver(self.plan, self.chooser, self.machine)
        for record in self.recorded[: len(self.recorded) - cut]:
            other.record(record)
        lost = {record.key for record in self.recorded[len(self.recorded) - cut :]}
        other.settled = {key: settled for key, settled in self.settled.items() if key not in lost}
        other.state, commands = other.machine.restore(TRIGGER_DATA, rows, seed="s")
        other.take(commands, begun={row.key for row in rows if row.outcome is None})
        return other

    def cut_ends(self) -> int:
        """How many records at the end are of what the machine itself came to: they may be lost in a crash."""
        count = 0
        while count < len(self.recorded) and self._is_settled(self.recorded[-1 - count]):
            count += 1
        return count

    def _is_settled(self, record: Recorded) -> bool:
        settled = self.settled.get(record.key)
        return settled is not None and settled.outcome is record.outcome

    def is_final(self, record: Recorded) -> bool:
        retryable = isinstance(record.outcome, Fail) and record.outcome.retryable
        attempts = self.plan.scripts[node_of(record.key)].attempts
        return not isinstance(record.outcome, Wait) and not (retryable and record.attempt < attempts)

    def finished(self, rows: list[Recorded]) -> set[str]:
        """Steps that must never run again. A loop is not finished by its opening, but its own step is."""
        return {step_of(row.key) for row in rows if self.is_final(row)} - {""}


def step_of(key: str) -> str:
    """The step that is done with a record: of the opening of a loop the loop's, of the end of an iteration none."""
    if not key.endswith("/"):
        return key
    path, _, last = key[:-1].rpartition("/")
    loop, _, number = last.rpartition(":")
    return "" if number else f"{path}/{loop}"


def node_of(key: str) -> str:
    scope, _, node_id = key.rpartition("/")
    return node_id or scope.rpartition("/")[2].rpartition(":")[0]
