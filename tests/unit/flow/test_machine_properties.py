"""Random flows, run in random orders and crashed at every point, against an interpreter that shares nothing with us.

It answers by definition (what has become of this node?) where the machine goes by events (what follows from this one?),
and it reads the drawing and not the compiled flow.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.flow.compile import compile_flow
from automations.flow.graph import CompiledFlow
from automations.flow.machine import AwaitSignal, Command, Finish, Machine, Recorded, RunState, RunStep, SetTimer
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Outcome, Stop, Wait
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry

TRIGGER_DATA: JsonObject = {"new": {"id": 7}}
LATER = datetime(2030, 1, 1, 12, tzinfo=UTC)

quick = settings(max_examples=120, deadline=None, derandomize=True, database=None)


class NoConfig(Config):
    pass


class Begin(Node[NoConfig]):
    """Starts the flow."""

    type, title, group, icon, is_trigger = "begin", "Begin", "trigger", "Zap", True

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Work(Node[NoConfig]):
    """Does what its script says."""

    type, title, group, icon = "work", "Work", "action", "Hammer"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ("a", "b")

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


REGISTRY = NodeRegistry([Begin(), Work()])


@dataclass(frozen=True)
class Script:
    """How a step behaves: it fails `failures` times, waits as it says, and then ends as `end`."""

    end: Literal["a", "b", "fail", "stop"] = "a"
    stop_status: Literal["completed", "failed", "cancelled"] = "completed"
    failures: int = 0
    waits: Literal["no", "time", "signal", "either"] = "no"
    variables: tuple[str, ...] = ()
    disabled: bool = False
    attempts: int = 1


@dataclass(frozen=True)
class Plan:
    """A random flow: scripts and places by node id, edges as (source, handle, target)."""

    scripts: dict[str, Script]
    places: dict[str, tuple[int, int]]
    edges: tuple[tuple[str, str, str], ...]

    def compile(self) -> CompiledFlow:
        nodes: list[JsonObject] = [{"id": "start", "type": "begin", "position": {"x": 0, "y": -1}, "data": {}}]
        for node_id, script in self.scripts.items():
            y, x = self.places[node_id]
            retry: JsonObject = {"attempts": script.attempts, "delay_seconds": 5}
            data: JsonObject = {"disabled": script.disabled, "retry": retry}
            nodes.append({"id": node_id, "type": "work", "position": {"x": x, "y": y}, "data": data})
        edges = [
            {"id": f"e{i}", "source": source, "sourceHandle": handle, "target": target}
            for i, (source, handle, target) in enumerate(self.edges)
        ]
        return compile_flow(nodes, edges, REGISTRY)


@st.composite
def plans(draw: st.DrawFn, ends: bool = True, retries: bool = True) -> Plan:
    """Without `ends` no step stops the run, and the interpreter tells whether an unhandled failure does."""
    count = draw(st.integers(0, 7))
    scripts: dict[str, Script] = {}
    places: dict[str, tuple[int, int]] = {}
    edges: dict[tuple[str, str, str], None] = {}
    endings = ["a", "a", "a", "b", "fail"] + (["stop"] if ends else [])
    for i in range(count):
        node_id = f"n{i}"
        failures = draw(st.sampled_from([0, 0, 0, 1, 2])) if retries else 0
        scripts[node_id] = Script(
            end=draw(st.sampled_from(endings)),
            stop_status=draw(st.sampled_from(["completed", "failed", "cancelled"])),
            failures=failures,
            waits=draw(st.sampled_from(["no", "no", "no", "time", "signal", "either"])),
            variables=tuple(draw(st.sets(st.sampled_from("xyz"), max_size=2))),
            disabled=draw(st.integers(0, 7)) == 7,
            attempts=draw(st.integers(1, 3)) if failures else 1,
        )
        places[node_id] = (draw(st.integers(0, 3)), draw(st.integers(0, 1)))
        sources = draw(st.lists(st.sampled_from(["start", *list(scripts)[:-1]]), min_size=1, max_size=3))
        for source in sources:
            handle = "out" if source == "start" else draw(st.sampled_from(["a", "a", "b", "error"]))
            edges[source, handle, node_id] = None
    return Plan(scripts, places, tuple(edges))


# The interpreter


@dataclass
class Answer:
    status: str
    handle: str | None = None
    output: Json = None
    variables: dict[str, Json] = field(default_factory=dict)
    attempt: int = 0
    ends_run: bool = False


class Interpreter:
    """What every node comes to, if nothing ever ended the run early."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.answers: dict[str, Answer] = {"start": Answer("completed", "out", TRIGGER_DATA)}
        self.order = self._order()
        for node_id in self.order[1:]:
            self.answers[node_id] = self._answer(node_id)

    def before(self, node_id: str) -> set[str]:
        sources = {source for source, _, target in self.plan.edges if target == node_id}
        return sources.union(*(self.before(source) for source in sources))

    def scope(self, node_id: str) -> dict[str, Json]:
        steps: JsonObject = {}
        variables: JsonObject = {}
        for other in self.order:
            answer = self.answers.get(other)
            if other in self.before(node_id) and answer is not None:
                variables.update(answer.variables)
                if answer.status == "completed":
                    steps[other] = answer.output
                elif answer.status == "failed" and answer.handle == "error":
                    assert isinstance(answer.output, dict)
                    steps[other] = {**answer.output, "error": f"{other} failed"}
        return {"trigger": TRIGGER_DATA, "steps": steps, "vars": variables}

    def run_output(self) -> Json:
        last: Json = None
        for node_id in self.order:
            answer = self.answers[node_id]
            taken = any(s == node_id and h == answer.handle for s, h, _ in self.plan.edges)
            if answer.status == "completed" and not taken:
                last = answer.output
        return last

    def _order(self) -> list[str]:
        done = ["start"]
        rest = list(self.plan.scripts)
        while rest:
            free = [n for n in rest if all(s in done for s, _, t in self.plan.edges if t == n)]
            done.append(min(free, key=lambda n: (self.plan.places[n], int(n[1:]))))
            rest.remove(done[-1])
        return done

    def _answer(self, node_id: str) -> Answer:
        script = self.plan.scripts[node_id]
        alive = any(t == node_id and self.answers[s].handle == h for s, h, t in self.plan.edges)
        if not alive:
            return Answer("skipped")
        if script.disabled:
            return Answer("completed", "a")
        handled = any(s == node_id and h == "error" for s, h, _ in self.plan.edges)
        failed = Answer("failed", "error" if handled else None, {"of": node_id}, ends_run=not handled)
        if script.failures >= script.attempts:
            return replace(failed, attempt=script.attempts)
        attempt = script.failures + 1
        if script.end == "fail":
            return replace(failed, attempt=attempt)
        seen: Json = json.dumps(self.scope(node_id), sort_keys=True)
        if script.end == "stop":
            return Answer("completed", None, {"stopped": node_id}, attempt=attempt, ends_run=True)
        return Answer("completed", script.end, {"saw": seen}, dict.fromkeys(script.variables, node_id), attempt)


