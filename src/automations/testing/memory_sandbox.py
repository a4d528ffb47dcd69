"""Code steps without a sandbox: the test says what each program comes to."""

from __future__ import annotations

from collections.abc import Callable

from automations.errors import StepError
from automations.flow.outcomes import Json, JsonObject
from automations.flow.outside_ports import Program, ProgramResult


class MemorySandbox:
    """Calls `program` with the inputs of the step, whatever its source; without one, code steps are off."""

    def __init__(self, program: Callable[[JsonObject], Json] | None = None) -> None:
        self._program = program

    async def run(self, program: Program) -> ProgramResult:
        if self._program is None:
            raise StepError("code steps are switched off here", code="code_off")
        return ProgramResult(self._program(program.inputs))
