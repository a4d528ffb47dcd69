"""Every problem code of a drawn flow, and what is not a problem; then what compiling makes of a good one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from pydantic import Field, field_validator, model_validator

from automations.errors import FlowInvalid, Problem
from automations.flow.compile import compile_flow
from automations.flow.graph import FlowEdge, FlowNode, Pinned, RetryPolicy
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.registry import NodeRegistry
from automations.flow.validate import MAX_PROBLEMS, check_flow


class NoConfig(Config):
    pass


class Part(Config):
    size: int
    tags: tuple[str, ...] = ()


class WorkConfig(Config):
    count: int = 0
    mode: Literal["fast", "slow"] = "fast"
    email: str = Field(default="a@b", pattern="@")
    either: int | list[int] = 0
    parts: tuple[Part, ...] = ()
    pattern: str = Field(default="", max_length=5, json_schema_extra={"template": False})
    low: int = 0
    high: int = 0

    @field_validator("low")
    @classmethod
    def _not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("must not be negative")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> WorkConfig:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Begin(Node[NoConfig]):
    """Starts the flow."""

    type, title, group, icon, is_trigger = "trigger-begin", "Begin", "trigger", "Zap", True

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Work(Node[WorkConfig]):
    """Does something."""

    type, title, group, icon = "action-work", "Work", "action", "Hammer"
    default_retry = Retry(attempts=3, delay_seconds=2, backoff="fixed", max_delay_seconds=9, jitter=False)

    def check(self, config: WorkConfig) -> list[tuple[str, str]]:
        return [("parts.0.size", "13 brings bad luck")] if config.parts and config.parts[0].size == 13 else []

    async def run(self, config: WorkConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class Choose(Node[NoConfig]):
    """Goes one of two ways."""

    type, title, group, icon = "logic-choose", "Choose", "logic", "Split"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ("true", "false")

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class End(Node[NoConfig]):
    """Has no way out."""

    type, title, group, icon = "logic-end", "End", "logic", "Octagon"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ()

    async def run(self, config: NoConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class MeetConfig(Config):
    mode: str = "all"


class Meet(Node[MeetConfig]):
    """Joins as its configuration says, whatever that is."""

    type, title, group, icon = "logic-meet", "Meet", "logic", "Merge"

    def join(self, config: JsonObject) -> Any:
        if config.get("mode") == "raise":
            raise KeyError("mode")
        return config.get("mode", "all")

    async def run(self, config: MeetConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


class BrokenConfig(Config):
    checked: bool = True


class Broken(Node[BrokenConfig]):
    """Somebody's node type with bugs."""

    type, title, group, icon = "action-broken", "Broken", "action", "Bug"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        raise KeyError("cases")

    def check(self, config: BrokenConfig) -> list[tuple[str, str]]:
        if config.checked:
            raise RuntimeError("oops")
        return []

    async def run(self, config: BrokenConfig, ctx: Context) -> Outcome:
        raise NotImplementedError


REGISTRY = NodeRegistry([Begin(), Work(), Choose(), End(), Meet(), Broken()])
TYPES = {"t": "trigger-begin", "c": "logic-choose", "x": "logic-end", "m": "logic-meet"}


def node(node_id: str, node_type: str | None = None, config: object = None, **data: Any) -> dict[str, Any]:
    """Ids beginning with t are triggers, with c choices, with x ends, with m meeting points; all others work."""
    return {
        "id": node_id,
        "type": node_type or TYPES.get(node_id[0], "action-work"),
        "data": {"config": config, **data},
    }


def drawing(*ways: str, nodes: Sequence[dict[str, Any]] = ()) -> tuple[list[Any], list[Any]]:
    """`"t>a"`, or `"c:true>a"` for a handle. Nodes are made as they are named, unless they are given."""
    found = {given["id"]: given for given in nodes}
    edges: list[Any] = []
    for way in ways:
        start, target = way.split(">")
        source, _, handle = start.partition(":")
        edges.append({"id": way, "source": source, "target": target, "sourceHandle": handle or None})
        for name in (source, target):
            if name.isalnum():
                found.setdefault(name, node(name))
    return list(found.values()), edges


