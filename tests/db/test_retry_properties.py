"""Random runs that failed, taken up on random other versions: nothing is done twice, and nothing is left behind."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.unit.flow.random_plans import REGISTRY, TRIGGER_DATA

from automations.errors import FlowInvalid
from automations.flow.compile import compile_flow
from automations.flow.machine import Machine, Recorded, RunState, RunStep
from automations.flow.outcomes import Continue, Fail, Outcome
from automations.flow.plan import Plan
from automations.flow.scopes import has_turn, scopes_of

if TYPE_CHECKING:
    from tests.conftest import Factory

ROUNDS = 40
CHANGES = 6
OUTCOMES = (Fail("no", retryable=True), Continue({}, "a"), Continue({}, "a"), Continue({}, "b"))


def work(number: int) -> dict[str, Any]:
    return {"id": f"n{number}", "type": "work", "position": {"x": 0, "y": number}, "data": {"label": "", "config": {}}}


def line(source: str, handle: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{handle}-{target}", "source": source, "sourceHandle": handle, "target": target}


@dataclass
class Drawing:
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]

    def machine(self) -> Machine | None:
        """None: nobody could publish it."""
        try:
            return Machine(compile_flow(self.nodes, self.edges, REGISTRY))
        except FlowInvalid:
            return None


def drawn(chance: random.Random) -> Drawing:
    count = chance.randint(3, 9)
    start = {"id": "start", "type": "begin", "position": {"x": 0, "y": -1}, "data": {"label": "", "config": {}}}
    edges = {}
    for number in range(count):
        for _ in range(chance.choice((1, 1, 2))):
            before = chance.randint(-1, number - 1)
            handle = "out" if before < 0 else chance.choice(("a", "a", "b", "error"))
            made = line("start" if before < 0 else f"n{before}", handle, f"n{number}")
            edges[made["id"]] = made
    return Drawing([start, *(work(number) for number in range(count))], list(edges.values()))


def changed(old: Drawing, chance: random.Random) -> Drawing:
    """One or two changes, of every kind that a person may make."""
    new = deepcopy(old)
    for _ in range(chance.choice((1, 1, 2))):
        node = chance.choice(new.nodes[1:])
        match chance.choice(("settings", "line", "no line", "step between", "step behind", "data", "disabled")):
            case "settings":
                node["data"]["config"] = {}
                node["data"]["label"] = "mended"
            case "line":
                new.edges.append(line(chance.choice(new.nodes[1:])["id"], chance.choice("ab"), node["id"]))
            case "no line":
                # Of a step that another one leads to as well: else nobody could publish it.
                spare = [one for one in new.edges if sum(other["target"] == one["target"] for other in new.edges) > 1]
                if spare:
                    new.edges.remove(chance.choice(spare))
            case "step between":
                edge = chance.choice(new.edges)
                new.nodes.append(work(99))
                target, edge["target"] = edge["target"], "n99"
                new.edges.append(line("n99", "a", target))
            case "step behind":
                new.nodes.append(work(98))
                new.edges.append(line(node["id"], chance.choice("ab"), "n98"))
            case "data":
                key, value = chance.choice((("on_error", "continue"), ("retry", {"attempts": 5, "delay_seconds": 1})))
                node["data"][key] = value
            case _:
                node["data"]["disabled"] = not node["data"].get("disabled", False)
    return new


def driven(machine: Machine, state: RunState, commands: list[Any], answer: Any) -> dict[str, Recorded]:
    """What it records until it ends."""
    recorded: dict[str, Recorded] = {}
    waiting = [command for command in commands if isinstance(command, RunStep)]
    while waiting and not state.is_final:
        command = waiting.pop(0)
        outcome: Outcome = answer(command)
        recorded[command.key] = Recorded(command.key, outcome, command.attempt)
        more = machine.feed(state, command.key, outcome, attempt=command.attempt)
        waiting += [one for one in more if isinstance(one, RunStep)]
    return recorded


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_taken_up_on_another_version(database: asyncpg.Connection, make: Factory, seed: int) -> None:
    chance = random.Random(seed)
    account = uuid.uuid4()
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        old = drawn(chance)
        machine = old.machine()
        if machine is None:
            continue
        state, commands = machine.start(TRIGGER_DATA, seed="s")
        recorded = driven(machine, state, commands, lambda _: chance.choice(OUTCOMES))
        if state.status != "failed":
            continue
        automation = await make.automation(account, trigger_type="manual", trigger_config={}, status="draft")
        run = await failed_run(database, make, automation, old, state, recorded)
        for number in range(2, 2 + CHANGES):
            new = changed(old, chance)
            mended = new.machine()
            if mended is None:
                continue
            version = await published(database, automation, new)
            kept = await taken_up(database, run, version)
            if kept is None:
                seen["refused"] += 1
                continue
            seen["accepted"] += 1
            seen["of them with results"] += bool(kept)
            assert_goes_on(mended, state, [recorded[key] for key in kept], (seed, number, old, new))
    assert min(seen["refused"], seen["of them with results"]) > 10, seen


def assert_goes_on(machine: Machine, old: RunState, kept: list[Recorded], told: Any) -> None:
    state, commands = machine.restore(TRIGGER_DATA, kept, seed="t")
    plan, top = Plan.of(machine.flow), scopes_of(Plan.of(machine.flow), state)[""]
    for record in kept:
        step, before = state.steps[record.key], old.steps[record.key]
        # It is as it was, and nothing that is still to come stands before it.
        assert (step.status, step.handle) == (before.status, before.handle), told
        assert has_turn(plan, top, plan.top_index[record.key]), told
    assert state.status != "failed", told
    again = driven(machine, state, commands, lambda _: Continue({}, "a"))
    assert not again.keys() & {record.key for record in kept}, told
    assert state.status == "completed", told


async def published(database: asyncpg.Connection, automation: uuid.UUID, drawing: Drawing) -> int:
    version = await database.fetchval(
        "select automations.publish_version($1, $2, $3, 'manual', '{}')", automation, drawing.nodes, drawing.edges
    )
    number: int = await database.fetchval("select number from automations.versions where id = $1", version)
    return number


async def failed_run(
    database: asyncpg.Connection,
    make: Factory,
    automation: uuid.UUID,
    drawing: Drawing,
    state: RunState,
    recorded: dict[str, Recorded],
) -> uuid.UUID:
    await published(database, automation, drawing)
    run: uuid.UUID = await make.execution(automation, trigger_data=TRIGGER_DATA)
    for key in recorded:
        step, node_id = state.steps[key], key.removeprefix("/")
        await database.execute(
            "insert into automations.steps (execution_id, key, account_id, node_id, status, outcome, record) "
            "select $1, $2, account_id, $3, $4, '{}', $5 from automation_executions where id = $1",
            *(run, key, node_id, step.status, {"node_id": node_id, "status": step.status, "handle": step.handle}),
        )
    await database.execute("update automation_executions set status = 'failed' where id = $1", run)
    return run


async def taken_up(database: asyncpg.Connection, run: uuid.UUID, version: int) -> list[str] | None:
    try:
        again = await database.fetchval("select automations.retry_run($1, 'failed', $2)", run, version)
    except asyncpg.PostgresError as error:
        if "which the run has done" in str(error):
            return None
        raise
    rows = await database.fetch("select key from automations.steps where execution_id = $1", again)
    return [row["key"] for row in rows]
