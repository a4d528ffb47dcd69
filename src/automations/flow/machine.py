"""The state machine: a compiled flow and what happened go in, commands come out.

It never awaits, reads no clock, no database and no random numbers, and needs the standard library only, so that one
piece of code is production, replay, test mode and backtest. A driver runs the commands and feeds back what happened:

    state, commands = machine.start(trigger, seed=execution_id)
    commands = machine.feed(state, key, outcome, attempt=attempt)    # of each RunStep
    commands = machine.timer_fired(state, key)                       # of each SetTimer and timed AwaitSignal
    ... until a Finish comes out; whatever is fed in after that is ignored.

The rules are those of DESIGN section 5. Those that it leaves open:

- Commands come out in topological order, `Finish` last. What is fed for an unknown key, a step that is not running, or
  an older attempt is ignored.
- The trigger completes by itself through its first handle; its output is the trigger data.
- A disabled node is completed with output None through its first handle.
- A `Continue` through a handle that the node does not have is a failure with code `unknown_handle`, a `Wait` for
  nothing one with code `empty_wait`.
- The first `Stop` or unhandled failure to be fed decides how the run ends. From then on no edge is decided any more:
  what comes behind a step that finishes later has no entry in `steps`. What waits then is abandoned.
- The output of a run that was not stopped is that of the last completed node in topological order from which no edge
  was taken. A run that failed has none.

A machine holds no state of a run: one per flow version serves any number of runs at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from automations.flow.backoff import retry_delay
from automations.flow.commands import (
    TOP_SCOPE,
    AwaitSignal,
    Command,
    FinalStatus,
    Finish,
    Recorded,
    Resumed,
    RunStep,
    SetTimer,
    step_key,
)
from automations.flow.graph import CompiledFlow, FlowNode, ancestor_bits, iter_bits
from automations.flow.outcomes import ERROR_HANDLE, Continue, Fail, Json, JsonObject, Outcome, Stop, Wait
from automations.flow.recovery import choose_records
from automations.flow.state import Progress, RunState, StepState, Waiting

__all__ = [
    "AwaitSignal",
    "Command",
    "Finish",
    "Machine",
    "Recorded",
    "Resumed",
    "RunState",
    "RunStep",
    "SetTimer",
    "StepState",
    "Waiting",
    "step_key",
]


class Machine:
    def __init__(self, flow: CompiledFlow) -> None:
        self.flow = flow
        order = flow.order
        index = {node_id: i for i, node_id in enumerate(order)}
        self._nodes: tuple[FlowNode, ...] = tuple(flow.nodes[node_id] for node_id in order)
        self._keys = tuple(step_key(TOP_SCOPE, node_id) for node_id in order)
        self._by_key = {key: i for i, key in enumerate(self._keys)}
        self._targets = tuple(
            tuple((edge.handle, index[edge.target]) for edge in flow.outgoing.get(node_id, ())) for node_id in order
        )
        self._taken_handles = tuple(frozenset(handle for handle, _ in targets) for targets in self._targets)
        self._indegrees = [len(flow.incoming.get(node_id, ())) for node_id in order]
        self._trigger = index[flow.trigger_id]
        self._recordable = {
            key: node for key, node in zip(self._keys, self._nodes, strict=True) if node.id != flow.trigger_id
        }
        self._ancestors: list[int] | None = None

    # What happens

    def start(self, trigger: JsonObject, *, seed: str = "") -> tuple[RunState, list[Command]]:
        """Begin a run. `seed` makes its retry jitter its own: hand in the execution id."""
        state = RunState(trigger, seed)
        state.progress = Progress(self._indegrees.copy(), bytearray(len(self._nodes)))
        self._complete_trigger(state)
        return state, self._advance(state, self._trigger)

    def feed(self, state: RunState, key: str, outcome: Outcome, *, attempt: int | None = None) -> list[Command]:
        """A step has an outcome. `attempt` is the one of its `RunStep`; without it, the current one is meant."""
        progress = self._progress(state)
        step = state.steps.get(key)
        if step is None or step.status != "running" or not self._expects(state, progress, key):
            return []
        if attempt is not None:
            if attempt < step.attempt:
                return []
            step.attempt = attempt
        i = self._by_key[key]
        self._record(state, i, step, outcome)
        if step.wait is not None:
            return [self._command(i, step)]
        progress.open_steps -= 1
        if step.variables:
            progress.setters |= 1 << i
        return self._advance(state, i)

    def timer_fired(self, state: RunState, key: str) -> list[Command]:
        """The time of a `SetTimer`, or the `until` of an `AwaitSignal`, has come."""
        step = state.steps.get(key)
        if step is None or step.wait is None or not self._expects(state, self._progress(state), key):
            return []
        wait = step.wait
        match wait.reason:
            case "retry":
                step.attempt += 1
            case "wait":
                if wait.until is None:
                    return []
                step.resumed = Resumed("timer", note=wait.note)
            case _:
                assert_never(wait.reason)
        return self._run_again(key, step)

    def signal_arrived(self, state: RunState, key: str, payload: Json = None) -> list[Command]:
        """The signal of an `AwaitSignal` is there."""
        step = state.steps.get(key)
        if step is None or step.wait is None or not self._expects(state, self._progress(state), key):
            return []
        if step.wait.signal is None:
            return []
        step.resumed = Resumed("signal", payload, step.wait.note)
        return self._run_again(key, step)

    def cancel(self, state: RunState, reason: str) -> list[Command]:
        """End the run now. Running steps are not waited for: their outcomes will be ignored."""
        if state.is_final:
            return []
        for step in state.steps.values():
            if step.is_open:
                step.abandon()
        self._progress(state).open_steps = 0
        state.ends_as, state.output, state.error, state.error_node_id = "cancelled", None, reason, None
        return [self._finish(state)]

    def restore(
        self, trigger: JsonObject, recorded: Iterable[Recorded], *, seed: str = ""
    ) -> tuple[RunState, list[Command]]:
        """The state after what was recorded, and everything that must run, wait or finish now.

        Records may come in any order and several a key (see `choose_records`). Only where several records end the run
        (`Stop`, unhandled failures) the first of them counts: hand them in as they were recorded, if that is known. A
        step that had begun without an outcome runs again as the next attempt with `unknown` set; a wait or retry that
        was recorded is asked for again. A record of a step whose turn has not come yet, because something before it is
        not recorded, is held and takes effect when its turn comes.
        """
        state = RunState(trigger, seed)
        for record in choose_records(recorded, self._recordable):
            i = self._by_key[record.key]
            step = state.steps[record.key] = StepState("running", record.attempt, resumed=record.resumed)
            if record.outcome is None:
                step.attempt += 1
                step.unknown = True
            else:
                self._record(state, i, step, record.outcome)
        self._complete_trigger(state)
        progress = state.progress = Progress(self._indegrees.copy(), bytearray(len(self._nodes)))
        for key, step in state.steps.items():
            if step.variables:
                progress.setters |= 1 << self._by_key[key]
        commands = self._decide(state, progress, self._trigger)
        return state, self._or_finish(state, progress, commands)

    def outstanding(self, state: RunState) -> list[Command]:
        """The commands that a state read back with `RunState.from_json` still waits for, as they were first given."""
        if state.is_final:
            return []
        steps = state.steps
        undecided = self._progress(state).undecided
        return [
            self._command(i, steps[key])
            for i, key in enumerate(self._keys)
            if key in steps and steps[key].is_open and not undecided[i]
        ]

    # What a step sees

    def scope_for(self, state: RunState, key: str) -> dict[str, Any]:
        """`{"trigger", "steps": {node id: output}, "vars"}` as this step sees it; KeyError for an unknown key.

        `steps` holds the ancestors that completed, and those whose failure was handled: their `Fail.output` if that is
        an object (else `{"output": …}`, where there is one) plus `{"error": text}`. Values are shared: read only.
        """
        i = self._by_key[key]
        ancestors = self._ancestor_bits()[i]
        states, nodes, keys = state.steps, self._nodes, self._keys
        outputs: dict[str, Json] = {}
        for j in iter_bits(ancestors):
            step = states.get(keys[j])
            if step is None:
                continue
            if step.status == "completed":
                outputs[nodes[j].id] = step.output
            elif step.status == "failed" and step.handle is not None:
                outputs[nodes[j].id] = step.handled_failure()
        return {"trigger": state.trigger, "steps": outputs, "vars": self._merge(state, ancestors)}

    def variables(self, state: RunState) -> dict[str, Json]:
        """All variables that the run has set; the writer later in topological order wins."""
        return self._merge(state, -1)

    def _merge(self, state: RunState, mask: int) -> dict[str, Json]:
        merged: dict[str, Json] = {}
        for j in iter_bits(self._progress(state).setters & mask):
            merged |= state.steps[self._keys[j]].variables
        return merged

    # How it goes on

    def _record(self, state: RunState, i: int, step: StepState, outcome: Outcome) -> None:
        """Write an outcome into its step; a `Stop` or unhandled failure also makes the run stop."""
        node = self._nodes[i]
        step.wait = None
        if isinstance(outcome, Continue) and outcome.handle not in node.handles:
            known = ", ".join(node.handles) or "none"
            outcome = Fail(
                f"the step answered through the handle {outcome.handle!r}, which it does not have (it has: {known})",
                code="unknown_handle",
                output=outcome.output,
            )
        elif isinstance(outcome, Wait) and outcome.until is None and outcome.signal is None:
            outcome = Fail("the step waits for nothing: it named neither a time nor a signal", code="empty_wait")
        match outcome:
            case Continue():
                step.status, step.handle, step.output = "completed", outcome.handle, outcome.output
                step.error = step.error_code = step.resumed = None
                if outcome.variables:
                    step.variables = dict(outcome.variables)
            case Fail():
                step.error, step.error_code, step.output = outcome.error, outcome.code, outcome.output
                if outcome.retryable and step.attempt < node.retry.attempts:
                    delay = retry_delay(
                        node.retry,
                        seed=state.seed,
                        key=self._keys[i],
                        attempt=step.attempt,
                        retry_after=outcome.retry_after,
                    )
                    step.status, step.wait = "waiting", Waiting("retry", delay_seconds=delay)
                    if state.status == "stopping":
                        step.abandon()
                    return
                step.status, step.resumed = "failed", None
                if ERROR_HANDLE in node.handles:
                    step.handle = ERROR_HANDLE
                else:
                    self._stop(state, "failed", error=outcome.error, error_node_id=node.id)
            case Stop():
                step.status, step.handle, step.output = "completed", None, outcome.output
                step.error = step.error_code = step.resumed = None
                error = outcome.message
                if outcome.status == "failed":
                    error = error or f"the flow ended itself as failed at {node.label!r}"
                self._stop(
                    state,
                    outcome.status,
                    output=outcome.output,
                    error=error if outcome.status != "completed" else None,
                    error_node_id=node.id if outcome.status == "failed" else None,
                )
            case Wait():
                step.status = "waiting"
                step.wait = Waiting("wait", until=outcome.until, signal=outcome.signal, note=outcome.note)
                step.resumed = None
                if state.status == "stopping":
                    step.abandon()
            case _:
                assert_never(outcome)

    def _stop(
        self,
        state: RunState,
        status: FinalStatus,
        *,
        output: Json = None,
        error: str | None = None,
        error_node_id: str | None = None,
    ) -> None:
        if state.status != "running":
            return
        state.status = "stopping"
        state.ends_as, state.output, state.error, state.error_node_id = status, output, error, error_node_id
        progress = state.progress
        for key, step in state.steps.items():
            if step.status == "waiting":
                step.abandon()
                if progress is not None and not progress.undecided[self._by_key[key]]:
                    progress.open_steps -= 1

    def _advance(self, state: RunState, i: int) -> list[Command]:
        """A step has just become final: what follows."""
        progress = self._progress(state)
        commands = self._decide(state, progress, i) if state.status == "running" else []
        return self._or_finish(state, progress, commands)

    def _decide(self, state: RunState, progress: Progress, i: int) -> list[Command]:
        """Decide the edges of a final step, and all that follows from it without running anything.

        A stopping run gets here only through `restore`, and then starts nothing that had not begun.
        """
        undecided, live = progress.undecided, progress.live
        steps, nodes, keys = state.steps, self._nodes, self._keys
        decided = [i]
        ready: list[int] = []
        while decided:
            source = decided.pop()
            handle = steps[keys[source]].handle
            for edge_handle, target in self._targets[source]:
                if edge_handle == handle:
                    live[target] = 1
                undecided[target] -= 1
                if undecided[target]:
                    continue
                key = keys[target]
                known = steps.get(key)
                if not live[target]:
                    steps[key] = StepState("skipped")
                    decided.append(target)
                elif known is not None:
                    (ready if known.is_open else decided).append(target)
                elif nodes[target].disabled:
                    steps[key] = StepState("completed", handle=_first_handle(nodes[target]))
                    decided.append(target)
                elif state.status == "running":
                    steps[key] = StepState("running", 1)
                    ready.append(target)
        progress.open_steps += len(ready)
        ready.sort()
        return [self._command(target, steps[keys[target]]) for target in ready]

    def _command(self, i: int, step: StepState) -> Command:
        key, wait = self._keys[i], step.wait
        if wait is None:
            return RunStep(key, self._nodes[i].id, TOP_SCOPE, step.attempt, step.resumed, step.unknown)
        if wait.signal is not None:
            return AwaitSignal(key, wait.signal, wait.until)
        return SetTimer(key, wait.reason, wait.delay_seconds, wait.until)

    def _run_again(self, key: str, step: StepState) -> list[Command]:
        step.status, step.wait, step.unknown = "running", None, False
        return [self._command(self._by_key[key], step)]

    def _or_finish(self, state: RunState, progress: Progress, commands: list[Command]) -> list[Command]:
        return commands if progress.open_steps else [self._finish(state)]

    def _finish(self, state: RunState) -> Finish:
        if state.ends_as is None:
            state.ends_as, state.output = "completed", self._last_output(state)
        state.status = state.ends_as
        return Finish(state.ends_as, state.output, state.error, state.error_node_id)

    def _last_output(self, state: RunState) -> Json:
        for i in range(len(self._keys) - 1, -1, -1):
            step = state.steps.get(self._keys[i])
            if step is not None and step.status == "completed" and step.handle not in self._taken_handles[i]:
                return step.output
        return None

    # What is derived

    def _expects(self, state: RunState, progress: Progress, key: str) -> bool:
        """Whether a step that is open has had its turn; only one that `restore` holds has not."""
        return not state.is_final and not progress.undecided[self._by_key[key]]

    def _complete_trigger(self, state: RunState) -> None:
        trigger = self._nodes[self._trigger]
        state.steps[self._keys[self._trigger]] = StepState(
            "completed", handle=_first_handle(trigger), output=state.trigger
        )

    def _progress(self, state: RunState) -> Progress:
        """The counters of a state, computed anew for one that was read from JSON."""
        if state.progress is not None:
            return state.progress
        progress = state.progress = Progress(self._indegrees.copy(), bytearray(len(self._nodes)))
        for i, key in enumerate(self._keys):
            step = state.steps.get(key)
            if step is None:
                continue
            if step.variables:
                progress.setters |= 1 << i
            if progress.undecided[i]:
                continue
            if step.is_open:
                progress.open_steps += 1
                continue
            for edge_handle, target in self._targets[i]:
                if edge_handle == step.handle:
                    progress.live[target] = 1
                progress.undecided[target] -= 1
        return progress

    def _ancestor_bits(self) -> list[int]:
        if self._ancestors is None:
            parents = {target: [edge.source for edge in edges] for target, edges in self.flow.incoming.items()}
            self._ancestors = ancestor_bits(self.flow.order, parents)
        return self._ancestors


def _first_handle(node: FlowNode) -> str | None:
    return next((handle for handle in node.handles if handle != ERROR_HANDLE), None)
