"""Runs that steps start: the `Runs` port over the operations of the step's transaction, and its double for tests of
drafts, which start nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from automations.errors import StepError
from automations.flow.outcomes import JsonObject
from automations.flow.ports import CallableAutomation, RunResult, Runs

Ask = Callable[[dict[str, Any]], Awaitable[Any]]


class BatchRuns:
    """`Runs` of one step; `ask` and `write` are those of its records."""

    def __init__(self, step: str, ask: Ask, write: Ask) -> None:
        self._step = step
        self._ask = ask
        self._write = write

    async def describe(self, automation_id: str) -> CallableAutomation:
        found = await self._ask({"operation": "describe_automation", "automation": _automation(automation_id)})
        if found is None:
            raise _unknown(automation_id)
        return CallableAutomation(**found)

    async def start(
        self, automation_id: str, given: JsonObject, *, lead_id: str | None, conversation_id: str | None
    ) -> str:
        return str(
            await self._write(
                {
                    "operation": "start_run",
                    "step": self._step,
                    "automation": _automation(automation_id),
                    "input": given,
                    "lead": lead_id,
                    "conversation": conversation_id,
                }
            )
        )

    async def result(self, run_id: str) -> RunResult | None:
        try:
            found = await self._ask({"operation": "run_result", "id": str(UUID(run_id))})
        except ValueError:
            return None
        return None if found is None else RunResult(**found)

    async def example_output(self, automation_id: str) -> Any:
        """What that automation answered last; null where it never did."""
        return await self._ask({"operation": "example_output", "automation": _automation(automation_id)})


class TrialRuns:
    """For a test run: the automation is looked up and described, and nothing is started.

    A run's id is made of zeros; it has completed, with what that automation answered last. `started` is shared by the
    steps of one test.
    """

    def __init__(self, real: BatchRuns, started: dict[str, Any]) -> None:
        self._real = real
        self._started = started

    async def describe(self, automation_id: str) -> CallableAutomation:
        return await self._real.describe(automation_id)

    async def start(
        self, automation_id: str, given: JsonObject, *, lead_id: str | None, conversation_id: str | None
    ) -> str:
        run_id = str(UUID(int=len(self._started) + 1))
        self._started[run_id] = await self._real.example_output(automation_id)
        return run_id

    async def result(self, run_id: str) -> RunResult | None:
        return RunResult("completed", self._started.get(run_id), None)


class NoRuns:
    """The runs of a step that said it needs no database."""

    async def describe(self, automation_id: str) -> CallableAutomation:
        raise _not_declared()

    async def start(
        self, automation_id: str, given: JsonObject, *, lead_id: str | None, conversation_id: str | None
    ) -> str:
        raise _not_declared()

    async def result(self, run_id: str) -> RunResult | None:
        raise _not_declared()


NO_RUNS: Runs = NoRuns()


def _automation(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise _unknown(text) from None


def _unknown(automation_id: str) -> StepError:
    return StepError(
        f"there is no automation {automation_id!r} in this account",
        code="unknown_automation",
        hint="Choose one of the account; it may have been deleted.",
    )


def _not_declared() -> StepError:
    return StepError(
        "this node type starts runs without saying so",
        code="effect_not_declared",
        hint="Give the node type `effect = 'database'`.",
    )
