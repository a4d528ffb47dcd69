"""A compiled flow by index, as the state machine reads it: topological positions, edges, and the regions of loops.

A region is one level of the flow: the whole of it without the bodies of loops, or the body of one loop without those of
the loops in it. A run has one scope for the top region, and one for each iteration that is under way. Standard library
only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from automations.flow.commands import TOP_SCOPE, step_key
from automations.flow.graph import CompiledFlow, FlowNode, ancestor_bits
from automations.flow.outcomes import EACH_HANDLE, ERROR_HANDLE

TOP_REGION = 0

# (handle, index of the target, place of the target in its region)
Edges = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """`members` are indexes in topological order; `indegrees` counts the edges into each member, by place in `members`.

    `bits` is the bit set of the members. `loop` is the index of the loop whose body it is, None for the top; `entries`
    are the edges from its `each`.
    """

    loop: int | None
    members: tuple[int, ...]
    indegrees: tuple[int, ...]
    bits: int
    entries: Edges = ()


@dataclass(slots=True)
class Plan:
    """`targets[i]` are the edges of node i inside of its region, without those into its own body.

    `place[i]` is the position of node i in the members of its region, `region[i]` the number of that region, `body[i]`
    the number of the region that node i repeats (None: no loop).
    """

    flow: CompiledFlow
    nodes: tuple[FlowNode, ...] = ()
    index: dict[str, int] = field(default_factory=dict)
    top_keys: tuple[str, ...] = ()
    top_index: dict[str, int] = field(default_factory=dict)
    targets: tuple[Edges, ...] = ()
    taken_handles: tuple[frozenset[str], ...] = ()
    region: tuple[int, ...] = ()
    place: tuple[int, ...] = ()
    body: tuple[int | None, ...] = ()
    any_join: tuple[bool, ...] = ()
    regions: tuple[Region, ...] = ()
    trigger: int = 0
    _ancestors: list[int] | None = None

    @classmethod
    def of(cls, flow: CompiledFlow) -> Plan:
        order = flow.order
        index = {node_id: i for i, node_id in enumerate(order)}
        loops = sorted({index[loop] for loop in flow.enclosing.values()})
        number_of = {loop: number for number, loop in enumerate(loops, 1)}

        def region_of(node_id: str) -> int:
            loop = flow.enclosing.get(node_id)
            return TOP_REGION if loop is None else number_of[index[loop]]

        region = tuple(region_of(node_id) for node_id in order)
        targets: list[tuple[tuple[str, int], ...]] = []
        taken: list[frozenset[str]] = []
        indegree = [0] * len(order)
        entries: dict[int, list[int]] = {loop: [] for loop in loops}
        for i, node_id in enumerate(order):
            inside: list[tuple[str, int]] = []
            for edge in flow.outgoing.get(node_id, ()):
                target = index[edge.target]
                indegree[target] += 1
                if i in entries and edge.handle == EACH_HANDLE:
                    entries[i].append(target)
                else:
                    inside.append((edge.handle, target))
            targets.append(tuple(inside))
            taken.append(frozenset(handle for handle, _ in inside))
        members: list[list[int]] = [[] for _ in range(len(loops) + 1)]
        place = [0] * len(order)
        for i, number in enumerate(region):
            place[i] = len(members[number])
            members[number].append(i)
        regions = [
            Region(
                None if number == TOP_REGION else loops[number - 1],
                tuple(mine),
                tuple(indegree[i] for i in mine),
                sum(1 << i for i in mine),
                () if number == TOP_REGION else tuple((EACH_HANDLE, t, place[t]) for t in entries[loops[number - 1]]),
            )
            for number, mine in enumerate(members)
        ]
        nodes = tuple(flow.nodes[node_id] for node_id in order)
        top_keys = tuple(step_key(TOP_SCOPE, node_id) for node_id in order)
        return cls(
            flow=flow,
            nodes=nodes,
            index=index,
            top_keys=top_keys,
            top_index={key: i for i, key in enumerate(top_keys) if region[i] == TOP_REGION},
            targets=tuple(tuple((h, t, place[t]) for h, t in mine) for mine in targets),
            taken_handles=tuple(taken),
            region=region,
            place=tuple(place),
            body=tuple(number_of.get(i) for i in range(len(order))),
            any_join=tuple(node.join == "any" for node in nodes),
            regions=tuple(regions),
            trigger=index[flow.trigger_id],
        )

    def ancestors(self, i: int) -> int:
        """All transitive ancestors of node i as a bit set of indexes, across regions."""
        if self._ancestors is None:
            parents = {target: [edge.source for edge in edges] for target, edges in self.flow.incoming.items()}
            self._ancestors = ancestor_bits(self.flow.order, parents)
        return self._ancestors[i]


def failure_handle(node: FlowNode) -> str | None:
    """Through which handle the flow goes on after a failure; None: it does not."""
    if ERROR_HANDLE in node.handles:
        return ERROR_HANDLE
    return passing_handle(node) if node.on_error == "continue" else None


def passing_handle(node: FlowNode) -> str | None:
    """The way past a step that did nothing: it is disabled, or failed and is to be continued."""
    return node.passing or first_handle(node)


def first_handle(node: FlowNode) -> str | None:
    return next((handle for handle in node.handles if handle != ERROR_HANDLE), None)