# The driver


def perform(script: Script, command: RunStep, scope: dict[str, Json], failures_before: int) -> Outcome:
    if script.waits != "no" and command.resumed is None and failures_before == 0:
        return Wait(
            until=LATER if script.waits in ("time", "either") else None,
            signal="go" if script.waits in ("signal", "either") else None,
        )
    node_id = command.node_id
    if failures_before < script.failures:
        return Fail(f"{node_id} failed", retryable=True, output={"of": node_id})
    match script.end:
        case "fail":
            return Fail(f"{node_id} failed", output={"of": node_id})
        case "stop":
            return Stop(script.stop_status, {"stopped": node_id}, f"{node_id} stopped")
        case handle:
            seen = json.dumps(scope, sort_keys=True)
            return Continue({"saw": seen}, handle, dict.fromkeys(script.variables, node_id))


class Driver:
    """Runs a plan, one random outstanding command after another, and keeps the durable record of it."""

    def __init__(self, plan: Plan, chooser: random.Random, machine: Machine | None = None) -> None:
        self.plan = plan
        self.chooser = chooser
        self.machine = machine or Machine(plan.compile())
        self.rank = {f"/{node_id}": i for i, node_id in enumerate(self.machine.flow.order)}
        self.recorded: list[Recorded] = []
        self.ran: set[tuple[str, int, bool]] = set()
        self.outstanding: list[Command] = []
        self.finish: Finish | None = None
        self.state: RunState

    def start(self) -> Driver:
        self.state, commands = self.machine.start(TRIGGER_DATA, seed="s")
        self.take(commands)
        return self

    def take(self, commands: list[Command]) -> None:
        assert self.finish is None
        for position, command in enumerate(commands):
            if isinstance(command, Finish):
                assert position == len(commands) - 1
                self.finish = command
        keys = [command.key for command in commands if not isinstance(command, Finish)]
        assert keys == sorted(keys, key=self.rank.__getitem__)
        assert len(set(keys)) == len(keys)
        if self.finish is None:
            gone = set(keys)
            self.outstanding = [c for c in self.outstanding if not isinstance(c, Finish) and c.key not in gone]
            self.outstanding += [c for c in commands if not isinstance(c, Finish)]

    def step(self) -> None:
        """One thing happens. Timers of a stopping run may still fire: the machine has to ignore them."""
        command = self.outstanding.pop(self.chooser.randrange(len(self.outstanding)))
        match command:
            case RunStep():
                once = (command.key, command.attempt, command.resumed is not None)
                assert once not in self.ran, "a step ran twice"
                self.ran.add(once)
                scope = self.machine.scope_for(self.state, command.key)
                failures = len([r for r in self.recorded if r.key == command.key and isinstance(r.outcome, Fail)])
                outcome = perform(self.plan.scripts[command.node_id], command, scope, failures)
                self.recorded.append(Recorded(command.key, outcome, command.attempt))
                self.take(self.machine.feed(self.state, command.key, outcome, attempt=command.attempt))
            case SetTimer():
                self.take(self.machine.timer_fired(self.state, command.key))
            case AwaitSignal():
                if command.until is not None and self.chooser.random() < 0.5:
                    self.take(self.machine.timer_fired(self.state, command.key))
                else:
                    self.take(self.machine.signal_arrived(self.state, command.key, {"hello": True}))
            case Finish():
                raise AssertionError("a finish is never outstanding")

    def run(self, each: Callable[[], None] = lambda: None) -> Driver:
        for _ in range(200):
            if self.finish is not None:
                assert self.state.is_final
                return self
            assert self.outstanding, "the run is neither finished nor waiting for anything"
            self.step()
            each()
        raise AssertionError("the run does not end")

    def crash(self, *, begun: bool) -> Driver:
        """Another worker takes the run over from the durable record, which it reads in any order."""
        other = Driver(self.plan, self.chooser, self.machine)
        other.recorded = list(self.recorded)
        durable = list(self.recorded)
        if begun:
            durable += [Recorded(c.key, None, c.attempt, c.resumed) for c in self.outstanding if isinstance(c, RunStep)]
        if self.state.status == "running":
            self.chooser.shuffle(durable)
        other.state, commands = other.machine.restore(TRIGGER_DATA, durable, seed="s")
        other.take(commands)
        return other


