"""Starting, attaching, stopping, and who lives how long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from automations.db.embedded import EmbeddedServer, ensure_running, find_running, stop
from automations.db.embedded.processes import is_alive, servers_of
from automations.db.embedded.serverlog import log_path
from automations.db.embedded.stopping import wait_for_end

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="not run: the kernel's parent death signal is Linux's")


def test_nothing_there_becomes_a_server_and_the_second_caller_attaches(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.missing("deep/down/pg")
    assert find_running(data_dir) is None
    assert stop(data_dir) is False
    first = start(data_dir)
    second = start(data_dir)
    assert (first.started_here, second.started_here) == (True, False)
    assert (first.pid, first.dsn, first.bin_dir) == (second.pid, second.dsn, second.bin_dir)
    found = find_running(data_dir)
    assert found == second
    assert sql(first.dsn, "select current_user || ' ' || current_database()") == "postgres postgres"
    assert sql(first.dsn, "select upper('é') || current_setting('server_encoding')") == "ÉUTF8"
    assert sql(first.dsn, "show data_checksums") == "on"
    assert first.version.startswith((data_dir / "PG_VERSION").read_text().strip())


def test_what_was_written_is_there_after_a_stop(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.copy()
    server = start(data_dir)
    assert sql(server.dsn, "select answer from kept") == 42
    assert stop(data_dir) is True
    assert not is_alive(server.pid)
    assert find_running(data_dir) is None
    assert stop(data_dir) is False
    again = start(data_dir)
    assert again.started_here
    assert sql(again.dsn, "select answer from kept") == 42


def test_psql_and_asyncpg_take_the_dsn_of_any_name(places: Any, start: Any, sql: Any) -> None:
    server: EmbeddedServer = start(places.copy("a b%c&d='e'"))
    odd = 'we ird/%&?"ü'
    quoted = odd.replace('"', '""')
    sql(server.dsn, f'create database "{quoted}"')
    assert sql(server.dsn_for(odd), "select current_database()") == odd
    done = subprocess.run(
        [server.bin_dir / "psql", server.dsn_for(odd), "-XAtc", "select current_database()"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.strip() == odd


def test_by_default_it_is_durable_and_small(places: Any, sql: Any) -> None:
    server = ensure_running(places.copy())
    names = ["fsync", "synchronous_commit", "jit", "listen_addresses", "wal_compression", "max_connections"]
    shown = {name: sql(server.dsn, f"show {name}") for name in names}
    assert shown == dict(zip(names, ["on", "on", "off", "", "pglz", "60"], strict=True))
    assert sql(server.dsn, "select count(*) from pg_stat_activity where backend_type ~ 'io worker|logical'") == 0
    sql(server.dsn, "create extension if not exists pg_stat_statements", "select 1")
    assert sql(server.dsn, "select count(*) > 0 from pg_stat_statements") is True


def test_settings_overrule_and_alter_system_lasts(places: Any, start: Any, sql: Any) -> None:
    data_dir = places.copy()
    server = start(data_dir, settings={"fsync": "off", "my.tag": "it's"})
    assert sql(server.dsn, "show my.tag") == "it's"
    assert sql(server.dsn, "show fsync") == "off"
    sql(server.dsn, "alter system set max_connections = 33", "select 1")
    stop(data_dir)
    assert sql(start(data_dir).dsn, "show max_connections") == "33"


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"no_such_setting": "1"}, "Correct or leave out"),
        ({"max_connections": "many"}, "Correct or leave out"),
        ({"-c fsync": "off"}, "SHOW ALL"),
        ({"Listen_Addresses": "*"}, "run your own"),
    ],
)
def test_a_wrong_setting_is_named(places: Any, fails: Any, settings: dict[str, str], hint: str) -> None:
    error = fails(places.copy(), settings=settings)
    assert hint in error.hint
    assert next(iter(settings)) in error.message


async def test_it_works_inside_a_running_event_loop(places: Any, start: Any) -> None:
    data_dir = places.copy()
    assert start(data_dir).started_here
    assert find_running(data_dir) is not None
    assert stop(data_dir)


def test_five_starters_make_one_server(places: Any, starter: Any, answer: Any, sql: Any) -> None:
    data_dir = places.missing()
    said = [answer(process) for process in [starter(data_dir) for _ in range(5)]]
    assert [one.get("error") for one in said] == [None] * 5
    assert sorted(one["started_here"] for one in said) == [False] * 4 + [True]
    assert len({one["pid"] for one in said}) == 1
    assert not any(one["imported"] for one in said)
    assert sql(said[0]["dsn"], "select 1") == 1


def test_threads_race_as_processes_do(places: Any, start: Any) -> None:
    data_dir = places.copy()
    servers: list[EmbeddedServer] = []
    threads = [threading.Thread(target=lambda: servers.append(start(data_dir))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.started_here for server in servers) == [False, False, False, True]


def test_the_server_outlives_its_parent_and_ctrl_c(places: Any, starter: Any, answer: Any, sql: Any) -> None:
    data_dir = places.copy()
    process = starter(data_dir, after="sleep")
    said = answer(process)
    os.killpg(process.pid, signal.SIGINT)
    process.wait()
    assert os.getsid(said["pid"]) == said["pid"]
    assert sql(said["dsn"], "select 1") == 1
    found = find_running(data_dir)
    assert found is not None
    assert found.pid == said["pid"]
    assert stop(data_dir)


@linux_only
@pytest.mark.parametrize("namespaces", [True, False])
def test_the_server_dies_with_its_killed_parent(places: Any, starter: Any, answer: Any, namespaces: bool) -> None:
    data_dir = places.copy()
    process = starter(data_dir, after="sleep", options={"die_with_parent": True, "namespaces": namespaces})
    said = answer(process)
    process.kill()
    process.wait()
    assert wait_for_end([said["pid"]], time.monotonic() + 30)
    assert not (data_dir / "postmaster.pid").exists()
    assert "database system is shut down" in log_path(data_dir).read_text()


@linux_only
def test_the_end_of_the_starting_thread_is_not_the_death_of_the_parent(places: Any, start: Any, sql: Any) -> None:
    servers: list[EmbeddedServer] = []
    data_dir = places.copy()
    thread = threading.Thread(target=lambda: servers.append(start(data_dir, die_with_parent=True)))
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert sql(servers[0].dsn, "select 1") == 1
    assert find_running(data_dir) is not None


def test_the_log_is_set_aside_when_it_has_grown(places: Any, start: Any) -> None:
    data_dir = places.copy()
    log = log_path(data_dir)
    log.write_bytes(b"old\n" * 3_000_000)
    start(data_dir)
    assert log.stat().st_size < 10_000
    assert Path(f"{log}.1").stat().st_size == 12_000_000


def test_a_server_that_somebody_else_ends_leaves_no_zombie(places: Any, start: Any) -> None:
    server = start(places.copy())
    os.kill(server.pid, signal.SIGINT)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{server.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{server.pid}").exists()
    assert servers_of(server.data_dir) == []
