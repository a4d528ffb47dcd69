"""Random flows with loops: what is drawn, and what each step will answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from hypothesis import strategies as st

from automations.flow.compile import compile_flow
from automations.flow.graph import CompiledFlow
from automations.flow.node import Config, Node
from automations.flow.outcomes import JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry

TRIGGER_DATA: JsonObject = {"new": {"id": 7}}
LATER = datetime(2030, 1, 1, 12, tzinfo=UTC)

End = Literal["a", "b", "fail", "stop"]
Edge = tuple[str, str, str]


class NoConfig(Config):
    pass


class Begin(Node[NoConfig]):
    """Starts the flow."""

    type, title, group, icon, is_trigger = "begin", "Begin", "trigger", "Zap", True

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Work(Node[NoConfig]):
    """Does what its script says."""

    type, title, group, icon = "work", "Work", "action", "Hammer"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ("a", "b")

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Repeat(Node[NoConfig]):
    """Repeats what its script says."""

    type, title, group, icon = "repeat", "Repeat", "logic", "Repeat"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ("done", "each")

    def loop_names(self, config: JsonObject) -> tuple[str, str]:
        return ("item", "index")

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


REGISTRY = NodeRegistry([Begin(), Work(), Repeat()])


@dataclass(frozen=True)
class Repeats:
    """What a loop opens with. `counts` go by the numbers of the iterations around it, see `Script`."""

    counts: tuple[int, ...] = (2,)
    parallelism: int = 1
    continue_on_error: bool = False
    collect: bool = True
    own_names: bool = False


@dataclass(frozen=True)
class Script:
    """How a step behaves: it waits as it says, fails `failures` times, and then ends as one of `ends`.

    Which one: the sum of the numbers of the iterations around it, modulo how many there are. A loop that ends as `a` or
    `b` opens.
    """

    ends: tuple[End, ...] = ("a",)
    stop_status: Literal["completed", "failed", "cancelled"] = "completed"
    failures: int = 0
    waits: Literal["no", "time", "signal", "either"] = "no"
    variables: tuple[str, ...] = ()
    disabled: bool = False
    attempts: int = 1
    on_error: Literal["stop", "continue"] = "stop"
    join: Literal["all", "any"] = "all"
    repeats: Repeats | None = None

    def end(self, numbers: int) -> End:
        return self.ends[numbers % len(self.ends)]


@dataclass(frozen=True)
class Plan:
    """Scripts by node id in an order in which they could run, edges as (source, handle, target).

    `inside` names the loop in whose body a node is. `plain`: what steps answer does not show what they saw, for flows
    in which that depends on the order of completions.
    """

    scripts: Mapping[str, Script]
    edges: tuple[Edge, ...]
    inside: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    plain: bool = False

    def compile(self) -> CompiledFlow:
        nodes: list[JsonObject] = [{"id": "start", "type": "begin", "position": {"x": 0, "y": -1}, "data": {}}]
        for node_id, script in self.scripts.items():
            y, x = self.places.get(node_id, (0, 0))
            nodes.append(
                {
                    "id": node_id,
                    "type": "work" if script.repeats is None else "repeat",
                    "position": {"x": x, "y": y},
                    "data": {
                        "label": node_id.upper(),
                        "disabled": script.disabled,
                        "retry": {"attempts": script.attempts, "delay_seconds": 5},
                    },
                }
            )
        edges = [
            {"id": f"e{i}", "source": source, "sourceHandle": handle, "target": target}
            for i, (source, handle, target) in enumerate(self.edges)
        ]
        flow = compile_flow(nodes, edges, REGISTRY)
        assert flow.enclosing == dict(self.inside)
        with_settings = {
            node_id: replace(node, on_error=self.scripts[node_id].on_error, join=self.scripts[node_id].join)
            for node_id, node in flow.nodes.items()
            if node_id in self.scripts
        }
        return replace(flow, nodes={**flow.nodes, **with_settings})


def names_of(node_id: str, repeats: Repeats) -> tuple[str, str]:
    return (f"{node_id}_item", f"{node_id}_index") if repeats.own_names else ("item", "index")


def items_of(node_id: str, repeats: Repeats, numbers: int) -> list[JsonObject]:
    return [{"of": node_id, "no": n} for n in range(repeats.counts[numbers % len(repeats.counts)])]


@st.composite
def plans(draw: st.DrawFn, stops: bool = True, retries: bool = True, most: int = 9) -> Plan:
    """Without `stops` no step stops the run; the interpreter tells whether an unhandled failure does."""
    one_in_three = st.sampled_from([False, False, True])
    drawn = _Drawn(draw, stops and draw(one_in_three), retries, draw(one_in_three), draw(one_in_three))
    for _ in range(draw(st.integers(0, most))):
        drawn.add(draw(st.sampled_from([*drawn.regions, *drawn.regions[1:], drawn.regions[-1]])))
    for loop in [region for region in drawn.regions if region is not None and region not in drawn.inside.values()]:
        drawn.add(loop, loops=False)
    return Plan(drawn.scripts, tuple(drawn.edges), drawn.inside, drawn.places)


@dataclass
class _Drawn:
    draw: st.DrawFn
    stops: bool
    retries: bool
    top_fails: bool
    any_joins: bool
    scripts: dict[str, Script] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    regions: list[str | None] = field(default_factory=lambda: [None])

    def add(self, region: str | None, loops: bool = True) -> None:
        draw, node_id = self.draw, f"n{len(self.scripts)}"
        depth = self._depth(region)
        is_loop = loops and depth < 3 and draw(st.integers(0, 2)) == 2
        siblings = [other for other in self.scripts if self.inside.get(other) == region]
        self.scripts[node_id] = self._script(depth, is_loop)
        self.places[node_id] = (draw(st.integers(0, 3)), draw(st.integers(0, 1)))
        if region is not None:
            self.inside[node_id] = region
        if is_loop:
            self.regions.append(node_id)
        for source in draw(st.lists(st.sampled_from([None, *siblings]), min_size=1, max_size=3)):
            if source is None:
                edge = ("start", "out", node_id) if region is None else (region, "each", node_id)
            elif self.scripts[source].repeats is not None:
                edge = (source, draw(st.sampled_from(["done", "done", "done", "error"])), node_id)
            else:
                edge = (source, draw(st.sampled_from(["a", "a", "a", "b", "error"])), node_id)
            self.edges[edge] = None

    def _depth(self, region: str | None) -> int:
        depth = 0
        while region is not None:
            region, depth = self.inside.get(region), depth + 1
        return depth

    def _script(self, depth: int, is_loop: bool) -> Script:
        draw = self.draw
        failures = draw(st.sampled_from([0, 0, 0, 1, 2])) if self.retries else 0
        endings: list[End] = ["a", "a", "a", "a", "b"]
        if depth or self.top_fails:
            endings += ["fail", "fail"]
        if self.stops:
            endings.append("stop")
        repeats = None
        if is_loop:
            repeats = Repeats(
                counts=tuple(draw(st.lists(st.sampled_from([2, 3, 1, 0]), min_size=1, max_size=1 + (depth > 0)))),
                parallelism=draw(st.integers(1, 3)),
                continue_on_error=draw(st.booleans()),
                collect=draw(st.integers(0, 3)) < 3,
                own_names=draw(st.booleans()),
            )
        return Script(
            ends=tuple(draw(st.lists(st.sampled_from(endings), min_size=1, max_size=3 if depth else 1))),
            stop_status=draw(st.sampled_from(["completed", "failed", "cancelled"])),
            failures=failures,
            waits=draw(st.sampled_from(["no", "no", "no", "time", "signal", "either"])),
            variables=tuple(sorted(draw(st.sets(st.sampled_from("xyz"), max_size=2)))),
            disabled=draw(st.integers(0, 7)) == 7,
            attempts=draw(st.integers(1 if depth or self.top_fails else 1 + failures, 3)) if failures else 1,
            on_error=draw(st.sampled_from(["stop", "stop", "continue"])),
            join=draw(st.sampled_from(["all", "any"])) if self.any_joins else "all",
            repeats=repeats,
        )
