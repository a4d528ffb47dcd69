"""The server that runs on a data directory, proved by a connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from automations.db.embedded.handshake import DATABASE, SUPERUSER, NotAcceptingError, shake_hands
from automations.db.embedded.processes import read_pid_file
from automations.errors import EmbeddedPostgresError


@dataclass(frozen=True)
class EmbeddedServer:
    """A server that took a connection a moment ago.

    `dsn` is a libpq URI over the Unix socket for asyncpg and psql alike: user and database are "postgres". `version` is
    what the server itself said, such as "18.6". `started_here` is False when it already ran.
    """

    dsn: str = field(repr=False)
    data_dir: Path
    socket_dir: Path
    port: int
    pid: int
    bin_dir: Path
    version: str
    started_here: bool

    def dsn_for(self, database: str) -> str:
        return make_dsn(self.socket_dir, self.port, database)


def make_dsn(socket_dir: Path, port: int, database: str = DATABASE) -> str:
    return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={quote(str(socket_dir), safe='/')}&port={port}"


def find_running(data_dir: Path) -> EmbeddedServer | None:
    """None when no server takes connections there (also while it is starting or stopping). Never starts one."""
    return attach(data_dir, started_here=False)


def attach(data_dir: Path, *, started_here: bool) -> EmbeddedServer | None:
    data_dir = real(data_dir)
    try:
        return _attach(data_dir, started_here)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The data directory {data_dir} cannot be read: {error.strerror}",
            hint="Run as the user that owns it, or choose a data directory of your own.",
        ) from error


def _attach(data_dir: Path, started_here: bool) -> EmbeddedServer | None:
    noted = read_pid_file(data_dir)
    if noted is None or noted.socket_dir is None:
        return None
    try:
        answer = shake_hands(noted.socket_dir, noted.port)
    except NotAcceptingError:
        return None
    # 0 is a process that cannot be seen from here: the same directory, mounted into two containers.
    if answer.peer_pid not in {0, noted.pid}:
        return None
    return EmbeddedServer(
        dsn=make_dsn(noted.socket_dir, noted.port),
        data_dir=data_dir,
        socket_dir=noted.socket_dir,
        port=noted.port,
        pid=noted.pid,
        bin_dir=_bin_dir_of(data_dir),
        version=answer.version or (data_dir / "PG_VERSION").read_text(encoding="ascii").strip(),
        started_here=started_here,
    )


def real(data_dir: Path) -> Path:
    """One directory has one name, so that all processes agree on its lock, log and socket."""
    return data_dir.expanduser().resolve()


def _bin_dir_of(data_dir: Path) -> Path:
    # The server notes its own full path and quoted options there: the only trace that exists on every platform.
    line = (data_dir / "postmaster.opts").read_text(encoding="utf-8", errors="surrogateescape")
    return Path(line.split(' "')[0].strip()).parent
