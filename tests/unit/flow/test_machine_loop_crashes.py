"""Loops across crashes: what had begun, what had ended, what is lost between commits. Random ones: properties."""

from __future__ import annotations

import random

import pytest
from tests.unit.flow.looped_run import LoopedRun, looped, say

from automations.flow.graph import RetryPolicy
from automations.flow.machine import Finish, Recorded, Resumed, RunStep
from automations.flow.outcomes import Continue, Fail, Loop, Stop, Wait

ONE = looped("t>l", "l:each>b", "l>z", bodies={"l": "b"})
TWO_STEPS = looped("t>l", "l:each>b", "b>c", "l>z", bodies={"l": "b c"})
NESTED = looped("t>o", "o:each>i", "i:each>b", "i>c", bodies={"o": "i c", "i": "b"})


def test_an_attempt_that_had_begun_in_an_iteration_is_the_next_one_of_unknown_outcome() -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop(["x", "y", "z"], parallelism=2))
    run.feed("l:0/b")
    assert run.crash("l:1/b", "l:2/b") == ["run l:1/b", "run l:2/b"]
    assert run.commands == [RunStep(f"l:{n}/b", "b", f"l:{n}", 2, unknown=True) for n in (1, 2)]
    assert run.machine.scope_for(run.state, "l:1/b")["item"] == "y"
    assert run.crash("l:1/b") == ["run l:1/b", "run l:2/b"]
    assert [command.attempt for command in run.commands if isinstance(command, RunStep)] == [3, 1]
    run.feed("l:1/b", Continue("late"), attempt=2)
    assert "l:1/" not in run.settled
    assert run.feed("l:1/b", Continue(), attempt=3) == ["end l:1/"]


def test_an_attempt_after_a_wait_keeps_what_woke_it() -> None:
    run = LoopedRun(ONE)
    run.feed("/l", Loop([1]))
    run.feed("l:0/b", Wait(signal="reply", note="n"))
    assert run.crash() == ["await l:0/b"]
    run.signal("l:0/b", "hi")
    run.recorded.append(Recorded("l:0/b", None, 1, Resumed("signal", "hi", "n")))
    assert run.crash() == ["run l:0/b"]
    assert run.commands == [RunStep("l:0/b", "b", "l:0", 2, Resumed("signal", "hi", "n"), unknown=True)]


def test_an_attempt_after_a_retry_and_a_lost_one_counts_both() -> None:
    run = LoopedRun(looped("t>l", "l:each>b", bodies={"l": "b"}, b={"retry": RetryPolicy(attempts=4)}))
    run.feed("/l", Loop([1]))
    run.feed("l:0/b", Fail("busy", retryable=True))
    assert run.crash() == ["timer l:0/b"]
    run.timer("l:0/b")
    run.crash("l:0/b")
    assert run.commands == [RunStep("l:0/b", "b", "l:0", 3, unknown=True)]
    assert run.feed("l:0/b", Fail("busy", retryable=True), attempt=3) == ["timer l:0/b"]
    run.timer("l:0/b")
    assert run.commands == [RunStep("l:0/b", "b", "l:0", 4)]


def test_on_a_loop_whose_own_attempt_was_lost() -> None:
    run = LoopedRun(ONE)
    run.crash("/l")
    assert run.commands == [RunStep("/l", "l", "", 2, unknown=True)]


def test_what_the_loop_waited_for_or_had_begun_before_it_opened_is_past() -> None:
    run = LoopedRun(ONE)
    run.recorded.append(Recorded("/l", None, 1))
    run.feed("/l", Wait(signal="list"))
    run.signal("/l")
    run.recorded.append(Recorded("/l", None, 1, Resumed("signal")))
    run.feed("/l", Loop([1]))
    assert run.crash() == ["run l:0/b"]


def test_ended_iterations_do_not_run_again_and_their_steps_need_not_be_handed_in() -> None:
    run = LoopedRun(TWO_STEPS)
    run.feed("/l", Loop([1, 2, 3]))
    run.feed("l:0/b")
    run.feed("l:0/c", Continue("one"))
    run.feed("l:1/b")
    run.recorded = [record for record in run.recorded if not record.key.startswith("l:0/") or record.key == "l:0/"]
    assert run.crash() == ["run l:1/c"]
    run.feed("l:1/c", Continue("two"))
    run.feed("l:2/b")
    run.feed("l:2/c", Continue("three"))
    assert run.ended("/l").output["results"] == ["one", "two", "three"]
    run.recorded = [record for record in run.recorded if record.key == "/l"]
    assert run.crash() == ["run /z"]


def test_ends_that_were_lost_between_two_commits_come_out_again() -> None:
    run = LoopedRun(NESTED)
    run.feed("/o", Loop([1]))
    run.feed("o:0/i", Loop([1]))
    run.feed("o:0/i:0/b", Continue("b"))
    run.recorded = [record for record in run.recorded if record.key not in run.settled]
    before, run.settled = run.settled, {}
    assert run.crash() == ["end o:0/i:0/", "end o:0/i", "run o:0/c"]
    assert run.settled == before