def problems(*ways: str, nodes: Sequence[dict[str, Any]] = ()) -> list[Problem]:
    found = check_flow(*drawing(*ways, nodes=nodes), REGISTRY)
    assert all(problem.message and problem.hint for problem in found)
    return found


def places(found: list[Problem]) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(problem.code, problem.node_id, problem.edge_id, problem.field) for problem in found]


@pytest.mark.parametrize(
    "ways",
    [
        ["t>a"],
        ["t>a", "a:out>b", "a:error>c", "c:true>d", "c:false>d", "b>d"],
        ["t>a", "t>b", "a>x", "b>x", "x:error>d"],
    ],
)
def test_good_flows(ways: list[str]) -> None:
    assert problems(*ways) == []


GRAPH_PROBLEMS: list[tuple[list[str], list[dict[str, Any]], list[tuple[str, str | None, str | None, str | None]]]] = [
    ([], [], [("no_trigger", None, None, None)]),
    (["a>b"], [], [("no_trigger", None, None, None)]),
    (["t>a"], [node("a", "action-wrok")], [("unknown_type", "a", None, "type")]),
    (["t>a"], [node("t", "trigger-nope")], [("unknown_type", "t", None, "type")]),
    (["t>a", "t2>a", "t3>a"], [], [("several_triggers", "t2", None, None), ("several_triggers", "t3", None, None)]),
    (["t>a"], [node("t", disabled=True)], [("disabled_trigger", "t", None, "data.disabled")]),
    (["t>a", "a>t"], [], [("edge_into_trigger", "t", "a>t", None)]),
    (["t>a", "a>?"], [], [("dangling_edge", None, "a>?", None)]),
    (["t>a", "?>a"], [], [("dangling_edge", None, "?>a", None)]),
    (["t>a", "a>a"], [], [("self_edge", "a", "a>a", None)]),
    (["t>a", "t:out>a"], [], [("duplicate_edge", "t", "t:out>a", None)]),
    (["t>c", "c>a"], [], [("unknown_handle", "c", "c>a", "sourceHandle")]),
    (["t>c", "c:maybe>a"], [], [("unknown_handle", "c", "c:maybe>a", "sourceHandle")]),
    (["t>a", "t:error>b"], [], [("unknown_handle", "t", "t:error>b", "sourceHandle")]),
    (["t>x", "x>a"], [], [("unknown_handle", "x", "x>a", "sourceHandle")]),
    (["t>a", "b>d"], [], [("unreachable", "b", None, None), ("unreachable", "d", None, None)]),
    (["t>a", "a>b", "b>d", "d>a"], [], [("cycle", "a", None, None)]),
    (["t>a", "a>b", "b>a", "t>d", "d>e", "e>d"], [], [("cycle", "a", None, None), ("cycle", "d", None, None)]),
    (
        ["t>a", "b>d", "d>b"],
        [],
        [("unreachable", "b", None, None), ("unreachable", "d", None, None), ("cycle", "b", None, None)],
    ),
]


@pytest.mark.parametrize(("ways", "nodes", "expected"), GRAPH_PROBLEMS)
def test_problems_of_the_graph(ways: list[str], nodes: list[dict[str, Any]], expected: object) -> None:
    assert places(problems(*ways, nodes=nodes)) == expected


def test_a_cycle_is_named_in_its_order_and_by_its_shortest_way() -> None:
    (problem,) = problems("t>a", "a>b", "b>d", "d>e", "e>a", "d>a")
    assert "a → b → d → a" in problem.message


def test_the_nearest_type_is_suggested() -> None:
    (typo,) = problems("t>a", nodes=[node("a", "action-wrok")])
    assert "'action-work'" in typo.hint
    (other,) = problems("t>a", nodes=[node("a", "zzz")])
    assert "action-work" in other.hint
    assert "trigger-begin" in other.hint


@pytest.mark.parametrize(
    ("way", "names"), [("c:yes>a", "true, false, error"), ("t:yes>a", "out"), ("a:yes>b", "out, error")]
)
def test_the_handles_that_exist_are_named(way: str, names: str) -> None:
    found = [p for p in problems("t>c", "t>a", "t>b", way) if p.code == "unknown_handle"]
    assert f"{names}." in found[0].hint


