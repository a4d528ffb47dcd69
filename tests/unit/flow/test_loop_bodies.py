"""What a loop repeats, and what may lead into and out of it: seen in the drawing, before anything runs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import JsonValue

from automations.errors import Problem
from automations.flow.compile import compile_flow
from automations.flow.graph import FlowEdge
from automations.flow.loop_bodies import find_bodies
from automations.flow.node import Config, Node
from automations.flow.outcomes import JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry
from automations.flow.validate import check_flow


class BeginConfig(Config):
    pass


class WorkConfig(Config):
    text: str = ""


class RepeatConfig(Config):
    items: JsonValue = None
    item_name: str = "item"
    index_name: str = "index"


class Begin(Node[BeginConfig]):
    """Starts the flow."""

    type, title, group, icon, is_trigger = "begin", "Begin", "trigger", "Zap", True

    async def run(self, config: BeginConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Work(Node[WorkConfig]):
    """Does something."""

    type, title, group, icon = "work", "Work", "action", "Hammer"

    async def run(self, config: WorkConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Repeat(Node[RepeatConfig]):
    """Repeats something."""

    type, title, group, icon = "repeat", "Repeat", "logic", "Repeat"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ("done", "each")

    def loop_names(self, config: JsonObject) -> tuple[str, str]:
        return (str(config.get("item_name", "item")), str(config.get("index_name", "index")))

    async def run(self, config: RepeatConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


REGISTRY = NodeRegistry([Begin(), Work(), Repeat()])


def drawing(*ways: str, configs: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[list[Any], list[Any]]:
    """`"t>a"`, or `"l1:each>a"`. The node t begins, those whose name starts with l repeat, all others work."""
    ids: dict[str, None] = {}
    edges: list[Any] = []
    for way in ways:
        start, target = way.split(">")
        source, _, handle = start.partition(":")
        edges.append({"id": way, "source": source, "target": target, **({"sourceHandle": handle} if handle else {})})
        ids |= {source: None, target: None}
    types = {"t": "begin", "l": "repeat"}
    nodes = [
        {"id": node_id, "type": types.get(node_id[0], "work"), "data": {"config": (configs or {}).get(node_id, {})}}
        for node_id in ids
    ]
    return nodes, edges


def enclosing(*ways: str) -> dict[str, str]:
    return dict(compile_flow(*drawing(*ways), REGISTRY).enclosing)


def problems(*ways: str, **configs: Mapping[str, Any]) -> list[Problem]:
    return check_flow(*drawing(*ways, configs=configs), REGISTRY)


def codes(*ways: str, **configs: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    return [(problem.code, problem.node_id, problem.edge_id) for problem in problems(*ways, **configs)]


@pytest.mark.parametrize(
    ("ways", "inside"),
    [
        (["t>l", "l:each>a"], {"a": "l"}),
        (["t>l", "l:each>a", "a>b", "l:done>z", "z>y"], {"a": "l", "b": "l"}),
        (["t>l", "l:each>a", "l:each>b", "a>c", "b>c", "l:error>e"], {"a": "l", "b": "l", "c": "l"}),
        (["t>l1", "l1:each>l2", "l2:each>a", "l2:done>b"], {"l2": "l1", "a": "l2", "b": "l1"}),
        (["t>l1", "l1:each>a", "l1:done>l2", "l2:each>b"], {"a": "l1", "b": "l2"}),
        (["t>a", "t>l", "l:each>b", "l:done>j", "a>j"], {"b": "l"}),
        (
            ["t>l1", "l1:each>l2", "l2:each>a", "l1:each>l3", "l3:each>b"],
            {"l2": "l1", "l3": "l1", "a": "l2", "b": "l3"},
        ),
        (["t>l1", "l1:each>x", "x>l2", "l2:each>l3", "l3:each>a"], {"x": "l1", "l2": "l1", "l3": "l2", "a": "l3"}),
        (
            ["t>l1", "l1:each>l2", "l2:each>a", "l2:done>b", "l2:error>c", "c>b"],
            {"l2": "l1", "a": "l2", "b": "l1", "c": "l1"},
        ),
    ],
)
def test_a_body_is_what_is_reached_from_each_and_not_after_the_loop(ways: list[str], inside: dict[str, str]) -> None:
    assert enclosing(*ways) == inside


def test_a_loop_that_repeats_nothing() -> None:
    (problem,) = problems("t>l", "l:done>z")
    assert (problem.code, problem.node_id) == ("empty_loop", "l")
    assert "`each`" in problem.hint
    assert codes("t>l1", "l1:each>l2") == [("empty_loop", "l2", None)]


@pytest.mark.parametrize(
    ("ways", "edge"),
    [
        # The body leads to what comes after its own loop,
        (["t>l", "l:each>a", "l:done>z", "a>z"], "a>z"),
        # or `each` itself does,
        (["t>l", "l:each>a", "l:done>z", "l:each>z"], "l:each>z"),
        # or to what is handled after a failure of the loop,
        (["t>l", "l:each>a", "l:error>e", "a>e"], "a>e"),
        # or out of both of two loops.
        (["t>l1", "l1:each>l2", "l2:each>a", "l1:done>z", "a>z"], "a>z"),
        (["t>l1", "l1:each>l2", "l2:each>a", "l2:done>b", "a>b"], "a>b"),
    ],
)
def test_an_edge_out_of_a_loop(ways: list[str], edge: str) -> None:
    (problem,) = problems(*ways)
    assert (problem.code, problem.edge_id) == ("edge_out_of_loop", edge)
    assert "`done`" in problem.hint


@pytest.mark.parametrize(
    ("ways", "edge"),
    [
        (["t>l", "l:each>a", "t>a"], "t>a"),
        (["t>l", "t>x", "l:each>a", "a>b", "x>b"], "x>b"),
        (["t>l1", "l1:each>l2", "l2:each>a", "l1:each>x", "x>a"], "x>a"),
        (["t>l1", "l1:each>l2", "l2:each>a", "t>x", "x>a"], "x>a"),
        (["t>x", "x>l1", "l1:each>l2", "l2:each>a", "x>l2"], "x>l2"),
    ],
)
def test_an_edge_into_a_loop(ways: list[str], edge: str) -> None:
    (problem,) = problems(*ways)
    assert (problem.code, problem.edge_id) == ("edge_into_loop", edge)
    assert "`each`" in problem.hint


def test_an_edge_between_two_bodies_is_one_out_of_the_first() -> None:
    assert codes("t>l1", "t>l2", "l1:each>a", "l2:each>b", "b>c", "a>c") == [("edge_out_of_loop", "a", "a>c")]


def test_everything_that_crosses_is_named_at_once() -> None:
    ways = ["t>l", "l:each>a", "l:each>b", "l:done>z", "a>z", "b>z", "t>b"]
    assert sorted(codes(*ways), key=str) == [
        ("edge_into_loop", "t", "t>b"),
        ("edge_out_of_loop", "a", "a>z"),
        ("edge_out_of_loop", "b", "b>z"),
    ]


def test_a_flow_with_a_cycle_names_the_cycle_and_no_bodies() -> None:
    assert [code for code, _, _ in codes("t>l", "l:each>a", "a>b", "b>a")] == ["cycle"]
    assert [code for code, _, _ in codes("t>l", "l:each>a", "a>l")] == ["cycle"]


# Templates


def test_the_item_is_known_in_the_body_and_nowhere_else() -> None:
    uses: JsonObject = {"text": "{{ item.name }} {{ index }}"}
    ways = ["t>a", "a>l", "l:each>b", "b>c", "l:done>z"]
    assert codes(*ways, b=uses, c=uses) == []
    for outside in ("a", "z"):
        found = problems(*ways, **{outside: uses})
        assert [(problem.code, problem.node_id) for problem in found] == [("bad_template", outside)] * 2
        assert all("inside of a loop only" in problem.message for problem in found)
    assert codes(*ways, l={"items": "{{ item }}"}) == [("bad_template", "l", None)]


def test_the_names_of_all_loops_around_and_no_others() -> None:
    ways = ["t>l1", "l1:each>l2", "l2:each>a", "l2:done>b", "l1:each>l3", "l3:each>c"]
    names: dict[str, Any] = {
        "l1": {"item_name": "lead", "index_name": "no"},
        "l2": {"item_name": "tag", "items": "{{ lead.tags }}"},
        "l3": {"item_name": "note"},
    }
    assert codes(*ways, **names, a={"text": "{{ lead.name }} {{ no }} {{ tag }} {{ index }}"}) == []
    for node_id, text in (("b", "{{ tag }}"), ("b", "{{ index }}"), ("c", "{{ tag }}"), ("a", "{{ note }}")):
        assert codes(*ways, **names, **{node_id: {"text": text}}) == [("bad_template", node_id, None)], text
    assert codes(*ways, **{**names, "l2": {"item_name": "tag", "items": "{{ tag }}"}}) == [("bad_template", "l2", None)]
    assert codes(*ways, **names, a={"text": "{{ item }}"}) == [("bad_template", "a", None)]


def test_a_loop_has_no_output_while_its_body_runs() -> None:
    ways = ["t>x", "x>l1", "l1:each>a", "a>l2", "l2:each>b", "l2:done>c", "l1:done>z"]
    assert codes(*ways, z={"text": "{{ steps.l1.results }}"}, c={"text": "{{ steps.l2.count }}"}) == []
    assert codes(*ways, b={"text": "{{ steps.x.n }} {{ steps.a.n }}"}) == []
    for node_id, text in (("a", "{{ steps.l1.count }}"), ("b", "{{ steps.l2.count }}"), ("b", "{{ steps.l1.count }}")):
        assert codes(*ways, **{node_id: {"text": text}}) == [("bad_template", node_id, None)], (node_id, text)


def test_what_a_body_did_is_not_known_after_its_loop() -> None:
    ways = ["t>l", "l:each>a", "l:done>z"]
    (problem,) = problems(*ways, z={"text": "{{ steps.a.n }}"})
    assert (problem.code, problem.node_id) == ("bad_template", "z")


# Hostile shapes: as large as a drawing may be


def nested(depth: int, *, per_level: int = 1) -> list[str]:
    ways = ["t>l0"]
    for n in range(depth):
        inside = f"l{n + 1}" if n + 1 < depth else "a"
        ways += [f"l{n}:each>{inside}", *(f"l{n}:done>d{n}x{i}" for i in range(per_level))]
    return ways


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        pytest.param(nested(50, per_level=18), set(), id="fifty deep, a thousand nodes"),
        pytest.param(nested(499), set(), id="five hundred deep"),
        pytest.param(
            ["t>l0", *(f"l{n}:each>l{n + 1}" for n in range(997))], {"empty_loop"}, id="a thousand deep and empty"
        ),
        pytest.param(
            ["t>l0", *(f"l{n}:done>l{n + 1}" for n in range(498)), *(f"l{n}:each>a{n}" for n in range(499))],
            set(),
            id="five hundred in a row",
        ),
        pytest.param(
            [*nested(300), *(f"a>d{n}x0" for n in range(299))], {"edge_out_of_loop"}, id="out of three hundred loops"
        ),
        pytest.param(
            [*nested(300), "t>x", *(f"x>l{n}" for n in range(1, 299))],
            {"edge_into_loop"},
            id="into three hundred loops",
        ),
    ],
)
def test_as_large_as_a_drawing_may_be(ways: list[str], found: set[str]) -> None:
    nodes, edges = drawing(*ways)
    assert len(nodes) <= 1_000
    assert {problem.code for problem in check_flow(nodes, edges, REGISTRY)} == found


def test_every_node_is_looked_at_once_however_many_loops_there_are() -> None:
    class Counted(dict[str, list[str]]):
        looks = 0

        def get(self, key: str, default: Any = None) -> Any:
            self.looks += 1
            return super().get(key, default)

    ids = [f"l{n}" for n in range(1_000)]
    edges = [FlowEdge(str(n), ids[n], ids[n + 1], "each") for n in range(999)]
    children = Counted({edge.source: [edge.target] for edge in edges})
    enclosing, _ = find_bodies(ids, edges, children, ids)
    assert enclosing == dict(zip(ids[1:], ids, strict=False))
    assert children.looks == 1_000


@pytest.mark.parametrize("seed", range(3))
def test_five_thousand_random_edges_between_loops(seed: int) -> None:
    chooser = random.Random(seed)
    ids = [f"l{n}" if n % 2 else f"a{n}" for n in range(999)]
    ways = dict.fromkeys(["t>a0"])
    while len(ways) < 5_000:
        first, second = sorted(chooser.sample(range(999), 2))
        handle = chooser.choice(["done", "each"]) if first % 2 else "out"
        ways[f"{ids[first]}:{handle}>{ids[second]}"] = None
    nodes, edges = drawing(*ways)
    assert check_flow(nodes, edges, REGISTRY)


def test_bodies_by_the_definition_on_random_drawings() -> None:
    """A step is in the body of the last loop that reaches it by `each` and not otherwise, within the loop around that
    one; whatever crosses a border is named.
    """
    for seed in range(300):
        chooser = random.Random(seed)
        ids = [f"l{n}" if chooser.random() < 0.4 else f"a{n}" for n in range(8)]
        ways = {
            (ids[first], chooser.choice(["done", "each"]) if ids[first][0] == "l" else "out", ids[second])
            for first, second in (sorted(chooser.sample(range(8), 2)) for _ in range(chooser.randint(4, 12)))
        }
        edges = [FlowEdge(f"{s}:{h}>{t}", s, t, h) for s, h, t in sorted(ways)]
        children = {node_id: [edge.target for edge in edges if edge.source == node_id] for node_id in ids}
        loops = [node_id for node_id in ids if node_id[0] == "l"]
        found, problems = find_bodies(loops, edges, children, ids)

        def behind(start: str, edges: list[FlowEdge] = edges) -> set[str]:
            return {start}.union(*(behind(edge.target) for edge in edges if edge.source == start))

        def body(loop: str, edges: list[FlowEdge] = edges) -> set[str]:
            each: set[str] = set().union(*(behind(e.target) for e in edges if (e.source, e.handle) == (loop, "each")))
            after: set[str] = set().union(*(behind(e.target) for e in edges if (e.source, e.handle) == (loop, "done")))
            return each - after

        bodies: dict[str, set[str]] = {}
        for loop in loops:
            inner = [bodies[outer] for outer in bodies if loop in bodies[outer]]
            bodies[loop] = body(loop).intersection(*inner[-1:])
        for node_id in ids:
            around = [loop for loop in loops if node_id in bodies[loop]]
            assert found.get(node_id) == (around[-1] if around else None)
        empty = {loop for loop in loops if not any((e.source, e.handle) == (loop, "each") for e in edges)}
        assert {problem.node_id for problem in problems if problem.code == "empty_loop"} == empty
        crossing = {problem.edge_id for problem in problems if problem.code != "empty_loop"}
        for edge in edges:
            before = edge.source if edge.handle == "each" else found.get(edge.source)
            assert (edge.id in crossing) == (before != found.get(edge.target)), (seed, edge)
