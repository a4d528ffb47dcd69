"""A real PgBouncer in transaction mode in front of the tests' server, on a Unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

import pytest
from tests.conftest import Databases

from automations.db.embedded.datadir import owner_of
from automations.db.embedded.identity import Identity, identities
from automations.db.embedded.trampoline import Daemon, NamespaceRefusedError

LOGIN = "behind_the_pooler"
PORT = 6432


@dataclass(frozen=True)
class PgBouncer:
    """`servers`: how many connections of the database it has for all who come."""

    socket_dir: Path
    servers: int

    def dsn_for(self, database_url: str) -> str:
        database = database_url.partition("?")[0].rpartition("/")[2]
        return f"postgresql://{LOGIN}@/{database}?host={quote(str(self.socket_dir), safe='/')}&port={PORT}"


def program() -> str:
    """Debian's `pgbouncer`; skipped without it, except in CI."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("PgBouncer is not on this machine; install pgbouncer")
        pytest.skip("PgBouncer is not on this machine (pgbouncer)")
    return found


@contextmanager
def running(binary: str, databases: Databases, servers: int) -> Iterator[PgBouncer]:
    server = databases.server
    # Short, as a path of a socket has to be; and where any user may get at it.
    directory = Path(mkdtemp(prefix="pgbouncer-", dir="/tmp"))
    config, log = directory / "pgbouncer.ini", directory / "log"
    config.write_text(
        f"""
[databases]
* = host={server.socket_dir} port={server.port} user={LOGIN}
[pgbouncer]
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 100
auth_type = any
listen_addr =
listen_port = {PORT}
unix_socket_dir = {directory}
"""
    )
    log.touch()
    try:
        daemon = _started(binary, config, log, server.data_dir, server.socket_dir)
        try:
            yield PgBouncer(directory, servers)
        finally:
            # Asked otherwise it would wait for its clients.
            os.kill(daemon.pid, signal.SIGTERM)
            _wait(lambda: daemon.exit_code() is not None, log)
    finally:
        shutil.rmtree(directory)


def _started(binary: str, config: Path, log: Path, data_dir: Path, of_server: Path) -> Daemon:
    """As whoever the server runs as: it refuses root, and the server's socket is for nobody else."""
    for identity in identities(owner_of(data_dir)):
        for path in (config.parent, config, log):
            identity.own(path)
        try:
            daemon = _listening(identity, binary, config, log)
        except NamespaceRefusedError:
            continue
        return daemon
    pytest.fail(f"PgBouncer cannot be run beside {of_server}")


def _listening(identity: Identity, binary: str, config: Path, log: Path) -> Daemon:
    daemon = Daemon(identity, [binary, str(config)], cwd=config.parent, log=log, die_with_parent=True)
    _wait(lambda: daemon.exit_code() is not None or (config.parent / f".s.PGSQL.{PORT}").exists(), log)
    assert daemon.exit_code() is None, log.read_text()
    return daemon


def _wait(until: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
