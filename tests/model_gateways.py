"""The gateway of language models as production puts it together, for a test's database and server."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from tests.engine.world import NoHttp, UpperCaseRenderer

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.connection import Connection, connect
from automations.db.pool import Pool
from automations.db.secret_store import SecretStore
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.integrations.model_client import ModelClient
from automations.integrations.secret_box import SecretBox, read_keys
from automations.services.model_gateway import InstalledModel, ModelGateway
from automations.services.secret_vault import SecretVault
from automations.services.secrets import set_secret

# Of this test only.
BOX = SecretBox(list(read_keys("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "the tests")))
INSTALLED_KEY = "sk-of-the-installation-51f"
ACCOUNT_KEY = "sk-of-the-account-77a"


async def as_service(dsn: str) -> Connection:
    return await connect(dsn, role="service_role", application_name="automations test: models")


def model_gateway(
    dsn: str,
    base_url: str | None,
    *,
    model: str | None = "good",
    tokens_per_day: int = 1_000_000,
    allowed: Collection[str] = (),
) -> ModelGateway:
    """`allowed`: host:port that accounts may name."""
    pool = Pool(lambda: as_service(dsn))
    return ModelGateway(
        ModelClient(own=base_url, allowed=allowed),
        InstalledModel(base_url, INSTALLED_KEY, model, tokens_per_day),
        SecretVault(pool, lambda: BOX),
        pool,
    )


def steps_with(models: ModelGateway) -> StepRunner:
    return StepRunner(
        outside=Outside(http=NoHttp(), models=models), renderer=UpperCaseRenderer(), clock=lambda: datetime.now(UTC)
    )


async def own_endpoint(dsn: str, account: UUID, base_url: str, *, key: str | None = ACCOUNT_KEY) -> None:
    """The account has an endpoint of its own from now on, and a secret AI_KEY with its key."""
    connection = await as_service(dsn)
    try:
        if key is not None:
            await set_secret(SecretStore(connection), BOX, account, "AI_KEY", key)
        settings = AccountSettings(
            account, ai_base_url=base_url, ai_key_secret=None if key is None else "AI_KEY", ai_model="good"
        )
        await AccountSettingsStore(connection).put(settings)
    finally:
        await connection.close()
