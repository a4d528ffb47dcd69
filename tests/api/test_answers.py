"""Manual starts that are answered with what they came to."""

from __future__ import annotations

import asyncio
import gc
import uuid
import weakref
from itertools import pairwise
from typing import Any

import httpx2
from tests.api.conftest import ApiServer, Client, MemorySecrets, refused, serving
from tests.api.test_automations import made
from tests.engine.world import Workers, World

from automations.flow.commands import Finish
from automations.services.run_answers import RunAnswers

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def flow(output: str, *, schema: Any = None, seconds: int = 0) -> dict[str, Any]:
    config = {} if schema is None else {"input_schema": schema}
    nodes: list[Any] = [{"id": "start", "type": "trigger-manual", "data": {"config": config}}]
    if seconds:
        nodes.append({"id": "wait", "type": "logic-delay", "data": {"config": {"amount": seconds, "unit": "seconds"}}})
    nodes.append({"id": "end", "type": "logic-stop", "data": {"config": {"output": output}}})
    edges = [
        {"id": f"e{number}", "source": one["id"], "target": other["id"]}
        for number, (one, other) in enumerate(pairwise(nodes))
    ]
    return {"nodes": nodes, "edges": edges}


async def live(client: Client, world: World, drawing: dict[str, Any]) -> str:
    draft = await made(client, world, **drawing)
    path = f"/automations/{draft['id']}"
    await client.ok("POST", f"{path}/publish")
    await client.ok("POST", f"{path}/enable")
    return path


async def test_whoever_waits_is_told_what_came_of_it(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, flow("Hello {{ trigger.input.name }}"))
    accepted = await owner("POST", f"{path}/executions", json={"input": {"name": "Ada"}})
    assert (accepted.status_code, accepted.json()["status"]) == (202, "running")
    await workers.start()
    answers = await asyncio.gather(
        *(owner("POST", f"{path}/executions?wait=30", json={"input": {"name": str(number)}}) for number in range(20))
    )
    assert [(answer.status_code, answer.json()["output"]) for answer in answers] == [
        (200, f"Hello {number}") for number in range(20)
    ]
    assert set(answers[0].json()) == {"id", "status", "output", "error", "message"}
    headers = {"Idempotency-Key": "once"}
    first = await owner("POST", f"{path}/executions?wait=30", json={"input": {"name": "x"}}, headers=headers)
    again = await owner("POST", f"{path}/executions?wait=30", json={"input": {"name": "x"}}, headers=headers)
    assert first.json() == again.json()


async def test_a_run_that_waits_is_said_to_go_on(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, flow("late", seconds=600))
    await workers.start()
    answer = await owner("POST", f"{path}/executions?wait=30", json={})
    told = answer.json()
    assert (answer.status_code, told["status"], told["output"]) == (202, "running", None)
    assert "waiting for" in told["message"]


async def test_a_run_that_fails_says_why(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, flow("{{ trigger.input.nobody.knows }}"))
    await workers.start()
    answer = await owner("POST", f"{path}/executions?wait=30", json={})
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert "nobody" in answer.json()["error"]


async def test_the_input_is_checked_against_what_is_published_now(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    path = await live(owner, world, flow("x", schema=SCHEMA))
    told = refused(await owner("POST", f"{path}/executions", json={"input": {}}), 422, "unusable")
    assert "name" in told["detail"]
    assert (await owner("POST", f"{path}/executions", json={"input": {"name": "Ada"}})).status_code == 202
    other = {**SCHEMA, "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    await owner.ok("PUT", path, json={"name": "Greet", **flow("x", schema=other)})
    await owner.ok("POST", f"{path}/publish")
    told = refused(await owner("POST", f"{path}/executions", json={"input": {"name": "Ada"}}), 422, "unusable")
    assert "age" in told["detail"]
    assert (await owner("POST", f"{path}/executions", json={"input": {"age": 36}})).status_code == 202
    # The form is known to the server by now. It tells nobody else what it asks for.
    for stranger in (api.signed_in(uuid.uuid4()),):
        refused(await stranger("POST", f"{path}/executions", json={"input": {}}), 404, "not_found")
        refused(await stranger("POST", f"{path}/executions", json={"input": {"age": 36}}), 404, "not_found")


async def test_an_end_that_is_told_is_not_asked_for(world: World) -> None:
    class Nobody:
        def connection(self) -> Any:
            raise AssertionError("asked")

    answers = RunAnswers(Nobody())
    run, other = uuid.uuid4(), uuid.uuid4()
    waiting = asyncio.create_task(answers.answer(world.account, run, timeout=30))
    await asyncio.sleep(0)
    answers.ended({run: Finish("completed", output={"a": 1}), other: Finish("failed", error="no")})
    assert (await waiting).output == {"a": 1}


async def test_nothing_is_kept_for_who_has_left(world: World) -> None:
    class Nobody:
        def connection(self) -> Any:
            raise AssertionError("asked")

    answers = RunAnswers(Nobody())
    answers.ended({})
    run = uuid.uuid4()
    waiting = asyncio.create_task(answers.answer(world.account, run, timeout=30))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    output = Large()
    kept = weakref.ref(output)
    waiting.cancel()
    await asyncio.wait({waiting})
    answers.ended({run: Finish("completed", output=output)})
    del output
    gc.collect()
    assert kept() is None


class Large(dict[str, Any]):
    """What can be large."""


async def test_who_waits_is_answered_when_the_server_is_ended(
    database_url: str, world: World, workers: Workers
) -> None:
    async with (
        serving(database_url, MemorySecrets()) as (server, _),
        httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as http,
    ):
        owner = ApiServer(http).signed_in(world.account)
        path = await live(owner, world, flow("x", seconds=60))
        await workers.start()
        waiting = [asyncio.create_task(owner("POST", f"{path}/executions?wait=30", json={})) for _ in range(5)]
        while await world.count("owner is null and status = 'running'") < len(waiting):
            await asyncio.sleep(0.02)
        server.stop()
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*waiting)
    told = {(one.status_code, one.json()["status"], one.json()["message"]) for one in answers}
    assert told == {(202, "running", "it was accepted, and this server is being ended")}
