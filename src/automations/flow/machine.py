"""The state machine: a compiled flow and what happened go in, commands come out.

It never awaits, reads no clock, no database and no random numbers, and needs the standard library only, so that one
piece of code is production, replay, test mode and backtest. A driver runs the commands and feeds back what happened:

    state, commands = machine.start(trigger, seed=execution_id)
    commands = machine.feed(state, key, outcome, attempt=attempt)    # of each RunStep
    commands = machine.timer_fired(state, key)                       # of each SetTimer and timed AwaitSignal
    ... until a Finish comes out; whatever is fed in after that is ignored.

The rules are those of DESIGN section 5. Those that it leaves open:

- Commands for the steps of one level come out in topological order (but for what follows from records that `restore`
  held), `Settled` in the order of what happened, `Finish` last. What is fed for an unknown key, a step that is not
  running, or an older attempt is ignored.
- The trigger completes by itself through its first handle; its output is the trigger data.
- A disabled node is completed with output None through its first handle, or the one that its type names for that.
- A `Continue` through a handle that the node does not have is a failure with code `unknown_handle`, a `Wait` for
  nothing one with code `empty_wait`.
- The first `Stop` or unhandled failure to be fed decides how the run ends. From then on no edge is decided any more:
  what comes behind a step that finishes later has no entry in `steps`. What waits then is abandoned.
- The output of a run that was not stopped is that of the last completed node in topological order from which no edge
  was taken. A run that failed has none.
- A loop is open until its last iteration has ended; the steps of an iteration are forgotten with it, so that a state is
  never larger than what runs side by side. An unhandled failure in a body ends its iteration, after what runs beside it
  in the same iteration; whether it ends the loop, too, is the loop's to say. `Stop` ends the whole run from anywhere.
  Variables that are set in an iteration are seen there only.

A machine holds no state of a run: one per flow version serves any number of runs at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, assert_never

from automations.flow.commands import (
    TOP_SCOPE,
    AwaitSignal,
    Command,
    Finish,
    Recorded,
    Resumed,
    RunStep,
    SetTimer,
    Settled,
    iteration_scope,
    step_key,
)
from automations.flow.graph import CompiledFlow
from automations.flow.outcomes import EACH_HANDLE, Continue, Fail, Json, JsonObject, Outcome, Stop
from automations.flow.plan import Edges, Plan, first_handle, passing_handle
from automations.flow.recovery import forget_what_is_over, take_up
from automations.flow.scopes import at_work, has_turn, last_output, locate, open_iteration, open_top, scopes_of
from automations.flow.state import RunState, Scope, StepState, Waiting
from automations.flow.step_outcomes import Ending, failing_node, iteration_failure, write_outcome
from automations.flow.visible import variables_of, visible

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
    "Settled",
    "StepState",
    "Waiting",
    "step_key",
]


@dataclass(slots=True)
class _Work:
    """What one happening leads to: nothing here recurses, however deep loops are nested and however many items follow.

    `todo` are steps that have become final and whose edges are to be decided, and restored loops to be taken up again.
    `sweep`: something was ended from outside, so scopes may be over without a step that ends.
    """

    todo: list[tuple[Scope, int]]
    commands: list[Command]
    sweep: bool = False
    restoring: bool = False


class Machine:
    def __init__(self, flow: CompiledFlow) -> None:
        self.flow = flow
        self._plan = Plan.of(flow)

    # What happens

    def start(self, trigger: JsonObject, *, seed: str = "") -> tuple[RunState, list[Command]]:
        """Begin a run. `seed` makes its retry jitter its own: hand in the execution id."""
        state = RunState(trigger, seed)
        return state, self._go_on(state, self._begin_run(state))

    def feed(self, state: RunState, key: str, outcome: Outcome, *, attempt: int | None = None) -> list[Command]:
        """A step has an outcome. `attempt` is the one of its `RunStep`; without it, the current one is meant."""
        step = state.steps.get(key)
        if step is None or step.status != "running":
            return []
        found = at_work(self._plan, state, key)
        if found is None:
            return []
        if attempt is not None:
            if attempt < step.attempt:
                return []
            step.attempt = attempt
        scope, i = found
        ending = write_outcome(self._plan, i, step, outcome, key=key, seed=state.seed)
        if scope.halted and step.is_open:
            step.abandon()
        if step.wait is not None:
            return [self._command(scope, i, step)]
        work = _Work([], [])
        if ending is not None:
            self._end(state, scope, i, ending, work)
        if step.loop is not None:
            self._fill(state, scope, i, work)
        else:
            if step.variables:
                scope.setters |= 1 << i
            work.todo.append(found)
        return self._go_on(state, work)

    def timer_fired(self, state: RunState, key: str) -> list[Command]:
        """The time of a `SetTimer`, or the `until` of an `AwaitSignal`, has come."""
        step = state.steps.get(key)
        found = at_work(self._plan, state, key)
        if found is None or step is None or step.wait is None:
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
        return self._run_again(*found, step)

    def signal_arrived(self, state: RunState, key: str, payload: Json = None) -> list[Command]:
        """The signal of an `AwaitSignal` is there."""
        step = state.steps.get(key)
        found = at_work(self._plan, state, key)
        if found is None or step is None or step.wait is None or step.wait.signal is None:
            return []
        step.resumed = Resumed("signal", payload, step.wait.note)
        return self._run_again(*found, step)

    def cancel(self, state: RunState, reason: str) -> list[Command]:
        """End the run now. Running steps are not waited for: their outcomes will be ignored."""
        if state.is_final:
            return []
        for step in state.steps.values():
            if step.is_open:
                step.abandon()
        state.ends_as, state.output, state.error, state.error_node_id = "cancelled", None, reason, None
        return [self._finish(state)]

    def restore(
        self, trigger: JsonObject, recorded: Iterable[Recorded], *, seed: str = ""
    ) -> tuple[RunState, list[Command]]:
        """The state after what was recorded, and everything that must run, wait or finish now.

        Records may come in any order and several a key (see `choose_records`). Only where several records end the run
        or the same iteration or loop (`Stop`, unhandled failures) the first of them counts: hand them in as they were
        recorded, if that is known. A step that had begun without an outcome runs again as the next attempt with
        `unknown` set; a wait or retry that was recorded is asked for again. A record of a step whose turn has not come
        yet, because something before it is not recorded, is held and takes effect when its turn comes. What happened
        inside of an iteration or a loop that is recorded as completed need not be handed in; the end of one that is not
        recorded comes out as `Settled` once more.
        """
        state = RunState(trigger, seed)
        ends_run = take_up(self._plan, state, recorded)
        work = self._begin_run(state)
        work.restoring = True
        if ends_run is not None:
            self._end(state, state.scopes[TOP_SCOPE], *ends_run, work)
        commands = self._go_on(state, work)
        if len(self._plan.regions) > 1:
            forget_what_is_over(state)
        return state, commands + self.outstanding(state)

    def outstanding(self, state: RunState) -> list[Command]:
        """The commands that a state read back with `RunState.from_json` still waits for, as they were first given."""
        if state.is_final:
            return []
        commands = []
        for scope in sorted(scopes_of(self._plan, state).values(), key=lambda scope: scope.path):
            for i in self._plan.regions[scope.region].members:
                step = state.steps.get(scope.keys[i])
                if step is not None and step.is_open and step.loop is None and has_turn(self._plan, scope, i):
                    commands.append(self._command(scope, i, step))
        return commands

    # What a step sees

    def scope_for(self, state: RunState, key: str) -> dict[str, Any]:
        """What this step sees of its run, see `visible`; KeyError for an unknown key."""
        found = locate(self._plan, state, key)
        if found is None:
            raise KeyError(key)
        return visible(self._plan, state, *found)

    def variables(self, state: RunState) -> dict[str, Json]:
        """All variables that the run has set outside of loops; the writer later in topological order wins."""
        return variables_of(state, scopes_of(self._plan, state)[TOP_SCOPE])

    # How it goes on

    def _begin_run(self, state: RunState) -> _Work:
        top = open_top(self._plan, state)
        trigger = self._plan.trigger
        handle = first_handle(self._plan.nodes[trigger])
        state.steps[self._plan.top_keys[trigger]] = StepState("completed", handle=handle, output=state.trigger)
        top.open_steps = 1
        return _Work([(top, trigger)], [])

    def _go_on(self, state: RunState, work: _Work) -> list[Command]:
        """What follows from steps that have just become final, and from iterations and loops that end with them."""
        while True:
            if work.todo:
                scope, i = work.todo.pop()
                step = state.steps[scope.keys[i]]
                if step.loop is not None:
                    self._take_up_loop(state, scope, i, work)
                    continue
                if work.restoring or not scope.halted:
                    self._spread(state, scope, self._plan.targets[i], step.handle, work)
                scope.open_steps -= 1
                if not scope.open_steps and scope.parent is not None:
                    self._close_if_over(state, scope, work)
            elif work.sweep:
                work.sweep = False
                for scope in list(state.scopes.values()):
                    self._close_if_over(state, scope, work)
            else:
                break
        if not state.scopes[TOP_SCOPE].open_steps and not state.is_final:
            work.commands.append(self._finish(state))
        return work.commands

    def _spread(self, state: RunState, scope: Scope, edges: Edges, handle: str | None, work: _Work) -> None:
        """Decide these edges, those from `handle` as taken, and all that follows without running anything; begin what
        is ready then.

        A halted scope gets here only through `restore`, and then starts nothing that had not begun.
        """
        plan, keys, steps = self._plan, scope.keys, state.steps
        undecided, live = scope.undecided, scope.live
        decided: list[int] = []
        ready: list[int] = []
        failed: list[int] = []
        while True:
            for edge_handle, target, place in edges:
                undecided[place] -= 1
                if edge_handle == handle:
                    first = not live[place]
                    live[place] = 1
                    is_turn = first if plan.any_join[target] else not undecided[place]
                else:
                    is_turn = not (undecided[place] or (plan.any_join[target] and live[place]))
                if not is_turn:
                    continue
                key = keys[target]
                known = steps.get(key)
                if not live[place]:
                    steps[key] = StepState("skipped")
                    decided.append(target)
                elif known is not None:
                    if not known.is_open:
                        decided.append(target)
                        if known.variables:
                            scope.setters |= 1 << target
                        if known.status == "failed" and known.handle is None:
                            failed.append(target)
                    elif scope.halted and known.status == "waiting":
                        known.abandon()
                    else:
                        ready.append(target)
                elif plan.nodes[target].disabled:
                    steps[key] = StepState("completed", handle=passing_handle(plan.nodes[target]))
                    decided.append(target)
                elif not scope.halted:
                    steps[key] = StepState("running", 1)
                    ready.append(target)
            if not decided:
                break
            source = decided.pop()
            handle, edges = steps[keys[source]].handle, plan.targets[source]
        scope.open_steps += len(ready)
        ready.sort()
        for target in ready:
            step = steps[keys[target]]
            if step.loop is not None:
                work.todo.append((scope, target))
            elif not work.restoring:
                work.commands.append(self._command(scope, target, step))
        for target in failed:
            step = steps[keys[target]]
            failure = Fail(step.error or "", code=step.error_code or "step_failed", output=step.output)
            self._end(state, scope, target, failure, work)

    # Loops

    def _take_up_loop(self, state: RunState, scope: Scope, i: int, work: _Work) -> None:
        """A restored loop has its turn: what was under way in it goes on, also where nothing new may begin."""
        loop = state.steps[scope.keys[i]].loop
        assert loop is not None
        # First those that fail: what they end begins nothing then.
        for number in sorted(loop.running, key=lambda number: number not in loop.failing):
            self._begin_iteration(state, scope, i, number, work)
        self._fill(state, scope, i, work)

    def _fill(self, state: RunState, scope: Scope, i: int, work: _Work) -> None:
        """Begin as many iterations of an open loop as may run, and end the loop when it is over."""
        node, key = self._plan.nodes[i], scope.keys[i]
        step = state.steps[key]
        loop = step.loop
        assert loop is not None
        while not scope.halted and (number := loop.next_iteration()) is not None:
            self._begin_iteration(state, scope, i, number, work)
        if loop.running:
            return
        if loop.is_complete or loop.failure is not None:
            outcome = loop.outcome(node.label)
            ending = write_outcome(self._plan, i, step, outcome, key=key, seed=state.seed)
            work.commands.append(
                Settled(key, node.id, iteration_scope(scope.name, node.id), outcome, max(1, step.attempt))
            )
            if ending is not None:
                self._end(state, scope, i, ending, work)
        else:
            step.abandon()
        work.todo.append((scope, i))

    def _begin_iteration(self, state: RunState, outer: Scope, loop: int, number: int, work: _Work) -> None:
        scope = open_iteration(self._plan, state, outer, loop, number)
        self._spread(state, scope, self._plan.regions[scope.region].entries, EACH_HANDLE, work)
        if not scope.open_steps:
            self._close_iteration(state, scope, work)

    def _close_if_over(self, state: RunState, scope: Scope, work: _Work) -> None:
        if scope.open_steps or scope.parent is None or state.scopes.get(scope.name) is not scope:
            return
        loop = self._plan.regions[scope.region].loop
        assert loop is not None
        self._close_iteration(state, scope, work)
        self._fill(state, scope.parent, loop, work)

    def _close_iteration(self, state: RunState, scope: Scope, work: _Work) -> None:
        """An iteration has nothing open any more. Its steps go: the loop keeps what it came to."""
        region = self._plan.regions[scope.region]
        loop = state.steps[scope.loop_key].loop
        assert region.loop is not None
        assert loop is not None
        node = self._plan.nodes[region.loop]
        outcome: Continue | Fail | None = loop.failing.pop(scope.number, None)
        if outcome is None and not scope.halted:
            # What nobody collects is not kept either: it would be loaded again with every other item after a crash.
            outcome = Continue(last_output(self._plan, state, scope) if loop.opening.collect else None)
        for i in region.members:
            state.steps.pop(scope.keys[i], None)
        del state.scopes[scope.name]
        if outcome is None:
            loop.running.remove(scope.number)
            return
        failed_before = loop.failure is not None
        loop.end_iteration(scope.number, outcome, node.max_output_bytes)
        work.commands.append(Settled(step_key(scope.name, ""), node.id, scope.name, outcome))
        if loop.failure is not None and not failed_before and loop.running:
            around = scope.name.rpartition(":")[0]
            for number in loop.running:
                sibling = state.scopes.get(f"{around}:{number}")
                if sibling is not None:
                    self._halt(state, sibling)
            work.sweep = True

    # How runs and iterations end early

    def _end(self, state: RunState, scope: Scope, i: int, ending: Ending, work: _Work) -> None:
        """An outcome of node i ends more than its step: `Stop` the run, a failure the iteration, or at the top the run.

        The first one decides how it ends.
        """
        node = self._plan.nodes[i]
        if isinstance(ending, Fail) and scope.parent is not None:
            loop = state.steps[scope.loop_key].loop
            assert loop is not None
            if scope.number not in loop.failing:
                loop.failing[scope.number] = iteration_failure(self._plan, i, ending)
                self._halt(state, scope)
        elif state.status != "running":
            return
        else:
            state.status = "stopping"
            match ending:
                case Fail():
                    state.ends_as, state.error = "failed", ending.error
                    state.error_node_id = failing_node(self._plan, i, ending)
                case Stop(status="completed"):
                    state.ends_as, state.output = "completed", ending.output
                case Stop(status="failed"):
                    state.ends_as, state.output, state.error_node_id = "failed", ending.output, node.id
                    state.error = ending.message or f"the flow ended itself as failed at {node.label!r}"
                case Stop():
                    state.ends_as, state.output, state.error = "cancelled", ending.output, ending.message
                case _:
                    assert_never(ending)
            self._halt(state, state.scopes[TOP_SCOPE])
        work.sweep = True

    def _halt(self, state: RunState, scope: Scope) -> None:
        """Nothing begins any more at this level and inside of it; what waits is abandoned, what runs is waited for."""
        prefix = f"{scope.name}/"
        for inner in state.scopes.values():
            if inner is not scope and scope.parent is not None and not inner.name.startswith(prefix):
                continue
            inner.halted = True
            for i in self._plan.regions[inner.region].members:
                step = state.steps.get(inner.keys[i])
                if step is not None and step.status == "waiting":
                    step.abandon()
                    if has_turn(self._plan, inner, i):
                        inner.open_steps -= 1

    # Commands

    def _command(self, scope: Scope, i: int, step: StepState) -> Command:
        key, wait = scope.keys[i], step.wait
        if wait is None:
            return RunStep(key, self._plan.nodes[i].id, scope.name, step.attempt, step.resumed, step.unknown)
        if wait.signal is not None:
            return AwaitSignal(key, wait.signal, wait.until, wait.condition, wait.since)
        return SetTimer(key, wait.reason, wait.delay_seconds, wait.until)

    def _run_again(self, scope: Scope, i: int, step: StepState) -> list[Command]:
        step.status, step.wait, step.unknown = "running", None, False
        return [self._command(scope, i, step)]

    def _finish(self, state: RunState) -> Finish:
        if state.ends_as is None:
            state.ends_as = "completed"
            state.output = last_output(self._plan, state, state.scopes[TOP_SCOPE])
        state.status = state.ends_as
        return Finish(state.ends_as, state.output, state.error, state.error_node_id)
