"""A drawn flow becomes a compiled one: what the state machine runs."""

from __future__ import annotations

from typing import Any

from automations.errors import FlowInvalid
from automations.flow.check_config import read_join
from automations.flow.graph import Ancestors, CompiledFlow, FlowEdge, FlowNode, RetryPolicy
from automations.flow.node import Node
from automations.flow.outcomes import ERROR_HANDLE
from automations.flow.parse import DrawnNode
from automations.flow.registry import NodeRegistry
from automations.flow.validate import examine


def compile_flow(nodes: object, edges: object, registry: NodeRegistry) -> CompiledFlow:
    """Raises `FlowInvalid` with every problem of the drawing."""
    found = examine(nodes, edges, registry)
    if found.problems:
        raise FlowInvalid(found.problems)
    outgoing: dict[str, list[FlowEdge]] = {node_id: [] for node_id in found.order}
    incoming: dict[str, list[FlowEdge]] = {node_id: [] for node_id in found.order}
    for edge in found.edges:
        outgoing[edge.source].append(edge)
        incoming[edge.target].append(edge)
    compiled: dict[str, FlowNode] = {}
    for node_id in found.order:
        names = found.handles[node_id].names or ()
        handles = (*names, ERROR_HANDLE) if any(e.handle == ERROR_HANDLE for e in outgoing[node_id]) else names
        compiled[node_id] = _compile_node(found.drawing.nodes[node_id], found.types[node_id], handles)
    return CompiledFlow(
        trigger_id=found.triggers[0],
        nodes=compiled,
        order=found.order,
        outgoing={node_id: tuple(edges_) for node_id, edges_ in outgoing.items()},
        incoming={node_id: tuple(edges_) for node_id, edges_ in incoming.items()},
        ancestors=Ancestors(found.order, found.ancestors),
        enclosing=found.enclosing,
    )


def _compile_node(drawn: DrawnNode, node: Node[Any], handles: tuple[str, ...]) -> FlowNode:
    settings = drawn.settings
    retry = settings.retry or node.default_retry
    return FlowNode(
        id=drawn.id,
        type=drawn.type,
        label=drawn.label,
        config=drawn.config,
        handles=handles,
        disabled=drawn.disabled,
        retry=RetryPolicy(
            attempts=retry.attempts,
            delay_seconds=retry.delay_seconds,
            backoff=retry.backoff,
            max_delay_seconds=retry.longest_delay_seconds,
            jitter=retry.jitter,
            retry_if=retry.retry_if,
        ),
        timeout_seconds=settings.timeout_seconds,
        on_unknown=settings.on_unknown,
        on_error=settings.on_error,
        join=read_join(drawn, node) or "all",
        passing=node.passing_handle,
        max_output_bytes=settings.max_output_bytes,
        pinned=settings.pinned,
        mask=settings.mask,
    )
