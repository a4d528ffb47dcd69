"""A private directory that can hold the server's Unix socket: its path must be short (107 bytes, 103 on macOS)."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from automations.db.embedded.handshake import socket_path
from automations.db.embedded.identity import Identity
from automations.errors import EmbeddedPostgresError

PORT = 5432
_LONGEST_PATH = 103


def choose_socket_dir(data_dir: Path, identity: Identity) -> Path:
    """Makes it when needed: mode 0700, owned by `identity`. EmbeddedPostgresError when no place will do."""
    for candidate in _candidates(data_dir, identity):
        if _fits(candidate) and identity.can_pass(candidate) and _prepare(candidate, identity):
            return candidate
    raise EmbeddedPostgresError(
        "No directory was found that can hold the Unix socket of the local PostgreSQL",
        hint=f"Choose a data directory with a shorter path than {data_dir}, on a local file system.",
    )


def clear_socket(socket_dir: Path) -> None:
    """Only under the lock and when no server runs.

    The lock file of a killed one may name a pid that a stranger has now; PostgreSQL refuses that for ever, as it does
    with postmaster.pid.
    """
    path = socket_path(socket_dir, PORT)
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)


def drop_socket_dir(socket_dir: Path) -> None:
    """Tidy up after a stop; what is not ours to remove stays."""
    try:
        if socket_dir.name.startswith("automations-") or socket_dir.name.endswith(".run"):
            socket_dir.rmdir()
    except OSError:
        return


def _candidates(data_dir: Path, identity: Identity) -> Iterator[Path]:
    yield data_dir.with_name(f"{data_dir.name}.run")
    name = f"automations-{identity.uid}-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]}"
    for base in (Path("/run/user") / str(identity.uid), Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108
        if base.is_dir():
            yield base / name


def _fits(directory: Path) -> bool:
    text = str(directory)
    # PostgreSQL takes the directory from a comma-separated list, and the pid file is read line by line.
    return len(os.fsencode(socket_path(directory, PORT))) <= _LONGEST_PATH and not set(text) & set(',"\n')


def _prepare(directory: Path, identity: Identity) -> bool:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        there = directory.lstat()
        # In a shared temporary directory somebody else may have made it first, to listen in.
        if not stat.S_ISDIR(there.st_mode) or there.st_uid not in {identity.uid, os.geteuid()}:
            return False
        directory.chmod(0o700)
        identity.own(directory)
        return _can_bind(directory)
    except OSError:
        return False


def _can_bind(directory: Path) -> bool:
    # Network and shared folders of virtual machines often hold files but no sockets.
    probe = directory / f".probe-{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(probe))
    finally:
        probe.unlink(missing_ok=True)
    return True
