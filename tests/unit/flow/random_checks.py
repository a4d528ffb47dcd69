"""Judges runs of random flows: what could run at a point, and whether a run ended as it should."""

from __future__ import annotations

from tests.unit.flow.interpreter import UNSURE, Answer, Interpreter, Path, Unsure, key_of, numbers_in
from tests.unit.flow.random_driver import Driver, node_of, path_of, step_of
from tests.unit.flow.random_plans import items_of

from automations.flow.commands import opening_key
from automations.flow.machine import Finish, Recorded
from automations.flow.outcomes import Continue, Fail, Json, Stop

# What is going on


def can_run(driver: Driver, expected: Interpreter) -> set[str]:
    """The steps that should be open now, by definition, for flows in which no failure ends anything."""
    finals = {record.key for record in driver.recorded if driver.is_final(record)}
    found: set[str] = set()

    def is_decided(node_id: str, path: Path) -> bool:
        if node_id == "start":
            return True
        if not has_turn(node_id, path):
            return False
        no_attempt = not expected.answer(node_id, path).attempt
        return no_attempt or key_of(node_id, path) in finals

    def has_turn(node_id: str, path: Path) -> bool:
        edges = [edge for edge in driver.plan.edges if edge[2] == node_id]
        decided = [edge for edge in edges if edge[1] == "each" or is_decided(edge[0], path)]
        if driver.plan.scripts[node_id].join == "any" and any(expected.is_taken(edge, path) for edge in decided):
            return True
        return len(decided) == len(edges)

    def look(loop: str | None, path: Path) -> None:
        for node_id in expected.members(loop):
            if not has_turn(node_id, path) or is_decided(node_id, path):
                continue
            key = key_of(node_id, path)
            found.add(key)
            if opening_key(key) in finals:
                repeats = driver.plan.scripts[node_id].repeats
                assert repeats is not None
                count = len(items_of(node_id, repeats, numbers_in(path)))
                left = [n for n in range(count) if key_of("", (*path, (node_id, n))) not in finals]
                for n in left[: repeats.parallelism]:
                    look(node_id, (*path, (node_id, n)))

    look(None, ())
    return found


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
    assert must_run(expected) <= {step_of(record.key) for record in driver.recorded}


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
            assert expected.answers[step_of(record.key)].attempt, "a loop that was not to open"
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
                repeats = expected.plan.scripts[path[-1][0]].repeats
                assert repeats is not None
                assert matches(record.outcome.output, end.output if repeats.collect else None)
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
