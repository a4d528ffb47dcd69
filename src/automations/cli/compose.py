"""The composition root: settings, database, registry and the outside world are put together here, and only here."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from automations.errors import ConfigurationError, DatabaseError, DatabaseUnreachable
from automations.settings import Settings, load_settings

if TYPE_CHECKING:
    from automations.cli.outside_world import OutsideWorld
    from automations.db.account_settings_store import AccountSettingsStore
    from automations.db.ai_usage_store import AiUsageStore
    from automations.db.approval_store import ApprovalStore
    from automations.db.automation_store import AutomationStore
    from automations.db.breaker_store import BreakerStore
    from automations.db.connection import Connection
    from automations.db.execution_store import ExecutionStore
    from automations.db.journal_store import JournalStore
    from automations.db.pool import Pool
    from automations.db.schedule_store import ScheduleStore
    from automations.db.secret_store import SecretStore
    from automations.db.version_store import VersionStore
    from automations.engine.worker import Worker
    from automations.flow.commands import Finish
    from automations.flow.registry import NodeRegistry
    from automations.integrations.secret_keys import SecretKeys
    from automations.services.account_settings import InstallationSettings
    from automations.services.needs import Installation
    from automations.services.secret_vault import SecretVault

NODE_GROUP = "automations.nodes"
ROLE = "service_role"


def load_registry() -> NodeRegistry:
    """Every node type that is installed. `ConfigurationError` names the one that cannot be loaded."""
    from automations.flow.registry import NodeRegistry

    nodes: list[Any] = []
    for entry in importlib.metadata.entry_points(group=NODE_GROUP):
        try:
            nodes.append(entry.load()())
        except Exception as error:
            package = entry.dist.name if entry.dist is not None else "unknown"
            raise ConfigurationError(
                f"the node type {entry.name!r} of the package {package} cannot be loaded: {error}",
                hint=f"Update or uninstall {package}.",
            ) from error
    if not nodes:
        raise ConfigurationError(
            "no node types are installed", hint="Install automations with pip (`pip install -e .` in a clone)."
        )
    try:
        return NodeRegistry(nodes)
    except ValueError as error:
        raise ConfigurationError(str(error), hint="`automations nodes` needs every type once.") from error


def find_dsn(settings: Settings) -> str:
    """The configured DSN, or that of the bundled server if it runs. `DatabaseUnreachable` says how to start it."""
    if settings.dsn is not None:
        return settings.dsn
    from automations.db.embedded import find_running

    server = find_running(settings.postgres_dir)
    if server is None:
        raise DatabaseUnreachable(
            f"the local database in {settings.postgres_dir} does not run",
            hint="Start it in another terminal with `automations up`, or set AUTOMATIONS_DATABASE_URL.",
        )
    return server.dsn


@dataclass(frozen=True, slots=True)
class Session:
    """One connection as service_role, and what is built on it."""

    connection: Connection
    dsn: str = field(repr=False)
    settings: Settings
    account: UUID | None

    @property
    def automations(self) -> AutomationStore:
        from automations.db.automation_store import AutomationStore

        return AutomationStore(self.connection)

    @property
    def executions(self) -> ExecutionStore:
        from automations.db.execution_store import ExecutionStore

        return ExecutionStore(self.connection)

    @property
    def versions(self) -> VersionStore:
        from automations.db.version_store import VersionStore

        return VersionStore(self.connection)

    @property
    def schedules(self) -> ScheduleStore:
        from automations.db.schedule_store import ScheduleStore

        return ScheduleStore(self.connection)

    @property
    def breakers(self) -> BreakerStore:
        from automations.db.breaker_store import BreakerStore

        return BreakerStore(self.connection)

    @property
    def secrets(self) -> SecretStore:
        from automations.db.secret_store import SecretStore

        return SecretStore(self.connection)

    @property
    def approvals(self) -> ApprovalStore:
        from automations.db.approval_store import ApprovalStore

        return ApprovalStore(self.connection)

    @property
    def account_settings(self) -> AccountSettingsStore:
        from automations.db.account_settings_store import AccountSettingsStore

        return AccountSettingsStore(self.connection)

    @property
    def ai_usage(self) -> AiUsageStore:
        from automations.db.ai_usage_store import AiUsageStore

        return AiUsageStore(self.connection)

    @property
    def journal(self) -> JournalStore:
        from automations.db.journal_store import JournalStore

        return JournalStore(self.connection)


@asynccontextmanager
async def open_session(
    account: UUID | None = None, *, settings: Settings | None = None, dsn: str | None = None
) -> AsyncIterator[Session]:
    """Raises `DatabaseError`s in words that name the next command. `dsn`: where it is known already."""
    from automations.cli.up.mail_catcher import beside_up
    from automations.db.connection import close_quietly

    settings = settings or beside_up(load_settings())
    dsn = dsn or find_dsn(settings)
    connection = await connect_as_service(dsn)
    try:
        yield Session(connection, dsn, settings, account)
    finally:
        await close_quietly(connection)


async def connect_as_service(dsn: str) -> Connection:
    import asyncpg

    from automations.db.connection import connect
    from automations.db.sql_errors import as_ours

    try:
        return await connect(dsn, role=ROLE, application_name="automations cli")
    except asyncpg.InvalidParameterValueError as error:
        raise DatabaseError(
            "this database has no role service_role: it was never migrated", hint="Run `automations migrate`."
        ) from error
    except asyncpg.PostgresError as error:
        raise as_ours(error) from error


def installation(settings: Settings) -> Installation:
    """What steps may count on, whatever the account has set for itself."""
    from importlib.util import find_spec

    from automations.services.needs import Installation

    return Installation(
        mail_server=settings.smtp_url is not None,
        mail_from=settings.mail_from is not None,
        model=settings.ai_base_url is not None and settings.ai_model is not None,
        ai_client=find_spec("openai") is not None,
        code=settings.code_steps == "on",
        sandbox=find_spec("pydantic_monty") is not None,
        public_url=settings.public_url,
    )


def installation_settings(settings: Settings) -> InstallationSettings:
    """What holds for an account that has set nothing, as far as it may be shown."""
    from automations.services.account_settings import InstallationSettings

    return InstallationSettings(
        mail_from=settings.mail_from,
        mail_server=settings.mail_server,
        ai_base_url=settings.ai_base_url,
        ai_has_key=settings.ai_api_key is not None,
        ai_model=settings.ai_model,
        ai_tokens_per_day=settings.ai_tokens_per_day,
    )


def secret_keys(settings: Settings) -> SecretKeys:
    from automations.integrations.secret_keys import SecretKeys

    given = settings.secret_key
    return SecretKeys(None if given is None else given.get_secret_value(), settings.secret_key_path)


def build_pool(dsn: str, *, name: str, size: int = 8) -> Pool:
    from automations.db.connection import connect
    from automations.db.pool import Pool

    return Pool(lambda: connect(dsn, role=ROLE, application_name=f"automations {name}"), size)


def build_vault(pool: Pool, settings: Settings) -> SecretVault:
    from automations.services.secret_vault import SecretVault

    return SecretVault(pool, secret_keys(settings).box)


@dataclass(frozen=True, slots=True)
class Engine:
    """A worker and what has to be closed after it."""

    worker: Worker
    outside: OutsideWorld

    async def close(self) -> None:
        await self.outside.close()


def build_engine(
    dsn: str,
    settings: Settings,
    *,
    allowed: Collection[str] = (),
    on_ended: Callable[[dict[UUID, Finish]], None] | None = None,
) -> Engine:
    """`allowed`: host:port that HTTP steps may reach beside what the settings name."""
    from datetime import timedelta

    from automations.cli.outside_world import build_outside_world
    from automations.engine.flow_versions import FlowVersions
    from automations.engine.worker import Worker, WorkerOptions

    outside = build_outside_world(dsn, settings, allowed)
    options = WorkerOptions(
        dsn=dsn,
        concurrency=settings.concurrency,
        claim_batch=min(100, settings.concurrency),
        committers=settings.committers,
        lease=timedelta(seconds=settings.lease_seconds),
        poll_seconds=settings.poll_seconds,
        drain_seconds=settings.drain_seconds,
        max_run_seconds=settings.max_run_seconds,
        public_url=settings.public_url,
        on_ended=on_ended,
    )
    return Engine(Worker(options, FlowVersions(load_registry()), outside.steps), outside)
