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

- A loop is open until its last iteration has ended; the steps of an iteration are forgotten with it, so that a state is
  never larger than what runs side by side. An unhandled failure in a body ends its iteration, after what runs beside it
  in the same iteration; whether it ends the loop, too, is the loop's to say. `Stop` ends the whole run from anywhere.
  Variables that are set in an iteration are seen there only.

A machine holds no state of a run: one per flow version serves any number of runs at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
    Settled,
    iteration_scope,
    step_key,
)
from automations.flow.graph import CompiledFlow
from automations.flow.loops import LoopState
from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Loop, Outcome, Stop, Wait
from automations.flow.plan import TOP_REGION, Plan, failure_handle, first_handle
from automations.flow.recovery import choose_records
from automations.flow.state import RunState, Scope, StepState, Waiting
from automations.flow.visible import key_in, variables_of, visible

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
    """What one happening leads to. `sweep`: something was ended from outside, so scopes may be over without a step."""

    finals: list[tuple[Scope, int]]
    commands: list[Command] = field(default_factory=list)
    sweep: bool = False
    restoring: bool = False


class Machine:
    def __init__(self, flow: CompiledFlow) -> None:
        self.flow = flow
        self._plan = Plan.of(flow)
        self._top_index = {key: i for i, key in enumerate(self._plan.top_keys) if self._plan.region[i] == TOP_REGION}

    # What happens

    def start(self, trigger: JsonObject, *, seed: str = "") -> tuple[RunState, list[Command]]:
        """Begin a run. `seed` makes its retry jitter its own: hand in the execution id."""
        state = RunState(trigger, seed)
        top = self._open_top(state)
        self._complete_trigger(state)
        return state, self._go_on(state, _Work([(top, self._plan.trigger)]))

    def feed(self, state: RunState, key: str, outcome: Outcome, *, attempt: int | None = None) -> list[Command]:
        """A step has an outcome. `attempt` is the one of its `RunStep`; without it, the current one is meant."""
        step = state.steps.get(key)
        found = self._at_work(state, key)
        if found is None or step is None or step.status != "running":
            return []
        if attempt is not None:
            if attempt < step.attempt:
                return []
            step.attempt = attempt
        scope, i = found
        sweep = self._record(state, scope, i, step, outcome)
        if step.wait is not None:
            return [self._command(scope, i, step)]
        work = _Work([], sweep=sweep)
        if step.loop is not None:
            self._fill(state, scope, i, step, work)
        else:
            scope.open_steps -= 1
            if step.variables:
                scope.setters |= 1 << i
            work.finals.append((scope, i))
        return self._go_on(state, work)

    def timer_fired(self, state: RunState, key: str) -> list[Command]:
        """The time of a `SetTimer`, or the `until` of an `AwaitSignal`, has come."""
        step = state.steps.get(key)
        found = self._at_work(state, key)
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
        found = self._at_work(state, key)
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
        (`Stop`, unhandled failures) the first of them counts: hand them in as they were recorded, if that is known. A
        step that had begun without an outcome runs again as the next attempt with `unknown` set; a wait or retry that
        was recorded is asked for again. A record of a step whose turn has not come yet, because something before it is
        not recorded, is held and takes effect when its turn comes. What happened inside of an iteration or a loop that
        is recorded as ended need not be handed in.
        """
        state = RunState(trigger, seed)
        top = self._open_top(state)
        openings: list[Recorded] = []
        iterations: dict[str, list[Recorded]] = {}
        for record in choose_records(recorded, self.flow):
            scope, _, node_id = record.key.rpartition("/")
            if not node_id:
                opening = f"{scope.rpartition(':')[0]}:/"
                if record.key == opening:
                    openings.append(record)
                else:
                    iterations.setdefault(opening, []).append(record)
                continue
            step = state.steps[record.key] = StepState("running", record.attempt, resumed=record.resumed)
            if record.outcome is None:
                step.attempt += 1
                step.unknown = True
            else:
                self._record(state, None if scope else top, self._plan.index[node_id], step, record.outcome)
        for record in openings:
            self._reopen(state, record, iterations.get(record.key, []))
        self._complete_trigger(state)
        commands = self._go_on(state, _Work([(top, self._plan.trigger)], restoring=True))
        self._forget_what_is_over(state)
        return state, commands

    def outstanding(self, state: RunState) -> list[Command]:
        """The commands that a state read back with `RunState.from_json` still waits for, as they were first given."""
        if state.is_final:
            return []
        commands = []
        self._scopes(state)
        for scope in sorted(state.scopes.values(), key=lambda scope: scope.name):
            for i in self._plan.regions[scope.region].members:
                step = state.steps.get(key_in(self._plan, scope, i))
                if step is not None and step.is_open and step.loop is None and self._has_turn(scope, i):
                    commands.append(self._command(scope, i, step))
        return commands

    # What a step sees

    def scope_for(self, state: RunState, key: str) -> dict[str, Any]:
        """What this step sees of its run, see `visible`; KeyError for an unknown key."""
        found = self._locate(state, key)
        if found is None:
            raise KeyError(key)
        return visible(self._plan, state, *found)

    def variables(self, state: RunState) -> dict[str, Json]:
        """All variables that the run has set outside of loops; the writer later in topological order wins."""
        return variables_of(self._plan, state, self._scopes(state)[TOP_SCOPE])

    # How it goes on

    def _record(
        self,
        state: RunState,
        scope: Scope | None,
        i: int,
        step: StepState,
        outcome: Outcome,
        origin: str | None = None,
    ) -> bool:
        """Write an outcome into its step; True when it ended more than the step: the run, or an iteration.

        `scope` None: it is a record of an iteration that is not open yet. `origin`: the node in a loop that failed.
        """
        node = self._plan.nodes[i]
        halted = state.status == "stopping" or (scope is not None and scope.halted)
        step.wait = step.loop = None
        outcome = self._legal(i, outcome)
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
                        key=step_key(scope.name if scope else "", node.id),
                        attempt=step.attempt,
                        retry_after=outcome.retry_after,
                    )
                    step.status, step.wait = "waiting", Waiting("retry", delay_seconds=delay)
                    if halted:
                        step.abandon()
                    return False
                step.status, step.resumed = "failed", None
                step.handle = failure_handle(node)
                if step.handle is None:
                    return self._fail(state, scope, outcome, origin or node.id)
            case Stop():
                step.status, step.handle, step.output = "completed", None, outcome.output
                step.error = step.error_code = step.resumed = None
                error = outcome.message
                if outcome.status == "failed":
                    error = error or f"the flow ended itself as failed at {node.label!r}"
                return self._stop(
                    state,
                    outcome.status,
                    output=outcome.output,
                    error=error if outcome.status != "completed" else None,
                    error_node_id=node.id if outcome.status == "failed" else None,
                )
            case Wait():
                step.status = "waiting"
                step.wait = Waiting(
                    "wait",
                    until=outcome.until,
                    signal=outcome.signal,
                    note=outcome.note,
                    condition=outcome.condition,
                    since=outcome.since,
                )
                step.resumed = None
                if halted:
                    step.abandon()
            case Loop():
                step.status, step.loop, step.resumed = "looping", LoopState(outcome), None
                if halted:
                    step.abandon()
            case _:
                assert_never(outcome)
        return False

    def _legal(self, i: int, outcome: Outcome) -> Outcome:
        """The outcome, or a failure where the node may not answer that."""
        node = self._plan.nodes[i]
        if isinstance(outcome, Continue) and outcome.handle not in node.handles:
            known = ", ".join(node.handles) or "none"
            return Fail(
                f"the step answered through the handle {outcome.handle!r}, which it does not have (it has: {known})",
                code="unknown_handle",
                output=outcome.output,
            )
        if isinstance(outcome, Wait) and outcome.until is None and outcome.signal is None:
            return Fail("the step waits for nothing: it named neither a time nor a signal", code="empty_wait")
        if isinstance(outcome, Loop) and self._plan.body[i] is None:
            return Fail("the step answered as a loop, and nothing is connected to its `each`", code="empty_loop")
        return outcome

    def _fail(self, state: RunState, scope: Scope | None, failure: Fail, node_id: str) -> bool:
        """Nothing handles this failure at its level: it ends the iteration, or at the top the run."""
        if scope is None:
            return False
        if scope.parent is None:
            return self._stop(state, "failed", error=failure.error, error_node_id=node_id)
        if scope.failure is None:
            scope.failure = (failure, node_id)
            self._halt(state, scope)
        return True

    def _stop(
        self,
        state: RunState,
        status: FinalStatus,
        *,
        output: Json = None,
        error: str | None = None,
        error_node_id: str | None = None,
    ) -> bool:
        if state.status != "running":
            return False
        state.status = "stopping"
        state.ends_as, state.output, state.error, state.error_node_id = status, output, error, error_node_id
        self._halt(state, state.scopes[TOP_SCOPE])
        return True

    def _halt(self, state: RunState, scope: Scope) -> None:
        """Nothing begins any more at this level and inside of it; what waits is abandoned, what runs is waited for."""
        prefix = f"{scope.name}/"
        for inner in state.scopes.values():
            if inner is not scope and scope.parent is not None and not inner.name.startswith(prefix):
                continue
            inner.halted = True
            for i in self._plan.regions[inner.region].members:
                step = state.steps.get(key_in(self._plan, inner, i))
                if step is None:
                    continue
                if step.loop is not None:
                    step.loop.halted = True
                elif step.status == "waiting":
                    step.abandon()
                    if self._has_turn(inner, i):
                        inner.open_steps -= 1

    def _go_on(self, state: RunState, work: _Work) -> list[Command]:
        """What follows from steps that have just become final, and from iterations and loops that end with them."""
        while True:
            while work.finals:
                scope, i = work.finals.pop()
                if work.restoring or not scope.halted:
                    self._decide(state, scope, i, work)
                self._close_if_over(state, scope, work)
            if not work.sweep:
                break
            work.sweep = False
            for scope in sorted(state.scopes.values(), key=lambda scope: scope.name.count("/"), reverse=True):
                self._close_if_over(state, scope, work)
                if work.finals:
                    # A loop has ended with it: what follows must be begun before the level around it can seem over.
                    work.sweep = True
                    break
        if not state.scopes[TOP_SCOPE].open_steps and not state.is_final:
            work.commands.append(self._finish(state))
        return work.commands

    def _decide(self, state: RunState, scope: Scope, i: int, work: _Work) -> None:
        """Decide the edges of a final step, and all that follows from it without running anything.

        A stopping run gets here only through `restore`, and then starts nothing that had not begun.
        """
        plan = self._plan
        decided = [i]
        ready: list[int] = []
        while decided:
            source = decided.pop()
            handle = state.steps[key_in(plan, scope, source)].handle
            for edge_handle, target in plan.targets[source]:
                if self._arrive(scope, target, live=edge_handle == handle):
                    self._reach(state, scope, target, decided, ready, work)
        self._begin(state, scope, ready, work)

    def _arrive(self, scope: Scope, target: int, *, live: bool) -> bool:
        """One edge into a node is decided: whether it is the node's turn now."""
        place = self._plan.place[target]
        scope.undecided[place] -= 1
        first = live and not scope.live[place]
        if live:
            scope.live[place] = 1
        if self._plan.any_join[target]:
            return first or not (scope.undecided[place] or scope.live[place])
        return not scope.undecided[place]

    def _reach(
        self, state: RunState, scope: Scope, target: int, decided: list[int], ready: list[int], work: _Work
    ) -> None:
        """It is the turn of a node: skip it, begin it, or take up what is recorded of it."""
        key = key_in(self._plan, scope, target)
        node = self._plan.nodes[target]
        known = state.steps.get(key)
        if not scope.live[self._plan.place[target]]:
            state.steps[key] = StepState("skipped")
            decided.append(target)
        elif known is not None:
            if known.is_open:
                if scope.halted and known.status == "waiting":
                    known.abandon()
                else:
                    ready.append(target)
                return
            if known.variables:
                scope.setters |= 1 << target
            if known.status == "failed" and known.handle is None and scope.parent is not None:
                failure = Fail(known.error or "", code=known.error_code or "step_failed", output=known.output)
                work.sweep |= self._fail(state, scope, failure, node.id)
            decided.append(target)
        elif node.disabled:
            state.steps[key] = StepState("completed", handle=first_handle(node))
            decided.append(target)
        elif state.status == "running" and not scope.halted:
            state.steps[key] = StepState("running", 1)
            ready.append(target)

    def _begin(self, state: RunState, scope: Scope, ready: list[int], work: _Work) -> None:
        scope.open_steps += len(ready)
        ready.sort()
        for target in ready:
            step = state.steps[key_in(self._plan, scope, target)]
            if step.loop is not None:
                step.loop.halted |= scope.halted
                self._fill(state, scope, target, step, work)
            else:
                work.commands.append(self._command(scope, target, step))

    # Loops

    def _fill(self, state: RunState, scope: Scope, i: int, step: StepState, work: _Work) -> None:
        """Begin as many iterations of an open loop as may run, and end the loop when it is over."""
        loop = step.loop
        assert loop is not None
        while (number := loop.next_iteration()) is not None:
            inner = self._begin_iteration(state, scope, i, number, work)
            if not inner.open_steps:
                self._close_iteration(state, inner, work)
        if not loop.is_over:
            return
        node = self._plan.nodes[i]
        key = key_in(self._plan, scope, i)
        if loop.failure is None and len(loop.finished) < len(loop.opening.items):
            step.abandon()
        else:
            outcome = loop.outcome(node.label)
            work.sweep |= self._record(
                state, scope, i, step, outcome, None if loop.failure is None else loop.failure.node_id
            )
            work.commands.append(
                Settled(key, node.id, iteration_scope(scope.name, node.id), outcome, max(1, step.attempt))
            )
        scope.open_steps -= 1
        work.finals.append((scope, i))

    def _begin_iteration(self, state: RunState, outer: Scope, loop: int, number: int, work: _Work) -> Scope:
        region_number = self._plan.body[loop]
        assert region_number is not None
        scope = self._open(state, outer, loop, region_number, number)
        decided: list[int] = []
        ready: list[int] = []
        for target in self._plan.regions[region_number].entries:
            if self._arrive(scope, target, live=True):
                self._reach(state, scope, target, decided, ready, work)
        # What is final already (recorded, disabled) is decided with it, before the iteration can seem to be over.
        self._begin(state, scope, ready, work)
        for source in decided:
            self._decide(state, scope, source, work)
        return scope

    def _close_if_over(self, state: RunState, scope: Scope, work: _Work) -> None:
        if scope.open_steps or scope.parent is None or state.scopes.get(scope.name) is not scope:
            return
        parent, key = scope.parent, scope.loop_key
        self._close_iteration(state, scope, work)
        step = state.steps.get(key)
        if step is not None and step.loop is not None:
            loop = self._plan.regions[scope.region].loop
            assert loop is not None
            self._fill(state, parent, loop, step, work)

    def _close_iteration(self, state: RunState, scope: Scope, work: _Work) -> None:
        """An iteration has nothing open any more. Its steps go: the loop keeps what it came to."""
        region = self._plan.regions[scope.region]
        assert region.loop is not None
        assert scope.parent is not None
        node = self._plan.nodes[region.loop]
        loop = state.steps[scope.loop_key].loop
        assert loop is not None
        outcome: Continue | Fail | None = None
        if scope.failure is not None:
            failure, node_id = scope.failure
            outcome = Fail(failure.error, code=failure.code, output={"node_id": node_id})
        elif not scope.halted:
            outcome = Continue(self._last_output(state, scope))
        for i in region.members:
            state.steps.pop(key_in(self._plan, scope, i), None)
        del state.scopes[scope.name]
        if outcome is None:
            loop.running.remove(scope.number)
            return
        loop.end_iteration(scope.number, outcome, node.max_output_bytes)
        work.commands.append(Settled(step_key(scope.name, ""), node.id, scope.name, outcome))
        if loop.failure is not None and loop.running:
            for number in loop.running:
                self._halt(state, state.scopes[iteration_scope(scope.parent.name, node.id, number)])
            work.sweep = True

    def _reopen(self, state: RunState, opening: Recorded, ended: list[Recorded]) -> None:
        """A loop that was open, or has ended and is not recorded as that: with what its iterations came to."""
        outer, _, last = opening.key[:-2].rpartition("/")
        key = step_key(outer, last)
        i = self._plan.index[last]
        if key in state.steps or not isinstance(opening.outcome, Loop) or self._plan.body[i] is None:
            return
        loop = LoopState(opening.outcome)
        state.steps[key] = StepState("looping", opening.attempt, loop=loop)
        for record in ended:
            if isinstance(record.outcome, Continue | Fail):
                number = int(record.key[:-1].rpartition(":")[2])
                loop.end_iteration(number, record.outcome, self._plan.nodes[i].max_output_bytes)

    def _forget_what_is_over(self, state: RunState) -> None:
        """Records of iterations whose loop has ended are nobody's any more."""
        for key in [key for key in state.steps if not key.startswith("/")]:
            scope = key.rpartition("/")[0]
            if scope not in state.scopes:
                outer, _, last = scope.rpartition("/")
                loop = state.steps.get(step_key(outer, last.rpartition(":")[0]))
                if loop is None or not loop.is_open:
                    del state.steps[key]

    # Commands

    def _command(self, scope: Scope, i: int, step: StepState) -> Command:
        key, wait = key_in(self._plan, scope, i), step.wait
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
            state.ends_as, state.output = "completed", self._last_output(state, state.scopes[TOP_SCOPE])
        state.status = state.ends_as
        return Finish(state.ends_as, state.output, state.error, state.error_node_id)

    def _last_output(self, state: RunState, scope: Scope) -> Json:
        for i in reversed(self._plan.regions[scope.region].members):
            step = state.steps.get(key_in(self._plan, scope, i))
            if step is not None and step.status == "completed" and step.handle not in self._plan.taken_handles[i]:
                return step.output
        return None

    # What is derived

    def _locate(self, state: RunState, key: str) -> tuple[Scope, int] | None:
        """The scope and index that a key names; None where the scope is not open or has no such node."""
        scopes = self._scopes(state)
        i = self._top_index.get(key)
        if i is not None:
            return scopes[TOP_SCOPE], i
        name, _, node_id = key.rpartition("/")
        scope, index = scopes.get(name), self._plan.index.get(node_id)
        if scope is None or index is None or self._plan.region[index] != scope.region:
            return None
        return scope, index

    def _at_work(self, state: RunState, key: str) -> tuple[Scope, int] | None:
        """Where an open step is that has had its turn; only one that `restore` holds has not."""
        if state.is_final:
            return None
        found = self._locate(state, key)
        return found if found is not None and self._has_turn(*found) else None

    def _has_turn(self, scope: Scope, i: int) -> bool:
        place = self._plan.place[i]
        return not scope.undecided[place] or (self._plan.any_join[i] and bool(scope.live[place]))

    def _complete_trigger(self, state: RunState) -> None:
        trigger = self._plan.nodes[self._plan.trigger]
        state.steps[self._plan.top_keys[self._plan.trigger]] = StepState(
            "completed", handle=first_handle(trigger), output=state.trigger
        )

    def _open_top(self, state: RunState) -> Scope:
        region = self._plan.regions[TOP_REGION]
        scope = Scope(TOP_SCOPE, TOP_REGION, list(region.indegrees), bytearray(len(region.members)))
        scope.halted = state.status == "stopping"
        state.scopes[TOP_SCOPE] = scope
        return scope

    def _open(self, state: RunState, outer: Scope, loop: int, region_number: int, number: int) -> Scope:
        region = self._plan.regions[region_number]
        scope = Scope(
            iteration_scope(outer.name, self._plan.nodes[loop].id, number),
            region_number,
            list(region.indegrees),
            bytearray(len(region.members)),
            parent=outer,
            loop_key=key_in(self._plan, outer, loop),
            number=number,
            halted=outer.halted,
        )
        state.scopes[scope.name] = scope
        return scope

    def _scopes(self, state: RunState) -> dict[str, Scope]:
        """The scopes of a state, made anew for one that was read from JSON."""
        if not state.scopes:
            self._rebuild(state, self._open_top(state))
        return state.scopes

    def _rebuild(self, state: RunState, scope: Scope) -> None:
        for i in self._plan.regions[scope.region].members:
            step = state.steps.get(key_in(self._plan, scope, i))
            if step is None:
                continue
            if step.variables:
                scope.setters |= 1 << i
            if not self._has_turn(scope, i):
                continue
            if step.loop is not None:
                scope.open_steps += 1
                for number in step.loop.running:
                    inner = self._open(state, scope, i, self._plan.body[i] or 0, number)
                    inner.halted |= step.loop.halted or step.loop.failure is not None
                    for target in self._plan.regions[inner.region].entries:
                        self._arrive(inner, target, live=True)
                    self._rebuild(state, inner)
            elif step.is_open:
                scope.open_steps += 1
            else:
                if step.status == "failed" and step.handle is None and step.error_code != "abandoned" and scope.parent:
                    scope.failure = scope.failure or (Fail(step.error or ""), self._plan.nodes[i].id)
                    scope.halted = True
                for edge_handle, target in self._plan.targets[i]:
                    self._arrive(scope, target, live=edge_handle == step.handle)
