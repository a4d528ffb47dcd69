"""Files that only their owner may read: keys of this installation."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from automations.errors import ConfigurationError


def read_private(path: Path, what: str, hint: str) -> str:
    """`ConfigurationError` where there is none, or others may read it, too. `what`: as in "the key for secrets"."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise ConfigurationError(f"there is no {what}: {path} does not exist", hint=hint) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the {what} cannot be read: {error}", hint=hint) from None
    if sys.platform != "win32" and mode & 0o077:
        raise ConfigurationError(f"{path} may be read by others (mode {mode:04o})", hint=f"Run: chmod 600 {path}")
    return text


def make_private(path: Path, text: str) -> bool:
    """Whether it was written: what is there already stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    return True
