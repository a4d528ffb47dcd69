"""Who the PostgreSQL programs run as: they refuse uid 0, and initdb refuses a uid without a passwd entry."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from automations.errors import EmbeddedPostgresError

if sys.platform != "win32":
    import pwd

FALLBACK_USER = "nobody"


@dataclass(frozen=True)
class Identity:
    """The real `uid` and `gid` of the server's files; `drop`: change to them first; `userns`: then look like nobody."""

    uid: int
    gid: int
    drop: bool = False
    userns: bool = False

    @property
    def is_plain(self) -> bool:
        return not (self.drop or self.userns)

    def own(self, path: Path) -> None:
        """Give `path` to this identity when it belongs to somebody else (only root ever needs to)."""
        there = path.lstat()
        if there.st_uid != self.uid:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def own_tree(self, path: Path) -> None:
        # The top comes last: while it is not ours, an interrupted hand-over is done again.
        for folder, _, files in os.walk(path, topdown=False):
            for name in files:
                self.own(Path(folder, name))
            self.own(Path(folder))

    def can_pass(self, path: Path) -> bool:
        """Whether every directory above `path` lets this identity through, judged by the permission bits."""
        return all(self._may(parent, stat.S_IXUSR) for parent in path.absolute().parents)

    def can_run(self, program: Path) -> bool:
        return self.can_pass(program) and self._may(program, stat.S_IXUSR)

    def _may(self, path: Path, owner_bit: int) -> bool:
        there = path.stat()
        if there.st_uid == self.uid:
            return bool(there.st_mode & owner_bit)
        if there.st_gid == self.gid:
            return bool(there.st_mode & (owner_bit >> 3))
        return bool(there.st_mode & (owner_bit >> 6))


def identities(owner: tuple[int, int] | None, *, namespaces: bool = True) -> Iterator[Identity]:
    """The ways to run, best first; a later one is for when the earlier one's user namespace is refused.

    `owner` is the uid and gid that the data directory belongs to, None when it does not exist yet. A data directory
    that root made for another user decides that the server runs as that user. `namespaces=False` leaves namespaces out.
    """
    me, group = os.geteuid(), os.getegid()
    if me != 0:
        if owner is not None and owner[0] != me:
            raise EmbeddedPostgresError(
                f"The data directory belongs to uid {owner[0]}, and this process runs as uid {me}",
                hint="Run as its owner, or choose a data directory of your own.",
            )
        if not _known(me) and namespaces and sys.platform == "linux":
            yield Identity(me, group, userns=True)
        yield Identity(me, group)
        return
    if owner is not None and owner[0] != 0:
        if not _known(owner[0]) and namespaces and sys.platform == "linux":
            yield Identity(*owner, drop=True, userns=True)
        yield Identity(*owner, drop=True)
        return
    if namespaces and sys.platform == "linux":
        yield Identity(me, group, userns=True)
    try:
        fallback = pwd.getpwnam(FALLBACK_USER)
    except KeyError as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, user namespaces are refused and there is no user {FALLBACK_USER!r}",
            hint="Run as another user, or make the data directory and give it (chown) to the user to run as.",
        ) from error
    yield Identity(fallback.pw_uid, fallback.pw_gid, drop=True)


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
