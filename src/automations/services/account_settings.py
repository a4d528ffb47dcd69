"""What an account sets for itself: who its mail is from, its mail server, its language model."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.secret_store import SecretStore
from automations.errors import NotFound, SettingRefused, Unusable
from automations.flow.mail_address import read_address
from automations.flow.mail_server import MailServer, read_mail_server

LONGEST: Final = 1_000
MOST_TOKENS: Final = 9_223_372_036_854_775_807
Source = Literal["account", "installation", "none"]


@dataclass(frozen=True, slots=True)
class InstallationSettings:
    """What holds for an account that has set nothing; of a key or password only whether there is one."""

    mail_from: str | None = None
    mail_server: MailServer | None = None
    ai_base_url: str | None = None
    ai_has_key: bool = False
    ai_model: str | None = None
    ai_tokens_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """`value` None with source `installation`: it has one that is not shown."""

    name: str
    value: str | int | None
    source: Source


def _address(text: str) -> str:
    read_address(text)
    return text.strip()


def _server(text: str) -> str:
    return read_mail_server(text, with_login=False).url


def _user(text: str) -> str:
    if not text.strip() or any(character < " " or character == "\x7f" for character in text):
        raise ValueError("it must be the name with which you log in at the mail server, on one line")
    return text.strip()


def _secret_name(text: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", text) is None:
        raise ValueError("it must be the name of a secret, never its value")
    return text


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\x00-\x1f\x7f]", text.strip()):
        raise ValueError("it must be an address such as https://api.example.com/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("it must hold no user, key or query; the key goes into a secret that ai-key-secret names")
    return text.strip().rstrip("/")


def _model(text: str) -> str:
    if not text.strip() or any(character < " " or character == "\x7f" for character in text):
        raise ValueError("it must be the name of a model, as its endpoint spells it")
    return text.strip()


def _tokens(text: str) -> int:
    digits = text.strip().replace(",", "").replace("_", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19 or int(digits) > MOST_TOKENS:
        raise ValueError("it must be a number of tokens, such as 200000; 0 allows none")
    return int(digits)


_READ: Final[Mapping[str, Callable[[str], str | int]]] = {
    "mail-from": _address,
    "mail-reply-to": _address,
    "mail-server": _server,
    "mail-user": _user,
    "mail-password-secret": _secret_name,
    "ai-base-url": _base_url,
    "ai-key-secret": _secret_name,
    "ai-model": _model,
    "ai-tokens-per-day": _tokens,
}
NAMES: Final = tuple(_READ)
_SECRETS: Final = ("mail-password-secret", "ai-key-secret")


async def set_settings(
    store: AccountSettingsStore, secrets: SecretStore, account: UUID, given: Mapping[str, str | None]
) -> AccountSettings:
    """Set what is `given` by name, all or nothing; None: as the installation has it. `SettingRefused` for a value that
    cannot be one, or not beside the others; `NotFound` for a secret that the account does not have."""
    read = {name: None if text is None else _read(name, text) for name, text in given.items()}
    for name in _SECRETS:
        secret = read.get(name)
        if secret is not None and await secrets.row_id(account, str(secret)) is None:
            raise NotFound(
                f"there is no secret {secret} in this account",
                hint=f"Set it first: `automations secrets set {secret}`.",
            )
    return await _put(store, account, read)


async def unset_settings(store: AccountSettingsStore, account: UUID, names: Collection[str]) -> AccountSettings:
    """As the installation has it from now on. `Unusable` where what is left would make no sense."""
    return await _put(store, account, {known(name): None for name in names})


async def shown_settings(
    store: AccountSettingsStore, account: UUID, installation: InstallationSettings
) -> list[ShownSetting]:
    own = await store.get(account)
    values = {name: value for name, value in asdict(own).items() if name != "account_id"}
    server = installation.mail_server
    given: dict[str, str | int | None] = {
        "mail_from": installation.mail_from,
        "mail_server": None if server is None else server.url,
        "ai_base_url": installation.ai_base_url,
        "ai_model": installation.ai_model,
        "ai_tokens_per_day": installation.ai_tokens_per_day,
    }
    # Logins and keys of the installation go nowhere but to its own server and endpoint.
    hidden = {
        "mail_user": own.mail_server is None and server is not None and server.user is not None,
        "mail_password_secret": own.mail_server is None and server is not None and server.password is not None,
        "ai_key_secret": own.ai_base_url is None and installation.ai_has_key,
    }
    found = []
    for name in NAMES:
        column = _column(name)
        value = values[column]
        source: Source = "account"
        if value is None:
            value = given.get(column)
            source = "none" if value is None and not hidden.get(column) else "installation"
        found.append(ShownSetting(name, value, source))
    return found


def known(name: str) -> str:
    """`name` itself, which may be written with `_`. `Unusable` for one that is no setting."""
    written = name.strip().lower().replace("_", "-")
    if written in _READ:
        return written
    near = difflib.get_close_matches(written[:100], NAMES, n=1)
    raise Unusable(
        f"there is no setting {name[:100]!r} of an account",
        hint=(f"Did you mean {near[0]}? " if near else "") + f"There are {', '.join(NAMES)}.",
    )


def _read(name: str, text: str) -> str | int:
    if len(text) > LONGEST:
        reason = f"{len(text):,} characters are too many"
        raise SettingRefused(f"{name}: {reason}", hint=f"At most {LONGEST:,}.", name=name, reason=reason)
    try:
        return _READ[name](text)
    except ValueError as error:
        hint = f"`automations account set {name} VALUE`."
        raise SettingRefused(f"this cannot be {name}: {error}", hint=hint, name=name, reason=str(error)) from None


def _column(name: str) -> str:
    return name.replace("-", "_")


async def _put(store: AccountSettingsStore, account: UUID, changes: Mapping[str, Any]) -> AccountSettings:
    async with store.changing(account):
        settings = replace(await store.get(account), **{_column(name): value for name, value in changes.items()})
        problem = _contradiction(settings)
        if problem is not None:
            name, said, hint = problem
            raise SettingRefused(said, hint=hint, name=name, reason=said)
        await store.put(settings, changes)
    return settings


def _contradiction(settings: AccountSettings) -> tuple[str, str, str] | None:
    """What the CHECK constraints of the table would refuse: where to mend it, in words, with what to do."""
    command = "automations account set"
    if settings.mail_user is not None and settings.mail_server is None:
        return (
            "mail-server",
            "a login belongs to a mail server of the account's own, and it has none",
            f"Set mail-server, too: `{command} mail-server smtp://HOST:587 …`, or unset mail-user and "
            "mail-password-secret, too.",
        )
    if (settings.mail_user is None) != (settings.mail_password_secret is None):
        lacking = "mail-user" if settings.mail_user is None else "mail-password-secret"
        return (
            lacking,
            f"mail-user and mail-password-secret come together, and {lacking} would be missing",
            f"Name both at once: `{command} mail-user USER mail-password-secret SECRET`, or `automations account unset "
            "mail-user mail-password-secret`.",
        )
    if settings.mail_server is not None and settings.mail_from is None:
        return (
            "mail-from",
            "an account with a mail server of its own needs a sender of its own",
            f"Name both: `{command} mail-server {settings.mail_server} mail-from me@example.com`; unset both likewise.",
        )
    if settings.mail_user is not None and str(settings.mail_server).startswith("smtp+plain:"):
        return (
            "mail-server",
            "a password would go over the wire in the clear with smtp+plain://",
            "Use smtp:// (STARTTLS) or smtps://, or no login.",
        )
    if settings.ai_key_secret is not None and settings.ai_base_url is None:
        return (
            "ai-base-url",
            "a key belongs to an endpoint of the account's own, and it has none",
            f"Name both: `{command} ai-base-url https://HOST/v1 ai-key-secret SECRET`; unset both likewise.",
        )
    return None
