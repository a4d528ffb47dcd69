"""Minutes of random flows under kills: `SOAK_SECONDS` (default 120). At the end nothing is lost, doubled or stuck."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter

import pytest
from tests.chaos.worker_group import WorkerGroup, WorkerProcess
from tests.engine.drawing import Drawing, Json, add_message, condition, draw, edge, probe, set_variables, update_lead
from tests.engine.world import World

SECONDS = float(os.environ.get("SOAK_SECONDS", "120"))
RETRY = {"attempts": 4, "delay_seconds": 0.2}


def random_flow(chance: random.Random, conversation: str, number: int) -> Drawing:
    """A tree of up to a dozen steps; the message at its head is the effect that is counted."""
    nodes: list[Json] = [add_message("effect", f"{number}:{{{{ trigger.new.id }}}}", conversation)]
    edges = [edge("trigger", "effect")]
    handles: list[tuple[str, str | None]] = [("effect", None)]
    for i in range(chance.randint(1, 11)):
        name = f"step{i}"
        kind = chance.randrange(5)
        match kind:
            case 0:
                nodes.append(set_variables(name, {f"v{i}": "{{ trigger.new.score }}"}))
            case 1:
                nodes.append(update_lead(name, {"score": i}))
            case 2:
                nodes.append(probe(name, "external", "flaky", i, retry=RETRY))
            case 3:
                nodes.append(probe(name, "external", "slow", round(chance.random() * 0.2, 3)))
            case _:
                nodes.append(condition(name, "trigger.new.score", "greater_than", 50))
        source, handle = chance.choice(handles)
        edges.append(edge(source, name, handle))
        handles += [(name, "true"), (name, "false")] if kind == 4 else [(name, None)]
    return draw(nodes, edges)


async def disturb(chance: random.Random, group: WorkerGroup, workers: list[WorkerProcess], world: World) -> str:
    place = chance.randrange(len(workers))
    what = chance.choice(["kill", "kill", "stop", "term", "cut"])
    match what:
        case "kill":
            await workers[place].kill()
            workers[place] = await group.start(wait=False, lease=3)
        case "stop":
            workers[place].send(signal.SIGSTOP)
            await asyncio.sleep(chance.uniform(0.1, 5))
            workers[place].send(signal.SIGCONT)
        case "term":
            workers[place].send(signal.SIGTERM)
            await workers[place].gone()
            workers[place] = await group.start(wait=False, lease=3)
        case _:
            await world.db.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name like 'automations worker%' and datname = current_database() and random() < 0.5"
            )
    return what


@pytest.mark.soak
@pytest.mark.timeout(SECONDS * 2 + 300)
async def test_random_flows_under_kills(world: World, group: WorkerGroup) -> None:
    seed = int(os.environ.get("SOAK_SEED", random.randrange(10**6)))
    print(f"SOAK_SEED={seed}")
    chance = random.Random(seed)
    conversation = str(await world.conversation())
    flows = 6
    for number in range(flows):
        await world.automation(random_flow(chance, conversation, number))
    workers = [await group.start(lease=3) for _ in range(2)]
    leads = 0
    done: Counter[str] = Counter()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        count = chance.randint(1, 60)
        await world.leads(count)
        leads += count
        await asyncio.sleep(chance.random())
        done[await disturb(chance, group, workers, world)] += 1

    counts = await world.all_ended(within=240)
    effects = Counter(await world.bodies())
    lost = leads * flows - len(effects)
    doubled = sum(times - 1 for times in effects.values())
    stuck = await world.count("owner is not null or due_at is not null")
    print(f"{leads} leads, {leads * flows} runs {counts}, {dict(done)}: {lost=} {doubled=} {stuck=}")
    # A run whose worker died too often is given up, and says so; here that would be a flaw of the test.
    assert counts == {"completed": leads * flows}
    assert (lost, doubled, stuck) == (0, 0, 0)