def check_as_defined(driver: Driver, expected: Interpreter, *, attempts: bool = True) -> None:
    """The end of a run without `Stop` and unhandled failure is the one that the interpreter names."""
    state = driver.state
    assert driver.finish == Finish("completed", expected.run_output())
    assert set(state.steps) == {f"/{node_id}" for node_id in expected.answers}
    for node_id, answer in expected.answers.items():
        step = state.steps[f"/{node_id}"]
        assert (step.status, step.handle, step.output) == (answer.status, answer.handle, answer.output), node_id
        assert step.variables == answer.variables
        if attempts:
            assert step.attempt == answer.attempt
    merged: dict[str, Json] = {}
    for node_id in expected.order:
        merged |= expected.answers[node_id].variables
    assert driver.machine.variables(state) == merged


def check_legal(driver: Driver, expected: Interpreter) -> None:
    """The end of a run that was ended by a step: one of those that can, and no step is otherwise than it should be."""
    assert driver.finish is not None
    enders = [r for r in driver.recorded if expected.answers[r.key[1:]].ends_run and is_last(driver, r)]
    node_id = enders[0].key[1:]
    match enders[0].outcome:
        case Stop(status, output, message):
            error = None if status == "completed" else message
            assert driver.finish == Finish(status, output, error, node_id if status == "failed" else None)
        case Fail(error):
            assert driver.finish == Finish("failed", None, error, node_id)
        case other:
            raise AssertionError(other)
    for key, step in driver.state.steps.items():
        answer = expected.answers[key[1:]]
        assert not step.is_open
        if step.error_code != "abandoned" and step.attempt == answer.attempt:
            assert (step.status, step.output) == (answer.status, answer.output), key


