"""What steps reach, put together: HTTP, templates, secrets, mail, code; part of the composition root."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from automations.cli.compose import ROLE, build_vault
from automations.db.connection import connect
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.integrations.code_sandbox import CodeOff, CodeSandbox
from automations.integrations.http_client import HttpClient
from automations.integrations.mail_client import MailClient
from automations.integrations.template_process import TemplateProcess
from automations.services.mailing import Mailing
from automations.services.secret_vault import SecretVault
from automations.services.settings_reader import SettingsReader
from automations.settings import Settings


@dataclass(frozen=True, slots=True)
class OutsideWorld:
    """`steps` runs steps with all of it. Nothing connects before a step asks; `close` it."""

    steps: StepRunner
    http: HttpClient
    templates: TemplateProcess
    vault: SecretVault
    account_settings: SettingsReader
    sandbox: CodeSandbox | CodeOff

    async def close(self) -> None:
        await self.account_settings.close()
        await self.vault.close()
        await self.http.close()
        await self.templates.close()
        await self.sandbox.close()


def build_outside_world(dsn: str, settings: Settings, allowed: Collection[str] = ()) -> OutsideWorld:
    """`allowed`: host:port that steps may reach beside what the settings name."""
    http = HttpClient(allowed=[*settings.http_allow, *allowed])
    templates = TemplateProcess()
    vault = build_vault(dsn, settings)
    account_settings = SettingsReader(lambda: connect(dsn, role=ROLE, application_name="automations worker: settings"))
    mailer = Mailing(
        account_settings,
        vault,
        MailClient(allowed=settings.http_allow),
        server=settings.mail_server,
        sender=settings.mail_from,
    )
    sandbox = CodeSandbox() if settings.code_steps == "on" else CodeOff()
    steps = StepRunner(
        outside=Outside(http=http, mailer=mailer, sandbox=sandbox),
        renderer=templates,
        clock=lambda: datetime.now(UTC),
        secrets=vault,
    )
    return OutsideWorld(steps, http, templates, vault, account_settings, sandbox)
