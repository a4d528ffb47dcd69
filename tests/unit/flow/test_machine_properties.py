"""Random flows with loops, run in random orders and crashed at every point, against an independent interpreter."""

from __future__ import annotations

import json
import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.flow.interpreter import Interpreter
from tests.unit.flow.random_checks import can_run, check_as_defined, check_legal
from tests.unit.flow.random_driver import Driver, path_of
from tests.unit.flow.random_plans import TRIGGER_DATA, Plan, plans

from automations.flow.machine import Finish, Machine, Recorded, RunState, RunStep
from automations.flow.outcomes import Continue
from automations.flow.state import StepState

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 2**16)


def prepared(plan: Plan) -> tuple[Plan, Interpreter]:
    """The plan and what it comes to. Where that depends on the order, steps do not show what they saw."""
    plain = Interpreter(replace(plan, plain=True))
    return (plain.plan, plain) if plain.sights_vary else (plan, Interpreter(plan))


def check(driver: Driver, expected: Interpreter) -> None:
    (check_legal if expected.may_end else check_as_defined)(driver, expected)


@quick
@given(plan=plans(), seed=seeds)
def test_any_order_of_completions_ends_as_the_flow_is_defined(plan: Plan, seed: int) -> None:
    plan, expected = prepared(plan)
    machine = Machine(plan.compile())
    assert list(machine.flow.order) == expected.order
    assert dict(machine.flow.ancestors) == {node_id: expected.before(node_id) for node_id in expected.order}
    for turn in range(3):
        check(Driver(plan, random.Random(seed + turn), machine).start().run(), expected)


@quick
@given(plan=plans(stops=False), seed=seeds)
def test_two_orders_end_in_the_very_same_state(plan: Plan, seed: int) -> None:
    plan, expected = prepared(plan)
    machine = Machine(plan.compile())
    first = Driver(plan, random.Random(seed), machine).start().run()
    second = Driver(plan, random.Random(seed + 1), machine).start().run()
    if not expected.may_end and not expected.varies:
        assert (first.state, first.finish) == (second.state, second.finish)
        # What else was done in an iteration that fails is a matter of the order.
        outer = {key for key in first.settled | second.settled if key.startswith("/") or key.index("/") == len(key) - 1}
        for key in outer | (first.settled.keys() & second.settled.keys()):
            assert first.settled[key].outcome == second.settled[key].outcome


@quick
@given(plan=plans(stops=False), seed=seeds)
def test_what_can_run_runs_and_nothing_else_at_any_point(plan: Plan, seed: int) -> None:
    """Joins wait for no more than they must, and loops do as much side by side as they may, not more."""
    plan, expected = prepared(plan)
    if any(answer.ends != "no" for answer in expected.answers.values()):
        return
    driver = Driver(plan, random.Random(seed)).start()

    def look() -> None:
        assert {key for key, step in driver.state.steps.items() if step.is_open} == can_run(driver, expected)

    look()
    driver.run(look)


@quick
@given(plan=plans(), seed=seeds)
def test_what_a_step_sees_is_what_came_before_it(plan: Plan, seed: int) -> None:
    plan, expected = prepared(plan)
    if expected.varies:
        return
    driver = Driver(plan, random.Random(seed)).start()

    def look() -> None:
        for command in driver.outstanding:
            if not isinstance(command, RunStep) or command.key not in driver.state.steps:
                continue
            seen = driver.machine.scope_for(driver.state, command.key)
            whole = expected.scope(command.node_id, path_of(command.key))
            if expected.sights_vary:
                # An any-join may be early, and sees nothing that is not so.
                assert seen["steps"].items() <= whole["steps"].items()  # type: ignore[union-attr]
                assert seen["vars"].keys() <= whole["vars"].keys()  # type: ignore[union-attr]
                seen, whole = {**seen, "steps": {}, "vars": {}}, {**whole, "steps": {}, "vars": {}}
            assert seen == whole

    look()
    driver.run(look)


def crashes(driver: Driver, rate: float) -> bool:
    """Every point of a short run, some of a long one."""
    return driver.finish is None and driver.chooser.random() < rate


def without_new_starts(state: RunState) -> dict[str, StepState]:
    """The steps of a state, but for those of which nothing is on record yet, or only what they waited for."""
    return {
        key: replace(
            step, status="running", attempt=0, wait=None, resumed=None, error=None, error_code=None, output=None
        )
        if step.status in ("running", "waiting")
        else step
        for key, step in state.steps.items()
    }


