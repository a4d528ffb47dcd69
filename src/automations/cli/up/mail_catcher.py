"""A mail server on 127.0.0.1 that keeps what it is sent and passes nothing on, for a laptop that has no other.

Without one a flow that writes mail could be neither tested nor published before somebody has found a mail server.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from automations.cli.up.only_one import read_note
from automations.errors import ConfigurationError

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope, Session

    from automations.settings import Settings

HOST: Final = "127.0.0.1"
SENDER: Final = "Automations <automations@example.com>"
# Of steps, with room for what a server counts differently.
LARGEST: Final = 12_000_000
# The oldest go: a flow that writes to everybody must not fill the disk of a laptop.
KEPT: Final = 1000


class MailCatcher:
    """`await start()`, then `url`; `close()`. `heard` is told of every mail: its recipients and its file.

    A mail is one file `<time>-<number>.eml` in `folder`, as it came, readable by the owner only.
    """

    def __init__(self, folder: Path, heard: Callable[[list[str], Path], None]) -> None:
        self.folder = folder
        self._heard = heard
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        from aiosmtpd.smtp import SMTP

        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"mail cannot be kept in {self.folder}: {error.strerror}",
                hint="Set AUTOMATIONS_DATA_DIR to a directory that this user may write, or AUTOMATIONS_SMTP_URL.",
            ) from error
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop), HOST, 0
        )
        self.url = f"smtp+plain://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        try:
            path = await asyncio.to_thread(self._keep, content)
        except OSError as error:
            return f"452 cannot be kept: {error.strerror}"
        self._heard(list(envelope.rcpt_tos), path)
        return "250 kept, and passed on to nobody"

    def _keep(self, content: bytes) -> Path:
        path = self.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{next(self._numbers):06}.eml"
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
        for old in sorted(self.folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return path


def sending_to(url: str, settings: Settings) -> Settings:
    """The settings with the catcher as the installation's mail server."""
    return settings.model_copy(update={"smtp_url": SecretStr(url), "mail_from": settings.mail_from or SENDER})


def beside_up(settings: Settings) -> Settings:
    """What holds for a program beside the `up` of this data directory: mail goes where `up` sends it."""
    if settings.dsn is not None or settings.smtp_url is not None:
        return settings
    url = read_note(settings.data_dir).get("mail")
    return sending_to(url, settings) if isinstance(url, str) else settings