def is_last(driver: Driver, record: Recorded) -> bool:
    retryable = isinstance(record.outcome, Fail) and record.outcome.retryable
    attempts = driver.plan.scripts[record.key[1:]].attempts
    return not isinstance(record.outcome, Wait) and not (retryable and record.attempt < attempts)


@quick
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_any_order_of_completions_ends_as_the_flow_is_defined(plan: Plan, seed: int) -> None:
    expected = Interpreter(plan)
    machine = Machine(plan.compile())
    assert list(machine.flow.order) == expected.order
    assert dict(machine.flow.ancestors) == {node_id: expected.before(node_id) for node_id in expected.order}
    ends = any(answer.ends_run for answer in expected.answers.values())
    for turn in range(3):
        driver = Driver(plan, random.Random(seed + turn), machine).start().run()
        if ends:
            check_legal(driver, expected)
        else:
            check_as_defined(driver, expected)


@quick
@given(plan=plans(ends=False), seed=st.integers(0, 2**16))
def test_two_orders_end_in_the_very_same_state(plan: Plan, seed: int) -> None:
    if any(answer.ends_run for answer in Interpreter(plan).answers.values()):
        handled = {**plan.scripts}
        for node_id, script in plan.scripts.items():
            handled[node_id] = replace(script, end="a" if script.end == "fail" else script.end, failures=0)
        plan = replace(plan, scripts=handled)
    machine = Machine(plan.compile())
    first = Driver(plan, random.Random(seed), machine).start().run()
    second = Driver(plan, random.Random(seed + 1), machine).start().run()
    assert first.state == second.state


@quick
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_what_a_step_sees_is_what_came_before_it(plan: Plan, seed: int) -> None:
    expected = Interpreter(plan)
    driver = Driver(plan, random.Random(seed)).start()

    def check() -> None:
        for command in driver.outstanding:
            if isinstance(command, RunStep):
                assert driver.machine.scope_for(driver.state, command.key) == expected.scope(command.node_id)

    check()
    driver.run(check)


@quick
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_after_a_crash_at_any_point_the_run_ends_the_same_and_repeats_nothing(plan: Plan, seed: int) -> None:
    expected = Interpreter(plan)
    ends = any(answer.ends_run for answer in expected.answers.values())
    driver = Driver(plan, random.Random(seed)).start()

    def crash() -> None:
        if driver.state.is_final:
            return
        other = driver.crash(begun=False)
        finished = {r.key for r in driver.recorded if is_last(driver, r)}
        assert not finished & {c.key for c in other.outstanding if not isinstance(c, Finish)}
        for key in finished:
            assert other.state.steps[key] == driver.state.steps[key]
        stopping = driver.state.status == "stopping"
        decided = (driver.state.ends_as, driver.state.output, driver.state.error, driver.state.error_node_id)
        other.run()
        assert finished.isdisjoint(key for key, _, _ in other.ran)
        if stopping:
            assert other.finish == Finish(*decided)  # type: ignore[arg-type]
        elif ends:
            check_legal(other, expected)
        else:
            check_as_defined(other, expected)

    crash()
    driver.run(crash)


@quick
@given(plan=plans(ends=False, retries=False), seed=st.integers(0, 2**16))
def test_steps_that_had_begun_run_again_as_the_next_attempt(plan: Plan, seed: int) -> None:
    expected = Interpreter(plan)
    ends = any(answer.ends_run for answer in expected.answers.values())
    driver = Driver(plan, random.Random(seed)).start()
    crashed: list[Driver] = []

    def crash() -> None:
        before = {c.key: c for c in driver.outstanding if isinstance(c, RunStep)}
        if driver.state.is_final or not before:
            return
        other = driver.crash(begun=True)
        after = {c.key: c for c in other.outstanding if isinstance(c, RunStep)}
        for key, command in before.items():
            assert after[key] == replace(command, attempt=command.attempt + 1, unknown=True)
        crashed.append(other.run())
        if not ends:
            check_as_defined(other, expected, attempts=False)

    driver.run(crash)


