"""The levels of a run at work: opened, found by key, and made anew for a state that was read. Standard library only."""

from __future__ import annotations

from automations.flow.commands import TOP_SCOPE, iteration_scope, step_key
from automations.flow.outcomes import EACH_HANDLE, Json
from automations.flow.plan import TOP_REGION, Edges, Plan
from automations.flow.state import RunState, Scope


def open_top(plan: Plan, state: RunState) -> Scope:
    region = plan.regions[TOP_REGION]
    scope = Scope(TOP_SCOPE, TOP_REGION, plan.top_keys, list(region.indegrees), bytearray(len(region.members)))
    scope.halted = state.status == "stopping"
    state.scopes[TOP_SCOPE] = scope
    return scope


def open_iteration(plan: Plan, state: RunState, outer: Scope, i: int, number: int) -> Scope:
    """The scope of one iteration of the loop at index i. Its steps are as they are; nothing has arrived yet."""
    region_number, key = plan.body[i], outer.keys[i]
    loop = state.steps[key].loop
    assert region_number is not None
    assert loop is not None
    region = plan.regions[region_number]
    name = iteration_scope(outer.name, plan.nodes[i].id, number)
    scope = Scope(
        name,
        region_number,
        {member: step_key(name, plan.nodes[member].id) for member in region.members},
        list(region.indegrees),
        bytearray(len(region.members)),
        path=(*outer.path, i, number),
        parent=outer,
        loop_key=key,
        halted=outer.halted or loop.failure is not None or number in loop.failing,
    )
    state.scopes[name] = scope
    return scope


def scopes_of(plan: Plan, state: RunState) -> dict[str, Scope]:
    """The scopes of a state, made anew for one that was read from JSON."""
    if not state.scopes:
        _rebuild(plan, state)
    return state.scopes


def at_work(plan: Plan, state: RunState, key: str) -> tuple[Scope, int] | None:
    """The scope and index of a step that has had its turn, in a run that has not ended; None for any other key."""
    if state.is_final:
        return None
    found = locate(plan, state, key)
    if found is None:
        return None
    scope, i = found
    place = plan.place[i]
    if scope.undecided[place] and not (plan.any_join[i] and scope.live[place]):
        return None
    return found


def locate(plan: Plan, state: RunState, key: str) -> tuple[Scope, int] | None:
    """The scope and index that a key names; None where the scope is not open or has no such node."""
    scopes = state.scopes or scopes_of(plan, state)
    i = plan.top_index.get(key)
    if i is not None:
        return scopes[TOP_SCOPE], i
    name, _, node_id = key.rpartition("/")
    scope, index = scopes.get(name), plan.index.get(node_id)
    if scope is None or index is None or plan.region[index] != scope.region:
        return None
    return scope, index


def has_turn(plan: Plan, scope: Scope, i: int) -> bool:
    """Whether a step has had its turn; of those that are on record, only one that `restore` holds has not."""
    place = plan.place[i]
    return not scope.undecided[place] or (plan.any_join[i] and bool(scope.live[place]))


def last_output(plan: Plan, state: RunState, scope: Scope) -> Json:
    """The output of the last completed node in topological order from which no edge was taken."""
    for i in reversed(plan.regions[scope.region].members):
        step = state.steps.get(scope.keys[i])
        if step is not None and step.status == "completed" and step.handle not in plan.taken_handles[i]:
            return step.output
    return None


def _rebuild(plan: Plan, state: RunState) -> None:
    to_fill = [open_top(plan, state)]
    while to_fill:
        scope = to_fill.pop()
        region = plan.regions[scope.region]
        _decide(scope, region.entries, EACH_HANDLE)
        for i in region.members:
            step = state.steps.get(scope.keys[i])
            if step is None or not has_turn(plan, scope, i):
                continue
            if step.variables:
                scope.setters |= 1 << i
            if step.is_open:
                scope.open_steps += 1
                if step.loop is not None:
                    to_fill += [open_iteration(plan, state, scope, i, number) for number in step.loop.running]
            else:
                _decide(scope, plan.targets[i], step.handle)


def _decide(scope: Scope, edges: Edges, handle: str | None) -> None:
    for edge_handle, _, place in edges:
        scope.undecided[place] -= 1
        if edge_handle == handle:
            scope.live[place] = 1
