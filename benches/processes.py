"""What /proc knows of our processes: memory, processor time, and how busy everybody else keeps the machine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


def tree(*roots: int) -> list[int]:
    """The processes and all that descend from them."""
    parents: dict[int, list[int]] = {}
    for path in PROC.iterdir():
        if path.name.isdigit():
            fields = _stat(int(path.name))
            if fields is not None:
                parents.setdefault(int(fields[1]), []).append(int(path.name))
    found: list[int] = []
    left = list(roots)
    while left:
        pid = left.pop()
        if pid not in found and (PROC / str(pid)).exists():
            found.append(pid)
            left += parents.get(pid, [])
    return found


def pss_mb(pids: list[int]) -> float:
    """Proportional set size: shared pages are counted once over all who share them."""
    total = 0
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu_seconds(pids: list[int]) -> float:
    """Processor time of the processes and of their children that have ended."""
    total = 0
    for pid in pids:
        fields = _stat(pid)
        if fields is not None:
            total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def command_line(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[str] | None:
    """The fields behind the name: 0 is the state, 1 the parent, 11 to 14 the times."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


@dataclass
class Quietness:
    """How much of the machine others used while something was measured: 0 is a quiet machine."""

    roots: tuple[int, ...]

    def __post_init__(self) -> None:
        self._begun = time.monotonic()
        self._busy = _machine_busy()
        self._own = cpu_seconds(tree(*self.roots, os.getpid()))

    def others(self) -> float:
        """The share of all processors, 0 to 1."""
        elapsed = (time.monotonic() - self._begun) * (os.cpu_count() or 1)
        busy = _machine_busy() - self._busy
        own = cpu_seconds(tree(*self.roots, os.getpid())) - self._own
        return max(0.0, min(1.0, (busy - own) / elapsed)) if elapsed else 0.0


def _machine_busy() -> float:
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS
