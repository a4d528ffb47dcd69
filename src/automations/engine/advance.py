"""Take a run as far as it goes without the database: the driver of the state machine.

Pure steps run here and now. What must not (database steps, outside steps, templates that need the engine, waits, the
end) is left in the run for whoever commits and starts it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, assert_never

from automations.db.run_store import StepRowStatus
from automations.engine.checkpoints import outcome_to_json
from automations.engine.run import PendingRow, Rendered, Run, SignalArrived, StepDone, TimerFired
from automations.engine.step_runner import StepRunner
from automations.flow.commands import AwaitSignal, Finish, RunStep, SetTimer, Settled, opening_key
from automations.flow.graph import FlowNode
from automations.flow.outcomes import DEFAULT_HANDLE, Continue, Fail, Loop, Outcome, Stop, Wait
from automations.flow.plan import failure_handle, first_handle

STEPS_BEFORE_OTHERS = 50
ROWS_A_COMMIT = 200
# A pure step has nothing to wait for; one that waits all the same holds up the runs that are committed with it.
PURE_SECONDS = 10.0


class Advancer:
    def __init__(self, steps: StepRunner) -> None:
        self._steps = steps

    async def advance(self, run: Run) -> None:
        while run.inbox:
            happening = run.inbox.popleft()
            match happening:
                case StepDone():
                    run.in_flight -= 1
                    run.checkpoint_due = True
                    self.settle(run, happening.command, happening.outcome, happening.entry)
                case TimerFired():
                    run.armed.discard(happening.key)
                    if run.timers.pop(happening.key, None) is not None:
                        self._end_wait(run, happening.key)
                        run.commands.extend(run.loaded.machine.timer_fired(run.state, happening.key))
                case SignalArrived(key, payload):
                    if self._end_wait(run, key):
                        run.timers.pop(key, None)
                        run.commands.extend(run.loaded.machine.signal_arrived(run.state, key, payload))
                    else:
                        # Its wait was over before it was committed. Left there, it would wake the run for ever.
                        run.ended_waits.add(key)
                case Rendered():
                    run.in_flight -= 1
                    if happening.error is None:
                        run.rendered[happening.command.key] = happening.values
                        run.commands.append(happening.command)
                    else:
                        record = self._steps.entry(run, happening.command, happening.error)
                        self.settle(run, happening.command, happening.error, record)
                case _:
                    assert_never(happening)
        await self.work_off(run)

    async def work_off(self, run: Run) -> None:
        """Every command that can be done without the database, and what follows from it."""
        done = 0
        later: list[RunStep] = []
        while run.commands:
            command = run.commands.popleft()
            if isinstance(command, RunStep) and len(run.dirty) >= ROWS_A_COMMIT and not run.test_mode:
                # What a long loop has done is written before it goes on: memory stays flat. What follows from it at
                # once (a wait, the end of an iteration) is written with it, or nobody would know of it after a crash.
                later.append(command)
                continue
            match command:
                case Finish():
                    run.finish = command
                case SetTimer():
                    due = command.until
                    if due is None:
                        due = self._steps.clock() + timedelta(seconds=command.delay_seconds or 0)
                    self._wait(run, command.key, due)
                case AwaitSignal():
                    run.signals[command.key] = command
                    run.new_waits.add(command.key)
                    self._wait(run, command.key, command.until)
                case Settled():
                    self._note_settled(run, command)
                case RunStep():
                    if await self._begin(run, command):
                        done += 1
                        if done % STEPS_BEFORE_OTHERS == 0:
                            await asyncio.sleep(0)
                case _:
                    assert_never(command)
        if later:
            run.checkpoint_due = True
            run.commands.extend(later)

    async def _begin(self, run: Run, command: RunStep) -> bool:
        """True when the step ran here."""
        step = run.loaded.steps[command.node_id]
        if command.unknown and step.effect == "external" and step.node.on_unknown == "fail":
            lost = Fail(
                "the worker was lost while this step ran; whether it took effect is not known", code="unknown_outcome"
            )
            self.settle(run, command, lost, self._steps.entry(run, command, lost))
            return True
        if run.test_mode and step.node.pinned is not None:
            # Whatever its effect is: it is not run, and its templates are not filled in.
            answer = self._steps.kept(run, command, pinned_answer(step.node))
            self.settle(run, command, answer, {**self._steps.entry(run, command, answer), "pinned": True})
            return True
        if step.values.engine_sources and command.key not in run.rendered:
            run.renders.append(command)
            return False
        match step.effect:
            case "pure":
                timeout = step.node.timeout_seconds or PURE_SECONDS
                outcome, record = await self._steps.attempt(run, command, timeout=timeout)
                self.settle(run, command, outcome, record)
                return True
            case "database":
                run.database.append(command)
            case "external":
                run.externals.append(command)
            case _:
                assert_never(step.effect)
        return False

    def settle(self, run: Run, command: RunStep, outcome: Outcome, record: dict[str, Any]) -> None:
        """A step has its outcome: tell the machine, and note what is to be written."""
        run.rendered.pop(command.key, None)
        run.commands.extend(run.loaded.machine.feed(run.state, command.key, outcome, attempt=command.attempt))
        step = run.state.steps.get(command.key)
        # Only the machine knows; an iteration that ended with the step has forgotten it.
        failed = isinstance(outcome, Fail) if step is None else step.status == "failed"
        if failed:
            # Whether the failure was handled: what a retry from the failed step leaves as it is.
            record["status"], record["handle"] = "failed", failure_handle(run.loaded.flow.nodes[command.node_id])
        if isinstance(outcome, Loop) and step is not None and failed:
            outcome = Fail(step.error or "", code=step.error_code or "empty_loop")
            record["error"] = outcome.error
        self.note_outcome(run, command, outcome, record)
        if failed:
            run.dirty[command.key].status = "failed"

    def note_outcome(self, run: Run, command: RunStep, outcome: Outcome, record: dict[str, Any]) -> None:
        key = command.key
        if command.scope:
            record["scope"] = command.scope
        if isinstance(outcome, Loop):
            # Under a key of its own: the list is written once, and stands beside how the loop ends.
            key = opening_key(key)
            record["status"] = "looping"
        if isinstance(outcome, Loop) or not command.scope or run.test_mode:
            run.entries[key] = record
        run.dirty[key] = PendingRow(
            command.node_id, _row_status(outcome), command.attempt, outcome_to_json(outcome), record
        )

    def _note_settled(self, run: Run, command: Settled) -> None:
        """An iteration or a loop has ended: the machine says how."""
        completed = isinstance(command.outcome, Continue)
        is_loop = not command.key.endswith("/")
        record = self._end_of_loop(run, command) if is_loop else None
        prefix = command.scope if is_loop else f"{command.scope}/"
        if completed:
            for key, row in run.dirty.items():
                row.folded = row.folded or (key.startswith(prefix) and key != command.key)
            if is_loop:
                run.fold_loops.append(prefix)
            run.fold_keys += [key for key in run.stored if key.startswith(prefix)]
        run.stored.difference_update([key for key in run.stored if key.startswith(prefix)])
        run.dirty[command.key] = PendingRow(
            command.node_id, _row_status(command.outcome), command.attempt, outcome_to_json(command.outcome), record
        )

    def _end_of_loop(self, run: Run, command: Settled) -> dict[str, Any]:
        opening = run.entries.pop(opening_key(command.key), None)
        loop = RunStep(command.key, command.node_id, command.key.rpartition("/")[0], command.attempt)
        record = self._steps.entry(run, loop, command.outcome)
        if isinstance(command.outcome, Fail):
            record["handle"] = failure_handle(run.loaded.flow.nodes[command.node_id])
        if opening is not None:
            began = opening["started_at"]
            began = datetime.fromisoformat(began) if isinstance(began, str) else began
            record |= {"input": opening["input"], "started_at": opening["started_at"]}
            record["duration_ms"] = round((self._steps.clock() - began).total_seconds() * 1000, 3)
        if loop.scope:
            record["scope"] = loop.scope
        if not loop.scope or run.test_mode:
            run.entries[command.key] = record
        return record

    def _end_wait(self, run: Run, key: str) -> bool:
        """Whether the step waited for a signal."""
        if run.signals.pop(key, None) is None:
            return False
        if key in run.new_waits:
            run.new_waits.discard(key)
        else:
            run.ended_waits.add(key)
        return True

    def _wait(self, run: Run, key: str, due: Any) -> None:
        if due is not None:
            run.timers[key] = due
        row = run.dirty.get(key)
        if row is not None:
            row.status, row.due_at = "waiting", due

    def note_started(self, run: Run, command: RunStep) -> None:
        """An outside step is about to begin: the attempt is on record before the call."""
        record = self._steps.begun(run, command)
        if command.scope:
            record["scope"] = command.scope
        if command.resumed is not None:
            resumed = command.resumed
            record["resumed"] = {"by": resumed.by, "payload": resumed.payload, "note": resumed.note}
        run.dirty[command.key] = PendingRow(command.node_id, "started", command.attempt, None, record)


def pinned_answer(node: FlowNode) -> Continue:
    assert node.pinned is not None
    return Continue(output=node.pinned.output, handle=node.pinned.handle or first_handle(node) or DEFAULT_HANDLE)


def end_now(run: Run, error: str) -> None:
    """The run fails for a reason that is not in its flow. What is open is abandoned, and recorded as that."""
    opened = [key for key, step in run.state.steps.items() if step.is_open]
    run.loaded.machine.cancel(run.state, error)
    run.finish = Finish("failed", error=error, error_node_id=opened[0].rpartition("/")[2] if opened else None)
    run.commands.clear()
    run.database.clear()
    run.externals.clear()
    run.renders.clear()


def _row_status(outcome: Outcome) -> StepRowStatus:
    match outcome:
        case Continue():
            return "completed"
        case Fail():
            return "failed"
        case Stop():
            return "stopped"
        case Wait():
            return "waiting"
        case Loop():
            return "completed"
        case _:
            assert_never(outcome)
