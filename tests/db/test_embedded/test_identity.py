"""Root, a uid that nobody knows, an ordinary user, and machines that refuse user namespaces."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from automations.db.embedded import Binaries, _child, find_binaries, identity, stop
from automations.db.embedded.datadir import IN_HAND
from automations.db.embedded.identity import Identity, identities
from automations.errors import EmbeddedPostgresError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: user namespaces are Linux's")

UNKNOWN = 12345
NOBODY = pwd.getpwnam("nobody").pw_uid


def uid_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


@pytest.fixture
def refusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel refuses the namespace, as in a container: the child asks for one that does not exist."""
    text = Path(_child.__file__ or "").read_text()
    child = tmp_path / "_child.py"
    child.write_text(text.replace("CLONE_NEWUSER = 0x10000000", "CLONE_NEWUSER = 0x00000040"))
    monkeypatch.setattr(_child, "__file__", str(child))


@pytest.mark.usefixtures("as_root", "user_namespaces")
def test_root_runs_it_in_a_user_namespace_and_opens_nothing(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.missing()
    modes = {path: path.stat().st_mode for path in data_dir.parents}
    server = start(data_dir)
    assert sql(server.dsn, "select 1") == 1
    assert uid_of(server.pid) == 0
    assert Path(f"/proc/{server.pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
    assert (data_dir.stat().st_uid, data_dir.stat().st_mode & 0o777) == (0, 0o700)
    assert modes == {path: path.stat().st_mode for path in modes}
    assert stop(data_dir)


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("uid", [UNKNOWN, NOBODY], ids=["unknown uid", "ordinary user"])
def test_other_users(
    open_places: Any,
    starter: Any,
    answer: Any,
    sql: Any,
    everybodys_python: str,
    uid: int,
    request: pytest.FixtureRequest,
) -> None:
    if uid == UNKNOWN:
        # For initdb, which insists on a name.
        request.getfixturevalue("user_namespaces")
    home = open_places.root / "home"
    home.mkdir(mode=0o700)
    os.chown(home, uid, uid)
    data_dir = open_places.missing("home/pg")
    first = answer(starter(data_dir, python=everybodys_python, uid=uid))
    assert first.get("error") is None
    assert uid_of(first["pid"]) == uid
    assert data_dir.stat().st_uid == uid
    assert sql(first["dsn"], "create table t as select 7 as n", "select n from t") == 7
    second = answer(starter(data_dir, python=everybodys_python, uid=uid))
    assert (second["pid"], second["started_here"]) == (first["pid"], False)
    os.kill(first["pid"], signal.SIGKILL)
    last = starter(data_dir, python=everybodys_python, uid=uid, after="stop")
    third = answer(last)
    assert third.get("error") is None
    assert third["started_here"]
    assert answer(last) is True


@pytest.mark.usefixtures("as_root", "user_namespaces")
def test_a_user_may_go_on_with_what_root_started_for_him(
    open_places: Any, start: Any, starter: Any, answer: Any, everybodys_python: str
) -> None:
    home = open_places.root / "home"
    home.mkdir()
    data_dir = open_places.missing("home/pg")
    data_dir.mkdir()
    for path in (home, data_dir):
        os.chown(path, UNKNOWN, UNKNOWN)
    server = start(data_dir)
    assert uid_of(server.pid) == UNKNOWN
    assert {path.lstat().st_uid for path in [data_dir, *data_dir.rglob("*")]} == {UNKNOWN}
    assert stop(data_dir)
    own = starter(data_dir, python=everybodys_python, uid=UNKNOWN, after="stop")
    assert answer(own).get("error") is None
    assert answer(own) is True
    assert uid_of(start(data_dir).pid) == UNKNOWN


@pytest.mark.usefixtures("as_root")
def test_without_namespaces_root_runs_it_as_nobody_even_under_a_private_home(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.missing()
    places.root.chmod(0o700)
    server = start(data_dir, namespaces=False)
    assert uid_of(server.pid) == NOBODY
    assert sql(server.dsn, "show data_directory") == str(IN_HAND)
    assert sql(server.dsn, "create table t as select 7 as n", "create database another", "select n from t") == 7
    assert places.root.stat().st_mode & 0o777 == 0o700
    assert start(data_dir).pid == server.pid
    os.kill(server.pid, signal.SIGKILL)
    again = start(data_dir)
    assert uid_of(again.pid) == NOBODY
    assert sql(again.dsn, "select n from t") == 7
    assert stop(data_dir)


@pytest.mark.usefixtures("as_root")
def test_without_namespaces_an_older_postgresql_runs_as_nobody_under_a_private_home(
    places: Any, start: Any, sql: Any, system: Binaries
) -> None:
    """Programs before 16 leave their working directory to find their own files, and must be able to come back."""
    data_dir = places.missing()
    places.root.chmod(0o700)
    for _ in range(2):
        # Durable, so that initdb writes everything through to the disk under this name as well.
        server = start(data_dir, bin_dir=system.bin_dir, namespaces=False, settings={})
        assert uid_of(server.pid) == NOBODY
        assert server.bin_dir == system.bin_dir
        assert Path(f"/proc/{server.pid}/cwd").samefile(data_dir)
        assert sql(server.dsn, "show data_directory") == str(IN_HAND)
        assert sql(server.dsn, "select pg_reload_conf()") is True
        assert sql(server.dsn, "select count(*) from pg_hba_file_rules where error is null") > 0
        os.kill(server.pid, signal.SIGKILL)
    assert places.root.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("as_root")
def test_without_namespaces_the_server_of_a_reachable_directory_knows_its_name(
    open_places: Any, start: Any, sql: Any
) -> None:
    data_dir = open_places.missing()
    server = start(data_dir, namespaces=False, die_with_parent=True)
    assert uid_of(server.pid) == NOBODY
    assert sql(server.dsn, "show data_directory") == str(data_dir)
    assert server.socket_dir == data_dir.with_name("pg.run")


@pytest.mark.usefixtures("as_root", "refusing")
def test_a_refused_namespace_leads_to_nobody_and_hands_the_files_over(places: Any, start: Any, sql: Any) -> None:
    fresh, existing = places.missing("fresh"), places.copy("existing")
    assert uid_of(start(fresh).pid) == NOBODY
    server = start(existing)
    assert uid_of(server.pid) == NOBODY
    assert {path.lstat().st_uid for path in [existing, *existing.rglob("*")]} == {NOBODY}
    assert sql(server.dsn, "select answer from kept") == 42


@pytest.mark.usefixtures("as_root", "refusing")
def test_an_unknown_uid_without_namespaces_is_told_what_to_do(open_places: Any, fails: Any, start: Any) -> None:
    fresh, existing = open_places.missing("fresh"), open_places.copy("existing")
    fresh.mkdir()
    for path in [fresh, existing, *existing.rglob("*")]:
        os.chown(path, UNKNOWN, UNKNOWN)
    assert "passwd" in fails(fresh).hint
    # Only initdb needs the name.
    assert uid_of(start(existing).pid) == UNKNOWN


@pytest.mark.usefixtures("as_root")
def test_binaries_under_a_private_home_are_copied_for_nobody(
    open_places: Any, start: Any, sql: Any, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    prefix = find_binaries(None).bin_dir.parent
    package = tmp_path / prefix.parent.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(prefix / part, package / "pginstall" / part, symlinks=True)
    libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, tmp_path / libraries.name)
    for _ in range(2):
        data_dir = open_places.missing("pg")
        server = start(data_dir, bin_dir=package / "pginstall" / "bin", namespaces=False)
        assert uid_of(server.pid) == NOBODY
        assert open_places.root in server.bin_dir.parents
        assert sql(server.dsn, "select 1") == 1
        assert stop(data_dir)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert len(list(open_places.root.glob("postgresql-*"))) == 1


def test_the_order_of_identities(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Identity(NOBODY, pwd.getpwnam("nobody").pw_gid, drop=True)
    group = os.getegid()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert list(identities(None)) == [Identity(0, group, userns=True), nobody]
    assert list(identities(None, namespaces=False)) == [nobody]
    assert list(identities((NOBODY, 7))) == [Identity(NOBODY, 7, drop=True)]
    monkeypatch.setattr(identity, "FALLBACK_USER", "no such user")
    with pytest.raises(EmbeddedPostgresError, match="no user 'no such user'"):
        list(identities(None))
    monkeypatch.setattr(os, "geteuid", lambda: UNKNOWN)
    assert list(identities(None)) == [Identity(UNKNOWN, group, userns=True), Identity(UNKNOWN, group)]
    with pytest.raises(EmbeddedPostgresError, match="belongs to uid 0"):
        list(identities((0, 0)))
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    assert list(identities(None)) == [Identity(NOBODY, group)]
