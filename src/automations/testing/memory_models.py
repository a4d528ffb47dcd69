"""A language model that says what it is told to."""

from __future__ import annotations

from collections.abc import Sequence

from automations.errors import StepError
from automations.flow.outside_ports import ModelAnswer, ModelCall


class MemoryModels:
    """Gives `answers` in turn, the last one again and again; `calls` lists what was asked.

    A `StepError` among the answers is raised. A word counts as a token.
    """

    def __init__(self, answers: Sequence[str | StepError] = ("",)) -> None:
        self._answers = list(answers)
        self.calls: list[ModelCall] = []

    async def complete(self, call: ModelCall) -> ModelAnswer:
        self.calls.append(call)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, StepError):
            raise answer
        asked = len(f"{call.system or ''} {call.prompt}".split())
        return ModelAnswer(answer, call.model or "memory", asked, len(answer.split()))