def test_edges_of_a_node_with_an_unusable_id_do_not_dangle_as_well() -> None:
    long = "a" * 70
    assert [problem.code for problem in problems(f"t>{long}")] == ["bad_id"]
    assert [p.code for p in problems("t>a", "a>b", nodes=[node("a", "nope")])] == ["unknown_type"]


CONFIG_PROBLEMS: list[tuple[JsonObject, list[tuple[str | None, str]]]] = [
    ({}, []),
    ({"count": "many"}, [("count", "integer")]),
    ({"nope": 1}, [("nope", "not a field")]),
    ({"nope": "{{ trigger.x }}"}, [("nope", "not a field")]),
    ({"mode": "medium"}, [("mode", "fast")]),
    ({"email": "nobody"}, [("email", "pattern")]),
    ({"parts": [{"size": 1}, {"size": "x", "tags": ["a", 5]}]}, [("parts.1.size", ""), ("parts.1.tags.1", "")]),
    ({"parts": [{}]}, [("parts.0.size", "is required")]),
    ({"parts": [{"size": 13}]}, [("parts.0.size", "bad luck")]),
    ({"low": -1}, [("low", "must not be negative")]),
    ({"low": 2, "high": 1}, [(None, "low is above high")]),
    ({"either": "x"}, [("either", "integer"), ("either", "list")]),
    ({"either": {"a": 1}}, [("either", "integer"), ("either", "list")]),
    ({"pattern": "{{ six }}"}, [("pattern", "5 characters")]),
    ({"count": "{{ trigger.n }}", "mode": "{{ trigger.m }}", "email": "{{ trigger.e }}"}, []),
    ({"either": "{{ trigger.n }}", "parts": "{{ trigger.p }}"}, []),
    ({"parts": [{"size": "{{ trigger.n }}", "tags": ["{{ trigger.n }}"]}]}, []),
    ({"count": "{% if trigger.n %}1{% else %}2{% endif %}"}, []),
    ({"count": "{{ trigger.n }}", "mode": "medium"}, [("mode", "fast")]),
]


@pytest.mark.parametrize(("config", "expected"), CONFIG_PROBLEMS)
def test_problems_of_the_configuration(config: JsonObject, expected: list[tuple[str | None, str]]) -> None:
    found = problems("t>a", nodes=[node("a", config=config)])
    assert [(problem.code, problem.node_id, problem.field) for problem in found] == [
        ("missing_field" if "is required" in words else "bad_config", "a", path) for path, words in expected
    ]
    for problem, (_, words) in zip(found, expected, strict=True):
        assert words in problem.message
        assert problem.message.startswith("Work: ")


def test_a_node_type_with_bugs_is_reported_and_breaks_nothing() -> None:
    found = problems("t>b1", "b1:whatever>a", nodes=[node("b1", "action-broken")])
    assert places(found) == [("bad_config", "b1", None, None)]
    assert "cannot check" in found[0].message
    found = problems("t>b1", "b1:whatever>a", nodes=[node("b1", "action-broken", {"checked": False})])
    assert places(found) == [("bad_config", "b1", None, None)]
    assert "which handles" in found[0].message


SETTINGS: list[tuple[list[str], dict[str, Any], list[tuple[str, str | None, str | None, str | None]]]] = [
    (["t>a"], node("a", on_error="continue"), []),
    (["t>a", "a:error>b"], node("a", on_error="stop"), []),
    (["t>a", "a:error>b"], node("a", on_error="continue"), [("bad_on_error", "a", None, "data.on_error")]),
    (["t>x"], node("x", on_error="continue"), [("bad_on_error", "x", None, "data.on_error")]),
    (["t>x", "x:error>b"], node("x", on_error="continue"), [("bad_on_error", "x", None, "data.on_error")]),
    (["t>c"], node("c", pinned={"output": 1}), []),
    (["t>c"], node("c", pinned={"output": 1, "handle": "false"}), []),
    (["t>c"], node("c", pinned={"output": 1, "handle": "out"}), [("bad_pinned", "c", None, "data.pinned.handle")]),
    (["t>c"], node("c", pinned={"output": 1, "handle": "error"}), [("bad_pinned", "c", None, "data.pinned.handle")]),
    (["t>c", "c:error>a"], node("c", pinned={"output": 1, "handle": "error"}), []),
    (["t>x"], node("x", pinned={"output": 1}), [("bad_pinned", "x", None, "data.pinned")]),
    (["t>a"], node("t", pinned={"output": 1}), [("bad_pinned", "t", None, "data.pinned")]),
    (["t>a"], node("t", mask=["email"]), [("bad_mask", "t", None, "data.mask")]),
    (["t>a"], node("a", mask=["email"], note="why", max_output_bytes=1), []),
]


