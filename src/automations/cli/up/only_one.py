"""One `up` at a time on a data directory; the kernel frees the lock of a killed one."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from automations.errors import ConfigurationError, Conflict

if sys.platform != "win32":
    import fcntl

NAME = "up.lock"
Note = Callable[[dict[str, Any]], None]


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[Note]:
    """Gives a function that notes where things are. `Conflict` says who is up already."""
    path = data_dir / NAME
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"the data directory {data_dir} cannot be used: {error.strerror}",
            hint="Set AUTOMATIONS_DATA_DIR to a directory that this user may write.",
        ) from error
    try:
        if sys.platform != "win32":
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _already_up(read_note(data_dir), data_dir) from None

        def write(note: dict[str, Any]) -> None:
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps({"pid": os.getpid(), **note}).encode(), 0)

        write({})
        try:
            yield write
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def read_note(data_dir: Path) -> dict[str, Any]:
    """What the running `up` noted; {} when none runs, or it has not come that far."""
    try:
        value = json.loads((data_dir / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _already_up(note: dict[str, Any], data_dir: Path) -> Conflict:
    who = f" (pid {note['pid']})" if "pid" in note else ""
    return Conflict(
        f"`automations up` runs on {data_dir} already{who}",
        hint="Use it from here: `automations runs`. For another one beside it set AUTOMATIONS_DATA_DIR; "
        "for one more worker on its database run `automations worker`.",
    )
