"""What is certain before a step, against what becomes of random flows by definition."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from tests.unit.flow.interpreter import Answer, Interpreter, Path
from tests.unit.flow.random_plans import Plan, plans

from automations.flow.graph import FlowEdge, ancestor_bits, iter_bits
from automations.flow.ways import Ways, names_of, ways_to


def edges_of(*lines: str) -> list[FlowEdge]:
    """`"wait:met>send"`; without a handle `out`."""
    found = []
    for line in lines:
        way, target = line.split(">")
        source, _, handle = way.partition(":")
        found.append(FlowEdge(line, source, target, handle or "out"))
    return found


def ways(order: str, *lines: str, joins: tuple[str, ...] = ()) -> dict[str, Ways]:
    edges = edges_of(*lines)
    names = order.split()
    parents = {name: [edge.source for edge in edges if edge.target == name] for name in names}
    return ways_to(
        names,
        edges,
        {name: {"wait": ("met", "timed_out"), "loop": ("each", "done")}.get(name, ("out",)) for name in names},
        dict.fromkeys(joins, "any"),
        {"loop": "done"},
        ancestor_bits(names, parents),
    )


def test_a_step_behind_one_way_knows_it_and_one_behind_both_does_not() -> None:
    order = "start wait yes no both"
    found = ways(order, "start>wait", "wait:met>yes", "wait:timed_out>no", "yes>both", "no>both")
    assert found["yes"].left == {"start": {"out"}, "wait": {"met"}}
    assert found["no"].left["wait"] == {"timed_out"}
    assert found["both"].left["wait"] == {"met", "timed_out"}
    assert names_of(found["both"].ran, order.split()) == {"start", "wait", "both"}


def test_side_by_side_both_have_run_where_they_are_joined() -> None:
    order, lines = "start a b end", ("start>a", "start>b", "a>end", "b>end")
    assert {"a", "b"} <= names_of(ways(order, *lines)["end"].ran, order.split())
    # The first one that comes is enough for this join.
    assert not {"a", "b"} & names_of(ways(order, *lines, joins=("end",))["end"].ran, order.split())


def test_what_is_waited_for_beside_it_may_have_come_to_anything() -> None:
    order = "start wait b yes end"
    found = ways(order, "start>wait", "start>b", "wait:met>yes", "yes>end", "b>end")
    assert found["end"].left.get("wait") is None
    assert names_of(found["end"].ran, order.split()) >= {"wait", "b"}
    assert "yes" not in names_of(found["end"].ran, order.split())


def test_a_loop_is_left_whatever_its_body_does() -> None:
    order = "start loop body b after end"
    found = ways(order, "start>loop", "start>b", "loop:each>body", "loop:done>after", "after>end", "b>end")
    assert {"loop", "after", "b"} <= names_of(found["end"].ran, order.split())


@settings(max_examples=500)
@given(plans(stops=False))
def test_what_is_certain_is_so_in_every_run(plan: Plan) -> None:
    flow = plan.compile()
    parents = {name: [edge.source for edge in flow.incoming[name]] for name in flow.order}
    handles = {name: node.handles[:1] if node.disabled else node.handles for name, node in flow.nodes.items()}
    ancestors = ancestor_bits(flow.order, parents)
    always = {name: "done" for name, ways in handles.items() if "each" in ways and "error" not in ways}
    edges = [edge for out in flow.outgoing.values() for edge in out]
    joins = {name: node.join for name, node in flow.nodes.items()}
    found = ways_to(flow.order, edges, handles, joins, always, ancestors)
    run = Interpreter(replace(plan, plain=True))
    for (name, path), answer in _answers(run).items():
        if answer.status == "skipped":
            continue
        before = {flow.order[i] for i in iter_bits(ancestors[flow.order.index(name)])} - {"start"}
        seen = [other for other in before - {loop for loop, _ in path} if len(_around(plan, other)) <= len(path)]
        became = {other: run.answer(other, path[: len(_around(plan, other))]) for other in seen}
        if any(one.ends == "fail" for one in became.values()):
            # The run has ended before anything of this.
            continue
        for other, one in became.items():
            if found[name].ran >> flow.order.index(other) & 1:
                assert one.status != "skipped", (name, other)
            if other in found[name].left and one.status != "skipped":
                assert one.handle in found[name].left[other], (name, other)


def _answers(run: Interpreter) -> dict[tuple[str, Path], Answer]:
    assert run.answers
    return dict(run._answers)


def _around(plan: Plan, name: str) -> list[str]:
    found = []
    while (loop := plan.inside.get(name)) is not None:
        found.append(loop)
        name = loop
    return found
