"""Joins that wait for one, steps that go on after a failure; what is around them goes on as it would."""

from __future__ import annotations

import pytest
from tests.unit.flow.looped_run import LoopedRun, looped

from automations.flow.machine import Finish
from automations.flow.outcomes import Continue, Fail, Loop, Stop, Wait

ANY = {"join": "any"}


def test_an_any_join_runs_once_at_the_first_arrival_and_the_others_go_on() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a>j", "b>j", "b>c", "j>z", bodies={}, j=ANY))
    assert run.feed("/b", Continue("B")) == ["run /j", "run /c"]
    assert run.machine.scope_for(run.state, "/j")["steps"] == {"t": {}, "b": "B"}
    assert run.feed("/j", Continue("J")) == ["run /z"]
    assert run.feed("/z") == []
    assert run.feed("/a") == []
    assert run.feed("/c") == ["finish completed"]


def test_an_arrival_while_the_any_join_runs_is_ignored() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a>j", "b>j", bodies={}, j=ANY))
    run.feed("/a")
    assert run.feed("/b") == []
    assert run.feed("/j", Continue("J")) == ["finish completed"]
    assert run.finish == Finish("completed", "J")


def test_an_any_join_does_not_take_a_dead_edge_for_an_arrival() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a:no>j", "b>j", bodies={}, j=ANY))
    assert run.feed("/a") == []
    assert "/j" not in run.state.steps
    assert run.feed("/b") == ["run /j"]


def test_a_dead_edge_after_the_arrival_changes_nothing() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a:no>j", "b>j", bodies={}, j=ANY))
    assert run.feed("/b") == ["run /j"]
    assert run.feed("/a") == []
    assert run.feed("/j") == ["finish completed"]


def test_an_any_join_at_which_nothing_arrives_is_skipped_with_what_is_behind_it() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a:no>j", "b:no>j", "j>z", bodies={}, j=ANY))
    assert run.feed("/a") == []
    assert run.feed("/b") == ["finish completed"]
    assert [run.state.steps[key].status for key in ("/j", "/z")] == ["skipped", "skipped"]


def test_two_edges_of_one_node_into_an_any_join_are_one_arrival() -> None:
    run = LoopedRun(looped("t>a", "a>j", "a:no>j", bodies={}, j=ANY))
    assert run.feed("/a") == ["run /j"]
    assert run.feed("/j") == ["finish completed"]


def test_a_disabled_any_join_passes_the_first_arrival_on() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a>j", "b>j", "j>z", bodies={}, j={**ANY, "disabled": True}))
    assert run.feed("/b") == ["run /z"]
    assert run.feed("/a") == []


def test_a_run_waits_for_the_branch_that_is_late_and_an_all_join_behind_it_too() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a>j", "b>j", "j>k", "b>k", bodies={}, j=ANY))
    run.feed("/a")
    assert run.feed("/j") == []
    assert run.feed("/b") == ["run /k"]


def test_an_any_join_in_a_body_runs_once_in_each_iteration() -> None:
    run = LoopedRun(looped("t>l", "l:each>a", "l:each>b", "a>j", "b>j", bodies={"l": "a b j"}, j=ANY))
    assert run.feed("/l", Loop([1, 2], parallelism=2)) == ["run l:0/a", "run l:0/b", "run l:1/a", "run l:1/b"]
    assert run.feed("l:1/b") == ["run l:1/j"]
    assert run.feed("l:1/j", Continue("one")) == []
    assert run.feed("l:0/a") == ["run l:0/j"]
    assert run.feed("l:0/b") == []
    assert run.feed("l:1/a") == ["end l:1/"]
    assert run.feed("l:0/j", Continue("none")) == ["end l:0/", "end /l", "finish completed"]
    assert run.ended("/l").output["results"] == ["none", "one"]


def test_an_any_join_waits_and_the_late_branch_fails() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a>j", "b>j", bodies={}, j=ANY))
    run.feed("/a")
    run.feed("/j", Wait(signal="reply"))
    assert run.feed("/b", Fail("no")) == ["finish failed"]
    assert run.state.steps["/j"].error_code == "abandoned"


def test_an_any_join_that_has_run_does_not_run_again_after_a_crash() -> None:
    run = LoopedRun(looped("t>a", "t>b", "a>j", "b>j", "j>z", bodies={}, j=ANY))
    run.feed("/b")
    assert run.crash() == ["run /a", "run /j"]
    assert run.feed("/j") == ["run /z"]
    assert run.crash("/z") == ["run /a", "run /z"]
    assert run.feed("/a") == []
    assert run.feed("/z") == ["finish completed"]


# on_error


def test_a_step_that_goes_on_after_its_failure_leaves_by_its_first_handle() -> None:
    run = LoopedRun(looped("t>a", "a>b", "a:no>c", bodies={}, a={"on_error": "continue"}))
    assert run.feed("/a", Fail("502", output={"status": 502})) == ["run /b"]
    step = run.state.steps["/a"]
    assert (step.status, step.handle, step.error) == ("failed", "out", "502")
    assert run.machine.scope_for(run.state, "/b")["steps"]["a"] == {"status": 502, "error": "502"}
    assert run.feed("/b", Continue("ok")) == ["finish completed"]


def test_an_error_edge_goes_before_going_on() -> None:
    run = LoopedRun(looped("t>a", "a>b", "a:error>c", bodies={}, a={"on_error": "continue"}))
    assert run.feed("/a", Fail("502")) == ["run /c"]


def test_a_last_step_that_goes_on_after_its_failure_ends_a_completed_run_without_output() -> None:
    run = LoopedRun(looped("t>a", bodies={}, a={"on_error": "continue"}))
    assert run.feed("/a", Fail("502", output="kept")) == ["finish completed"]
    assert run.finish == Finish("completed")


def test_going_on_is_for_failures_not_for_stops_and_not_before_the_last_attempt() -> None:
    run = LoopedRun(looped("t>a", "a>b", bodies={}, a={"on_error": "continue"}))
    assert run.feed("/a", Stop("failed", message="enough")) == ["finish failed"]


@pytest.mark.parametrize("handle", ["nowhere", "error"])
def test_an_answer_through_an_unknown_handle_is_a_failure_like_others(handle: str) -> None:
    run = LoopedRun(looped("t>a", "a>b", bodies={}, a={"on_error": "continue"}))
    assert run.feed("/a", Continue(handle=handle)) == ["run /b"]
    assert run.state.steps["/a"].error_code == "unknown_handle"
