"""Drives a random flow in a random order, keeps the durable record that a worker would, and judges how it ended."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.unit.flow.interpreter import UNSURE, Answer, Interpreter, Path, Unsure, key_of, numbers_in
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
        self.state: RunState

    def start(self) -> Driver:
        self.state, commands = self.machine.start(TRIGGER_DATA, seed="s")
        self.take(commands)
        return self

    def take(self, commands: list[Command]) -> None:
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
                    self.recorded.append(Recorded(command.key, command.outcome, command.attempt))
                case _:
                    scope, _, node_id = command.key.rpartition("/")
                    assert command.key not in given, "asked for twice"
                    assert self.holes or last.get(scope, -1) < self.rank[node_id], "not in topological order"
                    last[scope] = self.rank[node_id]
                    given.add(command.key)
        self.outstanding = [command for command in self.outstanding if command.key not in given]
        self.outstanding += [c for c in commands if not isinstance(c, Finish | Settled)]

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
                self.recorded.append(Recorded(key, outcome, command.attempt))
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
        other.recorded = self.recorded[: len(self.recorded) - cut]
        lost = {record.key for record in self.recorded[len(self.recorded) - cut :]}
        other.settled = {key: settled for key, settled in self.settled.items() if key not in lost}
        other.state, commands = other.machine.restore(TRIGGER_DATA, rows, seed="s")
        other.take(commands)
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
        return {_step_of(row.key) for row in rows if self.is_final(row)} - {""}


def _step_of(key: str) -> str:
    """The step that is done with a record: of the opening of a loop the loop's, of the end of an iteration none."""
    if not key.endswith("/"):
        return key
    path, _, last = key[:-1].rpartition("/")
    loop, _, number = last.rpartition(":")
    return "" if number else f"{path}/{loop}"


def node_of(key: str) -> str:
    scope, _, node_id = key.rpartition("/")
    return node_id or scope.rpartition("/")[2].rpartition(":")[0]


# How a run ended


def check_as_defined(driver: Driver, expected: Interpreter, *, attempts: bool = True) -> None:
    """The end of a run without `Stop` and unhandled failures is the one that the interpreter names."""
    state = driver.state
    finish = driver.finish
    assert finish is not None
    assert (finish.status, finish.error, finish.error_node_id) == ("completed", None, None)
    assert matches(finish.output, expected.run_output())
    assert set(state.steps) == {key for key in expected.answers if key.startswith("/")}
    assert set(state.scopes) <= {""}
    merged: dict[str, Json] = {}
    for node_id in expected.order:
        key = f"/{node_id}"
        if key not in state.steps:
            continue
        answer, step = expected.answers[key], state.steps[key]
        assert (step.status, step.handle) == (answer.status, answer.handle), key
        assert matches(step.output, answer.output), key
        assert step.variables == answer.variables, key
        if attempts:
            assert step.attempt == answer.attempt, key
        merged |= answer.variables
    assert driver.machine.variables(state) == merged
    check_records(driver, expected, attempts=attempts)
    assert must_run(expected) <= {_step_of(record.key) for record in driver.recorded}


def check_legal(driver: Driver, expected: Interpreter) -> None:
    """The end of a run that a step ended: one of those that can be, and no step is otherwise than it should be."""
    finish = driver.finish
    assert finish is not None
    enders = [record for record in driver.recorded if ends_run(driver, record, expected)]
    if not enders:
        # Not every step that would end the run is reached: another one may have ended its iteration before.
        assert finish.status == "completed"
        assert matches(finish.output, expected.run_output())
    else:
        node_id = node_of(enders[0].key)
        match enders[0].outcome:
            case Stop(status, output, message):
                error = None if status == "completed" else message
                assert finish == Finish(status, output, error, node_id if status == "failed" else None)
            case Fail(error):
                of = expected.answers[enders[0].key].of
                assert (finish.status, finish.output, finish.error) == ("failed", None, error)
                assert finish.error_node_id == of or of is None
            case other:
                raise AssertionError(other)
    check_records(driver, expected)


def check_records(driver: Driver, expected: Interpreter, *, attempts: bool = True) -> None:
    """Every record says what the interpreter says of that step, iteration or loop."""
    for record in driver.recorded:
        if not driver.is_final(record):
            continue
        if record.key.endswith(":/"):
            assert expected.answers[_step_of(record.key)].attempt, "a loop that was not to open"
            continue
        if record.key.endswith("/"):
            path = path_of(record.key)
            end = expected.iteration(path[-1][0], path)
            assert isinstance(record.outcome, Fail) or not end.failed, record.key
            if isinstance(record.outcome, Fail):
                assert end.failed, record.key
                assert matches(record.outcome.error, end.error)
                assert end.of is None or record.outcome.output == {"node_id": end.of}
            else:
                assert isinstance(record.outcome, Continue)
                assert matches(record.outcome.output, end.output)
            continue
        answer = expected.answers[record.key]
        if not attempts or record.attempt == answer.attempt:
            check_outcome(record, answer)


def check_outcome(record: Recorded, answer: Answer) -> None:
    match record.outcome:
        case Continue(output, handle, variables):
            assert (answer.status, answer.handle) == ("completed", handle), record.key
            assert matches(output, answer.output), record.key
            assert dict(variables) == answer.variables
        case Fail():
            assert answer.status == "failed", record.key
            assert matches(record.outcome.error, answer.error), record.key
            assert matches(record.outcome.output, answer.output), record.key
        case Stop():
            assert answer.ends == "stop"
        case other:
            raise AssertionError(other)


def ends_run(driver: Driver, record: Recorded, expected: Interpreter) -> bool:
    if isinstance(record.outcome, Stop):
        return True
    failed = isinstance(record.outcome, Fail) and driver.is_final(record)
    top = record.key.startswith("/")
    return failed and top and expected.answers[record.key].handle is None


def must_run(expected: Interpreter) -> set[str]:
    """Steps that no order leaves out: not those of an iteration that fails, nor of one that may not begin."""
    found: set[str] = set()
    for key, answer in expected.answers.items():
        path = path_of(key)
        whole = all(not expected.iteration(path[i][0], path[: i + 1]).failed for i in range(len(path)))
        loops = [expected.answers[key_of(loop, path[:i])] for i, (loop, _) in enumerate(path)]
        if whole and answer.attempt and all(loop.status == "completed" for loop in loops):
            found.add(key)
    return found


def matches(found: Json, expected: Json | Unsure) -> bool:
    return expected is UNSURE or found == expected