@quick
@given(plan=plans(), seed=seeds, folded=st.booleans(), upsert=st.booleans(), shuffled=st.booleans())
def test_after_a_crash_at_any_point_the_run_ends_the_same_and_repeats_nothing(
    plan: Plan, seed: int, folded: bool, upsert: bool, shuffled: bool
) -> None:
    plan, expected = prepared(plan)
    driver = Driver(plan, random.Random(seed)).start()
    length = len(Driver(plan, random.Random(seed), driver.machine).start().run().ran)

    def crash() -> None:
        if not crashes(driver, 20 / (length + 1)):
            return
        cut = driver.chooser.randint(0, driver.cut_ends())
        rows = driver.durable(cut=cut, folded=folded, upsert=upsert)
        if shuffled and driver.state.status == "running" and not expected.varies:
            driver.chooser.shuffle(rows)
        other = driver.crash(rows, cut=cut)
        finished = driver.finished(other.recorded)
        assert not finished & {command.key for command in other.outstanding}
        for key, step in driver.state.steps.items():
            if key in finished and step.loop is None and key in other.state.steps:
                assert other.state.steps[key] == step
        if not cut and not any(scope.halted for scope in driver.state.scopes.values()):
            assert without_new_starts(other.state) == without_new_starts(driver.state)
        if driver.state.status == "stopping":
            other.run()
            decided = driver.state
            assert other.finish == Finish(decided.ends_as, decided.output, decided.error, decided.error_node_id)  # type: ignore[arg-type]
        else:
            check(other.run(), expected)
        assert finished.isdisjoint(key for key, _, _ in other.ran)

    crash()
    driver.run(crash)


@quick
@given(plan=plans(stops=False, retries=False), seed=seeds)
def test_steps_that_had_begun_run_again_as_the_next_attempt(plan: Plan, seed: int) -> None:
    plan, expected = prepared(plan)
    driver = Driver(plan, random.Random(seed)).start()

    def crash() -> None:
        before = {c.key: c for c in driver.outstanding if isinstance(c, RunStep)}
        if not before or not crashes(driver, 0.3):
            return
        rows = driver.durable(folded=True) + [Recorded(c.key, None, c.attempt, c.resumed) for c in before.values()]
        if driver.state.status == "running" and not expected.varies:
            driver.chooser.shuffle(rows)
        other = driver.crash(rows)
        after = {c.key: c for c in other.outstanding if isinstance(c, RunStep)}
        for key, command in before.items():
            assert after[key] == replace(command, attempt=command.attempt + 1, unknown=True)
        other.run()
        if not expected.may_end:
            check_as_defined(other, expected, attempts=False)

    driver.run(crash)


@quick
@given(plan=plans(), seed=seeds)
def test_a_state_goes_through_json_at_any_point_and_nothing_changes(plan: Plan, seed: int) -> None:
    plan, expected = prepared(plan)
    driver = Driver(plan, random.Random(seed)).start()

    def round_trip() -> None:
        read = RunState.from_json(json.loads(json.dumps(driver.state.to_json())))
        assert read == driver.state
        asked = driver.machine.outstanding(read)
        assert sorted(map(repr, asked)) == sorted(map(repr, still_open(driver)))
        driver.state = read

    round_trip()
    driver.run(round_trip)
    check(driver, expected)
    whole = Driver(plan, random.Random(seed), driver.machine).start().run()
    assert (driver.state, driver.finish, driver.recorded) == (whole.state, whole.finish, whole.recorded)


def still_open(driver: Driver) -> list[object]:
    """The driver does not know which timers belong to what was abandoned."""
    steps = driver.state.steps
    return [c for c in driver.outstanding if not driver.state.is_final and (step := steps.get(c.key)) and step.is_open]


@quick
@given(plan=plans(), seed=seeds, after=st.integers(0, 12))
def test_cancel_ends_a_run_at_once_and_for_good(plan: Plan, seed: int, after: int) -> None:
    driver = Driver(plan, random.Random(seed)).start()
    for _ in range(after):
        if driver.finish is None:
            driver.step()
    machine, state = driver.machine, driver.state
    if driver.finish is not None:
        assert machine.cancel(state, "enough") == []
        return
    assert machine.cancel(state, "enough") == [Finish("cancelled", error="enough")]
    assert not any(step.is_open for step in state.steps.values())
    end = state.to_json()
    for command in driver.outstanding:
        assert machine.feed(state, command.key, Continue(handle="a")) == []
        assert machine.timer_fired(state, command.key) == []
        assert machine.signal_arrived(state, command.key, None) == []
    assert machine.outstanding(state) == []
    assert machine.cancel(state, "again") == []
    assert state.to_json() == end


@quick
@given(plan=plans(stops=False, retries=False), seed=seeds, missing=st.integers(0, 2**16))
def test_a_hole_in_the_record_delays_what_is_behind_it_and_loses_nothing(plan: Plan, seed: int, missing: int) -> None:
    """Also of loops: without its opening a loop opens again, and what is on record of its iterations holds."""
    plan, expected = prepared(plan)
    if expected.varies or any(answer.ends != "no" for answer in expected.answers.values()):
        return
    whole = Driver(plan, random.Random(seed)).start().run()
    driver = Driver(plan, random.Random(seed), whole.machine)
    driver.holes = True
    driver.recorded = [
        r for i, r in enumerate(whole.recorded) if r.key not in whole.settled and not missing >> i % 17 & 1
    ]
    finished = driver.finished(driver.recorded)
    driver.state, commands = driver.machine.restore(TRIGGER_DATA, driver.recorded, seed="s")
    driver.take(commands)
    driver.run()
    assert finished.isdisjoint(key for key, _, _ in driver.ran)
    check_as_defined(driver, expected)
