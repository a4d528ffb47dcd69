"""Published versions, compiled once and kept: what a run needs of its flow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from automations.db.run_store import RunStore
from automations.engine.recording import masked
from automations.errors import FlowInvalid, Problem, TemplateError
from automations.flow.compile import compile_flow
from automations.flow.conditions import Holds, compile_condition
from automations.flow.graph import CompiledFlow, FlowNode
from automations.flow.machine import Machine
from automations.flow.node import Config, Node, html_fields, literal_fields
from automations.flow.outcomes import Effect, JsonObject
from automations.flow.registry import NodeRegistry
from automations.flow.templates import CompiledValue, compile_value


@dataclass(frozen=True, slots=True)
class PreparedStep:
    """One node of a flow with everything that does not change from run to run worked out.

    `fixed` is the validated config where nothing in it is a template, `shown` the same for people, masked. `mask` are
    the names that this step's records hide besides the telling ones; `retry_if` is its condition, ready to be asked.
    """

    node: FlowNode
    node_type: Node[Any]
    values: CompiledValue
    fixed: Config | None
    shown: Any
    mask: frozenset[str]
    retry_if: Holds | None

    @property
    def effect(self) -> Effect:
        return self.node_type.effect

    def config(self, scope: Mapping[str, Any], rendered: Mapping[str, Any]) -> Config:
        """Raises `TemplateError`, also for a value that has the wrong type once it is rendered."""
        resolved = self.values.resolve(scope, rendered)
        try:
            return self.node_type.config_model.model_validate(resolved)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise TemplateError(
                f"{field}: {first['msg']} (after its templates were filled in)",
                hint="Look at this step's input in the run: a template gave a value of another kind.",
            ) from None


@dataclass(frozen=True, slots=True)
class LoadedFlow:
    id: UUID | None
    flow: CompiledFlow
    machine: Machine
    steps: Mapping[str, PreparedStep]


def load_flow(version_id: UUID | None, nodes: object, edges: object, registry: NodeRegistry) -> LoadedFlow:
    """Raises `FlowInvalid`."""
    flow = compile_flow(nodes, edges, registry)
    steps = {}
    for node in flow.nodes.values():
        node_type = registry.get(node.type)
        if node_type is None:
            raise FlowInvalid(
                [Problem("unknown_node_type", f"unknown node type {node.type!r}", "Install it.", node.id)]
            )
        steps[node.id] = _prepare(node, node_type)
    return LoadedFlow(version_id, flow, Machine(flow), steps)


def _prepare(node: FlowNode, node_type: Node[Any]) -> PreparedStep:
    values = compile_value(
        node.config,
        literal_fields=literal_fields(node_type.config_model),
        html_fields=html_fields(node_type.config_model),
    )
    mask = frozenset(node.mask)
    retry_if = None if node.retry.retry_if is None else compile_condition(node.retry.retry_if).holds
    fixed: Config | None = None
    shown: Any = None
    if values.static:
        fixed = node_type.config_model.model_validate(node.config)
        shown = masked(fixed.model_dump(mode="json", exclude_unset=True), mask)
    return PreparedStep(node, node_type, values, fixed, shown, mask, retry_if)


class FlowVersions:
    """A cache of `capacity` flows by version id. Versions never change, so nothing is ever stale."""

    def __init__(self, registry: NodeRegistry, capacity: int = 500) -> None:
        self._registry = registry
        self._capacity = capacity
        self._loaded: OrderedDict[UUID, LoadedFlow | FlowInvalid] = OrderedDict()

    async def get(self, version_id: UUID, store: RunStore) -> LoadedFlow:
        """Raises `FlowInvalid`, also for a version that is not there."""
        known = self._loaded.get(version_id)
        if known is None:
            row = await store.version(version_id)
            if row is None:
                raise FlowInvalid(
                    [Problem("no_version", "the published version is gone", "Publish the automation again.")]
                )
            known = self._load(version_id, row)
            self._loaded[version_id] = known
            if len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)
        else:
            self._loaded.move_to_end(version_id)
        if isinstance(known, FlowInvalid):
            raise FlowInvalid(known.problems)
        return known

    def _load(self, version_id: UUID, row: Any) -> LoadedFlow | FlowInvalid:
        nodes: JsonObject = row["nodes"]
        try:
            return load_flow(version_id, nodes, row["edges"], self._registry)
        except FlowInvalid as error:
            return error
