"""What one step sees, made by hand; and one step run with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automations.errors import StepError
from automations.flow.commands import Resumed
from automations.flow.node import Config, Node
from automations.flow.outcomes import Fail, Json, JsonObject, Outcome
from automations.flow.outside_ports import Mail, Models, Sandbox
from automations.flow.ports import Approvals, Http, Records, Runs
from automations.testing.clock import START
from automations.testing.memory_approvals import MemoryApprovals
from automations.testing.memory_http import MemoryHttp
from automations.testing.memory_mail import MemoryMail
from automations.testing.memory_models import MemoryModels
from automations.testing.memory_records import MemoryRecords
from automations.testing.memory_runs import MemoryRuns
from automations.testing.memory_sandbox import MemorySandbox


@dataclass(frozen=True)
class StepContext:
    """The `Context` port with a default for everything.

    `steps` and `variables` are what earlier steps left, `items` the names that the loops around the step give to their
    item and its number.
    """

    execution_id: str = "00000000-0000-4000-8000-00000000e000"
    automation_id: str = "00000000-0000-4000-8000-00000000a000"
    account_id: str = "00000000-0000-4000-8000-00000000acc0"
    step_key: str = "/step"
    attempt: int = 1
    now: datetime = START
    resumed: Resumed | None = None
    test_mode: bool = False
    trigger: JsonObject = field(default_factory=dict)
    lead_id: str | None = None
    conversation_id: str | None = None
    steps: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)
    items: Mapping[str, Json] = field(default_factory=dict)
    records: Records = field(default_factory=MemoryRecords)
    http: Http = field(default_factory=MemoryHttp)
    runs: Runs = field(default_factory=MemoryRuns)
    approvals: Approvals = field(default_factory=MemoryApprovals)
    mail: Mail = field(default_factory=MemoryMail)
    models: Models = field(default_factory=MemoryModels)
    sandbox: Sandbox = field(default_factory=MemorySandbox)

    @property
    def idempotency_key(self) -> str:
        return f"{self.execution_id}{self.step_key}"

    @property
    def scope(self) -> Mapping[str, Any]:
        return {
            **self.items,
            "trigger": self.trigger,
            "steps": dict(self.steps),
            "vars": dict(self.variables),
            "env": {"now": self.now.isoformat(), "execution_id": self.execution_id, "test_mode": self.test_mode},
        }


async def run_node(node: Node[Any], config: JsonObject | Config, **context: Any) -> Outcome:
    """The outcome of one attempt of `node`. `context` are fields of `StepContext`.

    `config` is taken as it is, templates in it are not rendered; pydantic's `ValidationError` says what is wrong with
    it. A `StepError` comes back as the `Fail` that a run would see.
    """
    return await attempt(node, config, StepContext(**context))


async def attempt(node: Node[Any], config: JsonObject | Config, context: StepContext) -> Outcome:
    """`run_node` with a context that is there already."""
    parsed = node.config_model.model_validate(config)
    try:
        return await node.run(parsed, context)
    except StepError as error:
        return Fail(error.message, code=error.code, retryable=error.retryable, retry_after=error.retry_after)
