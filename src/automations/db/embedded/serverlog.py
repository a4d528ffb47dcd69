"""The server's log file beside the data directory."""

from __future__ import annotations

import os
from pathlib import Path

_LARGEST = 10 * 1024 * 1024
_TAIL = 2000


def log_path(data_dir: Path) -> Path:
    return data_dir.with_name(f"{data_dir.name}.log")


def open_for_start(data_dir: Path) -> tuple[Path, int]:
    """The log, set aside when it has grown too large, and the position where this start's lines begin."""
    path = log_path(data_dir)
    if path.exists() and path.stat().st_size > _LARGEST:
        path.replace(path.with_name(f"{path.name}.1"))
    # Root may log inside a directory that an ordinary user owns: no link is followed.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        return path, os.fstat(handle).st_size
    finally:
        os.close(handle)


def tail(path: Path, since: int) -> str:
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(since, end - _TAIL))
        return file.read().decode(errors="replace").strip()
