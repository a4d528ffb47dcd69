"""Runs of other automations in memory, behind the same port as the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from automations.errors import StepError
from automations.flow.outcomes import JsonObject
from automations.flow.ports import CallableAutomation, RunResult


@dataclass(frozen=True, slots=True)
class Start:
    """One run that a step started."""

    run_id: str
    automation_id: str
    input: JsonObject
    lead_id: str | None
    conversation_id: str | None


class MemoryRuns:
    """The `Runs` port without a database. `starts` lists what steps started, in order.

    `automations` are those of the account, `results` how runs of each end, by automation id: completed with `{}` where
    it says nothing. Change `results` to let a run end later. It knows no depth and no circles.
    """

    def __init__(
        self,
        automations: Mapping[str, CallableAutomation] | None = None,
        results: Mapping[str, RunResult] | None = None,
    ) -> None:
        self._automations = dict(automations or {})
        self.results = dict(results or {})
        self.starts: list[Start] = []

    async def describe(self, automation_id: str) -> CallableAutomation:
        if automation_id not in self._automations:
            raise StepError(f"there is no automation {automation_id!r} in this account", code="unknown_automation")
        return self._automations[automation_id]

    async def start(
        self, automation_id: str, given: JsonObject, *, lead_id: str | None, conversation_id: str | None
    ) -> str:
        await self.describe(automation_id)
        run_id = str(UUID(int=len(self.starts) + 1))
        self.starts.append(Start(run_id, automation_id, dict(given), lead_id, conversation_id))
        return run_id

    async def result(self, run_id: str) -> RunResult | None:
        for start in self.starts:
            if start.run_id == run_id:
                return self.results.get(start.automation_id, RunResult("completed", {}, None))
        return None
