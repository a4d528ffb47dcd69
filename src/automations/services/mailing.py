"""Mail of an account's steps: who it is from, by which server it goes, with whose login."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from automations.db.account_settings_store import AccountSettings
from automations.engine.scrubbing import Scrubber
from automations.errors import StepError
from automations.flow.mail_server import MailServer, read_mail_server
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.services.secrets import SHORTEST


class Delivery(Protocol):
    """Hands a message to a mail server; `integrations.mail_client`."""

    async def deliver(
        self, message: MailMessage, *, account: UUID, server: MailServer, sender: str, guarded: bool
    ) -> MailReceipt: ...


class Settings(Protocol):
    async def read(self, account: UUID) -> AccountSettings: ...


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
        if not message.reply_to and own.mail_reply_to is not None:
            message = replace(message, reply_to=own.mail_reply_to)
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
