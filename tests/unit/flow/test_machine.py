"""The rules of the state machine, one small flow each. Random flows are in test_machine_properties."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from automations.flow.backoff import retry_delay
from automations.flow.graph import CompiledFlow, FlowEdge, FlowNode, RetryPolicy
from automations.flow.machine import (
    AwaitSignal,
    Command,
    Finish,
    Machine,
    Recorded,
    Resumed,
    RunState,
    RunStep,
    SetTimer,
    Settled,
    step_key,
)
from automations.flow.outcomes import Continue, Fail, JsonObject, Stop, Wait

NOON = datetime(2027, 3, 28, 12, tzinfo=UTC)


def flow(*edges: str, disabled: str = "", retry: RetryPolicy | None = None) -> CompiledFlow:
    """`"t>a"` is an edge from t's `out` to a, `"a:no>b"` one from a's `no`. Nodes are ordered as they are named."""
    ids: dict[str, None] = {"t": None}
    parsed: list[FlowEdge] = []
    for i, text in enumerate(edges):
        start, target = text.split(">")
        source, _, handle = start.partition(":")
        parsed.append(FlowEdge(f"e{i}", source, target, handle or "out"))
        ids |= {source: None, target: None}
    nodes = {
        node_id: FlowNode(
            node_id,
            "work",
            f"Step {node_id}",
            {},
            ("out", "no", *({e.handle for e in parsed if e.source == node_id} & {"error"})),
            disabled=node_id in disabled.split(),
            retry=retry or RetryPolicy(),
        )
        for node_id in ids
    }
    return CompiledFlow(
        trigger_id="t",
        nodes=nodes,
        order=tuple(ids),
        outgoing={node_id: tuple(e for e in parsed if e.source == node_id) for node_id in ids},
        incoming={node_id: tuple(e for e in parsed if e.target == node_id) for node_id in ids},
        ancestors={},
    )


class Run:
    """A run by node id instead of key; answers what came out as short text: `run a`, `finish completed`."""

    def __init__(self, compiled: CompiledFlow, trigger: JsonObject | None = None) -> None:
        self.machine = Machine(compiled)
        self.state, self.commands = self.machine.start(trigger or {}, seed="run-1")

    def feed(self, node_id: str, outcome: Any = None, attempt: int | None = None) -> list[str]:
        outcome = Continue() if outcome is None else outcome
        self.commands = self.machine.feed(self.state, f"/{node_id}", outcome, attempt=attempt)
        return self.said()

    def said(self) -> list[str]:
        return [say(command) for command in self.commands]

    def status(self, node_id: str) -> str | None:
        step = self.state.steps.get(f"/{node_id}")
        return None if step is None else step.status


def say(command: Command) -> str:
    match command:
        case RunStep():
            return f"run {command.node_id}"
        case Finish():
            return f"finish {command.status}"
        case SetTimer():
            return f"timer {command.key[1:]}"
        case Settled():
            return f"settled {command.key}"
        case AwaitSignal():
            return f"await {command.key[1:]}"


def test_a_flow_of_only_its_trigger_completes_with_the_trigger_data() -> None:
    run = Run(flow(), {"new": {"id": 1}})
    assert run.commands == [Finish("completed", {"new": {"id": 1}})]
    assert run.state.status == "completed"


def test_one_step_after_another() -> None:
    run = Run(flow("t>a", "a>b"))
    assert run.commands == [RunStep("/a", "a", "", 1)]
    assert run.feed("a", Continue({"n": 1})) == ["run b"]
    assert run.feed("b", Continue({"n": 2})) == ["finish completed"]
    assert run.commands == [Finish("completed", {"n": 2})]


def test_branches_run_side_by_side_in_topological_order_and_a_join_waits_for_all_live_ones() -> None:
    run = Run(flow("t>c", "t>a", "t>b", "a>j", "b>j", "c>j"))
    assert run.said() == ["run c", "run a", "run b"]
    assert run.feed("b") == []
    assert run.feed("c", Continue(handle="no")) == []
    assert run.feed("a") == ["run j"]


def test_a_dead_branch_is_skipped_to_its_end_and_a_join_does_not_wait_for_it() -> None:
    run = Run(flow("t>a", "a>b", "a:no>c", "c>d", "d>j", "b>j", "d>e"))
    assert run.feed("a") == ["run b"]
    assert [run.status(n) for n in "cde"] == ["skipped", "skipped", "skipped"]
    assert run.feed("b") == ["run j"]


def test_two_edges_of_one_node_into_the_same_join() -> None:
    run = Run(flow("t>a", "a>b", "a:no>b"))
    assert run.feed("a", Continue(handle="no")) == ["run b"]


def test_a_connected_error_handle_takes_the_failure_and_its_output() -> None:
    run = Run(flow("t>a", "a>b", "a:error>c"))
    assert run.feed("a", Fail("502 from CRM", code="http", output={"status": 502})) == ["run c"]
    assert (run.status("a"), run.status("b")) == ("failed", "skipped")
    assert run.machine.scope_for(run.state, "/c")["steps"]["a"] == {"status": 502, "error": "502 from CRM"}
    assert run.feed("c", Continue("saved")) == ["finish completed"]
    assert run.commands == [Finish("completed", "saved")]


@pytest.mark.parametrize(
    ("output", "seen"),
    [(None, {"error": "x"}), ([1], {"output": [1], "error": "x"}), ({"error": "theirs"}, {"error": "x"})],
)
def test_what_the_error_branch_sees_of_other_outputs(output: Any, seen: JsonObject) -> None:
    run = Run(flow("t>a", "a:error>c"))
    run.feed("a", Fail("x", output=output))
    assert run.machine.scope_for(run.state, "/c")["steps"]["a"] == seen


def test_an_unhandled_failure_lets_running_steps_finish_and_starts_nothing() -> None:
    run = Run(flow("t>a", "t>b", "b>c"))
    assert run.feed("a", Fail("no such lead")) == []
    assert run.state.status == "stopping"
    assert run.feed("b", Continue({"sent": True})) == ["finish failed"]
    assert run.commands == [Finish("failed", None, "no such lead", "a")]
    assert run.state.steps["/b"].output == {"sent": True}
    assert run.status("c") is None


def test_the_first_failure_wins() -> None:
    run = Run(flow("t>a", "t>b", "t>c"))
    run.feed("b", Fail("first"))
    run.feed("a", Fail("second"))
    run.feed("c", Stop("completed", "too late"))
    assert run.commands == [Finish("failed", None, "first", "b")]


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        (Stop("completed", {"ok": 1}, "done"), Finish("completed", {"ok": 1})),
        (Stop("cancelled", None, "not wanted"), Finish("cancelled", None, "not wanted")),
        (Stop("failed", 5, "bad lead"), Finish("failed", 5, "bad lead", "a")),
        (Stop("failed"), Finish("failed", None, "the flow ended itself as failed at 'Step a'", "a")),
    ],
)
def test_stop_ends_the_whole_run(stop: Stop, finish: Finish) -> None:
    run = Run(flow("t>a", "t>b", "a>c"))
    assert run.feed("a", stop) == []
    run.feed("b")
    assert run.commands == [finish]
    assert run.status("c") is None


def test_a_disabled_node_passes_through_its_first_handle() -> None:
    run = Run(flow("t>a", "a>b", "a:no>c", disabled="a"))
    assert run.said() == ["run b"]
    step = run.state.steps["/a"]
    assert (step.status, step.handle, step.output, step.attempt) == ("completed", "out", None, 0)
    assert run.status("c") == "skipped"
    assert run.machine.scope_for(run.state, "/b")["steps"]["a"] is None


def test_a_handle_that_the_node_does_not_have_is_a_failure() -> None:
    run = Run(flow("t>a", "a>b"))
    assert run.feed("a", Continue(handle="nope")) == ["finish failed"]
    assert run.state.steps["/a"].error_code == "unknown_handle"
    assert "'nope'" in str(run.state.error)
    assert "out, no" in str(run.state.error)


def test_outcomes_that_nobody_waits_for_are_ignored() -> None:
    run = Run(flow("t>a", "a>b", retry=RetryPolicy(attempts=2)))
    before = run.state.to_json()
    assert run.feed("nobody") == []
    assert run.feed("t", Continue("other")) == []
    assert run.feed("b") == []
    assert run.machine.timer_fired(run.state, "/a") == []
    assert run.machine.signal_arrived(run.state, "/a", 1) == []
    assert run.state.to_json() == before
    run.feed("a", Fail("x", retryable=True))
    run.machine.timer_fired(run.state, "/a")
    assert run.feed("a", Continue("late"), attempt=1) == []
    assert run.feed("a", Continue("now"), attempt=2) == ["run b"]
    assert run.feed("a", Continue("again"), attempt=2) == []
    assert run.state.steps["/a"].output == "now"


# Retries


def test_a_retryable_failure_waits_and_runs_again() -> None:
    run = Run(flow("t>a", retry=RetryPolicy(attempts=2, delay_seconds=10, jitter=False)))
    assert run.feed("a", Fail("busy", code="http_503", retryable=True)) == ["timer a"]
    assert run.commands == [SetTimer("/a", "retry", delay_seconds=10.0)]
    step = run.state.steps["/a"]
    assert (step.status, step.error, step.error_code) == ("waiting", "busy", "http_503")
    assert run.machine.timer_fired(run.state, "/a") == [RunStep("/a", "a", "", 2)]
    assert run.machine.timer_fired(run.state, "/a") == []
    assert run.feed("a", Fail("busy", retryable=True)) == ["finish failed"]


def test_success_after_a_retry_leaves_no_error() -> None:
    run = Run(flow("t>a", retry=RetryPolicy(attempts=2)))
    run.feed("a", Fail("busy", retryable=True))
    run.machine.timer_fired(run.state, "/a")
    assert run.feed("a", Continue(1)) == ["finish completed"]
    step = run.state.steps["/a"]
    assert (step.error, step.error_code, step.attempt) == (None, None, 2)


def test_a_failure_that_is_not_retryable_is_final() -> None:
    assert Run(flow("t>a", retry=RetryPolicy(attempts=5))).feed("a", Fail("bad")) == ["finish failed"]


def test_a_stopping_run_neither_retries_nor_waits() -> None:
    run = Run(flow("t>a", "t>b", "t>c", "t>d", "t>e", retry=RetryPolicy(attempts=5)))
    run.feed("d", Fail("busy", retryable=True))
    run.feed("e", Wait(until=NOON))
    run.feed("c", Stop("completed", "end"))
    assert (run.status("d"), run.status("e")) == ("failed", "skipped")
    assert run.machine.timer_fired(run.state, "/d") == []
    assert run.feed("a", Fail("busy", retryable=True)) == []
    assert run.feed("b", Wait(signal="reply")) == ["finish completed"]
    assert run.commands == [Finish("completed", "end")]
    steps = run.state.steps
    assert (steps["/a"].status, steps["/a"].error) == ("failed", "busy")
    assert (steps["/b"].status, steps["/b"].error_code) == ("skipped", "abandoned")


@pytest.mark.parametrize(
    ("policy", "attempt", "retry_after", "seconds"),
    [
        (RetryPolicy(delay_seconds=2, backoff="fixed", jitter=False), 7, None, 2),
        (RetryPolicy(delay_seconds=2, jitter=False), 1, None, 2),
        (RetryPolicy(delay_seconds=2, jitter=False), 4, None, 16),
        (RetryPolicy(delay_seconds=2, jitter=False), 100, None, 300),
        (RetryPolicy(delay_seconds=2, jitter=False), 1, 60, 60),
        (RetryPolicy(delay_seconds=2, jitter=False), 1, 1, 2),
        (RetryPolicy(delay_seconds=2, jitter=False), 1, 9_999, 300),
        (RetryPolicy(delay_seconds=2, jitter=True), 1, 9_999, 300),
        (RetryPolicy(delay_seconds=2, jitter=False), 1, float("inf"), 300),
        (RetryPolicy(delay_seconds=2, jitter=False), 1, float("nan"), 2),
        (RetryPolicy(delay_seconds=0, jitter=True), 3, None, 0),
    ],
)
def test_backoff(policy: RetryPolicy, attempt: int, retry_after: float | None, seconds: float) -> None:
    assert retry_delay(policy, seed="s", key="/a", attempt=attempt, retry_after=retry_after) == seconds


def test_jitter_is_spread_between_half_and_all_of_the_delay_and_repeats() -> None:
    policy = RetryPolicy(delay_seconds=100)

    def delay(seed: int) -> float:
        return retry_delay(policy, seed=f"run-{seed}", key="/a", attempt=1, retry_after=None)

    delays = [delay(seed) for seed in range(1_000)]
    assert delays == [delay(seed) for seed in range(1_000)]
    assert min(delays) >= 50
    assert max(delays) <= 100
    assert all(65 <= len([d for d in delays if low <= d < low + 5]) <= 135 for low in range(50, 100, 5))


# Waits


def test_a_wait_until_a_time_runs_the_step_again_as_resumed() -> None:
    run = Run(flow("t>a", "a>b"))
    assert run.feed("a", Wait(until=NOON, note={"why": "lunch"})) == ["timer a"]
    assert run.commands == [SetTimer("/a", "wait", until=NOON)]
    again = run.machine.timer_fired(run.state, "/a")
    assert again == [RunStep("/a", "a", "", 1, resumed=Resumed("timer", note={"why": "lunch"}))]
    assert run.feed("a", Continue("slept")) == ["run b"]


def test_a_wait_for_a_signal_or_a_time_takes_whichever_comes_first() -> None:
    run = Run(flow("t>a"))
    run.feed("a", Wait(until=NOON, signal="reply"))
    assert run.commands == [AwaitSignal("/a", "reply", NOON)]
    again = run.machine.signal_arrived(run.state, "/a", {"body": "hi"})
    assert again == [RunStep("/a", "a", "", 1, resumed=Resumed("signal", {"body": "hi"}))]
    assert run.machine.timer_fired(run.state, "/a") == []
    assert run.machine.signal_arrived(run.state, "/a", {"body": "again"}) == []


def test_a_wait_for_a_signal_alone_has_no_timer_and_one_for_a_time_no_signal() -> None:
    run = Run(flow("t>a", "t>b"))
    run.feed("a", Wait(signal="reply"))
    run.feed("b", Wait(until=NOON))
    assert run.machine.timer_fired(run.state, "/a") == []
    assert run.machine.signal_arrived(run.state, "/b", 1) == []


def test_a_wait_for_nothing_is_a_failure_and_not_for_ever() -> None:
    run = Run(flow("t>a"))
    assert run.feed("a", Wait()) == ["finish failed"]
    assert run.state.steps["/a"].error_code == "empty_wait"


def test_a_retry_after_a_wait_is_still_resumed() -> None:
    run = Run(flow("t>a", retry=RetryPolicy(attempts=2)))
    run.feed("a", Wait(signal="reply"))
    run.machine.signal_arrived(run.state, "/a", "hi")
    run.feed("a", Fail("busy", retryable=True))
    assert run.machine.timer_fired(run.state, "/a") == [RunStep("/a", "a", "", 2, resumed=Resumed("signal", "hi"))]


# What a step sees


def test_scope_holds_the_trigger_and_the_ancestors_that_ran() -> None:
    run = Run(flow("t>a", "t>b", "a>c", "a:no>d", "c>e", "d>e"), {"new": {"id": 1}})
    run.feed("a", Continue("A", variables={"x": 1}))
    run.feed("b", Continue("B", variables={"y": 2}))
    run.feed("c", Continue("C"))
    assert run.machine.scope_for(run.state, "/e") == {
        "trigger": {"new": {"id": 1}},
        "steps": {"t": {"new": {"id": 1}}, "a": "A", "c": "C"},
        "vars": {"x": 1},
    }
    with pytest.raises(KeyError):
        run.machine.scope_for(run.state, "/nobody")


def test_variables_come_from_ancestors_and_the_later_in_topological_order_wins() -> None:
    run = Run(flow("t>a", "t>b", "a>j", "b>j"))
    run.feed("b", Continue(variables={"x": "b", "only": "b"}))
    run.feed("a", Continue(variables={"x": "a", "z": "a"}))
    assert run.machine.scope_for(run.state, "/j")["vars"] == {"x": "b", "only": "b", "z": "a"}
    assert run.machine.scope_for(run.state, "/a")["vars"] == {}
    assert run.machine.variables(run.state) == {"x": "b", "only": "b", "z": "a"}


def test_output_is_that_of_the_last_open_end() -> None:
    run = Run(flow("t>a", "t>b", "a:no>c"))
    run.feed("b", Continue("B"))
    run.feed("a", Continue("A"))
    assert run.commands == [Finish("completed", "B")]
    assert run.status("c") == "skipped"


# Crash and cancel


def restore(compiled: CompiledFlow, *records: Recorded) -> tuple[RunState, list[Command]]:
    return Machine(compiled).restore({}, records, seed="run-1")


def test_restore_without_any_record_is_a_start() -> None:
    state, commands = restore(flow("t>a", "t>b"))
    assert commands == [RunStep("/a", "a", "", 1), RunStep("/b", "b", "", 1)]
    assert state == Run(flow("t>a", "t>b")).state


def test_restore_takes_records_in_any_order_and_ignores_what_it_does_not_know() -> None:
    _, commands = restore(
        flow("t>a", "a>b", "b>c"),
        Recorded("/b", Continue(2)),
        Recorded("/gone", Continue()),
        Recorded("/t", Continue("other", handle="no")),
        Recorded("/a", Continue(1)),
    )
    assert commands == [RunStep("/c", "c", "", 1)]


def test_a_step_that_had_begun_runs_again_as_the_next_attempt_of_unknown_outcome() -> None:
    _, commands = restore(flow("t>a"), Recorded("/a", None, 3))
    assert commands == [RunStep("/a", "a", "", 4, unknown=True)]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([Recorded("/a", None, 1), Recorded("/a", Continue(), 1), Recorded("/a", None, 2)], ["run b"]),
        ([Recorded("/a", Fail("x", retryable=True), 1), Recorded("/a", None, 2)], ["run a"]),
        ([Recorded("/a", None, 1), Recorded("/a", Fail("x", retryable=True), 1)], ["timer a"]),
        ([Recorded("/a", None, 1), Recorded("/a", Fail("x", retryable=True), 2)], ["finish failed"]),
        ([Recorded("/a", Wait(signal="s"), 1), Recorded("/a", None, 1)], ["await a"]),
        ([Recorded("/a", None, 1, Resumed("signal")), Recorded("/a", Wait(signal="s"), 1)], ["run a"]),
        ([Recorded("/a", Continue(), 1), Recorded("/a", Fail("second"), 1)], ["run b"]),
    ],
)
def test_which_of_several_records_counts(records: list[Recorded], said: list[str]) -> None:
    _, commands = restore(flow("t>a", "a>b", retry=RetryPolicy(attempts=2)), *records)
    assert [say(command) for command in commands] == said


def test_restore_of_a_stopping_run_starts_nothing_that_had_not_begun() -> None:
    compiled = flow("t>a", "t>b", "t>c", "c>d")
    state, commands = restore(compiled, Recorded("/a", Fail("dead")), Recorded("/b", None), Recorded("/c", Continue()))
    assert [say(command) for command in commands] == ["run b"]
    assert state.status == "stopping"
    assert Machine(compiled).feed(state, "/b", Continue()) == [Finish("failed", None, "dead", "a")]


def test_restore_of_a_run_that_had_only_to_be_finished() -> None:
    _, commands = restore(flow("t>a"), Recorded("/a", Continue("done")))
    assert commands == [Finish("completed", "done")]
    _, commands = restore(flow("t>a", "t>b"), Recorded("/b", Stop("cancelled", None, "no")), Recorded("/a", Fail("x")))
    assert commands == [Finish("cancelled", None, "no")]


def test_cancel_ends_at_once_and_says_what_was_open() -> None:
    run = Run(flow("t>a", "t>b", "t>c", retry=RetryPolicy(attempts=2)))
    run.feed("b", Wait(signal="reply"))
    run.feed("c", Fail("busy", retryable=True))
    assert run.machine.cancel(run.state, "by Ada") == [Finish("cancelled", None, "by Ada")]
    assert [run.status(n) for n in "abc"] == ["failed", "skipped", "failed"]
    assert run.state.steps["/a"].error_code == "abandoned"
    assert run.feed("a") == []
    assert run.machine.cancel(run.state, "again") == []


def test_the_state_survives_json() -> None:
    run = Run(flow("t>a", "t>b", "t>c", "t>d", retry=RetryPolicy(attempts=3)), {"new": None})
    run.feed("a", Continue({"k": [1, None]}, variables={"v": {"w": 1}}))
    run.feed("b", Wait(until=NOON, signal="reply", note=[1]))
    run.feed("c", Fail("busy", retryable=True))
    run.feed("d", Wait(until=NOON))
    run.machine.timer_fired(run.state, "/d")
    read = RunState.from_json(json.loads(json.dumps(run.state.to_json())))
    assert read == run.state
    assert [say(c) for c in run.machine.outstanding(read)] == ["await b", "timer c", "run d"]
    with pytest.raises(ValueError, match="format 99"):
        RunState.from_json({**run.state.to_json(), "format": 99})


def test_keys_are_named_by_scope_and_node() -> None:
    assert step_key("", "a") == "/a"
    assert step_key("/loop#3", "a") == "/loop#3/a"


def test_the_machine_needs_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; import automations.flow.machine as m; "
        "print(*sorted({n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, env=_path(), check=True
    )
    assert set(answer.stdout.split()) <= {"automations", "__main__"}


def test_the_machine_asks_neither_clock_nor_chance() -> None:
    program = (
        "import sys; before = set(sys.modules); import automations.flow.machine; "
        "print(*{'asyncio', 'random', 'socket', 'time'} & (set(sys.modules) - before))"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, env=_path(), check=True
    )
    assert answer.stdout.split() == []


def _path() -> dict[str, str]:
    import automations

    return {"PYTHONPATH": str(automations.__path__[0].removesuffix("/automations"))}


def test_the_longest_chain_the_widest_join_and_the_longest_dead_path() -> None:
    chain = Run(flow("t>n0", *(f"n{i}>n{i + 1}" for i in range(998))))
    for i in range(999):
        chain.feed(f"n{i}", Continue(i))
    assert chain.commands == [Finish("completed", 998)]
    wide = Run(flow(*(f"t>n{i}" for i in range(998)), *(f"n{i}>j" for i in range(998))))
    assert len(wide.commands) == 998
    for i in range(998):
        wide.feed(f"n{i}")
    assert wide.said() == ["run j"]
    dead = Run(flow("t:no>n0", *(f"n{i}>n{i + 1}" for i in range(998))))
    assert dead.said() == ["finish completed"]
