"""Take a run as far as it goes without the database: the driver of the state machine.

Pure steps run here and now. What must not (database steps, outside steps, templates that need the engine, waits, the
end) is left in the run for whoever commits and starts it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, assert_never

from automations.db.run_store import StepRowStatus
from automations.engine.checkpoints import outcome_to_json
from automations.engine.run import PendingRow, Rendered, Run, StepDone, TimerFired
from automations.engine.step_runner import StepRunner
from automations.flow.commands import AwaitSignal, Finish, RunStep, SetTimer
from automations.flow.outcomes import Continue, Fail, Outcome, Stop, Wait

STEPS_BEFORE_OTHERS = 50
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
                        run.signals.pop(happening.key, None)
                        run.commands.extend(run.loaded.machine.timer_fired(run.state, happening.key))
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
        while run.commands:
            command = run.commands.popleft()
            match command:
                case Finish():
                    run.finish = command
                case SetTimer():
                    due = command.until
                    if due is None:
                        due = self._steps.clock() + timedelta(seconds=command.delay_seconds or 0)
                    self._wait(run, command.key, due)
                case AwaitSignal():
                    run.signals[command.key] = command.signal
                    self._wait(run, command.key, command.until)
                case RunStep():
                    if await self._begin(run, command):
                        done += 1
                        if done % STEPS_BEFORE_OTHERS == 0:
                            await asyncio.sleep(0)
                case _:
                    assert_never(command)

    async def _begin(self, run: Run, command: RunStep) -> bool:
        """True when the step ran here."""
        step = run.loaded.steps[command.node_id]
        if command.unknown and step.effect == "external" and step.node.on_unknown == "fail":
            lost = Fail(
                "the worker was lost while this step ran; whether it took effect is not known", code="unknown_outcome"
            )
            self.settle(run, command, lost, self._steps.entry(run, command, lost))
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
        self.note_outcome(run, command, outcome, record)
        run.commands.extend(run.loaded.machine.feed(run.state, command.key, outcome, attempt=command.attempt))
        step = run.state.steps.get(command.key)
        if step is not None and step.status == "failed":
            # Only the machine knows whether a failure was handled; a retry of the run asks (db/functions/retries.sql).
            record["status"], record["handle"] = step.status, step.handle
            run.dirty[command.key].status = "failed"

    def note_outcome(self, run: Run, command: RunStep, outcome: Outcome, record: dict[str, Any]) -> None:
        run.entries[command.key] = record
        run.dirty[command.key] = PendingRow(
            command.node_id, _row_status(outcome), command.attempt, outcome_to_json(outcome), record
        )

    def _wait(self, run: Run, key: str, due: Any) -> None:
        if due is not None:
            run.timers[key] = due
        row = run.dirty.get(key)
        if row is not None:
            row.status, row.due_at = "waiting", due

    def note_started(self, run: Run, command: RunStep) -> None:
        """An outside step is about to begin: the attempt is on record before the call."""
        record = self._steps.begun(run, command)
        if command.resumed is not None:
            resumed = command.resumed
            record["resumed"] = {"by": resumed.by, "payload": resumed.payload, "note": resumed.note}
        run.dirty[command.key] = PendingRow(command.node_id, "started", command.attempt, None, record)


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
        case _:
            assert_never(outcome)
