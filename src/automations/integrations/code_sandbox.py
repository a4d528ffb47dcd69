"""Runs Python of flows' authors in processes of Monty, an interpreter that has no way to files, network or our process.

https://github.com/pydantic/monty: a subset of Python, written for this; each program has a process for itself while it
runs, which is killed when it hangs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from automations.errors import StepError
from automations.flow.outcomes import MAX_OUTPUT_BYTES, Json
from automations.flow.outside_ports import Program, ProgramResult

if TYPE_CHECKING:
    from pydantic_monty import AsyncMonty, MontyError

MEMORY_BYTES = 64 * 1024 * 1024
PRINTED_CHARACTERS = 10_000
PROCESSES = 2
# How long a program may stand in line for a process.
QUEUE_SECONDS = 60.0
# Beyond the program's own limit; then its process is killed.
GRACE_SECONDS = 2.0


class CodeSandbox:
    """The `Sandbox` port of `flow.outside_ports`. Nothing is started before the first program. `close` it."""

    def __init__(self) -> None:
        self._pool: AsyncMonty | None = None
        self._opening = asyncio.Lock()

    async def run(self, program: Program) -> ProgramResult:
        pool = await self._open_pool()
        from pydantic_monty import MontyCrashedError, MontyError  # noqa: PLC0415

        printed = _Printed()
        try:
            async with pool.checkout(
                script_name="step.py",
                limits={
                    "max_feed_duration_secs": program.seconds,
                    "max_memory": MEMORY_BYTES,
                    "max_suspensions": 1_000,
                    "max_total_sleep_secs": 0.001,
                },
                os_policy={"datetime": program.now, "sleep": "zero", "random_start": {"seed": program.seed}},
            ) as session:
                value = await session.feed_run(
                    program.source, inputs={"inputs": program.inputs}, print_callback=printed.take
                )
        except TimeoutError:
            raise StepError(
                f"no place in the sandbox within {QUEUE_SECONDS:g} seconds: others compute",
                code="code_busy",
                retryable=True,
            ) from None
        except MontyCrashedError as crash:
            if crash.timed_out:
                raise _too_long(program.seconds) from None
            raise StepError(
                "the process of the sandbox crashed under this program", code="code_crashed", retryable=True
            ) from None
        except MontyError as error:
            raise _failure(error, program) from None
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            raise StepError(f"the program's inputs or result cannot be passed: {error}", code="code_error") from None
        return ProgramResult(_as_json(value), printed.text)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)

    async def _open_pool(self) -> AsyncMonty:
        async with self._opening:
            if self._pool is None:
                try:
                    from pydantic_monty import AsyncMonty  # noqa: PLC0415
                except ImportError:
                    raise StepError(
                        "the sandbox of code steps is not installed",
                        code="code_off",
                        hint="Install it: `pip install 'automations[code]'`.",
                    ) from None
                pool = AsyncMonty(
                    min_processes=0,
                    max_processes=PROCESSES,
                    checkout_timeout=QUEUE_SECONDS,
                    # A process that has served many is not trusted for ever.
                    max_checkouts_per_worker=1_000,
                    feed_duration_limit_grace=GRACE_SECONDS,
                )
                await pool.__aenter__()
                self._pool = pool
            return self._pool


class CodeOff:
    """For an installation that does not allow code steps."""

    async def run(self, program: Program) -> ProgramResult:
        raise StepError(
            "code steps are switched off here",
            code="code_off",
            hint="Whoever runs this installation may allow them with AUTOMATIONS_CODE_STEPS=on.",
        )

    async def close(self) -> None:
        return


class _Printed:
    """The beginning of what was printed; the rest is dropped."""

    def __init__(self) -> None:
        self.text = ""

    def take(self, stream: str, text: str) -> None:
        self.text += text[: PRINTED_CHARACTERS - len(self.text)]


def _failure(error: MontyError, program: Program) -> StepError:
    from pydantic_monty import MontyRuntimeError, MontySyntaxError  # noqa: PLC0415

    cause = error.exception()
    if isinstance(cause, TimeoutError):
        return _too_long(program.seconds)
    if isinstance(cause, MemoryError):
        return StepError(
            f"the program needs more than {MEMORY_BYTES // 1_048_576} MB of memory",
            code="code_limit",
            hint="Work on less at once, or let a step `Filter list` take out what is not needed.",
        )
    text, where = str(error), ""
    if isinstance(error, MontyRuntimeError | MontySyntaxError):
        text = error.display(format="type-msg")
        frames = error.traceback()
        if frames:
            where = f", line {frames[-1].line}"
    return StepError(f"{text[:1_000]}{where}", code="code_error", hint="Correct the program of this step.")


def _too_long(seconds: float) -> StepError:
    return StepError(
        f"the program took longer than {seconds:g} seconds",
        code="code_limit",
        hint="Give it more seconds, or less to do.",
    )


def _as_json(value: Any) -> Json:
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise StepError(
            f"the program's result is no JSON value: {error}",
            code="code_error",
            hint="End with numbers, texts, lists and dictionaries; write list(…) for a set, str(…) for anything else.",
        ) from None
    if len(text) > MAX_OUTPUT_BYTES:
        raise StepError(
            f"the program's result has {len(text):,} bytes as JSON, more than {MAX_OUTPUT_BYTES:,}",
            code="output_too_large",
            hint="Answer with less.",
        )
    result: Json = orjson.loads(text)
    return result