@quick
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_a_state_goes_through_json_at_any_point_and_the_run_goes_on_from_there(plan: Plan, seed: int) -> None:
    expected = Interpreter(plan)
    ends = any(answer.ends_run for answer in expected.answers.values())
    driver = Driver(plan, random.Random(seed)).start()

    def round_trip() -> None:
        read = RunState.from_json(json.loads(json.dumps(driver.state.to_json())))
        assert read == driver.state
        open_commands = driver.machine.outstanding(read)
        if driver.state.status == "running":
            in_order = sorted(driver.outstanding, key=lambda c: driver.rank[c.key] if not isinstance(c, Finish) else 0)
            assert open_commands == in_order
        driver.state, driver.outstanding = read, open_commands

    round_trip()
    driver.run(round_trip)
    (check_legal if ends else check_as_defined)(driver, expected)


@quick
@given(plan=plans(), seed=st.integers(0, 2**16), after=st.integers(0, 6))
def test_cancel_ends_a_run_at_once_and_for_good(plan: Plan, seed: int, after: int) -> None:
    driver = Driver(plan, random.Random(seed)).start()
    for _ in range(after):
        if driver.finish is None:
            driver.step()
    if driver.finish is not None:
        assert driver.machine.cancel(driver.state, "enough") == []
        return
    machine, state = driver.machine, driver.state
    assert machine.cancel(state, "enough") == [Finish("cancelled", error="enough")]
    end = state.to_json()
    for command in driver.outstanding:
        assert not isinstance(command, Finish)
        assert machine.feed(state, command.key, Continue(handle="a")) == []
        assert machine.timer_fired(state, command.key) == []
        assert machine.signal_arrived(state, command.key, None) == []
    assert machine.outstanding(state) == []
    assert machine.cancel(state, "again") == []
    assert state.to_json() == end


@quick
@given(plan=plans(retries=False), seed=st.integers(0, 2**16), missing=st.integers(0, 2**8))
def test_a_hole_in_the_record_delays_what_is_behind_it_and_loses_nothing(plan: Plan, seed: int, missing: int) -> None:
    expected = Interpreter(plan)
    if any(answer.ends_run for answer in expected.answers.values()):
        return
    whole = Driver(plan, random.Random(seed)).start().run()
    kept = [r for i, r in enumerate(whole.recorded) if not missing >> i & 1]
    driver = Driver(plan, random.Random(seed), whole.machine)
    driver.recorded = list(kept)
    driver.state, commands = driver.machine.restore(TRIGGER_DATA, kept, seed="s")
    driver.take(commands)
    driver.run()
    finished = {r.key for r in kept if not isinstance(r.outcome, Wait)}
    assert finished.isdisjoint(key for key, _, _ in driver.ran)
    check_as_defined(driver, expected)


@pytest.mark.parametrize(
    "mutant", ["dead edges count as taken", "skips do not spread", "a join runs at its first edge"]
)
def test_the_interpreter_would_notice(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison has teeth: each of these mistakes of a machine differs from the definition on some small plan."""
    scripts = {"n0": Script("b"), "n1": Script(), "n2": Script(), "n3": Script()}
    edges = (("start", "out", "n0"), ("n0", "a", "n1"), ("n1", "a", "n2"), ("start", "out", "n3"), ("n3", "a", "n2"))
    plan = Plan(scripts, dict.fromkeys(scripts, (0, 0)), edges)
    machine = Machine(plan.compile())
    order = {node_id: i for i, node_id in enumerate(machine.flow.order)}
    match mutant:
        case "dead edges count as taken":
            targets: Any = [tuple(("b" if h == "a" else h, t) for h, t in edges) for edges in machine._plan.targets]
            monkeypatch.setattr(machine._plan, "targets", targets)
        case "skips do not spread":
            targets = [() if i == order["n1"] else edges for i, edges in enumerate(machine._plan.targets)]
            monkeypatch.setattr(machine._plan, "targets", targets)
        case _:
            top = machine._plan.regions[0]
            early = replace(top, indegrees=tuple(min(1, n) for n in top.indegrees))
            monkeypatch.setattr(machine._plan, "regions", (early,))
    with pytest.raises(AssertionError):
        check_as_defined(Driver(plan, random.Random(1), machine).start().run(), Interpreter(plan))
