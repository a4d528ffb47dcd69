"""Mail in memory, behind the same port as a mail server."""

from __future__ import annotations

from automations.flow.outside_ports import MailMessage, MailReceipt


class MemoryMail:
    """Takes every message; `sent` lists them in order."""

    def __init__(self) -> None:
        self.sent: list[MailMessage] = []

    async def send(self, message: MailMessage) -> MailReceipt:
        self.sent.append(message)
        return await self.rehearse(message)

    async def rehearse(self, message: MailMessage) -> MailReceipt:
        return MailReceipt(message.message_id, (*message.to, *message.cc, *message.bcc))
