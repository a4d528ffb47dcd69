"""The data directory: made whole or not at all, and opened only by the major version that made it."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from automations.db.embedded import _child, config
from automations.db.embedded.binaries import Binaries
from automations.db.embedded.handshake import SUPERUSER
from automations.db.embedded.identity import Identity
from automations.db.embedded.trampoline import run
from automations.errors import EmbeddedPostgresError

_FIRST_BUILTIN_LOCALES = 17
# The directory that `_child` opened: going through it needs no permission on the directories above.
IN_HAND = Path(f"/proc/self/fd/{_child.HELD}")


def owner_of(data_dir: Path) -> tuple[int, int] | None:
    try:
        there = data_dir.stat()
    except FileNotFoundError:
        return None
    return there.st_uid, there.st_gid


def major_of(data_dir: Path) -> int | None:
    """None when no database has been made there yet. EmbeddedPostgresError when something else lies there."""
    try:
        return int((data_dir / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        if data_dir.is_dir() and any(data_dir.iterdir()):
            raise EmbeddedPostgresError(
                f"{data_dir} is not empty, and it is no PostgreSQL data directory",
                hint="Choose another data directory, such as a new one inside it.",
            ) from None
        return None
    except (NotADirectoryError, ValueError) as error:
        raise EmbeddedPostgresError(
            f"{data_dir} is no PostgreSQL data directory: {error}", hint="Choose another data directory."
        ) from error


def check_major(data_dir: Path, major: int, binaries: Binaries) -> None:
    if major != binaries.major:
        raise EmbeddedPostgresError(
            f"{data_dir} was made by PostgreSQL {major}, and the binaries found are version {binaries.version}",
            hint=f"Name the bin directory of a PostgreSQL {major}; to move to {binaries.major}, start the old one that "
            "way, pg_dump it and restore into a new data directory. Nothing was changed.",
        )


def as_seen_by(identity: Identity, data_dir: Path) -> Path:
    """The name to give to the server: a private directory above (root's home) is no obstacle."""
    # A plain one has our own rights, among them some that the bits do not show; and no child holds anything for it.
    if identity.is_plain or identity.can_pass(data_dir):
        return data_dir
    if not IN_HAND.parent.is_dir():
        raise EmbeddedPostgresError(
            f"The server runs as uid {identity.uid}, which cannot reach {data_dir}",
            hint="Choose a data directory whose parent directories everybody may pass.",
        )
    return IN_HAND


def make(data_dir: Path, binaries: Binaries, identity: Identity, *, sync: bool, timeout: float) -> None:
    """initdb beside the final place, then a rename: an interrupted initdb never looks finished.

    The caller holds the lock. EmbeddedPostgresError with what initdb said; NamespaceRefusedError as `run` has it.
    """
    clear_leftovers(data_dir)
    workshop = Path(tempfile.mkdtemp(prefix=_prefix(data_dir), dir=data_dir.parent))
    try:
        new, password = workshop / "data", workshop / "password"
        new.mkdir(mode=0o700)
        # initdb wants one for the network rule it writes; nobody keeps it, since we only come through the socket.
        password.write_text(secrets.token_urlsafe(32), encoding="ascii")
        identity.own_tree(workshop)
        seen = as_seen_by(identity, new)
        argv = [str(binaries.initdb), "-D", str(seen), "-U", SUPERUSER, "-E", "UTF8", "--data-checksums"]
        argv += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={seen / '..' / 'password'}"]
        argv += [] if sync else ["--no-sync"]
        _run_initdb(argv, binaries, identity, new, timeout)
        with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(config.INCLUDE)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(new, data_dir)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def clear_leftovers(data_dir: Path) -> None:
    for entry in data_dir.parent.iterdir():
        if entry.name.startswith(_prefix(data_dir)):
            shutil.rmtree(entry, ignore_errors=True)


def make_private(data_dir: Path) -> None:
    """PostgreSQL refuses a directory that others may enter, as some volume drivers leave it."""
    mode = stat.S_IMODE(data_dir.stat().st_mode)
    if mode not in {0o700, 0o750}:
        data_dir.chmod(0o700)


def write_config(data_dir: Path, binaries: Binaries, identity: Identity) -> None:
    text = config.as_file(config.defaults(binaries))
    path = data_dir / config.FILE
    fresh = data_dir / f"{config.FILE}.new"
    fresh.write_text(text, encoding="utf-8")
    identity.own(fresh)
    fresh.replace(path)


def _prefix(data_dir: Path) -> str:
    return f"{data_dir.name}.initdb-"


def _run_initdb(argv: list[str], binaries: Binaries, identity: Identity, new: Path, timeout: float) -> None:
    # The builtin provider needs nothing of the host: the same directory sorts the same on any image.
    builtin = [["--locale-provider=builtin", "--locale=C.UTF-8"]]
    choices = builtin if binaries.major >= _FIRST_BUILTIN_LOCALES else [["--locale=C.UTF-8"], ["--locale=C"]]
    said = ""
    for locale in choices:
        try:
            code, said = run(identity, [*argv, *locale], cwd=new, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(
                f"initdb did not finish within {timeout:.0f} s", hint="Try again; the machine or its disk is very busy."
            ) from error
        if code == 0:
            return
        if "invalid locale" not in said:
            break
    hint = (
        "Free some space and try again."
        if "No space left" in said
        else "Put right what initdb complains of, and try again."
    )
    if "effective user" in said:
        hint = (
            f"Give uid {identity.uid} an entry in the passwd file, allow user namespaces, or use a server by its DSN."
        )
    raise EmbeddedPostgresError(f"initdb failed: {said.strip()[-2000:]}", hint=hint)


def _put_in_place(new: Path, data_dir: Path) -> None:
    try:
        new.rename(data_dir)
    except OSError as error:
        if error.errno not in {errno.EBUSY, errno.EXDEV, errno.ENOTEMPTY, errno.EEXIST}:
            raise
        raise EmbeddedPostgresError(
            f"The new database cannot be put at {data_dir}: {error.strerror}",
            hint="If that is where a volume is mounted, choose a directory inside it.",
        ) from error
    folder = os.open(data_dir.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
