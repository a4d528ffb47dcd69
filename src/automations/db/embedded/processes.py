"""What `postmaster.pid` says, and whether the process it names really is the server of that directory."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PID_FILE = "postmaster.pid"
PROGRAM = "postgres"
_NO_PID = 2**31


@dataclass(frozen=True)
class PidFile:
    """While the server has not written them, `socket_dir` is None and `status` ""; `status` ends up as "ready"."""

    pid: int
    port: int
    socket_dir: Path | None
    status: str


def read_pid_file(data_dir: Path) -> PidFile | None:
    """None when there is none, or when it is not yet (or no longer) whole."""
    try:
        lines = (data_dir / PID_FILE).read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    lines += [""] * 8
    try:
        # A single-user postgres (initdb, recovery by hand) writes its pid negated.
        pid, port = abs(int(lines[0])), int(lines[3] or 0)
    except ValueError:
        return None
    if not 0 < pid < _NO_PID:
        return None
    return PidFile(pid, port, Path(lines[4]) if lines[4] else None, lines[7].strip())


def exists(pid: int) -> bool:
    """Whether PostgreSQL's own check would find the pid taken; a dead process nobody waited for counts."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_alive(pid: int) -> bool:
    if not exists(pid):
        return False
    if sys.platform != "linux":
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def is_server_of(pid: int, data_dir: Path) -> bool:
    """A live PostgreSQL process whose working directory is `data_dir`: pids come back, to strangers."""
    if sys.platform != "linux":
        # No procfs: the caller has tried to connect; the name is all that is left to tell a stranger by.
        done = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return exists(pid) and Path(done.stdout.strip()).name.startswith(PROGRAM)
    process = Path(f"/proc/{pid}")
    try:
        return (
            (process / "comm").read_text(encoding="utf-8", errors="replace").strip() == PROGRAM
            and (process / "cwd").samefile(data_dir)
            and is_alive(pid)
        )
    except OSError:
        return False


def servers_of(data_dir: Path) -> list[int]:
    """All PostgreSQL processes at work in `data_dir`, also those whose postmaster is dead; empty without procfs."""
    if sys.platform != "linux":
        return []
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return [pid for pid in pids if is_server_of(pid, data_dir)]
