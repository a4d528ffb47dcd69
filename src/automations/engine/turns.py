"""Which steps a transaction gives out turns of; only one at a time does, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from automations.db.run_store import OperationResult, RunStore

# Another transaction of an engine takes turns of the same step (take_turn in record_changes.sql).
OTHERS_TURNS = "AU027"


class Turns:
    """Of one transaction."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._known: dict[tuple[str, str], bool] = {}

    async def denied(self, operations: Sequence[dict[str, Any]]) -> dict[int, OperationResult]:
        """Answers of those operations, by position, that want a turn of a step whose turns others are taking."""
        wanted = {i: key for i, operation in enumerate(operations) if (key := _key(operation)) is not None}
        new = list(dict.fromkeys(key for key in wanted.values() if key not in self._known))
        if new:
            self._known.update(zip(new, await self._store.may_take_turns(new), strict=True))
        answer = OperationResult(None, OTHERS_TURNS, "others are taking their turns in this step")
        return {i: answer for i, key in wanted.items() if not self._known[key]}


def _key(operation: dict[str, Any]) -> tuple[str, str] | None:
    assign = operation.get("assign")
    if assign is None or assign["node_id"] is None or "ahead" in assign:
        return None
    return assign["automation_id"], assign["node_id"]
