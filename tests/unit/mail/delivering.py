"""One message handed to a server, and the failure that it ends in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.unit.mail.smtp_server import PASSWORD, USER

from automations.errors import StepError
from automations.flow.mail_server import MailServer, Security
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.integrations.mail_client import MailClient

ACCOUNT = UUID(int=1)
MESSAGE = MailMessage(
    to=("Ada <ada@example.com>",),
    subject="Hello",
    text="Hello Ada\n.\n..two dots",
    message_id="run-1",
    date=datetime(2026, 11, 26, 9, tzinfo=UTC),
    timeout_seconds=20,
)


async def deliver(
    port: int,
    security: Security = "plain",
    message: MailMessage = MESSAGE,
    *,
    tls: Any = None,
    login: bool = False,
    host: str = "127.0.0.1",
    password: str = PASSWORD,
    **client: Any,
) -> MailReceipt:
    guarded = client.pop("guarded", False)
    server = MailServer(host, port, security, USER if login else None, password if login else None)
    return await MailClient(tls=tls, **client).deliver(
        message, account=ACCOUNT, server=server, sender="Sales <sales@shop.example>", guarded=guarded
    )


async def failure(*arguments: Any, **more: Any) -> StepError:
    with pytest.raises(StepError) as failed:
        await deliver(*arguments, **more)
    return failed.value
