"""What steps reach, put together: HTTP, templates, secrets, mail, models, code; part of the composition root."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from automations.cli.compose import build_pool, build_vault
from automations.db.pool import Pool
from automations.engine.flow_versions import LoadedFlow
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.engine.test_run import TestStart, run_test
from automations.errors import Conflict
from automations.integrations.code_sandbox import CodeOff, CodeSandbox
from automations.integrations.http_client import HttpClient
from automations.integrations.mail_client import MailClient
from automations.integrations.model_client import ModelClient
from automations.integrations.template_process import TemplateProcess
from automations.services.mailing import Mailing
from automations.services.model_gateway import InstalledModel, ModelGateway
from automations.services.secret_vault import SecretVault
from automations.services.settings_reader import SettingsReader
from automations.settings import Settings


@dataclass(frozen=True, slots=True)
class OutsideWorld:
    """`steps` runs steps with all of it. Nothing connects before a step asks; `close` it."""

    steps: StepRunner
    http: HttpClient
    templates: TemplateProcess
    pool: Pool
    models: ModelGateway
    sandbox: CodeSandbox | CodeOff

    async def close(self) -> None:
        await self.models.close()
        await self.pool.close()
        await self.http.close()
        await self.templates.close()
        await self.sandbox.close()


# Each holds a connection of its own for up to 30 seconds, and the server has not many; of one account, those that wait
# for a place among them.
TESTS_AT_ONCE: Final = 8
TESTS_OF_ONE: Final = 4


class OutsideTests:
    """Tests of drafts, as `services.draft_test.DraftTests`; the outside world is put together for the first one.

    `Conflict` for an account that has too many under way.
    """

    def __init__(self, dsn: str, build: Callable[[], OutsideWorld]) -> None:
        self._dsn = dsn
        self._build = build
        self._world: OutsideWorld | None = None
        self._places = asyncio.Semaphore(TESTS_AT_ONCE)
        self._of_account: Counter[UUID] = Counter()

    async def run(self, loaded: LoadedFlow, start: TestStart) -> UUID:
        if self._of_account[start.account_id] >= TESTS_OF_ONE:
            raise Conflict(
                f"{TESTS_OF_ONE} tests of this account are under way", hint="Try it again when one of them has ended."
            )
        self._of_account[start.account_id] += 1
        try:
            async with self._places:
                if self._world is None:
                    self._world = self._build()
                return await run_test(self._dsn, loaded, start, self._world.steps)
        finally:
            self._of_account[start.account_id] -= 1
            if not self._of_account[start.account_id]:
                del self._of_account[start.account_id]

    async def close(self) -> None:
        if self._world is not None:
            await self._world.close()


def build_outside_world(dsn: str, settings: Settings, allowed: Collection[str] = ()) -> OutsideWorld:
    """`allowed`: host:port that steps may reach beside what the settings name."""
    http = HttpClient(allowed=[*settings.http_allow, *allowed])
    templates = TemplateProcess()
    # For the moments before and after a step: settings, secrets, budgets.
    pool = build_pool(dsn, name="worker: outside", size=3)
    vault = build_vault(pool, settings)
    mailer = Mailing(
        SettingsReader(pool),
        vault,
        MailClient(allowed=settings.http_allow),
        server=settings.mail_server,
        sender=settings.mail_from,
    )
    models = _models(pool, settings, vault, allowed)
    sandbox = CodeSandbox() if settings.code_steps == "on" else CodeOff()
    steps = StepRunner(
        outside=Outside(http=http, mailer=mailer, models=models, sandbox=sandbox),
        renderer=templates,
        clock=lambda: datetime.now(UTC),
        secrets=vault,
    )
    return OutsideWorld(steps, http, templates, pool, models, sandbox)


def _models(pool: Pool, settings: Settings, vault: SecretVault, allowed: Collection[str]) -> ModelGateway:
    key = settings.ai_api_key
    installed = InstalledModel(
        base_url=settings.ai_base_url,
        key=None if key is None else key.get_secret_value(),
        model=settings.ai_model,
        tokens_per_day=settings.ai_tokens_per_day,
    )
    client = ModelClient(own=settings.ai_base_url, allowed=[*settings.http_allow, *allowed])
    return ModelGateway(client, installed, vault, pool)
