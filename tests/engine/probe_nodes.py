"""Node types for tests, one of each effect: they do what a script of the test says.

probes.on("fails twice", fail_twice)         # async def fail_twice(value, ctx) -> Outcome
probe("call", "external", "fails twice")     # in the drawing
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from typing import Any, ClassVar

from pydantic import JsonValue

from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, Effect, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry

Script = Callable[[Any, Context], Awaitable[Any]]


class ProbeConfig(Config):
    script: str
    value: JsonValue = None


class ProbeNode(Node[ProbeConfig]):
    """Does what the test says."""

    title = "Probe"
    group = "action"
    icon = "TestTube"

    def __init__(self, scripts: dict[str, Script]) -> None:
        self._scripts = scripts

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"sample": True}

    async def run(self, config: ProbeConfig, ctx: Context) -> Outcome:
        script = self._scripts[config.script]
        outcome: Outcome = await script(config.value, ctx)
        return outcome


class ProbePure(ProbeNode):
    type = "probe-pure"
    effect: ClassVar[Effect] = "pure"
    config_model = ProbeConfig


class ProbeDatabase(ProbeNode):
    type = "probe-database"
    effect: ClassVar[Effect] = "database"
    config_model = ProbeConfig


class ProbeExternal(ProbeNode):
    type = "probe-external"
    effect: ClassVar[Effect] = "external"
    config_model = ProbeConfig


class Probes:
    """The scripts of one test, and a registry of all real node types plus the probes."""

    def __init__(self) -> None:
        self._scripts: dict[str, Script] = {"echo": _echo}
        shipped = [entry.load()() for entry in entry_points(group="automations.nodes")]
        self.registry = NodeRegistry(
            [*shipped, ProbePure(self._scripts), ProbeDatabase(self._scripts), ProbeExternal(self._scripts)]
        )

    def on(self, name: str, script: Script) -> None:
        self._scripts[name] = script


async def _echo(value: Any, ctx: Context) -> Outcome:
    return Continue(output=value)
