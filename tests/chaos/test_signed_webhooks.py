"""A worker is killed between the call of a webhook and its record: the receiver counts, and sees a repetition."""

from __future__ import annotations

import asyncio

import pytest
from standardwebhooks import Webhook
from tests.chaos.worker_group import WorkerGroup
from tests.engine.drawing import line
from tests.engine.test_signed_webhooks import NEW, sending
from tests.engine.world import World
from tests.unit.http.conftest import Received, running


@pytest.mark.parametrize(("on_unknown", "deliveries", "status"), [("retry", 2, "completed"), ("fail", 1, "failed")])
async def test_kill_between_the_call_and_its_record(
    world: World, group: WorkerGroup, on_unknown: str, deliveries: int, status: str
) -> None:
    async with running() as receiver:
        arrived = asyncio.Event()

        async def answer(request: Received, writer: asyncio.StreamWriter) -> None:
            if not arrived.is_set():
                # Taken, and the worker is dead before it can hear of it.
                await worker.kill()
                arrived.set()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

        url = receiver.on("/hook", answer)
        await world.automation(line(sending(url, NEW, on_unknown=on_unknown)))
        worker = await group.start(allow=[receiver.address])
        lead = await world.lead()
        await asyncio.wait_for(arrived.wait(), 40)
        await group.start(allow=[receiver.address])
        run = await world.ended(lead)
        await group.close()

    assert run["status"] == status
    assert len(receiver.requests) == deliveries
    for request in receiver.requests:
        assert Webhook(NEW).verify(request.body, request.headers)["lead"] == str(lead)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    if status == "failed":
        assert "not known" in run["error"]
