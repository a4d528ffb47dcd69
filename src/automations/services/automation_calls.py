"""Which automations start which: steps that run another one, and what is to run on failure. No circles are published.

Only ids that stand there as they are can be judged; one that is a template is guarded when it is run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automations.db.automation_store import AutomationDetail, AutomationStore, Calls
from automations.errors import Problem
from automations.flow.template_syntax import is_template

STEP_TYPE = "action-run-automation"
MOST_NAMES = 10

_TAKE_OUT = "Take one of these starts out: automations that start each other in a circle would never end."


@dataclass(frozen=True, slots=True)
class _Call:
    node_id: str
    field: str
    target: str


async def check_calls(store: AutomationStore, automation: AutomationDetail, nodes: Sequence[Any]) -> list[Problem]:
    """Problems `unknown_automation` and `automation_cycle` of a draft, against what its account has published."""
    calls = _calls_of(nodes)
    if not calls:
        return []
    known = {str(one.id): one for one in await store.calls(automation.user_id, STEP_TYPE)}
    problems = []
    for call in calls:
        if call.target not in known:
            problems.append(
                Problem(
                    "unknown_automation",
                    f"there is no automation {call.target[:60]!r} in this account",
                    "Choose one of the account; `automations list` shows all.",
                    call.node_id,
                    field=call.field,
                )
            )
            continue
        way = _way(call.target, str(automation.id), known)
        if way is not None:
            names = [automation.name, *(known[step].name for step in way[:-1]), automation.name]
            shown = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], "…", names[-1]]
            message = f"these automations start each other in a circle: {' → '.join(shown)}"
            problems.append(Problem("automation_cycle", message, _TAKE_OUT, call.node_id, field=call.field))
    return problems


def _calls_of(nodes: Sequence[Any]) -> list[_Call]:
    found = []
    for node in nodes:
        data = node.get("data") if isinstance(node, dict) else None
        config = data.get("config") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(config, dict):
            continue
        kind = str(node.get("type"))
        field = "on_failure" if kind.startswith("trigger-") else "automation" if kind == STEP_TYPE else None
        target = None if field is None else config.get(field)
        if field is None or not isinstance(target, str) or is_template(target) or data.get("disabled") is True:
            continue
        found.append(_Call(str(node.get("id")), field, _written(target)))
    return found


def _written(target: str) -> str:
    """An id as the database writes it; anything else as it is."""
    try:
        return str(UUID(target))
    except ValueError:
        return target


def _way(start: str, goal: str, known: dict[str, Calls]) -> list[str] | None:
    """The shortest chain of starts from `start` to `goal`, both included; None without one."""
    came_from: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == goal:
            way: list[str] = []
            step: str | None = here
            while step is not None:
                way.append(step)
                step = came_from[step]
            return way[::-1]
        for target in known[here].targets:
            after = _written(target)
            if after in known and after not in came_from:
                came_from[after] = here
                waiting.append(after)
    return None
