"""Outcomes as JSON and back: what `automations.steps` keeps of a step, so that a run goes on where it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from automations.flow.commands import Recorded, Resumed
from automations.flow.outcomes import Continue, Fail, Loop, Outcome, Stop, Wait


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Continue():
            return {
                "kind": "continue",
                "output": outcome.output,
                "handle": outcome.handle,
                "variables": dict(outcome.variables),
            }
        case Fail():
            return {
                "kind": "fail",
                "error": outcome.error,
                "code": outcome.code,
                "retryable": outcome.retryable,
                "retry_after": outcome.retry_after,
                "output": outcome.output,
            }
        case Stop():
            return {"kind": "stop", "status": outcome.status, "output": outcome.output, "message": outcome.message}
        case Wait():
            return {
                "kind": "wait",
                "until": None if outcome.until is None else outcome.until.isoformat(),
                "signal": outcome.signal,
                "note": outcome.note,
                "condition": outcome.condition,
                "since": None if outcome.since is None else outcome.since.isoformat(),
            }
        case Loop():
            return {
                "kind": "loop",
                "items": outcome.items,
                "parallelism": outcome.parallelism,
                "continue_on_error": outcome.continue_on_error,
                "collect": outcome.collect,
                "item_name": outcome.item_name,
                "index_name": outcome.index_name,
            }
        case _:
            assert_never(outcome)


def outcome_from_json(value: dict[str, Any]) -> Outcome:
    fields = {name: item for name, item in value.items() if name != "kind"}
    match value["kind"]:
        case "continue":
            return Continue(**fields)
        case "fail":
            return Fail(**fields)
        case "stop":
            return Stop(**fields)
        case "wait":
            for name in ("until", "since"):
                if fields.get(name) is not None:
                    fields[name] = datetime.fromisoformat(fields[name])
            return Wait(**fields)
        case "loop":
            return Loop(**fields)
        case kind:
            raise ValueError(f"a checkpoint of kind {kind!r}; this program does not know it")


def recorded_step(row: dict[str, Any]) -> Recorded:
    """A row of `automations.steps` as the machine's restore takes it; of what ended without an output only key, attempt
    and outcome are there."""
    outcome = row["outcome"]
    resumed = (row.get("record") or {}).get("resumed")
    return Recorded(
        key=row["key"],
        outcome=None if outcome is None else outcome_from_json(outcome),
        attempt=row["attempt"],
        resumed=None if resumed is None else Resumed(**resumed),
    )
