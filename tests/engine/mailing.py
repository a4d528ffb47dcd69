"""The mail of a worker in tests, put together as `cli/compose.py` does it."""

from __future__ import annotations

import ssl
from collections.abc import Collection

from automations.db.connection import connect
from automations.db.pool import Pool
from automations.flow.mail_server import MailServer
from automations.integrations.mail_client import MailClient
from automations.integrations.secret_box import SecretBox, new_key, read_keys
from automations.services.mailing import Mailing
from automations.services.secret_vault import SecretVault
from automations.services.settings_reader import SettingsReader

BOX = SecretBox(read_keys(new_key(), "test"))
SENDER = "Everybody <all@installation.example>"


def mailing(
    dsn: str,
    port: int | None = None,
    *,
    server: MailServer | None = None,
    allowed: Collection[str] = (),
    tls: ssl.SSLContext | None = None,
) -> Mailing:
    """`port`: of the installation's server on 127.0.0.1, unless it is another `server`."""
    if port is not None:
        server = MailServer("127.0.0.1", port, "plain")
    pool = Pool(lambda: connect(dsn, role="service_role", application_name="automations test: settings"))
    return Mailing(
        SettingsReader(pool),
        SecretVault(pool, lambda: BOX),
        MailClient(allowed=allowed, tls=tls),
        server,
        SENDER,
    )
