"""Start the server of a data directory, or attach to the one that already runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from automations.db.embedded import _child, config, datadir
from automations.db.embedded.binaries import Binaries, find_binaries
from automations.db.embedded.identity import Identity, identities
from automations.db.embedded.locking import exclusive, lock_path
from automations.db.embedded.processes import PID_FILE, exists, is_server_of, read_pid_file, servers_of
from automations.db.embedded.relocate import reachable
from automations.db.embedded.running import EmbeddedServer, attach, find_running, real
from automations.db.embedded.serverlog import log_path, open_for_start, tail
from automations.db.embedded.sockets import PORT, choose_socket_dir, clear_socket
from automations.db.embedded.stopping import end_leftovers
from automations.db.embedded.trampoline import Daemon, NamespaceRefusedError
from automations.errors import EmbeddedPostgresError

# A backend left over by a killed server may be about to finish its work; then it is ended.
_GRACE_FOR_LEFTOVERS = 3.0
_PAUSE = 0.01
_TO_WRITE_A_PID = 0.2


@dataclass(frozen=True)
class _Start:
    data_dir: Path
    bin_dir: Path | None
    die_with_parent: bool
    settings: Mapping[str, str]
    deadline: float
    namespaces: bool

    @property
    def time_left(self) -> float:
        return max(0.1, self.deadline - time.monotonic())


def ensure_running(
    data_dir: Path,
    *,
    bin_dir: Path | None = None,
    die_with_parent: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
    timeout: float = 30,
    namespaces: bool = True,
) -> EmbeddedServer:
    """Blocks until a connection was made; safe in many processes and threads at once.

    By default the server outlives this process, and Ctrl-C does not reach it. With `die_with_parent` (Linux only;
    without effect elsewhere) it shuts down cleanly when this process ends, however it ends. `settings` are PostgreSQL
    settings that overrule all others. They, `bin_dir` and `die_with_parent` do nothing to a server that already runs.
    As root or as a uid without a passwd entry, a user namespace is used; where it is refused (or with
    `namespaces=False`) root runs the server as nobody. A data directory that belongs to another user than root makes
    root run the server as that user: the way to a system user of one's own.

    EmbeddedPostgresError says what is in the way and what to do.
    """
    data_dir = real(data_dir)
    job = _Start(data_dir, bin_dir, die_with_parent, settings, time.monotonic() + timeout, namespaces)
    running = find_running(data_dir)
    if running is not None:
        return running
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(data_dir, deadline=job.deadline):
            return _attach_or_clear(job) or _start(job)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The local PostgreSQL in {data_dir} cannot be started: {error}",
            hint="Choose a data directory that this user may write, on a local file system with free space.",
        ) from error


def _attach_or_clear(job: _Start) -> EmbeddedServer | None:
    """A server that is starting or stopping is waited for; a pid file that names a stranger is removed."""
    while True:
        running = find_running(job.data_dir)
        if running is not None:
            return running
        noted = read_pid_file(job.data_dir)
        if noted is None:
            if _clear_broken(job.data_dir):
                return None
            continue
        if not is_server_of(noted.pid, job.data_dir):
            # PostgreSQL clears the file of a dead pid itself, but refuses for ever while a stranger (or a process that
            # nobody waited for) has that pid. Shared memory still in use it finds without the file.
            if exists(noted.pid):
                (job.data_dir / PID_FILE).unlink(missing_ok=True)
            return None
        if time.monotonic() > job.deadline:
            raise _not_in_time(job, noted.pid)
        time.sleep(_PAUSE)


def _clear_broken(data_dir: Path) -> bool:
    """False when a server outside our lock turns out to be writing the file at this moment."""
    path = data_dir / PID_FILE
    if not path.exists():
        return True
    # Left by a full disk or a power loss, a pid file without a pid is another one that PostgreSQL refuses for ever.
    time.sleep(_TO_WRITE_A_PID)
    if read_pid_file(data_dir) is not None:
        return False
    if not servers_of(data_dir):
        path.unlink(missing_ok=True)
    return True


def _start(job: _Start) -> EmbeddedServer:
    binaries = find_binaries(job.bin_dir)
    options = config.as_options(job.settings)
    major = datadir.major_of(job.data_dir)
    if major is not None:
        datadir.check_major(job.data_dir, major, binaries)
    refusal = "user namespaces are refused"
    for identity in identities(datadir.owner_of(job.data_dir), namespaces=job.namespaces):
        try:
            return _start_as(identity, binaries, options, job)
        except NamespaceRefusedError as error:
            refusal = str(error) or refusal
    raise EmbeddedPostgresError(f"PostgreSQL cannot be run: {refusal}", hint="Run as an ordinary user, or use a DSN.")


def _start_as(identity: Identity, binaries: Binaries, options: list[str], job: _Start) -> EmbeddedServer:
    data_dir = job.data_dir
    binaries = reachable(binaries, identity, data_dir)
    if datadir.major_of(data_dir) is None:
        sync = job.settings.get("fsync", "on") not in {"off", "false", "no", "0"}
        datadir.make(data_dir, binaries, identity, sync=sync, timeout=job.time_left)
    elif data_dir.stat().st_uid != identity.uid:
        identity.own_tree(data_dir)
    # Who owns the directory may start and stop the server without root later on.
    for beside in (lock_path(data_dir), open_for_start(data_dir)[0]):
        identity.own(beside)
    datadir.make_private(data_dir)
    datadir.write_config(data_dir, binaries, identity)
    socket_dir = choose_socket_dir(data_dir, identity)
    argv = [str(binaries.postgres), "-D", str(datadir.as_seen_by(identity, data_dir))]
    argv += ["-h", "", "-k", str(socket_dir), "-p", str(PORT), *options]
    give_up_waiting = time.monotonic() + _GRACE_FOR_LEFTOVERS
    while True:
        clear_socket(socket_dir)
        log, since = open_for_start(data_dir)
        daemon = Daemon(identity, argv, cwd=data_dir, log=log, die_with_parent=job.die_with_parent)
        server = _wait_until_ready(daemon, job)
        if server is not None:
            return server
        said = tail(log, since)
        leftovers = servers_of(data_dir)
        if not leftovers and "is still in use" not in said:
            raise _failed(daemon, said, log)
        if time.monotonic() > min(give_up_waiting, job.deadline):
            end_leftovers(leftovers, data_dir, deadline=job.deadline)
            give_up_waiting = job.deadline
        if time.monotonic() > job.deadline:
            raise _failed(daemon, said, log)
        time.sleep(0.2)


def _wait_until_ready(daemon: Daemon, job: _Start) -> EmbeddedServer | None:
    """None when the server ended instead; one that is still starting at the deadline is left to go on."""
    try:
        while daemon.exit_code() is None:
            noted = read_pid_file(job.data_dir)
            if noted is not None and noted.pid == daemon.pid and noted.status == "ready":
                server = attach(job.data_dir, started_here=True)
                if server is not None:
                    return server
            if time.monotonic() > job.deadline:
                raise _not_in_time(job, daemon.pid)
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        daemon.interrupt()
        raise
    return None


def _failed(daemon: Daemon, said: str, log: Path) -> EmbeddedPostgresError:
    hint = f"Put right what it complains of, and try again; the whole log is {log}."
    if "No space left" in said:
        hint = "Free some disk space and try again."
    elif "unrecognized configuration parameter" in said or "invalid value for parameter" in said:
        hint = "Correct or leave out that setting."
    if daemon.exit_code() == _child.EXEC_FAILED:
        hint = "The binaries cannot be run by the server's user; name another bin directory."
    return EmbeddedPostgresError(f"The local PostgreSQL did not start: {said or 'it said nothing'}", hint=hint)


def _not_in_time(job: _Start, pid: int) -> EmbeddedPostgresError:
    log = log_path(job.data_dir)
    said = tail(log, 0) if log.exists() else ""
    return EmbeddedPostgresError(
        f"The PostgreSQL in {job.data_dir} (pid {pid}) does not take connections yet: {said[-600:]}",
        hint=f"After a crash it may need long to recover: try again, which waits on; its log is {log}.",
    )
