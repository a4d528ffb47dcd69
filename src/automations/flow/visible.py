"""What a step sees of its run: outputs, variables, and the items of the loops around it. Standard library only."""

from __future__ import annotations

from typing import Any

from automations.flow.graph import iter_bits
from automations.flow.outcomes import Json
from automations.flow.plan import Plan
from automations.flow.state import RunState, Scope


def visible(plan: Plan, state: RunState, scope: Scope, i: int) -> dict[str, Any]:
    """`{"trigger", "steps": {node id: output}, "vars"}` and, inside of loops, the item and its number by their names.

    `steps` holds the ancestors that completed, and those whose failure was handled: their `Fail.output` if that is
    an object (else `{"output": …}`, where there is one) plus `{"error": text}`. Values are shared: read only.
    """
    ancestors = plan.ancestors(i)
    states, nodes = state.steps, plan.nodes
    outputs: dict[str, Json] = {}
    levels = [scope] if scope.parent is None else _levels(scope)
    for level in levels:
        keys = level.keys
        for j in iter_bits(ancestors & plan.regions[level.region].bits):
            step = states.get(keys[j])
            if step is None:
                continue
            if step.status == "completed":
                outputs[nodes[j].id] = step.output
            elif step.status == "failed" and step.handle is not None:
                outputs[nodes[j].id] = step.handled_failure()
    seen: dict[str, Any] = {}
    for level in levels:
        loop = None if level.parent is None else states[level.loop_key].loop
        if loop is not None:
            seen[loop.opening.item_name] = loop.opening.items[level.number]
            seen[loop.opening.index_name] = level.number
    # A loop's own names never hide these.
    seen["trigger"], seen["steps"], seen["vars"] = state.trigger, outputs, _merged(state, levels, ancestors)
    return seen


def variables_of(state: RunState, scope: Scope) -> dict[str, Json]:
    """All variables set at this level and around it; the writer later in topological order wins."""
    return _merged(state, _levels(scope), -1)


def _levels(scope: Scope) -> list[Scope]:
    """The scopes around a step, the top one first."""
    levels = [scope]
    while scope.parent is not None:
        scope = scope.parent
        levels.append(scope)
    levels.reverse()
    return levels


def _merged(state: RunState, levels: list[Scope], mask: int) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for level in levels:
        setters = level.setters & mask
        for j in iter_bits(setters) if setters else ():
            merged |= state.steps[level.keys[j]].variables
    return merged
