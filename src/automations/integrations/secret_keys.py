"""Where the keys of secrets are: in the environment, or in a file that only its owner may read."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from automations.errors import Conflict
from automations.integrations.private_file import make_private, read_private
from automations.integrations.secret_box import SecretBox, new_key, read_keys

HINT = "Start `automations up` once, or set AUTOMATIONS_SECRET_KEY_FILE (or AUTOMATIONS_SECRET_KEY) to a key."


class SecretKeys:
    """Read anew whenever they are asked for: a rotation reaches workers that run."""

    def __init__(self, given: str | None, path: Path) -> None:
        self._given = given
        self.path = path

    def box(self) -> SecretBox:
        """`ConfigurationError` where there is no key, or its file is open to others."""
        if self._given is not None:
            return SecretBox(read_keys(self._given, "AUTOMATIONS_SECRET_KEY"))
        return SecretBox(read_keys(read_private(self.path, "key for secrets", HINT), str(self.path)))

    def make(self) -> bool:
        """Write a key where there is none yet; whether one was written."""
        return self._given is None and not self.path.exists() and make_private(self.path, new_key() + "\n")

    def add(self) -> SecretBox:
        """A new key in front of the others: it seals from now on. `Conflict` where the keys are not in a file."""
        if self._given is not None:
            raise Conflict(
                "the keys are in AUTOMATIONS_SECRET_KEY, which nobody can write from here",
                hint="Put a new key in front of it, separated by a comma, then run this again with --no-new-key.",
            )
        self.box()
        text = new_key() + "\n" + self.path.read_text(encoding="ascii")
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        return self.box()
