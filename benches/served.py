"""`automations serve` on a database of the lab, and tokens for whoever is to be signed in there."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from benches.lab import STOP_SECONDS

SECRET = "of the benches, for as long as one of them runs, and of nothing else"


def token_for(user: UUID) -> str:
    claims = {"role": "authenticated", "aud": "authenticated", "sub": str(user), "exp": int(time.time()) + 3_600}
    return jwt.encode(claims, SECRET, "HS256")


@contextlib.contextmanager
def served(dsn: str, *, files: int = 0) -> Iterator[tuple[int, int]]:
    """`automations serve`: its pid and its port."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        # Also of the server, which inherits it.
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("automations")), "serve", "--port", "0", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=os.environ
        | {
            "AUTOMATIONS_DATABASE_URL": dsn,
            "AUTOMATIONS_JWT_SECRET": SECRET,
            "AUTOMATIONS_LOG_LEVEL": "warning",
        },
    )
    assert process.stdout is not None
    try:
        facts: dict[str, Any] = json.loads(_first_document(process))
        yield process.pid, int(facts["http"].rpartition(":")[2])
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _first_document(process: subprocess.Popen[bytes]) -> bytes:
    said = b""
    for line in process.stdout or ():
        said += line
        with contextlib.suppress(ValueError):
            json.loads(said)
            return said
    raise RuntimeError(f"`automations serve` did not become ready: {said!r}, exit code {process.wait()}")
