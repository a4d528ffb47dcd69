"""The trampoline's child: a script of its own, started as `python -I -S _child.py <json>`; it imports nothing of ours.

It takes the directory in hand, becomes who it was told to be, asks to hear of its parent's death, and then turns into
the PostgreSQL program, so that the process id its parent knows is the server's.
Keys: cwd, uid (or null), gid, userns, death_signal (or null), parent, argv, env.
"""

import ctypes
import json
import os
import sys

NAMESPACE_REFUSED = 97
EXEC_FAILED = 98
PARENT_GONE = 99

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
NOBODY = 65534
# The open directory, for the program as well; a shell in between keeps its own handles from 10 on.
HELD = 9


def _write(path: str, text: bytes) -> None:
    # Not open(): it imports its codec on first use, and by now the interpreter's own files may be out of reach.
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text)
    finally:
        os.close(handle)


def _complain(what: str, error: OSError) -> None:
    os.write(2, f"{what}: {error}\n".encode())


def _enter_user_namespace(libc: ctypes.CDLL) -> None:
    uid, gid = os.geteuid(), os.getegid()
    # os.unshare exists from Python 3.12 on only.
    if libc.unshare(CLONE_NEWUSER) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    _write("/proc/self/setgroups", b"deny")
    _write("/proc/self/uid_map", b"%d %d 1" % (NOBODY, uid))
    _write("/proc/self/gid_map", b"%d %d 1" % (NOBODY, gid))


def main(order: str) -> None:
    job = json.loads(order)
    libc = ctypes.CDLL(None, use_errno=True)
    # Opened while we may still pass every parent directory.
    os.dup2(os.open(job["cwd"], os.O_RDONLY | os.O_DIRECTORY), HELD)
    # Not the working directory: to find its own files, PostgreSQL 15 leaves that one and comes back by its full name,
    # which fails below a private directory. The server enters its data directory by itself.
    os.chdir("/")
    if job["uid"] is not None:
        os.setgroups([])
        os.setgid(job["gid"])
        os.setuid(job["uid"])
    if job["userns"]:
        try:
            if job["uid"] is not None:
                # Changing the uid made /proc/self/uid_map root's.
                libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
            _enter_user_namespace(libc)
        except OSError as error:
            _complain("user namespace refused", error)
            sys.exit(NAMESPACE_REFUSED)
    if job["death_signal"] is not None:
        # After the changes of identity, which clear it.
        libc.prctl(PR_SET_PDEATHSIG, job["death_signal"], 0, 0, 0)
        if os.getppid() != job["parent"]:
            sys.exit(PARENT_GONE)
    try:
        os.execve(job["argv"][0], job["argv"], job["env"])  # noqa: S606
    except OSError as error:
        _complain(job["argv"][0], error)
        sys.exit(EXEC_FAILED)


if __name__ == "__main__":
    main(sys.argv[1])
