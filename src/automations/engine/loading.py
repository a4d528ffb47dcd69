"""From a claimed row to a run that can go on: fresh, or where its checkpoints left it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from automations.db.run_store import RunStore
from automations.engine.checkpoints import recorded_step
from automations.engine.flow_versions import FlowVersions
from automations.engine.run import PendingRow, Run, SignalArrived, TimerFired
from automations.errors import FlowInvalid, Problem
from automations.flow.commands import AwaitSignal, Command, SetTimer


async def load_run(row: Any, epoch: int, versions: FlowVersions, store: RunStore) -> Run:
    """Raises `FlowInvalid` when the flow of the run cannot be run."""
    if row["version_id"] is None:
        raise FlowInvalid(
            [Problem("no_version", "the automation was never published", "Publish it, then run it again.")]
        )
    loaded = await versions.get(row["version_id"], store)
    trigger = row["trigger_data"] or {}
    steps = row["steps"] or []
    seed = str(row["id"])
    if steps:
        state, commands = loaded.machine.restore(trigger, [recorded_step(step) for step in steps], seed=seed)
    else:
        state, commands = loaded.machine.start(trigger, seed=seed)
    run = Run(
        id=row["id"],
        epoch=epoch,
        automation_id=row["automation_id"],
        account_id=row["account_id"],
        loaded=loaded,
        trigger=trigger,
        state=state,
        started_at=row["started_at"],
        held_since=time.monotonic(),
        lead_id=row["lead_id"],
        conversation_id=row["conversation_id"],
    )
    run.commands.extend(commands)
    _restore_records(run, steps, row["loaded_at"])
    _take_signals(run, row["signals"] or [])
    return run


def _take_signals(run: Run, signals: list[dict[str, Any]]) -> None:
    """What came before a wait's time was up counts before it, also where no worker was there to see either."""
    in_time: list[SignalArrived] = []
    late: list[SignalArrived] = []
    for signal in signals:
        due = run.timers.get(signal["key"])
        came_late = due is not None and datetime.fromisoformat(signal["at"]) > due
        (late if came_late else in_time).append(SignalArrived(signal["key"], signal["payload"]))
    run.inbox.extendleft(reversed(in_time))
    run.inbox.extend(late)


def outside_facts(run: Run) -> dict[str, PendingRow]:
    """Outcomes of outside steps that are not committed yet: true, whatever becomes of the transaction."""
    return {
        key: row
        for key, row in run.dirty.items()
        if row.outcome is not None and run.loaded.steps[row.node_id].effect == "external"
    }


def with_facts(row: Any, run: Run) -> dict[str, Any]:
    """The stored row as if what `run` knows of outside were committed."""
    steps = {step["key"]: step for step in row["steps"] or []}
    for key, fact in outside_facts(run).items():
        steps[key] = {
            "key": key,
            "attempt": fact.attempt,
            "outcome": fact.outcome,
            "record": fact.record,
            "due_at": None if fact.due_at is None else fact.due_at.isoformat(),
        }
    return {**row, "steps": list(steps.values())}


def _restore_records(run: Run, steps: list[dict[str, Any]], now: datetime) -> None:
    """Entries of finished steps, and the timers that were running: with the times that they had, not new ones.

    `now` is the database's: it said that the run is due, and a worker's clock that is behind must not disagree.
    """
    dues = {}
    for step in steps:
        record = step.get("record")
        key = step["key"]
        of_loops = not key.startswith("/") and not key.endswith(":/")
        if record is not None and record.get("status") not in (None, "running") and not of_loops:
            run.entries[key] = record
        if not key.startswith("/") and not key.endswith("/"):
            run.stored.add(key)
        if step.get("due_at") is not None:
            dues[key] = datetime.fromisoformat(step["due_at"])
    kept: list[Command] = []
    for command in run.commands:
        if not isinstance(command, SetTimer | AwaitSignal):
            kept.append(command)
            continue
        if isinstance(command, AwaitSignal):
            # Its row in `waits` was written with the step's own.
            run.signals[command.key] = command
        due = dues.get(command.key)
        if due is None:
            if isinstance(command, SetTimer):
                kept.append(command)
            continue
        run.timers[command.key] = due
        if due <= now:
            run.inbox.append(TimerFired(command.key))
            run.armed.add(command.key)
    run.commands.clear()
    run.commands.extend(kept)
