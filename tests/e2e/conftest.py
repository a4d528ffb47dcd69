"""The command line as people run it: real processes, a real `automations up` in a directory of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = [sys.executable, "-m", "automations.cli.main"]
PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """`cli("runs", "--json")` runs one command to its end."""

    environment: dict[str, str]
    directory: Path

    def __call__(self, *arguments: str, given: str | None = None) -> Answer:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environment,
            cwd=self.directory,
            input=given if given is not None else "",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, given: str | None = None) -> Answer:
        answer = self(*arguments, given=given)
        assert answer.code == 0, (arguments, answer)
        return answer

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            env=self.environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if "--json" not in arguments else subprocess.DEVNULL,
            text=True,
        )


def make_cli(directory: Path, **settings: str) -> Cli:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOMATIONS_", "PG", "XDG_"))}
    kept |= {"AUTOMATIONS_DATA_DIR": str(directory / "data"), "AUTOMATIONS_ECHO_PORT": "0", "NO_COLOR": "1"}
    kept["AUTOMATIONS_HTTP_PORT"] = "0"
    return Cli({**kept, **settings}, directory)


def until(what: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What `what` answers once that is true."""
    deadline = time.monotonic() + patience
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r}"
        time.sleep(0.05)


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> int:
    """Its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Commands on a data directory of their own, where nothing runs yet."""
    return make_cli(tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="module")
def up(cli: Cli) -> Iterator[dict[str, Any]]:
    """`automations up --json` with the demo, ready: what it said."""
    process = cli.start("up", "--json")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "`automations up` ended"
    try:
        yield {**json.loads(line), "pid": process.pid}
    finally:
        assert end(process) == 0
