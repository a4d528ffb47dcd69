"""A whole flow in one call: the state machine of production, driven in memory, with time that jumps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, assert_never

from minijinja import Environment
from minijinja import TemplateError as EngineError
from pydantic import ValidationError

from automations.errors import StepError, TemplateError
from automations.flow.commands import AwaitSignal, Finish, RunStep, SetTimer, Settled
from automations.flow.compile import compile_flow
from automations.flow.conditions import compile_condition
from automations.flow.graph import FlowNode
from automations.flow.machine import Machine
from automations.flow.node import Node, html_fields, literal_fields
from automations.flow.outcomes import Fail, Json, JsonObject, Outcome
from automations.flow.outside_ports import Mail, Models, Sandbox
from automations.flow.ports import Approvals, Http, Records, Runs
from automations.flow.registry import NodeRegistry
from automations.flow.retrying import decided
from automations.flow.state import RunState, StepState
from automations.flow.template_syntax import Code, parse_text
from automations.flow.templates import compile_value
from automations.integrations.template_child import FILTERS
from automations.testing.clock import FakeClock
from automations.testing.memory_approvals import MemoryApprovals
from automations.testing.memory_http import MemoryHttp
from automations.testing.memory_mail import MemoryMail
from automations.testing.memory_models import MemoryModels
from automations.testing.memory_records import MemoryRecords
from automations.testing.memory_runs import MemoryRuns
from automations.testing.memory_sandbox import MemorySandbox
from automations.testing.step_context import StepContext, attempt


@dataclass(frozen=True, slots=True)
class FlowRun:
    """How a run ended. `steps` holds what became of each node by its id; one that the run never came to is missing,
    and so are those in a loop: the loop's output has what its iterations came to."""

    status: str
    output: Json
    error: str | None
    error_node_id: str | None
    steps: Mapping[str, StepState]
    variables: Mapping[str, Json]

    def output_of(self, node_id: str) -> Json:
        return self.steps[node_id].output


async def run_flow(
    nodes: Sequence[JsonObject],
    edges: Sequence[JsonObject] = (),
    trigger: JsonObject | None = None,
    *,
    records: Records | None = None,
    http: Http | None = None,
    runs: Runs | None = None,
    approvals: Approvals | None = None,
    mail: Mail | None = None,
    models: Models | None = None,
    sandbox: Sandbox | None = None,
    clock: FakeClock | None = None,
    signals: Mapping[str, Json] | None = None,
    secrets: Mapping[str, str] | None = None,
    registry: NodeRegistry | None = None,
    lead_id: str | None = None,
    conversation_id: str | None = None,
) -> FlowRun:
    """Run a drawn flow (React Flow's nodes and edges) on `trigger` until it ends.

    Delays and retries take no time: the clock jumps. `signals` are those that arrive, by the id of the step that waits
    or the name of the signal; to wait for another one without a time limit is a `LookupError`. `secrets` are those of
    the account; they are not masked here. Raises `FlowInvalid` for a drawing with problems. Templates are filled in
    here, without the separate process that guards production against hostile ones.
    """
    registry = registry or installed_nodes()
    drive = _Drive(
        Machine(compile_flow(list(nodes), list(edges), registry)),
        registry,
        clock or FakeClock(),
        dict(signals or {}),
        StepContext(
            lead_id=lead_id,
            conversation_id=conversation_id,
            trigger=trigger or {},
            records=records or MemoryRecords(),
            http=http or MemoryHttp(),
            runs=runs or MemoryRuns(),
            approvals=approvals or MemoryApprovals(),
            mail=mail or MemoryMail(),
            models=models or MemoryModels(),
            sandbox=sandbox or MemorySandbox(),
        ),
        dict(secrets or {}),
    )
    return await drive.to_the_end()


def installed_nodes() -> NodeRegistry:
    """Every node type that is installed here, ours and others'."""
    return NodeRegistry(entry.load()() for entry in entry_points(group="automations.nodes"))


