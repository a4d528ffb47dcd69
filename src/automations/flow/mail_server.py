"""The address of a mail server, as the settings of the installation and of an account have it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

Security = Literal["starttls", "tls", "plain"]

_SECURITY: Final[dict[str, tuple[Security, int]]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("plain", 25),
}
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}", re.IGNORECASE)

FORMS: Final = (
    "smtp://host:587 (encrypted by STARTTLS), smtps://host:465 (encrypted from the start), or smtp+plain://host:25 "
    "(not encrypted)"
)

_ENCODE: Final = "special characters of a password are written as %XX, such as %2F for /"


@dataclass(frozen=True, slots=True)
class MailServer:
    """`starttls`: the connection begins in the clear and must be encrypted before anything is sent."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def host_and_port(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Without user and password."""
        scheme = next(name for name, (security, _) in _SECURITY.items() if security == self.security)
        return f"{scheme}://{self.host_and_port}"


def read_mail_server(text: str, *, with_login: bool) -> MailServer:
    """`smtp://user:password@host:587` and the like; `with_login` False: without user and password.

    Raises `ValueError` with what is wrong, for whoever wrote it; never with a part of the text that may be a password.
    """
    scheme, mark, rest = text.strip().partition("://")
    if not mark or scheme.lower() not in _SECURITY:
        raise ValueError(f"it must be {FORMS}")
    security, usual_port = _SECURITY[scheme.lower()]
    try:
        parts = urlsplit(f"smtp://{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"its port must be a number from 1 to 65535; {_ENCODE}") from None
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"nothing may follow host and port; {_ENCODE}")
    if host is None or _HOST.fullmatch(host) is None:
        raise ValueError(f"it names no host; it must be {FORMS}")
    if port == 0:
        raise ValueError("its port must be a number from 1 to 65535")
    user, password = _login(parts.username, parts.password)
    if user is not None and not with_login:
        raise ValueError("user and password do not belong into it")
    return MailServer(host.lower(), port or usual_port, security, user, password)


def _login(user: str | None, password: str | None) -> tuple[str | None, str | None]:
    if user is None and password is None:
        return None, None
    if not user or not password:
        raise ValueError("user and password come together: user:password@host, or neither")
    read = unquote(user), unquote(password)
    if any(character < " " or character == "\x7f" for text in read for character in text):
        raise ValueError("its user or password holds a line break or another control character")
    return read
