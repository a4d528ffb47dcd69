"""What one attempt of one step sees of its run: the `Context` port."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from automations.engine.approvals import NO_APPROVALS
from automations.engine.child_runs import NO_RUNS
from automations.engine.outside import AccountMail, AccountModels, AccountSandbox, Outside, StepHttp
from automations.engine.run import Run
from automations.errors import StepError
from automations.flow.commands import Resumed
from automations.flow.outcomes import JsonObject
from automations.flow.outside_ports import Mail, Models, Sandbox
from automations.flow.ports import Approvals, Http, Records, RecordTable, Runs
from automations.flow.record_changes import Changed, RecordChange


def scope_of(run: Run, key: str, now: datetime) -> dict[str, Any]:
    """What templates and conditions of a step see: `trigger`, `steps`, `vars`, `env`."""
    scope = run.loaded.machine.scope_for(run.state, key)
    scope["env"] = {"now": now.isoformat(), "execution_id": str(run.id), "test_mode": run.test_mode}
    return scope


class StepRecords(Records, Protocol):
    """What a step reaches in its transaction: rows, and runs of other automations."""

    def runs_of(self, step_key: str) -> Runs: ...
    def approvals_of(self, step_key: str, attempt: int) -> Approvals: ...


@dataclass(slots=True)
class StepContext:
    """`scope` is made when it is first asked for: many steps never look at it. `secrets`: values that are in the
    config of the step."""

    run: Run
    step_key: str
    attempt: int
    now: datetime
    records: StepRecords
    outside: Outside
    resumed: Resumed | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    _scope: dict[str, Any] | None = None

    @property
    def http(self) -> Http:
        return StepHttp(self.outside.http, self.secrets) if self.secrets else self.outside.http

    @property
    def mail(self) -> Mail:
        return AccountMail(self.outside.mailer, self.run.account_id)

    @property
    def models(self) -> Models:
        return AccountModels(self.outside.models, self.run.account_id)

    @property
    def sandbox(self) -> Sandbox:
        return AccountSandbox(self.outside.sandbox, self.run.account_id)

    @property
    def runs(self) -> Runs:
        return self.records.runs_of(self.step_key)

    @property
    def approvals(self) -> Approvals:
        return self.records.approvals_of(self.step_key, self.attempt)

    @property
    def scope(self) -> Mapping[str, Any]:
        if self._scope is None:
            self._scope = scope_of(self.run, self.step_key, self.now)
        return self._scope

    @property
    def execution_id(self) -> str:
        return str(self.run.id)

    @property
    def automation_id(self) -> str:
        return str(self.run.automation_id)

    @property
    def account_id(self) -> str:
        return str(self.run.account_id)

    @property
    def test_mode(self) -> bool:
        return self.run.test_mode

    @property
    def trigger(self) -> JsonObject:
        return self.run.trigger

    @property
    def lead_id(self) -> str | None:
        return None if self.run.lead_id is None else str(self.run.lead_id)

    @property
    def conversation_id(self) -> str | None:
        return None if self.run.conversation_id is None else str(self.run.conversation_id)

    @property
    def idempotency_key(self) -> str:
        digest = hashlib.sha256(f"{self.run.id}{self.step_key}".encode()).hexdigest()
        return f"{self.run.id}-{digest[:16]}"


class NoRecords:
    """The records of a step that said it needs none: pure and external steps run outside any transaction."""

    def runs_of(self, step_key: str) -> Runs:
        return NO_RUNS

    def approvals_of(self, step_key: str, attempt: int) -> Approvals:
        return NO_APPROVALS

    async def create(self, table: RecordTable, values: JsonObject) -> JsonObject:
        raise _not_declared()

    async def update(self, table: RecordTable, record_id: str, values: JsonObject) -> JsonObject:
        raise _not_declared()

    async def change(self, table: RecordTable, record_id: str, change: RecordChange) -> Changed:
        raise _not_declared()

    async def find(
        self, table: RecordTable, *, condition: JsonObject | None, order_by: str | None, descending: bool, limit: int
    ) -> list[JsonObject]:
        raise _not_declared()


def _not_declared() -> StepError:
    return StepError(
        "this node type reaches records without saying so",
        code="effect_not_declared",
        hint="Give the node type `effect = 'database'`.",
    )
