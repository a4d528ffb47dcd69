"""Everything that is wrong with a drawn flow, at once, each with what to do about it.

The codes are stable; an editor may act on them:

- limits: not_a_list, too_many_nodes, too_many_edges, too_large, too_deep,
  too_many_patterns, not_json (nothing else is looked at then)
- shape: not_an_object, missing_id, bad_id, duplicate_id, missing_type, missing_end, bad_field, bad_note, bad_retry,
  bad_timeout, bad_on_unknown, bad_on_error, bad_pinned, bad_max_output, bad_mask
- graph: unknown_type, no_trigger, several_triggers, disabled_trigger, dangling_edge, self_edge, duplicate_edge,
  edge_into_trigger, unknown_handle, cycle, unreachable
- loops: empty_loop, edge_out_of_loop, edge_into_loop
- configuration: bad_config, missing_field, bad_template
- of drafts only, what runs put up with: too_long (`length_check`), no_such_output and idle_way (`output_check`)
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from automations.errors import Problem
from automations.flow.check_config import Handles, check_config, read_handles
from automations.flow.check_settings import check_settings
from automations.flow.graph import FlowEdge, ancestor_bits, iter_bits
from automations.flow.loop_bodies import find_bodies
from automations.flow.node import Node
from automations.flow.outcomes import DEFAULT_HANDLE, ERROR_HANDLE
from automations.flow.parse import Drawing, DrawnEdge, parse_drawing
from automations.flow.registry import NodeRegistry
from automations.flow.template_check import Visible
from automations.flow.topology import find_cycles, reachable, topological_order
from automations.flow.wording import shorten

MAX_PROBLEMS = 1_000
MAX_NAMES_IN_MESSAGE = 10
MAX_SUGGESTIONS = 20


@dataclass(frozen=True, slots=True)
class Examined:
    """A drawing and what was found out about it. Without problems it can be compiled as it is."""

    drawing: Drawing
    problems: tuple[Problem, ...]
    triggers: tuple[str, ...]
    types: dict[str, Node[Any]]
    handles: dict[str, Handles]
    edges: tuple[FlowEdge, ...]
    order: tuple[str, ...]
    ancestors: list[int]
    enclosing: dict[str, str]


def check_flow(nodes: object, edges: object, registry: NodeRegistry) -> list[Problem]:
    """Every problem of a drawn flow, up to 1,000; an empty list means that `compile_flow` will succeed."""
    return list(examine(nodes, edges, registry).problems)


def examine(nodes: object, edges: object, registry: NodeRegistry) -> Examined:
    drawing = parse_drawing(nodes, edges)
    problems = drawing.problems
    if problems and not drawing.nodes and not drawing.unusable_ids:
        return Examined(drawing, tuple(problems[:MAX_PROBLEMS]), (), {}, {}, (), (), [], {})
    types = _find_types(drawing, registry, problems)
    triggers = tuple(node_id for node_id, node in types.items() if node.is_trigger)
    _check_triggers(drawing, triggers, types, problems)
    handles = {node_id: read_handles(drawn, types.get(node_id)) for node_id, drawn in drawing.nodes.items()}
    flow_edges = _check_edges(drawing, set(triggers), handles, problems)
    with_error_edge = {edge.source for edge in flow_edges if edge.handle == ERROR_HANDLE}
    for drawn in drawing.nodes.values():
        problems.extend(
            check_settings(drawn, types.get(drawn.id), handles[drawn.id], error_edge=drawn.id in with_error_edge)
        )

    children: dict[str, list[str]] = {node_id: [] for node_id in drawing.nodes}
    parents: dict[str, list[str]] = {node_id: [] for node_id in drawing.nodes}
    for edge in flow_edges:
        children[edge.source].append(edge.target)
        parents[edge.target].append(edge.source)
    order = topological_order({node_id: drawn.place for node_id, drawn in drawing.nodes.items()}, children)
    if triggers:
        _check_reachable(drawing, reachable(triggers, children), problems)
    acyclic = len(order) == len(drawing.nodes)
    if not acyclic:
        _name_cycles(drawing, order, children, problems)
    ancestors = ancestor_bits(order, parents) if acyclic else []
    loops = {node_id: names for node_id in types if (names := _loop_names(drawing, types, node_id)) is not None}
    enclosing: dict[str, str] = {}
    if loops and acyclic:
        enclosing, crossings = find_bodies(loops, flow_edges, children, order)
        problems += crossings
    _check_configs(
        drawing, types, handles, order if acyclic else list(drawing.nodes), ancestors, problems, loops, enclosing
    )
    return Examined(
        drawing,
        tuple(problems[:MAX_PROBLEMS]),
        triggers,
        types,
        handles,
        flow_edges,
        tuple(order),
        ancestors,
        enclosing,
    )


def _loop_names(drawing: Drawing, types: dict[str, Node[Any]], node_id: str) -> tuple[str, str] | None:
    try:
        return types[node_id].loop_names(drawing.nodes[node_id].config)
    except Exception:  # anybody's code; what is wrong with the config is reported by its model
        return None


def _find_types(drawing: Drawing, registry: NodeRegistry, problems: list[Problem]) -> dict[str, Node[Any]]:
    types: dict[str, Node[Any]] = {}
    known = [node.type for node in registry]
    suggestions: dict[str, str] = {}
    for drawn in drawing.nodes.values():
        if not drawn.type:
            continue
        node = registry.get(drawn.type)
        if node is not None:
            types[drawn.id] = node
            continue
        if drawn.type not in suggestions and len(suggestions) < MAX_SUGGESTIONS:
            near = get_close_matches(drawn.type[:64], known, n=1)
            suggestions[drawn.type] = (
                f"Did you mean {near[0]!r}? Else install the package that brings this one." if near else ""
            )
        hint = suggestions.get(drawn.type) or (
            f"Choose one of the installed types ({_names(known)}), or install the package that brings this one."
        )
        message = f"there is no node type {shorten(drawn.type)}"
        problems.append(Problem("unknown_type", message, hint, drawn.id, field="type"))
    return types


def _check_triggers(
    drawing: Drawing, triggers: tuple[str, ...], types: dict[str, Node[Any]], problems: list[Problem]
) -> None:
    if not triggers:
        # A trigger of an unknown type is reported as that, and a second time would only confuse.
        hidden = any(n.type.startswith("trigger") for n in drawing.nodes.values() if n.id not in types)
        if not hidden:
            hint = "Add a trigger node: it says when the flow starts."
            problems.append(Problem("no_trigger", "the flow has no trigger", hint))
        return
    for node_id in triggers[1:]:
        message = f"the flow has {len(triggers)} triggers; {node_id!r} is one too many beside {triggers[0]!r}"
        hint = "Keep one trigger, and make an automation of its own for each other start."
        problems.append(Problem("several_triggers", message, hint, node_id))
    for node_id in triggers:
        if drawing.nodes[node_id].disabled:
            message = f"the trigger {node_id!r} is disabled, so the flow could never start"
            hint = "Enable the trigger node; to keep the automation from starting, switch the automation off."
            problems.append(Problem("disabled_trigger", message, hint, node_id, field="data.disabled"))


def _check_edges(
    drawing: Drawing, triggers: set[str], handles: dict[str, Handles], problems: list[Problem]
) -> tuple[FlowEdge, ...]:
    """The edges that are part of the graph; one from a wrong handle is, or what is behind it would be unreachable."""
    kept: list[FlowEdge] = []
    seen: dict[tuple[str, str, str], str] = {}
    for edge in drawing.edges:
        missing = [end for end in (edge.source, edge.target) if end not in drawing.nodes]
        if missing:
            lost = [end for end in missing if end not in drawing.unusable_ids]
            if lost:
                message = f"the edge {shorten(edge.id)} is tied to {shorten(lost[0])}, which is no node of this flow"
                problems.append(Problem("dangling_edge", message, "Remove the edge, or tie it again.", None, edge.id))
            continue
        if edge.source == edge.target:
            message = f"the edge {shorten(edge.id)} leads from {edge.source!r} to itself"
            hint = "Remove the edge; a flow runs forwards only."
            problems.append(Problem("self_edge", message, hint, edge.source, edge.id))
            continue
        if edge.target in triggers:
            message = f"the edge {shorten(edge.id)} leads into the trigger {edge.target!r}"
            hint = "Remove the edge; nothing can come before the trigger."
            problems.append(Problem("edge_into_trigger", message, hint, edge.target, edge.id))
            continue
        handle = _check_handle(edge, handles[edge.source], problems)
        way = (edge.source, handle, edge.target)
        if way in seen:
            message = f"the edges {shorten(seen[way])} and {shorten(edge.id)} join the same two nodes"
            hint = "Remove one of the two."
            problems.append(Problem("duplicate_edge", message, hint, edge.source, edge.id))
            continue
        seen[way] = edge.id
        kept.append(FlowEdge(edge.id, edge.source, edge.target, handle))
    return tuple(kept)


def _check_handle(edge: DrawnEdge, handles: Handles, problems: list[Problem]) -> str:
    if handles.names is None:
        return edge.handle or DEFAULT_HANDLE
    resolved = handles.resolve(edge.handle)
    if resolved is not None:
        return resolved
    known = (*handles.names, ERROR_HANDLE) if handles.error else handles.names
    if edge.handle is None:
        message = f"the edge {shorten(edge.id)} does not say from which handle of {edge.source!r} it leaves"
    else:
        message = f"{edge.source!r} has no handle {shorten(edge.handle)}, from which the edge {shorten(edge.id)} leaves"
    hint = f"Use one of its handles: {_names(known)}." if known else "Remove the edge: the flow ends at this node."
    problems.append(Problem("unknown_handle", message, hint, edge.source, edge.id, "sourceHandle"))
    return edge.handle or ""


def _check_reachable(drawing: Drawing, reached: set[str], problems: list[Problem]) -> None:
    for node_id in drawing.nodes:
        if node_id not in reached:
            message = f"no way leads from the trigger to {node_id!r}"
            problems.append(Problem("unreachable", message, "Connect the node, or remove it.", node_id))


def _name_cycles(drawing: Drawing, order: list[str], children: dict[str, list[str]], problems: list[Problem]) -> None:
    outside = set(order)
    rest = {
        node_id: [target for target in children[node_id] if target not in outside]
        for node_id in drawing.nodes
        if node_id not in outside
    }
    for cycle in find_cycles(rest, rest):
        way = " → ".join(
            [*cycle[:MAX_NAMES_IN_MESSAGE], *(["…"] if len(cycle) > MAX_NAMES_IN_MESSAGE else []), cycle[0]]
        )
        hint = "Remove one of these edges; a flow runs forwards only."
        problems.append(Problem("cycle", f"these steps run in a circle: {way}", hint, cycle[0]))


def _check_configs(
    drawing: Drawing,
    types: dict[str, Node[Any]],
    handles: dict[str, Handles],
    order: list[str],
    ancestors: list[int],
    problems: list[Problem],
    loops: dict[str, tuple[str, str]],
    enclosing: dict[str, str],
) -> None:
    known = set(drawing.nodes)
    everything = frozenset(known)
    nowhere: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    # By loop: the loops around its body, itself among them, and their names. Outer loops come first in the order.
    around: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for i, node_id in enumerate(order):
        if len(problems) >= MAX_PROBLEMS:
            return
        outer, names = around.get(enclosing.get(node_id, ""), nowhere)
        if node_id in loops:
            around[node_id] = (outer | {node_id}, names.union(loops[node_id]))
        node = types.get(node_id)
        if node is not None:
            # On or behind a cycle "before" means nothing: only the cycle is reported.
            before = frozenset(order[j] for j in iter_bits(ancestors[i])) if ancestors else everything
            if not ancestors:
                names = frozenset(name for both in loops.values() for name in both)
            # A loop has no output yet while its body runs.
            seen = Visible(known, before - outer, names)
            problems.extend(check_config(drawing.nodes[node_id], node, handles[node_id], seen))


def _names(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(name if len(name) <= 40 else f"{name[:39]}…" for name in names[:MAX_NAMES_IN_MESSAGE])
    return f"{shown}, …" if len(names) > MAX_NAMES_IN_MESSAGE else shown
