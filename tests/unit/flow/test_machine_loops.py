"""What a loop does, one small flow each. Random ones are in test_machine_properties."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.flow.looped_run import LoopedRun, looped

from automations.flow.graph import RetryPolicy
from automations.flow.machine import Finish, RunState
from automations.flow.outcomes import Continue, Fail, JsonObject, Loop, Stop, Wait

ONE = looped("t>l", "l:each>b", "l>z", bodies={"l": "b"})
TWO_STEPS = looped("t>l", "l:each>b", "b>c", "l>z", bodies={"l": "b c"})


def came_to(count: int, results: list[Any], errors: list[JsonObject] | None = None, **more: Any) -> JsonObject:
    errors = errors or []
    completed = len([result for result in results if result is not None])
    return {"count": count, "completed": completed, "failed": len(errors), "results": results, "errors": errors, **more}


def test_items_one_after_another() -> None:
    run = LoopedRun(ONE)
    assert run.feed("/l", Loop(["x", "y"])) == ["run l:0/b"]
    assert run.feed("l:0/b", Continue("X")) == ["end l:0/", "run l:1/b"]
    assert run.feed("l:1/b", Continue("Y")) == ["end l:1/", "end /l", "run /z"]
    assert run.ended("l:0/") == Continue("X")
    assert run.ended("/l") == Continue(came_to(2, ["X", "Y"]), handle="done")
    assert run.machine.scope_for(run.state, "/z")["steps"]["l"] == came_to(2, ["X", "Y"])
    assert run.feed("/z", Continue("end")) == ["finish completed"]
    assert set(run.state.steps) == {"/t", "/l", "/z"}


def test_side_by_side_and_results_in_the_order_of_the_items() -> None:
    run = LoopedRun(ONE)
    assert run.feed("/l", Loop([1, 2, 3, 4], parallelism=3)) == ["run l:0/b", "run l:1/b", "run l:2/b"]
    assert run.feed("l:2/b", Continue("c")) == ["end l:2/", "run l:3/b"]
    assert run.feed("l:3/b", Continue("d")) == ["end l:3/"]
    assert run.feed("l:1/b", Continue("b")) == ["end l:1/"]
    assert run.feed("l:0/b", Continue("a")) == ["end l:0/", "end /l", "run /z"]
    assert run.ended("/l") == Continue(came_to(4, ["a", "b", "c", "d"]), handle="done")


@pytest.mark.parametrize("parallelism", [0, -1])
def test_a_loop_that_may_do_nothing_at_a_time_does_one(parallelism: int) -> None:
    assert LoopedRun(ONE).feed("/l", Loop([1, 2], parallelism=parallelism)) == ["run l:0/b"]


def test_an_empty_list_is_done_at_once() -> None:
    run = LoopedRun(ONE)
    assert run.feed("/l", Loop([])) == ["end /l", "run /z"]
    assert run.ended("/l") == Continue(came_to(0, []), handle="done")


def test_a_disabled_loop_is_passed_by() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "l>z", bodies={"l": "b"}, l={"disabled": True}))
    assert run.said == ["run /z"]
    assert "b" not in str(run.state.steps.keys())


def test_a_disabled_body_ends_without_running_anything() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "l>z", bodies={"l": "b"}, b={"disabled": True}))
    assert run.feed("/l", Loop([1, 2])) == ["end l:0/", "end l:1/", "end /l", "run /z"]
    assert run.ended("/l").output == {**came_to(2, [None, None]), "completed": 2}


def test_a_step_that_answers_as_a_loop_and_repeats_nothing_fails() -> None:
    run = LoopedRun(looped("t>b", bodies={}))
    assert run.feed("/b", Loop([1])) == ["finish failed"]
    assert run.state.steps["/b"].error_code == "empty_loop"


def test_what_an_iteration_comes_to_is_its_last_open_end() -> None:
    run = LoopedRun(looped("t>l", "l:each>a", "l:each>b", "a:no>c", bodies={"l": "a b c"}))
    assert run.feed("/l", Loop([0])) == ["run l:0/a", "run l:0/b"]
    assert run.feed("l:0/b", Continue("B")) == []
    assert run.feed("l:0/a", Continue("A")) == ["end l:0/", "end /l", "finish completed"]
    assert run.ended("l:0/") == Continue("B")


def test_loops_in_loops() -> None:
    run = LoopedRun(looped("t>o", "o:each>i", "i:each>b", "i>c", "o>z", bodies={"o": "i c", "i": "b"}))
    assert run.feed("/o", Loop([1, 2], parallelism=2)) == ["run o:0/i", "run o:1/i"]
    assert run.feed("o:1/i", Loop(["x"])) == ["run o:1/i:0/b"]
    assert run.feed("o:0/i", Loop([])) == ["end o:0/i", "run o:0/c"]
    assert run.feed("o:1/i:0/b", Continue("b")) == ["end o:1/i:0/", "end o:1/i", "run o:1/c"]
    assert run.feed("o:1/c", Continue(2)) == ["end o:1/"]
    assert run.feed("o:0/c", Continue(1)) == ["end o:0/", "end /o", "run /z"]
    assert run.ended("o:1/i") == Continue(came_to(1, ["b"]), handle="done")
    assert run.ended("/o") == Continue(came_to(2, [1, 2]), handle="done")


# Names, what is seen, variables


def test_items_and_their_numbers_by_name_and_the_inner_one_wins() -> None:
    flow = looped("t>o", "o:each>i", "i:each>b", bodies={"o": "i", "i": "b"})
    run = LoopedRun(flow)
    run.feed("/o", Loop(["x", "y"], item_name="letter"))
    assert run.machine.scope_for(run.state, "o:0/i")["letter"] == "x"
    run.feed("o:0/i", Loop([7, 8], index_name="no"))
    run.feed("o:0/i:0/b")
    seen = run.machine.scope_for(run.state, "o:0/i:1/b")
    assert {key: seen[key] for key in seen.keys() - {"trigger", "steps", "vars"}} == {
        "letter": "x",
        "index": 0,
        "item": 8,
        "no": 1,
    }
    assert seen["steps"] == {"t": {}}
    shadowed = LoopedRun(flow)
    shadowed.feed("/o", Loop(["x"]))
    shadowed.feed("o:0/i", Loop([5, 6]))
    shadowed.feed("o:0/i:0/b")
    seen = shadowed.machine.scope_for(shadowed.state, "o:0/i:1/b")
    assert (seen["item"], seen["index"]) == (6, 1)


@pytest.mark.parametrize("name", ["trigger", "steps", "vars"])
def test_an_item_never_hides_what_every_step_sees(name: str) -> None:
    run = LoopedRun(ONE, {"id": 1})
    run.feed("/l", Loop(["x"], item_name=name))
    seen = run.machine.scope_for(run.state, "l:0/b")
    assert (seen["trigger"], seen["steps"], seen["vars"]) == ({"id": 1}, {"t": {"id": 1}}, {})


def test_a_body_sees_what_came_before_the_loop_and_its_own_iteration() -> None:
    run = LoopedRun(looped("t>a", "a>l", "l:each>b", "b>c", bodies={"l": "b c"}))
    run.feed("/a", Continue("A", variables={"x": "a", "y": "a"}))
    run.feed("/l", Loop([1, 2], parallelism=2))
    run.feed("l:0/b", Continue("B0", variables={"x": "b0"}))
    run.feed("l:1/b", Continue("B1"))
    first = run.machine.scope_for(run.state, "l:0/c")
    second = run.machine.scope_for(run.state, "l:1/c")
    assert (first["steps"], first["vars"]) == ({"t": {}, "a": "A", "b": "B0"}, {"x": "b0", "y": "a"})
    assert (second["steps"], second["vars"]) == ({"t": {}, "a": "A", "b": "B1"}, {"x": "a", "y": "a"})
    run.feed("l:0/c")
    run.feed("l:1/c")
    assert run.machine.variables(run.state) == {"x": "a", "y": "a"}


def test_a_key_of_an_iteration_that_is_not_under_way_is_unknown() -> None:
    run = LoopedRun(TWO_STEPS)
    run.feed("/l", Loop([1, 2]))
    for key in ("l:1/b", "l:0/z", "l:0/l", "x:0/b", "l:0/", "l:/", "/b", "b", ""):
        assert run.machine.feed(run.state, key, Continue()) == []
        with pytest.raises(KeyError):
            run.machine.scope_for(run.state, key)
    assert run.feed("l:0/b") == ["run l:0/c"]
    assert run.feed("l:0/b") == []


# Failures


def test_a_failure_that_the_body_handles_is_none_of_the_loop() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "b:error>c", bodies={"l": "b c"}))
    run.feed("/l", Loop([1]))
    assert run.feed("l:0/b", Fail("no", output={"status": 500})) == ["run l:0/c"]
    assert run.machine.scope_for(run.state, "l:0/c")["steps"]["b"] == {"status": 500, "error": "no"}
    assert run.feed("l:0/c", Continue("ok")) == ["end l:0/", "end /l", "finish completed"]
    assert run.ended("/l").output == came_to(1, ["ok"])


def test_the_first_item_that_fails_ends_the_loop_and_the_run() -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop([1, 2, 3]))
    run.feed("l:0/b", Continue("one"))
    assert run.feed("l:1/b", Fail("no such lead", code="gone")) == ["end l:1/", "end /l", "finish failed"]
    assert run.ended("l:1/") == Fail("no such lead", code="gone", output={"node_id": "b"})
    error: JsonObject = {"index": 1, "error": "no such lead", "node_id": "b"}
    what = "item 1 of 'L': no such lead"
    assert run.ended("/l") == Fail(
        what, code="iteration_failed", output=came_to(3, ["one", None], [error], node_id="b")
    )
    assert run.finish == Finish("failed", None, what, "b")


def test_a_loop_hands_its_failure_to_its_error_edge() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "l>z", "l:error>e", bodies={"l": "b"}))
    run.feed("/l", Loop([1]))
    assert run.feed("l:0/b", Fail("no")) == ["end l:0/", "end /l", "run /e"]
    seen = run.machine.scope_for(run.state, "/e")["steps"]["l"]
    assert seen["error"] == "item 0 of 'L': no"
    assert seen["errors"] == [{"index": 0, "error": "no", "node_id": "b"}]
    assert run.state.steps["/z"].status == "skipped"


def test_a_loop_that_goes_on_after_its_own_failure_leaves_by_done() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "l>z", bodies={"l": "b"}, l={"on_error": "continue"}))
    run.feed("/l", Loop([1]))
    assert run.feed("l:0/b", Fail("no")) == ["end l:0/", "end /l", "run /z"]
    assert run.state.steps["/l"].handle == "done"


def test_a_step_of_a_body_that_goes_on_after_its_failure() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "b>c", bodies={"l": "b c"}, b={"on_error": "continue"}))
    run.feed("/l", Loop([1]))
    assert run.feed("l:0/b", Fail("no")) == ["run l:0/c"]
    assert run.machine.scope_for(run.state, "l:0/c")["steps"]["b"] == {"error": "no"}


def test_going_on_after_errors_lists_them_by_number() -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop([1, 2, 3], parallelism=3, continue_on_error=True))
    assert run.feed("l:2/b", Fail("third")) == ["end l:2/"]
    assert run.feed("l:0/b", Fail("first")) == ["end l:0/"]
    assert run.feed("l:1/b", Continue("two")) == ["end l:1/", "end /l", "run /z"]
    errors: list[JsonObject] = [
        {"index": 0, "error": "first", "node_id": "b"},
        {"index": 2, "error": "third", "node_id": "b"},
    ]
    assert run.ended("/l") == Continue(came_to(3, [None, "two", None], errors), handle="done")


@pytest.mark.parametrize("backwards", [False, True])
def test_of_many_errors_the_first_hundred_items_are_listed_in_any_order_of_their_ends(backwards: bool) -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop([*range(150)], parallelism=150, continue_on_error=True))
    for n in reversed(range(150)) if backwards else range(150):
        run.feed(f"l:{n}/b", Fail(f"no {n}"))
    output = run.ended("/l").output
    assert (output["failed"], output["completed"]) == (150, 0)
    assert [error["index"] for error in output["errors"]] == [*range(100)]


def test_an_item_that_fails_lets_its_siblings_finish_what_runs_and_begins_nothing() -> None:
    run = LoopedRun(TWO_STEPS)
    run.feed("/l", Loop([1, 2, 3, 4], parallelism=3))
    run.feed("l:1/b", Continue("kept"))
    run.feed("l:2/b", Wait(signal="reply"))
    assert run.feed("l:0/b", Fail("no")) == ["end l:0/"]
    assert run.signal("l:2/b") == []
    assert run.state.status == "running"
    # Its own step is waited for; the one that waits for a reply is not.
    assert set(run.state.scopes) == {"", "l:1"}
    assert run.feed("l:1/c", Continue("recorded")) == ["end /l", "finish failed"]
    assert run.ended("/l").output["completed"] == 0
    assert set(run.settled) == {"l:0/", "/l"}


def test_of_two_items_that_fail_the_first_to_end_decides() -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop([1, 2], parallelism=2))
    run.feed("l:1/b", Fail("second item"))
    assert run.feed("l:0/b", Fail("first item")) == ["end l:0/", "end /l", "finish failed"]
    assert run.finish == Finish("failed", None, "item 1 of 'L': second item", "b")
    assert [error["index"] for error in run.ended("/l").output["errors"]] == [0, 1]


def test_a_failure_in_an_iteration_waits_for_what_runs_beside_it_there() -> None:
    run = LoopedRun(looped("t>l", "l:each>a", "l:each>b", "b>c", bodies={"l": "a b c"}))
    run.feed("/l", Loop([1, 2], continue_on_error=True))
    assert run.feed("l:0/a", Fail("no")) == []
    assert run.feed("l:0/b", Fail("neither")) == ["end l:0/", "run l:1/a", "run l:1/b"]
    assert run.ended("l:0/") == Fail("no", output={"node_id": "a"})


def test_a_failure_deep_inside_names_its_node_and_every_item() -> None:
    run = LoopedRun(looped("t>o", "o:each>i", "i:each>b", bodies={"o": "i", "i": "b"}))
    run.feed("/o", Loop([1]))
    run.feed("o:0/i", Loop([1, 2]))
    run.feed("o:0/i:0/b")
    run.feed("o:0/i:1/b", Fail("no"))
    assert run.finish == Finish("failed", None, "item 0 of 'O': item 1 of 'I': no", "b")


def test_an_inner_loop_that_fails_is_an_error_of_an_outer_one_that_goes_on() -> None:
    run = LoopedRun(looped("t>o", "o:each>i", "i:each>b", bodies={"o": "i", "i": "b"}))
    run.feed("/o", Loop([1, 2], continue_on_error=True))
    run.feed("o:0/i", Loop([1]))
    assert run.feed("o:0/i:0/b", Fail("no")) == ["end o:0/i:0/", "end o:0/i", "end o:0/", "run o:1/i"]
    run.feed("o:1/i", Loop([]))
    errors: list[JsonObject] = [{"index": 0, "error": "item 0 of 'I': no", "node_id": "b"}]
    results = [None, came_to(0, [])]
    assert run.finish == Finish("completed", {**came_to(2, results, errors), "completed": 1})


def test_stop_inside_of_a_body_ends_the_whole_run() -> None:
    run = LoopedRun(looped("t>o", "t>p", "o:each>i", "i:each>b", "i:each>c", bodies={"o": "i", "i": "b c"}))
    run.feed("/o", Loop([1, 2], parallelism=2, continue_on_error=True))
    run.feed("o:0/i", Loop([1, 2]))
    run.feed("/p", Wait(signal="reply"))
    assert run.feed("o:0/i:0/b", Stop("cancelled", None, "enough")) == []
    assert run.state.status == "stopping"
    assert run.feed("o:1/i", Loop([1])) == []
    assert run.feed("o:0/i:0/c", Continue()) == ["finish cancelled"]
    assert run.finish == Finish("cancelled", None, "enough")
    assert {key: step.error_code for key, step in run.state.steps.items() if step.status == "skipped"} == {
        "/p": "abandoned",
        "/o": "abandoned",
    }
    assert run.settled == {}


def test_a_failure_outside_lets_a_body_finish_what_runs() -> None:
    run = LoopedRun(looped("t>l", "t>p", "l:each>b", "b>c", bodies={"l": "b c"}))
    run.feed("/l", Loop([1, 2]))
    assert run.feed("/p", Fail("no")) == []
    assert run.feed("l:0/b", Continue()) == ["finish failed"]
    assert run.finish == Finish("failed", None, "no", "p")


# Waits and retries


def test_a_body_waits_while_others_go_on() -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop([1, 2, 3], parallelism=2))
    assert run.feed("l:0/b", Wait(signal="reply")) == ["await l:0/b"]
    assert run.feed("l:1/b") == ["end l:1/", "run l:2/b"]
    assert run.feed("l:2/b") == ["end l:2/"]
    assert run.signal("l:0/b", "hi") == ["run l:0/b"]
    assert run.feed("l:0/b", Continue("hi")) == ["end l:0/", "end /l", "run /z"]


def test_a_body_tries_again_and_each_item_has_its_own_delay() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", bodies={"l": "b"}, b={"retry": RetryPolicy(attempts=2)}))
    run.feed("/l", Loop([1, 2], parallelism=2))
    assert run.feed("l:0/b", Fail("busy", retryable=True)) == ["timer l:0/b"]
    first = run.commands
    assert run.feed("l:1/b", Fail("busy", retryable=True)) == ["timer l:1/b"]
    assert first != run.commands
    assert run.timer("l:0/b") == ["run l:0/b"]
    assert run.feed("l:0/b", Continue("at last"), attempt=2) == ["end l:0/"]
    assert run.timer("l:1/b") == ["run l:1/b"]
    assert run.feed("l:1/b", Fail("busy", retryable=True)) == ["end l:1/", "end /l", "finish failed"]


def test_the_loop_itself_waits_and_tries_again() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", bodies={"l": "b"}, l={"retry": RetryPolicy(attempts=2)}))
    assert run.feed("/l", Wait(signal="list")) == ["await /l"]
    assert run.signal("/l") == ["run /l"]
    assert run.feed("/l", Fail("busy", retryable=True)) == ["timer /l"]
    assert run.timer("/l") == ["run /l"]
    assert run.feed("/l", Loop([1])) == ["run l:0/b"]
    assert run.state.steps["/l"].error is None
    assert run.crash() == ["run l:0/b"]
    assert run.feed("l:0/b") == ["end l:0/", "end /l", "finish completed"]
    assert run.settled["/l"].attempt == 2


# Size


def test_outputs_are_collected_up_to_a_size() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", "l:error>e", bodies={"l": "b"}, l={"max_output_bytes": 10}))
    run.feed("/l", Loop([1, 2, 3, 4], parallelism=2))
    assert run.feed("l:0/b", Continue("1234")) == ["end l:0/", "run l:2/b"]
    assert run.feed("l:1/b", Continue("12345")) == ["end l:1/"]
    assert run.feed("l:2/b", Continue("!")) == ["end /l", "run /e"]
    failure = run.ended("/l")
    assert failure.code == "output_too_large"
    assert "more than 10 bytes" in failure.error
    assert failure.output == {**came_to(4, [], node_id=None), "completed": 2}


def test_an_output_that_is_nested_too_deeply_to_be_written_is_not_collected() -> None:
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    run = LoopedRun(looped("t>l", "l:each>b", "l:error>e", bodies={"l": "b"}))
    run.feed("/l", Loop([1, 2]))
    assert run.feed("l:0/b", Continue(deep)) == ["end l:0/", "end /l", "run /e"]
    assert run.ended("/l").code == "output_too_deep"
    assert run.ended("/l").output["results"] == []


def test_what_is_not_collected_has_no_size() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", bodies={"l": "b"}, l={"max_output_bytes": 10}))
    run.feed("/l", Loop([1, 2], collect=False))
    run.feed("l:0/b", Continue("x" * 100))
    assert run.feed("l:1/b", Continue("x" * 100)) == ["end l:1/", "end /l", "finish completed"]
    assert run.ended("/l").output == {**came_to(2, []), "completed": 2}


def test_a_state_with_loops_goes_through_json() -> None:
    run = LoopedRun(looped("t>o", "o:each>i", "o:each>c", "i:each>b", bodies={"o": "i c", "i": "b"}))
    run.feed("/o", Loop([1, {"k": None}], parallelism=2, item_name="x"))
    run.feed("o:0/i", Loop([1, 2, 3], parallelism=3, continue_on_error=True))
    run.feed("o:0/i:2/b", Fail("no"))
    run.feed("o:0/i:0/b", Wait(signal="reply"))
    run.feed("o:1/c", Fail("deep", code="odd"))
    text = json.dumps(run.state.to_json())
    run.state, before = RunState.from_json(json.loads(text)), run.state
    assert run.state == before
    asked = run.machine.outstanding(run.state)
    assert [getattr(command, "key", None) for command in asked] == ["o:0/c", "o:0/i:0/b", "o:0/i:1/b", "o:1/i"]
    assert run.feed("o:1/i", Loop([1])) == ["end o:1/"]
    assert run.ended("o:1/") == Fail("deep", code="odd", output={"node_id": "c"})