@dataclass(slots=True)
class _Drive:
    machine: Machine
    registry: NodeRegistry
    clock: FakeClock
    signals: dict[str, Json]
    context: StepContext
    secrets: dict[str, str] = field(repr=False)

    async def to_the_end(self) -> FlowRun:
        state, commands = self.machine.start(self.context.trigger, seed=self.context.execution_id)
        # Waits in order of their time, so that the clock never has to run backwards.
        timers: list[tuple[Any, SetTimer | AwaitSignal]] = []
        pending = list(commands)
        while True:
            if not pending:
                if not timers:
                    raise LookupError("the run waits for a signal that does not come; name it in `signals`")
                due, timer = timers.pop(min(range(len(timers)), key=lambda position: timers[position][0]))
                self.clock.move_to(max(due, self.clock.now()))
                pending += self.machine.timer_fired(state, timer.key)
                continue
            command = pending.pop(0)
            match command:
                case Finish():
                    return self.result(state, command)
                case RunStep():
                    outcome = await self.step(state, command)
                    pending += self.machine.feed(state, command.key, outcome, attempt=command.attempt)
                case AwaitSignal() if self.signal_for(command) is not None:
                    payload = self.signals[self.signal_for(command) or ""]
                    pending += self.machine.signal_arrived(state, command.key, payload)
                case AwaitSignal() | SetTimer():
                    due = self.due(command)
                    if due is not None:
                        timers.append((due, command))
                case Settled():
                    pass
                case _:
                    assert_never(command)

    def signal_for(self, command: AwaitSignal) -> str | None:
        """The name under which the caller gave what this step waits for: its node id, its topic, a signal's name."""
        named = command.signal.removeprefix("signal:").partition("@")[0].partition(":")[0]
        names = (command.key.rpartition("/")[2], command.signal, named)
        return next((name for name in names if name in self.signals), None)

    def due(self, command: SetTimer | AwaitSignal) -> Any:
        """When it strikes; None for a signal without a time limit."""
        if isinstance(command, SetTimer) and command.delay_seconds is not None:
            return FakeClock(self.clock.now()).advance(seconds=command.delay_seconds)
        return command.until

    async def step(self, state: RunState, command: RunStep) -> Outcome:
        node = self.machine.flow.nodes[command.node_id]
        kind = self.registry.get(node.type)
        assert kind is not None
        scope = self.machine.scope_for(state, command.key)
        context = StepContext(
            **{
                **vars(self.context),
                "step_key": command.key,
                "attempt": command.attempt,
                "now": self.clock.now(),
                "resumed": command.resumed,
                "steps": scope.pop("steps"),
                "variables": scope.pop("vars"),
                "items": {name: value for name, value in scope.items() if name != "trigger"},
            }
        )
        outcome = await self.attempted(node, kind, context)
        retry_if = node.retry.retry_if
        return decided(outcome, None if retry_if is None else compile_condition(retry_if).holds, command.attempt)

    async def attempted(self, node: FlowNode, kind: Node[Any], context: StepContext) -> Outcome:
        try:
            compiled = compile_value(
                node.config,
                literal_fields=literal_fields(kind.config_model),
                html_fields=html_fields(kind.config_model),
            )
            rendered = {source: _evaluate(source, context.scope) for source in compiled.engine_sources}
            config: Any = compiled.resolve({**context.scope, "secrets": self.secrets}, rendered)
            return await attempt(kind, config, context)
        except StepError as error:
            return Fail(error.message, code=error.code)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return Fail(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", code="template")

    def result(self, state: RunState, end: Finish) -> FlowRun:
        by_node = {key.rpartition("/")[2]: step for key, step in state.steps.items()}
        return FlowRun(end.status, end.output, end.error, end.error_node_id, by_node, self.machine.variables(state))


_ENGINE = Environment(undefined_behavior="strict")
for _name, _function in FILTERS.items():
    _ENGINE.add_filter(_name, _function)


def _evaluate(source: str, scope: Mapping[str, Any]) -> Json:
    part = parse_text(source)[0]
    try:
        if isinstance(part, Code) and part.is_expression:
            value: Json = _ENGINE.eval_expr(source[2:-2].strip(), **scope)
            return value
        return str(_ENGINE.render_str(source, **scope))
    except EngineError as error:
        raise TemplateError(str(error)) from None