@pytest.mark.parametrize(("ways", "drawn", "expected"), SETTINGS)
def test_settings_have_to_fit_the_type_and_its_edges(ways: list[str], drawn: dict[str, Any], expected: object) -> None:
    assert places(problems(*ways, nodes=[drawn])) == expected


def test_how_a_step_joins_is_up_to_its_type() -> None:
    ways = ["t>a", "t>b", "a>m", "b>m"]
    modes = {
        mode: compile_flow(*drawing(*ways, nodes=[node("m", config={"mode": mode})]), REGISTRY).nodes["m"].join
        for mode in ("all", "any")
    }
    assert modes == {"all": "all", "any": "any"}
    assert compile_flow(*drawing(*ways, "m>d"), REGISTRY).nodes["d"].join == "all"
    for mode in ("raise", "first"):
        found = problems(*ways, nodes=[node("m", config={"mode": mode})])
        assert places(found) == [("bad_config", "m", None, None)]
        assert "joins" in found[0].message


TEMPLATES = [
    ("{{ steps.a.id }}", []),
    ("{{ trigger.new.id }} and {{ steps.t.new }}", []),
    ("{{ steps.nobody.id }}", ["b"]),
    ("{{ steps.later.id }}", ["b"]),
    ("{{ steps.beside.id }}", ["b"]),
    ("{{ steps.a.id", ["b"]),
]


@pytest.mark.parametrize(("text", "where"), TEMPLATES)
def test_templates_may_use_what_lies_before_them(text: str, where: list[str]) -> None:
    email = {"email": f"@{text}"}
    found = problems("t>a", "a>b", "b>later", "t>beside", nodes=[node("b", config=email)])
    assert [(problem.code, problem.node_id, problem.field) for problem in found] == [
        ("bad_template", node_id, "email") for node_id in where
    ]


def test_fields_that_are_taken_literally_are_no_templates() -> None:
    assert problems("t>a", nodes=[node("a", config={"pattern": "{{"})]) == []


def test_on_a_cycle_only_the_cycle_is_reported() -> None:
    config = {"email": "@{{ steps.b.id }}"}
    assert [p.code for p in problems("t>a", "a>b", "b>a", nodes=[node("a", config=config)])] == ["cycle"]


def test_everything_at_once() -> None:
    nodes = [node("a", config={"count": "x"}), node("b", retry={"attempts": 0}), node("d", "nope")]
    codes = {problem.code for problem in problems("t>a", "t2>b", "a>d", "d>?", "e>e", nodes=nodes)}
    assert codes == {
        "bad_retry",
        "unknown_type",
        "several_triggers",
        "dangling_edge",
        "self_edge",
        "unreachable",
        "bad_config",
    }


# Compiling

RETRY_IF: JsonObject = {"field": "attempt", "operator": "less_than", "value": 5}


def test_compile_refuses_what_check_finds() -> None:
    nodes, edges = drawing("t>a", "a>a", "b>a")
    with pytest.raises(FlowInvalid) as refused:
        compile_flow(nodes, edges, REGISTRY)
    assert list(refused.value.problems) == check_flow(nodes, edges, REGISTRY)
    assert "(and 1 more)" in str(refused.value)


