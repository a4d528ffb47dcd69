"""Codes with which somebody who may use this machine's data directory signs in: once, within ten minutes.

A file each, named by the SHA-256 of its code, that only its owner may read. Whoever removes the file has used the code:
it works once however many processes serve, and another terminal can make a new one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from automations.errors import ConfigurationError
from automations.integrations.private_file import make_private

SECONDS: Final = 600
DIRECTORY: Final = "sign-in"


class SignInCodes:
    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / DIRECTORY

    def make(self, user: UUID) -> str:
        """32 random bytes, as text. `ConfigurationError` where the data directory cannot be written."""
        code = secrets.token_urlsafe(32)
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._directory.iterdir():
                if time.time() - path.stat().st_mtime > SECONDS:
                    path.unlink(missing_ok=True)
            make_private(self._path(code), json.dumps({"user": str(user), "until": time.time() + SECONDS}))
        except OSError as error:
            raise ConfigurationError(
                f"no link to sign in can be made in {self._directory}: {error.strerror}",
                hint="Run this as the user who runs `automations up`; AUTOMATIONS_DATA_DIR names its directory.",
            ) from error
        return code

    def take(self, code: str) -> UUID | None:
        """Whom it signs in; None for one that was used, is too old, or was never made."""
        path = self._path(code)
        try:
            kept = json.loads(path.read_text(encoding="ascii"))
            path.unlink()
        except (OSError, ValueError):
            return None
        with suppress(KeyError, TypeError, ValueError):
            if time.time() < kept["until"]:
                return UUID(kept["user"])
        return None

    def _path(self, code: str) -> Path:
        return self._directory / hashlib.sha256(code.encode()).hexdigest()
