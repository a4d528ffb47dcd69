"""What a step sees of its run: outputs, variables, and the items of the loops around it. Standard library only."""

from __future__ import annotations

from typing import Any

from automations.flow.commands import step_key
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
    outputs: dict[str, Json] = {}
    levels = _levels(scope)
    by_region = {level.region: level for level in levels}
    for j in iter_bits(ancestors):
        step = state.steps.get(key_in(plan, by_region[plan.region[j]], j))
        if step is None:
            continue
        if step.status == "completed":
            outputs[plan.nodes[j].id] = step.output
        elif step.status == "failed" and step.handle is not None:
            outputs[plan.nodes[j].id] = step.handled_failure()
    seen: dict[str, Any] = {}
    for level in levels[1:]:
        loop = state.steps[level.loop_key].loop
        if loop is not None:
            seen[loop.opening.item_name] = loop.opening.items[level.number]
            seen[loop.opening.index_name] = level.number
    # A loop's own names never hide these.
    return {**seen, "trigger": state.trigger, "steps": outputs, "vars": _merged(plan, state, levels, ancestors)}


def variables_of(plan: Plan, state: RunState, scope: Scope) -> dict[str, Json]:
    """All variables set at this level and around it; the writer later in topological order wins."""
    return _merged(plan, state, _levels(scope), -1)


def key_in(plan: Plan, scope: Scope, i: int) -> str:
    return plan.top_keys[i] if scope.parent is None else step_key(scope.name, plan.nodes[i].id)


def _levels(scope: Scope) -> list[Scope]:
    """The scopes around a step, the top one first."""
    levels = [scope]
    while (parent := levels[-1].parent) is not None:
        levels.append(parent)
    levels.reverse()
    return levels


def _merged(plan: Plan, state: RunState, levels: list[Scope], mask: int) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for level in levels:
        for j in iter_bits(level.setters & mask):
            merged |= state.steps[key_in(plan, level, j)].variables
    return merged
