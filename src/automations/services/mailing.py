"""Mail of an account's steps: who it is from, by which server it goes, with whose login."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from automations.db.account_settings_store import AccountSettings
from automations.db.team_store import Correspondent
from automations.engine.scrubbing import Scrubber
from automations.errors import StepError
from automations.flow.mail_address import read_person
from automations.flow.mail_server import MailServer, read_mail_server
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.services.secrets import SHORTEST

# Who a mail is from that is only rehearsed, where nobody has said it yet.
NOBODY: Final = "nobody@example.com"


class Delivery(Protocol):
    """Hands a message to a mail server; `integrations.mail_client`."""

    async def deliver(
        self, message: MailMessage, *, account: UUID, server: MailServer, sender: str, guarded: bool
    ) -> MailReceipt: ...

    async def compose(self, message: MailMessage, *, account: UUID, sender: str) -> MailReceipt: ...


class Settings(Protocol):
    async def read(self, account: UUID) -> AccountSettings: ...

    async def mail_addresses(self, account: UUID, people: Collection[UUID]) -> dict[UUID, Correspondent]: ...


class Secrets(Protocol):
    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Mailing:
    """The `Mailer` of `engine.outside`. `server` and `sender` are the installation's.

    An account with a server of its own uses that, its own login and its own sender, and never the installation's; its
    server is reached through the guard, because an account chose it.
    """

    settings: Settings
    secrets: Secrets
    delivery: Delivery
    server: MailServer | None = None
    sender: str | None = None

    async def send(self, account: UUID, message: MailMessage) -> MailReceipt:
        own = await self.settings.read(account)
        server = await self._server(account, own)
        sender = own.mail_from or (None if own.mail_server is not None else self.sender)
        if sender is None:
            raise StepError(
                "nobody said who the account's mail is from",
                code="no_mail_sender",
                hint="Set it: `automations account set mail-from`.",
            )
        message = await self._ready(account, own, message)
        # A server may repeat in an answer what it was told, the login too. A shorter one would be in every second word.
        password = server.password or ""
        hidden = Scrubber([password] if len(password) >= SHORTEST else [])
        try:
            receipt = await self.delivery.deliver(
                message, account=account, server=server, sender=sender, guarded=own.mail_server is not None
            )
        except StepError as error:
            raise StepError(
                hidden.scrub(error.message),
                hint=error.hint,
                code=error.code,
                retryable=error.retryable,
                retry_after=error.retry_after,
            ) from None
        return replace(receipt, refused={address: hidden.scrub(text) for address, text in receipt.refused.items()})

    async def rehearse(self, account: UUID, message: MailMessage) -> MailReceipt:
        own = await self.settings.read(account)
        ready = await self._ready(account, own, message)
        return await self.delivery.compose(ready, account=account, sender=own.mail_from or self.sender or NOBODY)

    async def _ready(self, account: UUID, own: AccountSettings, message: MailMessage) -> MailMessage:
        """With addresses instead of people, and with the account's address for answers."""
        lists = (message.to, message.cc, message.bcc, (message.reply_to or own.mail_reply_to or "",))
        people = {person for texts in lists for text in texts if (person := read_person(text)) is not None}
        known = await self.settings.mail_addresses(account, people) if people else {}
        to, cc, bcc, (reply_to,) = ([_addressed(text, known) for text in texts] for texts in lists)
        return replace(message, to=to, cc=cc, bcc=bcc, reply_to=reply_to or None)

    async def _server(self, account: UUID, own: AccountSettings) -> MailServer:
        if own.mail_server is None:
            if self.server is None:
                raise StepError(
                    "there is no mail server to send by",
                    code="no_mail_server",
                    hint="Set AUTOMATIONS_SMTP_URL, or one for this account: `automations account set mail-server`.",
                )
            return self.server
        try:
            server = read_mail_server(own.mail_server, with_login=False)
        except ValueError as error:
            raise StepError(
                f"the mail server of the account cannot be used: {error}",
                code="no_mail_server",
                hint="Set it anew: `automations account set mail-server`.",
            ) from None
        if own.mail_user is None or own.mail_password_secret is None:
            return server
        revealed = await self.secrets.reveal(account, [own.mail_password_secret])
        return replace(server, user=own.mail_user, password=revealed[own.mail_password_secret])


def _addressed(text: str, known: Mapping[UUID, Correspondent]) -> str:
    person = read_person(text)
    if person is None:
        return text
    if person not in known:
        raise StepError(
            f"there is no mail address of {person}",
            code="unknown_person",
            hint="They have to belong to the account, and to write their address into their profile: Settings, You.",
        )
    found = known[person]
    # The name is their own, and may hold what has a meaning in a list of addresses.
    name = "".join(letter for letter in found.name or "" if letter not in '<>",;\\').strip()
    return f"{name} <{found.email}>" if name else found.email
