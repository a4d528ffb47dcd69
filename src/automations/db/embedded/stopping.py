"""Ending a server, and the backends that a killed one left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from automations.db.embedded.locking import exclusive
from automations.db.embedded.processes import is_alive, is_server_of, read_pid_file
from automations.db.embedded.running import find_running, real
from automations.db.embedded.serverlog import log_path
from automations.db.embedded.sockets import drop_socket_dir
from automations.errors import EmbeddedPostgresError


def stop(data_dir: Path, *, timeout: float = 30) -> bool:
    """Fast shutdown: clients are disconnected, nothing committed is lost. False when none ran.

    EmbeddedPostgresError when it has not ended in time (it goes on ending; it is never killed), or cannot be signalled.
    """
    data_dir = real(data_dir)
    if not data_dir.is_dir():
        return False
    deadline = time.monotonic() + timeout
    try:
        with exclusive(data_dir, deadline=deadline):
            return _stop(data_dir, deadline)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The PostgreSQL in {data_dir} cannot be stopped: {error}", hint="Run as the user that owns the directory."
        ) from error


def _stop(data_dir: Path, deadline: float) -> bool:
    noted = read_pid_file(data_dir)
    if noted is None:
        return False
    if not is_server_of(noted.pid, data_dir):
        if find_running(data_dir) is not None:
            raise EmbeddedPostgresError(
                f"The PostgreSQL in {data_dir} runs where this process cannot see it, such as in another container",
                hint="Stop it from there.",
            )
        return False
    os.kill(noted.pid, signal.SIGINT)
    if not wait_for_end([noted.pid], deadline):
        raise EmbeddedPostgresError(
            f"The PostgreSQL in {data_dir} (pid {noted.pid}) is still shutting down",
            hint=f"Wait and try again; its log is {log_path(data_dir)}.",
        )
    if noted.socket_dir is not None:
        drop_socket_dir(noted.socket_dir)
    return True


def end_leftovers(pids: Sequence[int], data_dir: Path, *, deadline: float) -> None:
    """Backends whose postmaster is dead: no new one may start before they have gone.

    Asked politely first; SIGQUIT then ends a backend that listens to nothing else, without touching shared memory.
    """
    for number in (signal.SIGTERM, signal.SIGQUIT):
        for pid in pids:
            if is_server_of(pid, data_dir):
                os.kill(pid, number)
        if wait_for_end(pids, min(deadline, time.monotonic() + 2)):
            return
    raise EmbeddedPostgresError(
        f"Processes of an earlier PostgreSQL still work in {data_dir}: {', '.join(map(str, pids))}",
        hint="They did not react to SIGTERM and SIGQUIT; end them yourself, then try again.",
    )


def wait_for_end(pids: Sequence[int], deadline: float) -> bool:
    """False when one of them still lives at `deadline` (time.monotonic())."""
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
