"""Long lists and deep nests: what a state holds does not grow with what is past, and nothing recurses."""

from __future__ import annotations

import sys
import tracemalloc

import pytest
from tests.unit.flow.looped_run import LoopedRun, looped

from automations.flow.commands import opening_key
from automations.flow.machine import Finish, Machine, Recorded, RunState, RunStep
from automations.flow.outcomes import Continue, Json, Loop

BODY = looped("t>l", "l:each>b", "b>c", bodies={"l": "b c"})


def go_through(machine: Machine, items: int, parallelism: int) -> tuple[int, int, int, int]:
    """The most steps and scopes that a state had, the bytes that it and its JSON gained from 10 iterations on."""
    state, _ = machine.start({})
    commands = machine.feed(state, "/l", Loop([None] * items, parallelism=parallelism, collect=False))
    todo = [command for command in commands if isinstance(command, RunStep)]
    steps = scopes = done = bytes_before = json_before = 0
    while todo:
        command = todo.pop(0)
        commands = machine.feed(state, command.key, Continue({"text": "x" * 1_000, "of": command.key}))
        todo += [command for command in commands if isinstance(command, RunStep)]
        steps, scopes, done = max(steps, len(state.steps)), max(scopes, len(state.scopes)), done + 1
        if done == 20:
            bytes_before, json_before = tracemalloc.get_traced_memory()[0], len(str(state.to_json()))
        if done == 2 * items - 20:
            grown = tracemalloc.get_traced_memory()[0] - bytes_before
            json_grown = len(str(state.to_json())) - json_before
    assert state.status == "completed"
    return steps, scopes, grown, json_grown


@pytest.mark.parametrize("parallelism", [1, 7])
def test_a_state_is_as_large_after_twenty_thousand_steps_as_after_two_thousand(parallelism: int) -> None:
    machine = Machine(BODY)
    tracemalloc.start()
    try:
        few = go_through(machine, 1_000, parallelism)
        many = go_through(machine, 10_000, parallelism)
    finally:
        tracemalloc.stop()
    assert few[:2] == many[:2] == (2 + 2 * parallelism, 1 + parallelism)
    # Ten thousand iterations that ended would be 80 kB as references alone.
    assert many[2] < 20_000
    assert many[3] < 1_000


@pytest.mark.parametrize("parallelism", [1, 50])
def test_ten_thousand_items_with_a_body_that_is_switched_off_end_at_once(parallelism: int) -> None:
    disabled = {"disabled": True}
    run = LoopedRun(looped("t>l", "l:each>b", "b>c", bodies={"l": "b c"}, b=disabled, c=disabled))
    said = run.feed("/l", Loop([None] * 10_000, parallelism=parallelism))
    assert len(said) == 10_002
    assert said[-2:] == ["end /l", "finish completed"]
    assert run.ended("/l").output["completed"] == 10_000


def test_ten_thousand_ended_iterations_are_taken_up_at_once() -> None:
    machine = Machine(BODY)
    rows = [Recorded(opening_key("/l"), Loop([None] * 10_000, parallelism=5))]
    rows += [Recorded(f"l:{n}/", Continue(n)) for n in range(10_000) if n != 5_000]
    state, commands = machine.restore({}, rows)
    assert commands == [RunStep("l:5000/b", "b", "l:5000", 1)]
    read = RunState.from_json(state.to_json())
    assert machine.outstanding(read) == commands
    machine.feed(read, "l:5000/b", Continue())
    (*_, finish) = machine.feed(read, "l:5000/c", Continue(5_000))
    assert isinstance(finish, Finish)
    assert isinstance(finish.output, dict)
    assert finish.output["results"] == [*range(10_000)]


@pytest.mark.parametrize("depth", [50, 400])
def test_loops_in_loops_beyond_what_recursion_could_take(depth: int) -> None:
    """Down, through JSON and a crash at the bottom, and up again."""
    names = [f"l{n}" for n in range(depth)]
    bodies = dict(zip(names, [*names[1:], "b"], strict=True))
    machine = Machine(looped("t>l0", *(f"{loop}:each>{inside}" for loop, inside in bodies.items()), bodies=bodies))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_frames() + 50)
    try:
        rows: list[Recorded] = []
        state, commands = machine.start({})
        for _ in names:
            (command,) = commands
            assert isinstance(command, RunStep)
            rows.append(Recorded(opening_key(command.key), Loop([0], collect=False)))
            commands = machine.feed(state, command.key, Loop([0], collect=False))
        (bottom,) = commands
        assert isinstance(bottom, RunStep)
        read = RunState.from_json(state.to_json())
        restored, again = machine.restore({}, rows)
        assert machine.outstanding(read) == again == [bottom]
        assert restored == state
        for each in (read, restored):
            assert len(machine.scope_for(each, bottom.key)["steps"]) == 1
            assert len(machine.feed(each, bottom.key, Continue("bottom"))) == 2 * depth + 1
            assert each.status == "completed"
        final, commands = machine.restore({}, [*rows, Recorded(bottom.key, Continue("bottom"))])
        assert (len(commands), final.status) == (2 * depth + 1, "completed")
    finally:
        sys.setrecursionlimit(limit)


def test_what_fifty_loops_in_each_other_came_to() -> None:
    names = [f"l{n}" for n in range(50)]
    bodies = dict(zip(names, [*names[1:], "b"], strict=True))
    run = LoopedRun(looped("t>l0", *(f"{loop}:each>{inside}" for loop, inside in bodies.items()), bodies=bodies))
    for _ in names:
        run.feed(run.said[0].removeprefix("run "), Loop([0]))
    run.feed(run.said[0].removeprefix("run "), Continue("bottom"))
    output: Json = run.state.output
    for _ in names:
        assert isinstance(output, dict)
        assert isinstance(output["results"], list)
        output = output["results"][0]
    assert output == "bottom"


def _frames() -> int:
    frame, count = sys._getframe(), 0
    while frame.f_back is not None:
        frame, count = frame.f_back, count + 1
    return count