@pytest.mark.parametrize("seed", range(20))
def test_records_may_come_in_any_order(seed: int) -> None:
    run = LoopedRun(NESTED)
    run.feed("/o", Loop([1, 2, 3], parallelism=3))
    for n in range(3):
        run.feed(f"o:{n}/i", Loop([1, 2], parallelism=2))
    run.feed("o:0/i:0/b")
    run.feed("o:0/i:1/b")
    run.feed("o:1/i:1/b")
    run.feed("o:2/i:0/b", Wait(signal="reply"))
    random.Random(seed).shuffle(run.recorded)
    assert run.crash() == [
        "run o:0/c",
        "run o:1/i:0/b",
        "await o:2/i:0/b",
        "run o:2/i:1/b",
    ]


def test_what_runs_in_a_loop_that_fails_is_waited_for_after_a_crash_as_well() -> None:
    run = LoopedRun(TWO_STEPS)
    run.feed("/l", Loop([1, 2, 3, 4], parallelism=3))
    run.feed("l:2/b", Wait(signal="reply"))
    run.feed("l:0/b", Fail("no"))
    assert run.crash("l:1/b") == ["run l:1/b"]
    assert run.commands == [RunStep("l:1/b", "b", "l:1", 2, unknown=True)]
    assert run.feed("l:1/b", Continue("recorded"), attempt=2) == ["end /l", "finish failed"]
    assert run.finish == Finish("failed", None, "item 0 of 'L': no", "b")


def test_what_runs_in_an_iteration_that_fails_is_waited_for_and_nothing_begins_there() -> None:
    flow = looped("t>l", "l:each>a", "l:each>p", "l:each>b", "a>x", "p>q", bodies={"l": "a p b x q"})
    run = LoopedRun(flow)
    run.feed("/l", Loop([1, 2], continue_on_error=True))
    run.feed("l:0/p")
    run.feed("l:0/q", Fail("first"))
    run.feed("l:0/a", Continue("after"))
    assert run.crash("l:0/b") == ["run l:0/b"]
    assert run.feed("l:0/b", Fail("second"))[:1] == ["end l:0/"]
    assert run.ended("l:0/") == Fail("first", output={"node_id": "q"})


def test_the_first_of_two_failures_in_an_iteration_counts_after_a_crash_as_well() -> None:
    flow = looped("t>l", "l:each>a", "l:each>b", "l:each>c", bodies={"l": "a b c"})
    run = LoopedRun(flow)
    run.feed("/l", Loop([1]))
    run.feed("l:0/b", Fail("first"))
    run.feed("l:0/a", Fail("second"))
    assert run.crash("l:0/c") == ["run l:0/c"]
    run.feed("l:0/c", attempt=2)
    assert run.ended("l:0/") == Fail("first", output={"node_id": "b"})


def test_a_run_that_stops_lets_iterations_finish_what_had_begun() -> None:
    run = LoopedRun(looped("t>l", "t>p", "l:each>b", "l:each>w", "b>c", bodies={"l": "b w c"}))
    run.feed("/l", Loop([1, 2, 3], parallelism=2))
    run.feed("l:1/w", Wait(signal="reply"))
    run.feed("/p", Stop("completed", "enough"))
    assert run.crash("l:1/b") == ["run l:1/b"]
    assert run.feed("l:1/b", attempt=2) == ["finish completed"]
    assert run.finish == Finish("completed", "enough")


def test_a_run_that_failed_in_a_loop_names_the_same_node_after_a_crash() -> None:
    run = LoopedRun(looped("t>l", "t>p", "l:each>b", bodies={"l": "b"}))
    run.feed("/l", Loop([1]))
    run.feed("l:0/b", Fail("no"))
    run.crash("/p")
    run.feed("/p", attempt=2)
    assert run.finish == Finish("failed", None, "item 0 of 'L': no", "b")


def test_records_that_the_flow_does_not_have_are_ignored() -> None:
    run = LoopedRun(NESTED)
    run.feed("/o", Loop([1]))
    run.recorded += [
        Recorded(key, Continue("?"))
        for key in (
            "o:7/i",
            "o:7/",
            "o:x/i",
            "o:/i",
            "o:0/b",
            "i:0/b",
            "o:0/i:0/c",
            "/i",
            "gone:0/i",
            ":0/i",
            "o:0",
            "o",
        )
    ]
    run.recorded += [Recorded("o:0/i:/", Continue("no list")), Recorded("c:/", Loop([1])), Recorded("/o:0/i", None)]
    assert run.crash() == ["run o:0/i"]
    assert set(run.state.steps) == {"/t", "/o", "o:0/i"}


def test_a_crash_at_every_point_of_a_long_loop_with_everything_folded() -> None:
    run = LoopedRun(ONE)
    assert run.feed("/l", Loop([*range(50)], parallelism=3)) == ["run l:0/b", "run l:1/b", "run l:2/b"]
    for n in range(50):
        run.feed(f"l:{n}/b", Continue(n))
        run.recorded = [record for record in run.recorded if not record.key.endswith("/b")]
        said = run.crash()
        assert said == ([f"run l:{i}/b" for i in range(n + 1, min(n + 4, 50))] or ["run /z"])
    assert run.ended("/l").output["results"] == [*range(50)]
    assert [say(command) for command in run.machine.outstanding(run.state)] == ["run /z"]
