"""The comparison has teeth: small mistakes in the source of the machine differ from the definition on small plans.

Each mutant is one edit of one line; the unmutated machine passes the same plans.
"""

from __future__ import annotations

import functools
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from tests.unit.flow.interpreter import Interpreter
from tests.unit.flow.random_checks import can_run, check_as_defined, check_legal
from tests.unit.flow.random_driver import Driver, path_of
from tests.unit.flow.random_plans import Plan, Repeats, Script

from automations.flow import loops, machine, plan, recovery, scopes, state, step_outcomes, visible
from automations.flow.machine import Recorded, RunState, RunStep

PLANS = {
    "joins": Plan(
        {
            "n0": Script(("b",)),
            "n1": Script(),
            "n2": Script(),
            "n3": Script(),
            "n4": Script(waits="signal"),
            "n5": Script(join="any", variables=("x",)),
            "n6": Script(),
        },
        (
            ("start", "out", "n0"),
            ("n0", "a", "n1"),
            ("n1", "a", "n2"),
            ("start", "out", "n3"),
            ("n3", "a", "n2"),
            ("start", "out", "n4"),
            ("n3", "a", "n5"),
            ("n4", "a", "n5"),
            ("n2", "b", "n5"),
            ("n5", "a", "n6"),
        ),
    ),
    "failures": Plan(
        {
            "n0": Script(("fail",), on_error="continue"),
            "n1": Script(failures=1, attempts=2),
            "n2": Script(("fail",)),
            "n3": Script(),
            "n4": Script(disabled=True),
            "n5": Script(),
        },
        (
            ("start", "out", "n0"),
            ("n0", "a", "n1"),
            ("n1", "a", "n2"),
            ("n2", "error", "n3"),
            ("n2", "a", "n4"),
            ("n3", "a", "n4"),
            ("n4", "a", "n5"),
        ),
    ),
    "loops": Plan(
        {
            "o": Script(waits="signal", repeats=Repeats((3,), parallelism=2, continue_on_error=True)),
            "i": Script(repeats=Repeats((2, 0, 3), own_names=True)),
            "b": Script(("a", "a", "fail"), variables=("x", "y")),
            "c": Script(variables=("x",)),
            "z": Script(),
        },
        (
            ("start", "out", "o"),
            ("o", "each", "c"),
            ("c", "a", "i"),
            ("i", "each", "b"),
            ("o", "done", "z"),
        ),
        inside={"i": "o", "c": "o", "b": "i"},
    ),
    "names": Plan(
        {"o": Script(repeats=Repeats((2,))), "i": Script(repeats=Repeats((2,))), "b": Script()},
        (("start", "out", "o"), ("o", "each", "i"), ("i", "each", "b")),
        inside={"i": "o", "b": "i"},
    ),
    "side by side": Plan(
        {"l": Script(repeats=Repeats((5,), parallelism=3)), "b": Script(waits="time"), "z": Script()},
        (("start", "out", "l"), ("l", "each", "b"), ("l", "done", "z")),
        inside={"b": "l"},
    ),
    "a loop that fails": Plan(
        {
            "l": Script(repeats=Repeats((4,), parallelism=3)),
            "b": Script(("a", "fail", "a")),
            "c": Script(),
            "e": Script(),
        },
        (("start", "out", "l"), ("l", "each", "b"), ("b", "a", "c"), ("l", "error", "e")),
        inside={"b": "l", "c": "l"},
    ),
    "items that fail": Plan(
        {"l": Script(repeats=Repeats((4,), parallelism=4, continue_on_error=True)), "b": Script(("fail", "a", "fail"))},
        (("start", "out", "l"), ("l", "each", "b")),
        inside={"b": "l"},
    ),
    "an iteration that fails": Plan(
        {
            "l": Script(repeats=Repeats((2,), continue_on_error=True)),
            "b": Script(("fail", "a")),
            "c": Script(),
            "d": Script(),
            "e": Script(),
        },
        (("start", "out", "l"), ("l", "each", "b"), ("l", "each", "c"), ("c", "a", "d"), ("d", "a", "e")),
        inside={"b": "l", "c": "l", "d": "l", "e": "l"},
    ),
    "a loop that fails the run": Plan(
        {"p": Script(), "q": Script(), "l": Script(repeats=Repeats((2,))), "b": Script(("a", "fail"))},
        (("start", "out", "p"), ("p", "a", "q"), ("start", "out", "l"), ("l", "each", "b")),
        inside={"b": "l"},
    ),
    "stop": Plan(
        {"l": Script(repeats=Repeats((2,), parallelism=2)), "b": Script(("stop", "a")), "c": Script(), "d": Script()},
        (("start", "out", "l"), ("l", "each", "b"), ("b", "a", "c"), ("start", "out", "d")),
        inside={"b": "l", "c": "l"},
    ),
}

