"""Runs Python of flows' authors in `code_child.py`: processes of their own, one program of an account at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

from automations.errors import StepError, TemplateError
from automations.flow.outcomes import Json
from automations.flow.outside_ports import Program, ProgramResult
from automations.integrations.template_lane import DiedError, Lane, OvertimeError

CHILD: Final = Path(__file__).with_name("code_child.py")
PLACES: Final = 2
# How long a program may stand in line for a place.
QUEUE_SECONDS: Final = 60.0
# Beyond the program's own limit, for its inputs and its result; then its process is killed.
GRACE_SECONDS: Final = 4.0


class CodeSandbox:
    """The `CodeRunner` port of `engine.outside`. Nothing is started before the first program. `close` it."""

    def __init__(self) -> None:
        self._lanes = [Lane(most_waiting=1, script=CHILD) for _ in range(PLACES)]
        self._free: asyncio.Queue[Lane] = asyncio.Queue()
        for lane in self._lanes:
            self._free.put_nowait(lane)
        # By account: how many are in line, and whose turn it is.
        self._lines: dict[UUID, tuple[int, asyncio.Lock]] = {}

    async def run(self, account: UUID, program: Program) -> ProgramResult:
        if find_spec("pydantic_monty") is None:
            raise StepError(
                "the sandbox of code steps is not installed",
                code="code_off",
                hint="Install it: `pip install 'automations[code]'`.",
            )
        request = _request(program)
        async with self._place(account) as lane:
            try:
                answer = await lane.ask(request, program.seconds + GRACE_SECONDS)
            except OvertimeError:
                raise StepError(
                    f"the program took longer than {program.seconds:g} seconds",
                    code="code_limit",
                    hint="Give it more seconds, or less to do.",
                ) from None
            except DiedError:
                raise StepError(
                    "the program, or what it came to, needs too much memory",
                    code="code_limit",
                    hint="Work on less at once, and answer with less.",
                ) from None
            except TemplateError as error:
                raise StepError(error.message, hint=error.hint, code="code_crashed", retryable=True) from None
        if "error" in answer:
            code = str(answer["error"])
            raise StepError(
                str(answer["message"]), hint=answer["hint"] or None, code=code, retryable=code == "code_crashed"
            )
        value: Json = answer["value"]
        return ProgramResult(value, str(answer["printed"]))

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()

    @asynccontextmanager
    async def _place(self, account: UUID) -> AsyncIterator[Lane]:
        """A process, once the account has no other program in one: what computes long leaves a place to others."""
        waiting, turn = self._lines.get(account, (0, asyncio.Lock()))
        self._lines[account] = (waiting + 1, turn)
        try:
            try:
                async with asyncio.timeout(QUEUE_SECONDS):
                    await turn.acquire()
                    try:
                        lane = await self._free.get()
                    except BaseException:
                        turn.release()
                        raise
            except TimeoutError:
                raise StepError(
                    f"no place in the sandbox within {QUEUE_SECONDS:g} seconds: other programs compute",
                    code="code_busy",
                    retryable=True,
                ) from None
            try:
                yield lane
            finally:
                self._free.put_nowait(lane)
                turn.release()
        finally:
            waiting, turn = self._lines[account]
            if waiting == 1:
                del self._lines[account]
            else:
                self._lines[account] = (waiting - 1, turn)


class CodeOff:
    """For an installation that does not allow code steps."""

    async def run(self, account: UUID, program: Program) -> ProgramResult:
        raise StepError(
            "code steps are switched off here",
            code="code_off",
            hint="Whoever runs this installation may allow them with AUTOMATIONS_CODE_STEPS=on.",
        )

    async def close(self) -> None:
        return


def _request(program: Program) -> bytes:
    try:
        return orjson.dumps(
            {
                "source": program.source,
                "inputs": program.inputs,
                "now": program.now.isoformat(),
                "seed": program.seed,
                "seconds": program.seconds,
            }
        )
    except TypeError as error:
        # Integers beyond 64 bits, lone surrogates.
        raise StepError(f"the program's inputs cannot be passed: {error}", code="code_error") from None
