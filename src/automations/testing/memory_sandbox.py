"""Code steps without a sandbox: the test says what each program comes to."""

from __future__ import annotations

from collections.abc import Callable

from automations.errors import StepError
from automations.flow.outcomes import Json, JsonObject


class MemorySandbox:
    """Calls `program` with the inputs of the step, whatever its source; without one, code steps are off."""

    def __init__(self, program: Callable[[JsonObject], Json] | None = None) -> None:
        self._program = program

    async def run(self, source: str, inputs: JsonObject, *, seconds: float) -> Json:
        if self._program is None:
            raise StepError("code steps are switched off here", code="code_off")
        return self._program(inputs)
