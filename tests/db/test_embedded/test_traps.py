"""What goes wrong on real machines: kills, leftovers, strangers' pids, long paths."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from automations.db.embedded import find_running, handshake, launcher, running, sockets, stop
from automations.db.embedded.identity import Identity
from automations.db.embedded.processes import is_alive, servers_of
from automations.db.embedded.stopping import wait_for_end
from automations.errors import EmbeddedPostgresError

ME = Identity(os.geteuid(), os.getegid())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def pretend_pid_file(data_dir: Path, pid: int) -> None:
    text = f"{pid}\n{data_dir}\n1\n5432\n{data_dir}.run\n\n  1  1\nready   \n"
    (data_dir / "postmaster.pid").write_text(text)
    socket_dir = data_dir.with_name(f"{data_dir.name}.run")
    socket_dir.mkdir(mode=0o700)
    (socket_dir / ".s.PGSQL.5432.lock").write_text(text)


@pytest.mark.parametrize("inside", [False, True], ids=["elsewhere", "in the data directory"])
def test_a_pid_file_that_names_a_live_stranger(places: Any, start: Any, sql: Any, inside: bool) -> None:
    data_dir = places.copy()
    stranger = subprocess.Popen(["sleep", "60"], cwd=data_dir if inside else None)
    try:
        pretend_pid_file(data_dir, stranger.pid)
        assert find_running(data_dir) is None
        assert stop(data_dir) is False
        server = start(data_dir)
        assert server.started_here
        assert sql(server.dsn, "select answer from kept") == 42
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_file_that_names_ourselves(places: Any, start: Any) -> None:
    data_dir = places.copy()
    pretend_pid_file(data_dir, os.getpid())
    assert stop(data_dir) is False
    assert start(data_dir).started_here


def test_a_pid_file_that_names_a_process_nobody_waited_for(places: Any, start: Any) -> None:
    data_dir = places.copy()
    zombie = subprocess.Popen(["true"], cwd=data_dir)
    while is_alive(zombie.pid):
        time.sleep(0.01)
    pretend_pid_file(data_dir, zombie.pid)
    try:
        assert start(data_dir).started_here
    finally:
        zombie.wait()


@pytest.mark.parametrize("text", ["", "\n", "rubbish", "99999999999999999999\n"])
def test_a_broken_pid_file(places: Any, start: Any, text: str) -> None:
    data_dir = places.copy()
    (data_dir / "postmaster.pid").write_text(text)
    assert find_running(data_dir) is None
    assert start(data_dir).started_here


def test_a_killed_server_comes_back_with_its_data(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.copy()
    first = start(data_dir)
    sql(first.dsn, "insert into kept values (43)", "select 1")
    kill(first.pid)
    second = start(data_dir)
    assert second.started_here
    assert second.pid != first.pid
    assert sql(second.dsn, "select sum(answer) from kept") == 85


def busy_backend(dsn: str, psql: Path, sql: Any, seconds: float) -> subprocess.Popen[bytes]:
    loop = f"while clock_timestamp() < s + interval '{seconds} s' loop end loop;"
    text = f"do $$ declare s timestamptz := clock_timestamp(); begin {loop} end $$"
    client = subprocess.Popen([psql, dsn, "-XAtqc", text], stderr=subprocess.DEVNULL)
    while not sql(dsn, "select count(*) from pg_stat_activity where state = 'active' and query like 'do %'"):
        time.sleep(0.02)
    return client


@pytest.mark.parametrize("seconds", [0.6, 600], ids=["that finishes", "that would never finish"])
def test_a_busy_backend_left_by_a_killed_server(
    places: Any, start: Any, sql: Any, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    data_dir = places.copy()
    first = start(data_dir)
    client = busy_backend(first.dsn, first.bin_dir / "psql", sql, seconds)
    try:
        kill(first.pid)
        assert wait_for_end([first.pid], time.monotonic() + 30)
        leftovers = servers_of(data_dir)
        assert leftovers
        if seconds > 1:
            monkeypatch.setattr(launcher, "_GRACE_FOR_LEFTOVERS", 0.2)
        second = start(data_dir)
        assert second.started_here
        assert not any(is_alive(pid) for pid in leftovers)
        assert sql(second.dsn, "select answer from kept") == 42
    finally:
        client.kill()
        client.wait()


def test_a_killed_initdb_does_not_look_finished(places: Any, starter: Any, start: Any, sql: Any) -> None:
    data_dir = places.missing()
    process = starter(data_dir)
    while not list(data_dir.parent.glob("pg.initdb-*/data/PG_VERSION")):
        assert process.poll() is None
        time.sleep(0.002)
    kill(process.pid)
    process.wait()
    assert not data_dir.exists()
    server = start(data_dir)
    assert server.started_here
    assert sql(server.dsn, "select 1") == 1


def test_leftovers_of_an_initdb_are_cleared_away(places: Any, start: Any) -> None:
    data_dir = places.missing()
    left = data_dir.with_name("pg.initdb-abcdef") / "data"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    assert start(data_dir).started_here
    assert not left.parent.exists()


def test_an_empty_directory_will_do_and_a_full_one_will_not(places: Any, start: Any, fails: Any) -> None:
    empty, full = places.missing("empty"), places.missing("full")
    empty.mkdir(mode=0o755)
    full.mkdir()
    (full / "holiday.jpg").touch()
    assert start(empty).started_here
    assert empty.stat().st_mode & 0o777 == 0o700
    error = fails(full)
    assert "not empty" in error.message
    assert [path.name for path in full.iterdir()] == ["holiday.jpg"]
    assert "no PostgreSQL data directory" in fails(full / "holiday.jpg").message


def test_a_directory_that_a_volume_driver_opened_up(places: Any, start: Any) -> None:
    data_dir = places.copy()
    data_dir.chmod(0o2775)
    assert start(data_dir).started_here


def test_a_link_and_its_target_are_one_directory(places: Any, start: Any) -> None:
    data_dir = places.copy()
    link = data_dir.with_name("link")
    link.symlink_to(data_dir)
    assert start(link).pid == start(data_dir).pid
    assert stop(link)


@pytest.mark.parametrize("name", ["x" * 110, 'comma, quote"'], ids=["long", "odd"])
def test_a_path_that_cannot_hold_a_socket(places: Any, start: Any, sql: Any, name: str) -> None:
    data_dir = places.copy(name)
    server = start(data_dir)
    assert data_dir.parent not in server.socket_dir.parents
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700
    assert sql(server.dsn, "select answer from kept") == 42
    assert stop(data_dir)
    assert not server.socket_dir.exists()


def test_a_socket_directory_that_somebody_laid_out_for_us_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Path(tempfile.mkdtemp(prefix="emb"))
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(short))
        data_dir = tmp_path / ("x" * 110)
        name = sockets.choose_socket_dir(data_dir, ME).name
        before = [path for path in sockets._candidates(data_dir, ME) if path.name == name]
        trap = short / "trap"
        trap.mkdir()
        for path in before:
            shutil.rmtree(path, ignore_errors=True)
        (short / name).symlink_to(trap)
        chosen = sockets.choose_socket_dir(data_dir, ME)
        assert chosen != short / name
        assert not chosen.is_symlink()
        chosen.rmdir()
    finally:
        shutil.rmtree(short)


def test_a_lock_that_is_held_is_named(places: Any, fails: Any) -> None:
    data_dir = places.copy()
    with data_dir.with_name("pg.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        error = fails(data_dir, timeout=0.1)
        assert "too long" in error.message
        with pytest.raises(EmbeddedPostgresError, match="too long"):
            stop(data_dir, timeout=0.1)


def test_a_server_that_does_not_answer_is_neither_used_nor_killed(
    places: Any, start: Any, fails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = places.copy()
    server = start(data_dir)
    monkeypatch.setattr(running, "shake_hands", functools.partial(handshake.shake_hands, timeout=0.1))
    os.kill(server.pid, signal.SIGSTOP)
    try:
        assert find_running(data_dir) is None
        assert "does not take connections yet" in fails(data_dir, timeout=0.2).message
        with pytest.raises(EmbeddedPostgresError, match="still shutting down"):
            stop(data_dir, timeout=0.2)
        assert is_alive(server.pid)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert wait_for_end([server.pid], time.monotonic() + 30)
    assert start(data_dir).started_here


def test_a_server_that_is_full_is_still_a_server(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.copy()
    small = {"fsync": "off", "max_connections": "2", "superuser_reserved_connections": "0", "max_wal_senders": "0"}
    if int((data_dir / "PG_VERSION").read_text()) > 15:
        small["reserved_connections"] = "0"
    server = start(data_dir, settings=small)
    clients = [
        subprocess.Popen(
            [server.bin_dir / "psql", server.dsn, "-XAtqc", "select pg_sleep(60)"], stderr=subprocess.DEVNULL
        )
        for _ in range(4)
    ]
    try:
        deadline = time.monotonic() + 20
        while sum(client.poll() is None for client in clients) > 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        found = find_running(data_dir)
        assert found is not None
        assert found.pid == server.pid
        assert stop(data_dir)
    finally:
        for client in clients:
            client.kill()
            client.wait()


def test_a_server_that_wants_a_password_is_explained(places: Any, start: Any, fails: Any) -> None:
    data_dir = places.copy()
    (data_dir / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    error = fails(data_dir)
    assert "password" in error.message
    assert "pg_hba.conf" in error.hint


def test_a_broken_configuration_is_quoted_from_the_log(places: Any, fails: Any) -> None:
    data_dir = places.copy()
    (data_dir / "postgresql.conf").write_text("this is not a setting\n")
    error = fails(data_dir)
    assert "syntax error" in error.message
    assert "pg.log" in error.hint


def test_an_impossible_place_is_explained(tmp_path: Path, fails: Any) -> None:
    (tmp_path / "file").touch()
    assert "cannot be" in fails(tmp_path / "file" / "pg").message


@pytest.mark.skipif(sys.platform != "linux", reason="not run: needs procfs")
def test_the_callers_environment_does_not_reach_the_server(
    places: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "LC_ALL": "de_DE", "SECRET": "s3cr3t"}.items():
        monkeypatch.setenv(name, value)
    server = start(places.copy(), die_with_parent=True)
    assert b"s3cr3t" not in Path(f"/proc/{server.pid}/environ").read_bytes()


def test_a_killed_server_that_nobody_waits_for(places: Any, starter: Any, answer: Any, start: Any, sql: Any) -> None:
    data_dir = places.copy()
    # The parent stays, stopped, and so the dead server's pid stays taken.
    parent = starter(data_dir, after="sleep")
    pid = answer(parent)["pid"]
    os.kill(parent.pid, signal.SIGSTOP)
    kill(pid)
    server = start(data_dir)
    assert server.started_here
    assert sql(server.dsn, "select answer from kept") == 42
