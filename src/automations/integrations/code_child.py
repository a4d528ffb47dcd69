"""The process from which programs of flows' authors are run: what one comes to is made whole here, not in a worker.

Run as a script, alone: `python -I code_child.py`. Frames on stdin and stdout are 4 bytes of length (big endian) and
JSON. It greets with `{"ready": true}`, then answers each `{"source", "inputs", "now", "seed", "seconds"}` with
`{"value", "printed"}` or `{"error": code, "message", "hint"}`. It ends with its stdin.

Programs are interpreted by Monty (https://github.com/pydantic/monty), in a process of its own that has no way to files,
network or us. That bounds what a program holds, but not what it hands over: a list that holds one long text a thousand
times is small there and large here.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from datetime import datetime
from typing import Any, BinaryIO

import orjson
import pydantic_monty

MEMORY = 1024 * 1024 * 1024
PROGRAM_MEMORY = 64 * 1024 * 1024
LONGEST_RESULT = 1_048_576
PRINTED_CHARACTERS = 10_000


def limit_resources() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who may still want an answer
    try:
        import resource  # noqa: PLC0415  (not there on Windows)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS refuses
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Printed:
    """The beginning of what was printed; the rest is dropped."""

    def __init__(self) -> None:
        self.text = ""

    def take(self, stream: str, text: str) -> None:
        self.text += text[: PRINTED_CHARACTERS - len(self.text)]


def answer(pool: pydantic_monty.Monty, request: dict[str, Any]) -> bytes:
    printed = Printed()
    try:
        with pool.checkout(
            script_name="step.py",
            limits={
                "max_feed_duration_secs": request["seconds"],
                "max_memory": PROGRAM_MEMORY,
                "max_suspensions": 1_000,
                "max_total_sleep_secs": 0.001,
            },
            os_policy={
                "datetime": datetime.fromisoformat(request["now"]),
                "sleep": "zero",
                "random_start": {"seed": request["seed"]},
            },
        ) as session:
            value = session.feed_run(
                request["source"], inputs={"inputs": request["inputs"]}, print_callback=printed.take
            )
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
        if len(text) > LONGEST_RESULT:
            return error(
                "output_too_large",
                f"the program's result has {len(text):,} bytes as JSON, more than {LONGEST_RESULT:,}",
                "Answer with less.",
            )
        return b'{"value":' + text + b',"printed":' + orjson.dumps(printed.text) + b"}"
    except pydantic_monty.MontyCrashedError as crash:
        if crash.timed_out:
            return too_long(request["seconds"])
        return error("code_crashed", "the process of the sandbox crashed under this program", "")
    except pydantic_monty.MontyError as failed:
        return failure(failed, request["seconds"])
    except MemoryError:
        return too_much()
    except TypeError as refused:
        return error(
            "code_error",
            f"the program's result is no JSON value: {refused}"[:1_000],
            "End with numbers, texts, lists and dictionaries; write list(…) for a set, str(…) for anything else.",
        )
    except Exception as refused:  # whatever the program's values do on their way is its own doing
        return error("code_error", f"the program's inputs or result cannot be passed: {refused}"[:1_000], "")


def failure(failed: pydantic_monty.MontyError, seconds: float) -> bytes:
    cause = failed.exception()
    if isinstance(cause, TimeoutError):
        return too_long(seconds)
    if isinstance(cause, MemoryError):
        return too_much()
    text, where = str(failed), ""
    if isinstance(failed, pydantic_monty.MontyRuntimeError | pydantic_monty.MontySyntaxError):
        text = failed.display(format="type-msg")
        frames = failed.traceback()
        if frames:
            where = f", line {frames[-1].line}"
    return error("code_error", f"{text[:1_000]}{where}", "Correct the program of this step.")


def too_long(seconds: float) -> bytes:
    message = f"the program took longer than {seconds:g} seconds"
    return error("code_limit", message, "Give it more seconds, or less to do.")


def too_much() -> bytes:
    return error(
        "code_limit",
        f"the program needs more than {PROGRAM_MEMORY // 1_048_576} MB of memory",
        "Work on less at once, or let a step `Filter list` take out what is not needed.",
    )


def error(code: str, message: str, hint: str) -> bytes:
    return orjson.dumps({"error": code, "message": message.encode("utf-8", "replace").decode(), "hint": hint})


def read_frame(pipe: BinaryIO) -> bytes | None:
    header = pipe.read(4)
    return pipe.read(int.from_bytes(header, "big")) if len(header) == 4 else None


def write_frame(pipe: BinaryIO, body: bytes) -> None:
    pipe.write(len(body).to_bytes(4, "big") + body)
    pipe.flush()


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    # A process that has served many is not trusted for ever.
    with pydantic_monty.Monty(min_processes=1, max_processes=1, max_checkouts_per_worker=1_000) as pool:
        write_frame(stdout, b'{"ready":true}')
        while (frame := read_frame(stdin)) is not None:
            write_frame(stdout, answer(pool, orjson.loads(frame)))


if __name__ == "__main__":
    limit_resources()
    serve(sys.stdin.buffer, sys.stdout.buffer)
