"""One process at a time starts or stops the server of a data directory; the kernel frees the lock of a killed one."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from automations.errors import EmbeddedPostgresError

if sys.platform != "win32":
    import fcntl


def lock_path(data_dir: Path) -> Path:
    return data_dir.with_name(f"{data_dir.name}.lock")


@contextlib.contextmanager
def exclusive(data_dir: Path, *, deadline: float) -> Iterator[None]:
    """`deadline` is in time.monotonic(); EmbeddedPostgresError when it passes."""
    if sys.platform == "win32":
        raise EmbeddedPostgresError(
            "The bundled PostgreSQL cannot be started on Windows yet",
            hint="Start a PostgreSQL yourself (the wheel's binaries will do) and give its DSN.",
        )
    path = lock_path(data_dir)
    # Root may lock inside a directory that an ordinary user owns: no link is followed.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"Another process has been starting or stopping the PostgreSQL in {data_dir} for too long",
                        hint=f"See which one holds {path} (`fuser {path}`), and the log beside it.",
                    ) from None
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)
