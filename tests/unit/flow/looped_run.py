"""A small flow with loops in one line, and a run of it that speaks in short texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.flow.commands import opening_key
from automations.flow.graph import CompiledFlow, FlowEdge, FlowNode
from automations.flow.machine import AwaitSignal, Command, Finish, Machine, Recorded, RunStep, SetTimer, Settled
from automations.flow.outcomes import Continue, JsonObject, Loop


def looped(*ways: str, bodies: Mapping[str, str], **settings: Mapping[str, Any]) -> CompiledFlow:
    """`"t>a"`, or `"l:each>b"` for a handle. `bodies` names the nodes in the body of each loop, without those of loops
    in it: `{"l": "b c"}`. Nodes are in topological order as they are named. `settings` are fields of nodes by their id.
    """
    ids: dict[str, None] = {"t": None}
    edges: list[FlowEdge] = []
    for i, way in enumerate(ways):
        start, target = way.split(">")
        source, _, handle = start.partition(":")
        edges.append(FlowEdge(f"e{i}", source, target, handle or ("done" if source in bodies else "out")))
        ids |= {source: None, target: None}
    nodes = {}
    for node_id in ids:
        handles = ("done", "each") if node_id in bodies else ("out", "no")
        failure = {edge.handle for edge in edges if edge.source == node_id} & {"error"}
        given = settings.get(node_id, {})
        nodes[node_id] = FlowNode(node_id, "work", node_id.upper(), {}, (*handles, *failure), **given)
    return CompiledFlow(
        trigger_id="t",
        nodes=nodes,
        order=tuple(ids),
        outgoing={node_id: tuple(e for e in edges if e.source == node_id) for node_id in ids},
        incoming={node_id: tuple(e for e in edges if e.target == node_id) for node_id in ids},
        ancestors={},
        enclosing={node_id: loop for loop, inside in bodies.items() for node_id in inside.split()},
    )


class LoopedRun:
    """Feeds by key, remembers every outcome as a driver would record it, and answers in short texts:
    `run l:0/b`, `end l:0/` (an iteration or loop has ended), `timer l:0/b`, `finish completed`.
    """

    def __init__(self, flow: CompiledFlow, trigger: JsonObject | None = None) -> None:
        self.machine = Machine(flow)
        self.trigger = trigger or {}
        self.recorded: list[Recorded] = []
        self.settled: dict[str, Settled] = {}
        self.commands: list[Command] = []
        self.state, commands = self.machine.start(self.trigger, seed="run-1")
        self.take(commands)

    def take(self, commands: list[Command]) -> list[str]:
        self.commands = commands
        for command in commands:
            if isinstance(command, Settled):
                assert command.key not in self.settled
                self.settled[command.key] = command
                self.recorded.append(Recorded(command.key, command.outcome, command.attempt))
        return self.said

    @property
    def said(self) -> list[str]:
        return [say(command) for command in self.commands]

    def feed(self, key: str, outcome: Any = None, attempt: int | None = None) -> list[str]:
        outcome = Continue() if outcome is None else outcome
        step = self.state.steps.get(key)
        self.recorded.append(
            Recorded(opening_key(key) if isinstance(outcome, Loop) else key, outcome, step.attempt if step else 1)
        )
        return self.take(self.machine.feed(self.state, key, outcome, attempt=attempt))

    def timer(self, key: str) -> list[str]:
        return self.take(self.machine.timer_fired(self.state, key))

    def signal(self, key: str, payload: Any = None) -> list[str]:
        return self.take(self.machine.signal_arrived(self.state, key, payload))

    def crash(self, *begun: str) -> list[str]:
        """Another worker takes over. `begun` are the steps of which an attempt is on record."""
        attempts = [Recorded(key, None, self.state.steps[key].attempt) for key in begun]
        self.state, commands = self.machine.restore(self.trigger, [*self.recorded, *attempts], seed="run-1")
        return self.take(commands)

    def ended(self, key: str) -> Any:
        return self.settled[key].outcome

    @property
    def finish(self) -> Command:
        return self.commands[-1]


def say(command: Command) -> str:
    match command:
        case RunStep():
            return f"run {command.key}"
        case Finish():
            return f"finish {command.status}"
        case SetTimer():
            return f"timer {command.key}"
        case Settled():
            return f"end {command.key}"
        case AwaitSignal():
            return f"await {command.key}"