def test_what_compiling_makes() -> None:
    given = [
        node("t"),
        node("a", config={"count": "{{ trigger.n }}"}, label="First", disabled=True, on_unknown="fail"),
        node(
            "b",
            retry={"attempts": 7, "delay_seconds": 86_400, "retry_if": RETRY_IF},
            timeout_seconds=5,
            on_error="continue",
            note="not for the engine",
            pinned={"output": [1]},
            max_output_bytes=9,
            mask=["IBAN"],
        ),
    ]
    flow = compile_flow(*drawing("t>a", "a>b", "a:error>c", "c:true>b", nodes=given), REGISTRY)
    assert (flow.trigger_id, flow.order) == ("t", ("t", "a", "c", "b"))
    a, b = flow.nodes["a"], flow.nodes["b"]
    assert (a.label, a.config, a.disabled, a.on_unknown) == ("First", {"count": "{{ trigger.n }}"}, True, "fail")
    assert a.retry == RetryPolicy(3, 2, "fixed", 9, False)
    assert b == FlowNode(
        id="b",
        type="action-work",
        label="b",
        config={},
        handles=("out",),
        # Its pauses may be as long as the first one, although nothing says so.
        retry=RetryPolicy(attempts=7, delay_seconds=86_400, max_delay_seconds=86_400, retry_if=RETRY_IF),
        timeout_seconds=5,
        on_error="continue",
        pinned=Pinned([1]),
        max_output_bytes=9,
        mask=("iban",),
    )
    assert (a.on_error, a.join, a.pinned, a.max_output_bytes, a.mask) == ("stop", "all", None, 1_048_576, ())
    assert a.handles == ("out", "error")
    assert flow.nodes["c"].handles == ("true", "false")
    assert flow.outgoing["a"] == (FlowEdge("a>b", "a", "b", "out"), FlowEdge("a:error>c", "a", "c", "error"))
    assert [edge.id for edge in flow.incoming["b"]] == ["a>b", "c:true>b"]
    assert (flow.incoming["t"], flow.outgoing["b"]) == ((), ())
    assert dict(flow.ancestors) == {"t": set(), "a": {"t"}, "c": {"t", "a"}, "b": {"t", "a", "c"}}


def test_ties_of_the_order_are_broken_as_people_read() -> None:
    nodes, edges = drawing("t>a", "t>b", "t>d", "t>e")
    for name, place in {"a": (0, 200), "b": (100, 100), "d": (0, 100), "e": (100, 100)}.items():
        drawn = next(n for n in nodes if n["id"] == name)
        drawn["position"] = {"x": place[0], "y": place[1]}
    assert compile_flow(nodes, edges, REGISTRY).order == ("t", "d", "b", "e", "a")


# Size


def chain(length: int) -> tuple[list[Any], list[Any]]:
    ways = [f"n{i}>n{i + 1}" for i in range(length - 2)]
    return drawing(
        "t>n0", *ways, nodes=[node(f"n{i}", config={"email": "@{{ steps.t.x }}"}) for i in range(length - 1)]
    )


# A slow path takes minutes here, not seconds.
@pytest.mark.timeout(60)
def test_the_largest_flows_are_checked() -> None:
    chance = random.Random(1)
    nodes, edges = chain(1_000)
    pairs = {tuple(sorted(chance.sample(range(999), 2))) for _ in range(6_000)}
    shortcuts = [
        {"id": f"s{i}", "source": f"n{a}", "target": f"n{b}"} for i, (a, b) in enumerate(sorted(pairs)) if b > a + 1
    ][:4_000]
    assert check_flow(nodes, edges + shortcuts, REGISTRY) == []
    back = [{"id": f"b{i}", "source": f"n{b}", "target": f"n{a}"} for i, (a, b) in enumerate(sorted(pairs))][:4_000]
    assert [problem.code for problem in check_flow(nodes, edges + back, REGISTRY)] == ["cycle"]


@pytest.mark.timeout(60)
def test_problems_have_a_limit_too() -> None:
    nodes, edges = chain(1_000)
    for drawn in nodes[:-1]:
        drawn["data"]["config"] = {f"x{i}": i for i in range(30)}
    assert len(check_flow(nodes, edges, REGISTRY)) == MAX_PROBLEMS
    values = [node("t"), node("a", config={"parts": [0] * 200_000})]
    (problem,) = check_flow(values, drawing("t>a")[1], REGISTRY)
    assert "200,000 values" in problem.message
