"""Random drawings of everything that a flow can do over time, each valid, each with effects that can be counted.

Every effect is a row in messages whose body names the flow, the step, the items of the loops around it and the run: no
body may ever stand there twice. The first step of a flow is one, so a run that is lost is seen.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.engine.drawing import (
    Drawing,
    Json,
    add_message,
    condition,
    draw,
    edge,
    node,
    probe,
    set_variables,
    update_lead,
)

RETRY = {"attempts": 6, "delay_seconds": 0.1}

KINDS = (
    *("set", "update", "effect", "flaky", "slow", "if", "delay", "reply", "condition", "signal", "change"),
    *("loop", "branches", "failing", "child", "handled"),
)

Exit = tuple[str, str | None]


@dataclass
class RandomFlow:
    """`number` names it in effects; `child` is the automation that its sub-flow steps run."""

    chance: random.Random
    number: int
    conversation: str
    child: str
    nodes: list[Json] = field(default_factory=list)
    edges: list[Json] = field(default_factory=list)

    def draw(self) -> Drawing:
        head = self._effect("")
        self.edges.append(edge("trigger", head))
        self._chain((head, None), self.chance.randint(2, 7), loops=[])
        return draw(self.nodes, self.edges)

    def _new(self, drawn: Json, before: list[Exit]) -> str:
        self.nodes.append(drawn)
        name = str(drawn["id"])
        self.edges += [edge(source, name, handle) for source, handle in before]
        return name

    def _name(self, kind: str) -> str:
        return f"{kind}{len(self.nodes)}"

    def _effect(self, items: str, before: list[Exit] | None = None) -> str:
        name = self._name("effect")
        body = f"{self.number}:{name}:{items}:{{{{ env.execution_id }}}}"
        return self._new(add_message(name, body, self.conversation), before or [])

    def _chain(self, start: Exit, steps: int, loops: list[str]) -> list[Exit]:
        """A piece of flow behind `start`; answers its open ends."""
        ends = [start]
        for _ in range(steps):
            place = self.chance.randrange(len(ends))
            ends[place : place + 1] = self._step(ends[place], loops)
        return ends

    def _step(self, before: Exit, loops: list[str]) -> list[Exit]:
        kind = self.chance.choice(KINDS)
        name = self._name(kind)
        match kind:
            case "set":
                return [(self._new(set_variables(name, {name: "{{ trigger.new.score }}"}), [before]), None)]
            case "update":
                return [(self._new(update_lead(name, {"score": len(self.nodes)}), [before]), None)]
            case "effect":
                items = "/".join(f"{{{{ {loop} }}}}" for loop in loops)
                return [(self._effect(items, [before]), None)]
            case "flaky":
                return [(self._new(probe(name, "external", "flaky", 1, retry=RETRY), [before]), None)]
            case "slow":
                seconds = round(self.chance.random() * 0.2, 3)
                return [(self._new(probe(name, "external", "slow", seconds), [before]), None)]
            case "if":
                step = self._new(condition(name, "trigger.new.score", "greater_than", 50), [before])
                return [(step, "true"), (step, "false")]
            case "delay":
                config = {"mode": "duration", "amount": round(self.chance.uniform(0.05, 0.6), 2), "unit": "seconds"}
                return [(self._new(node(name, "logic-delay", config), [before]), None)]
            case "reply" | "condition" | "signal" | "change":
                return self._wait(name, kind, before)
            case "loop":
                return self._loop(name, before, loops)
            case "branches":
                return self._branches(name, before, loops)
            case "failing":
                value = {"conversation_id": "{{ trigger.new.nowhere }}"}
                config = {"table": "messages", "values": value}
                return [(self._new(node(name, "action-create-record", config, on_error="continue"), [before]), None)]
            case "handled":
                values = {"table": "leads", "record_id": "not an id", "values": {"score": 1}}
                step = self._new(node(name, "action-update-record", values), [before])
                return [(self._new(set_variables(f"{name}h", {"handled": True}), [(step, "error")]), None)]
            case _:
                config = {"automation": self.child, "wait": self.chance.random() < 0.7}
                return [(self._new(node(name, "action-run-automation", config), [before]), None)]

    def _wait(self, name: str, kind: str, before: Exit) -> list[Exit]:
        config: dict[str, Any] = {
            "wait_for": kind,
            "max_wait": {"amount": self.chance.choice([0.2, 1.0, 2.5]), "unit": "seconds"},
        }
        if kind == "condition":
            config["condition"] = {"field": "new.stage", "operator": "equals", "value": "won"}
        if kind == "signal":
            config |= {"signal": "go", "correlate": "{{ trigger.new.id }}"}
        if kind == "change":
            config["columns"] = ["stage"]
        step = self._new(node(name, "logic-wait", config), [before])
        return [(step, "met"), (step, "timed_out")]

    def _loop(self, name: str, before: Exit, loops: list[str]) -> list[Exit]:
        if len(loops) == 2:
            return [before]
        item = f"item{len(loops)}"
        config = {
            "items": list(range(self.chance.randint(0, 4))),
            "item_name": item,
            "index_name": f"index{len(loops)}",
            "parallelism": self.chance.randint(1, 3),
            "continue_on_error": self.chance.random() < 0.5,
        }
        step = self._new(node(name, "logic-loop", config), [before])
        inside = [*loops, item]
        head = self._effect("/".join(f"{{{{ {loop} }}}}" for loop in inside), [(step, "each")])
        self._chain((head, None), self.chance.randint(0, 3), inside)
        return [(step, "done")]

    def _branches(self, name: str, before: Exit, loops: list[str]) -> list[Exit]:
        left = self._new(probe(f"{name}l", "external", "slow", 0.05), [before])
        right = self._new(set_variables(f"{name}r", {"r": 1}), [before])
        ends = [(left, None), *self._chain((right, None), 1, loops)]
        mode = self.chance.choice(["any", "all"])
        return [(self._new(node(f"{name}j", "logic-join", {"mode": mode}), ends), None)]
