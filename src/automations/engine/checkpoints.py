"""Outcomes as JSON and back: what `automations.steps` keeps of a step, so that a run goes on where it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from automations.flow.commands import Recorded, Resumed
from automations.flow.outcomes import Continue, Fail, Outcome, Stop, Wait


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
            until = None if outcome.until is None else outcome.until.isoformat()
            return {"kind": "wait", "until": until, "signal": outcome.signal, "note": outcome.note}
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
            until = fields.pop("until")
            return Wait(until=None if until is None else datetime.fromisoformat(until), **fields)
        case kind:
            raise ValueError(f"a checkpoint of kind {kind!r}; this program does not know it")


def recorded_step(row: dict[str, Any]) -> Recorded:
    """A row of `automations.steps` as the machine's restore takes it."""
    outcome = row["outcome"]
    resumed = (row["record"] or {}).get("resumed")
    return Recorded(
        key=row["key"],
        outcome=None if outcome is None else outcome_from_json(outcome),
        attempt=row["attempt"],
        resumed=None if resumed is None else Resumed(**resumed),
    )
