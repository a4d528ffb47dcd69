"""Starting a PostgreSQL program as an `Identity`, directly or through the short child in `_child.py`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from automations.db.embedded import _child
from automations.db.embedded.identity import Identity
from automations.errors import EmbeddedPostgresError

# Nothing of the caller's environment reaches the server: PG* variables and locales would change what it does.
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


class NamespaceRefusedError(Exception):
    """This machine does not let us make a user namespace; the next `Identity` is to be tried."""


def command(
    identity: Identity, argv: Sequence[str], *, cwd: Path, death_signal: signal.Signals | None = None
) -> list[str]:
    """The command line that runs `argv` as `identity`; `death_signal` is sent to it when our thread ends (Linux)."""
    if sys.platform != "linux":
        death_signal = None
    if identity.is_plain and death_signal is None:
        return list(argv)
    job = {
        "cwd": str(cwd),
        "uid": identity.uid if identity.drop else None,
        "gid": identity.gid,
        "userns": identity.userns,
        "death_signal": death_signal,
        "parent": os.getpid(),
        "argv": list(argv),
        "env": _ENVIRONMENT,
    }
    if not sys.executable:
        raise EmbeddedPostgresError(
            "This program does not know its own Python interpreter, which is needed to start PostgreSQL here",
            hint="Run it under an ordinary Python as an ordinary user, or connect to a server by its DSN.",
        )
    return [sys.executable, "-I", "-S", str(Path(_child.__file__).absolute()), json.dumps(job)]


def run(identity: Identity, argv: Sequence[str], *, cwd: Path, timeout: float) -> tuple[int, str]:
    """Run a program to its end; it does not outlive us. Returns its exit code and all it said."""
    line = command(identity, argv, cwd=cwd, death_signal=signal.SIGTERM)
    env = _ENVIRONMENT if line[0] == argv[0] else None
    done = subprocess.run(
        line,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
        start_new_session=True,
    )
    said = done.stdout.decode(errors="replace")
    if done.returncode == _child.NAMESPACE_REFUSED:
        raise NamespaceRefusedError(said)
    return done.returncode, said


class Daemon:
    """A started server: `pid`, and its exit code once it has ended.

    A thread of its own starts it and waits for it: the kernel reports a parent's death when the starting *thread* ends,
    so the caller's short-lived thread must not be the one; and a server that somebody else stops leaves no zombie.
    """

    def __init__(
        self, identity: Identity, argv: Sequence[str], *, cwd: Path, log: Path, die_with_parent: bool = False
    ) -> None:
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._error: BaseException | None = None
        line = command(identity, argv, cwd=cwd, death_signal=signal.SIGINT if die_with_parent else None)
        env = _ENVIRONMENT if line[0] == argv[0] else None
        thread = threading.Thread(target=self._hold, args=(line, env, cwd, log), name="embedded-postgres", daemon=True)
        thread.start()
        self._started.wait()
        if self._error is not None:
            raise self._error

    def _hold(self, line: list[str], env: dict[str, str] | None, cwd: Path, log: Path) -> None:
        try:
            with log.open("ab") as sink:
                process = subprocess.Popen(
                    line, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
                )
            self._process = process
        except BaseException as error:
            self._error = error
            return
        finally:
            self._started.set()
        process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs. NamespaceRefusedError when it never became the server because of that."""
        assert self._process is not None
        code = self._process.poll()
        if code == _child.NAMESPACE_REFUSED:
            raise NamespaceRefusedError
        return code

    def interrupt(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