MUTANTS: dict[str, tuple[ModuleType, str, str]] = {
    "dead edges count as taken": (machine, "if edge_handle == handle:", "if edge_handle is not None:"),
    "a join runs at its first edge": (machine, "else not undecided[place]\n", "else True\n"),
    "an any-join runs at every arrival": (
        machine,
        "first if plan.any_join[target] else",
        "True if plan.any_join[target] else",
    ),
    "an any-join waits for all": (
        machine,
        "first if plan.any_join[target] else not undecided[place]",
        "not undecided[place]",
    ),
    "a dead edge behind the arrival begins an any-join again": (
        machine,
        "not (undecided[place] or (plan.any_join[target] and live[place]))",
        "not undecided[place]",
    ),
    "skips do not spread": (
        machine,
        'StepState("skipped")\n                    decided.append(target)',
        'StepState("skipped")',
    ),
    "an error edge is not taken": (plan, "if ERROR_HANDLE in node.handles:", "if not node.handles:"),
    "going on after an error is not": (
        plan,
        'if node.on_error == "continue" else None',
        "if not node.handles else None",
    ),
    "a disabled loop leaves by its last handle": (
        plan,
        "return next((handle for handle in node.handles if",
        "return next((handle for handle in reversed(node.handles) if",
    ),
    "a retry is final": (step_outcomes, "step.attempt < node.retry.attempts", "step.attempt < 0"),
    "a failure does not end its iteration": (
        machine,
        "iteration_failure(self._plan, i, ending)\n                self._halt(state, scope)",
        "iteration_failure(self._plan, i, ending)",
    ),
    "siblings of an item that failed go on": (machine, "self._halt(state, sibling)", "pass"),
    "stop does not stop": (machine, "self._halt(state, state.scopes[TOP_SCOPE])", "pass"),
    "the first error ends a loop that goes on": (
        loops,
        "if not self.opening.continue_on_error:",
        "if self.opening.items:",
    ),
    "a loop goes on after an error": (loops, "if not self.opening.continue_on_error:", "if not self.opening.items:"),
    "one iteration too many side by side": (loops, "len(self.running) >= max", "len(self.running) > max"),
    "one after another, always": (loops, "max(1, self.opening.parallelism)", "1"),
    "a loop ends with its last item, not its last iteration": (
        machine,
        "if loop.running:\n",
        "if not loop.is_complete:\n",
    ),
    "results as they came": (loops, "[self.results.get(index) for index in done]", "[*self.results.values()]"),
    "errors as they came": (loops, "insort(self.errors, error)", "self.errors.append(error)"),
    "the node that failed in a loop is not named": (
        step_outcomes,
        "isinstance(node_id, str) and",
        "node_id is None and",
    ),
    "an iteration ends with its first step": (
        machine,
        "if scope.open_steps or scope.parent is None or",
        "if scope.parent is None or",
    ),
    "an outer item hides an inner one": (
        visible,
        "levels.reverse()",
        "levels.sort(key=lambda level: -len(level.path))",
    ),
    "iterations see each other's numbers": (visible, "= level.number", "= levels[-1].number"),
    "variables stay at their level": (visible, "setters = level.setters & mask", "setters = levels[-1].setters & mask"),
    "iterations that ended are forgotten in a crash": (
        recovery,
        "loop.end_iteration(number, ",
        "(lambda *_: None)(number, ",
    ),
    "iterations under way are forgotten in a crash": (recovery, "loop.resume(begun)", "pass"),
    "a loop waits again for what it had before it opened": (recovery, "del chosen[own.key]", "pass"),
    "an end that is not on record is lost": (
        machine,
        "        if not scope.open_steps:\n            self._close_iteration",
        "        if not scope.open_steps and not work.restoring:\n            self._close_iteration",
    ),
    "an iteration that fails begins anew what had ended": (
        scopes,
        "outer.halted or loop.failure is not None or number in loop.failing",
        "outer.halted",
    ),
    "why an iteration fails does not go through JSON": (
        loops,
        "for index, f in self.failing.items()}",
        "for index, f in self.failing.items() if not f.error}",
    ),
    "what was woken is forgotten in JSON": (
        state,
        '"resumed": None if resumed is None else Resumed(**resumed)',
        '"resumed": None',
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_the_machine_passes(name: str) -> None:
    judge(PLANS[name])


@pytest.mark.parametrize("name", MUTANTS)
def test_the_interpreter_would_notice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, *MUTANTS[name])
    with pytest.raises((AssertionError, KeyError, IndexError, ValueError)):
        judge_all()


def judge_all() -> None:
    for drawn in PLANS.values():
        judge(drawn)


def judge(drawn: Plan) -> None:
    plain = Interpreter(replace(drawn, plain=True))
    expected = plain if plain.sights_vary else Interpreter(drawn)
    for seed in range(6):
        whole = Driver(expected.plan, random.Random(seed)).start().run()
        check(whole, expected)
        driver = Driver(expected.plan, random.Random(seed), whole.machine).start()
        driver.run(functools.partial(read_again, driver))
        assert (driver.finish, driver.recorded) == (whole.finish, whole.recorded)
        driver = Driver(expected.plan, random.Random(seed), whole.machine).start()
        look(driver, expected)
        driver.run(functools.partial(look, driver, expected))


def look(driver: Driver, expected: Interpreter) -> None:
    if driver.finish is not None:
        return
    if not any(answer.ends != "no" for answer in expected.answers.values()):
        assert {key for key, step in driver.state.steps.items() if step.is_open} == can_run(driver, expected)
    begun = [c for c in driver.outstanding if isinstance(c, RunStep) and driver.state.steps[c.key].status == "running"]
    if not expected.sights_vary:
        for command in begun:
            seen = driver.machine.scope_for(driver.state, command.key)
            assert seen == expected.scope(command.node_id, path_of(command.key))
    for cut in range(driver.cut_ends() + 1):
        other = driver.crash(driver.durable(cut=cut, folded=cut % 2 == 0), cut=cut)
        finished = driver.finished(other.recorded)
        other.run()
        assert finished.isdisjoint(key for key, _, _ in other.ran)
        check(other, expected)
    if not any(script.failures for script in driver.plan.scripts.values()):
        rows = driver.durable() + [Recorded(c.key, None, c.attempt, c.resumed) for c in begun]
        again = {c.key: c for c in driver.crash(rows).outstanding if isinstance(c, RunStep)}
        assert {c.key: replace(c, attempt=c.attempt + 1, unknown=True) for c in begun}.items() <= again.items()


def read_again(driver: Driver) -> None:
    driver.state = RunState.from_json(driver.state.to_json())
    asked = {c.key: c for c in driver.machine.outstanding(driver.state) if isinstance(c, RunStep)}
    assert asked == {c.key: c for c in driver.outstanding if isinstance(c, RunStep) and driver.finish is None}


def check(driver: Driver, expected: Interpreter) -> None:
    (check_legal if expected.may_end else check_as_defined)(driver, expected)


def mutate(monkeypatch: pytest.MonkeyPatch, module: ModuleType, old: str, new: str) -> None:
    """Give every function of a module the code that it has after the edit."""
    assert module.__file__ is not None
    source = Path(module.__file__).read_text()
    assert source.count(old) == 1, f"{old!r} is not one place in {module.__name__}"
    mutant = ModuleType("mutant")
    monkeypatch.setitem(sys.modules, "mutant", mutant)
    exec(compile(source.replace(old, new), module.__file__, "exec"), vars(mutant))
    changed = 0
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        pairs = [(value, vars(mutant)[name])]
        if isinstance(value, type):
            pairs = [(member, vars(vars(mutant)[name]).get(key)) for key, member in vars(value).items()]
        for original, edited in [(unwrapped(one), unwrapped(other)) for one, other in pairs]:
            if not (isinstance(original, FunctionType) and isinstance(edited, FunctionType)):
                continue
            if original.__code__.co_filename == module.__file__ and original.__code__ != edited.__code__:
                monkeypatch.setattr(original, "__code__", edited.__code__)
                changed += 1
    assert changed


def unwrapped(value: object) -> object:
    """The function in a property or class method."""
    return getattr(value, "fget", None) or getattr(value, "__func__", value)
