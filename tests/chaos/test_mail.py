"""A worker that is killed between the mail and its record: what `on_unknown` says, and by what a receiver knows it."""

from __future__ import annotations

import asyncio
import signal

import pytest
from tests.chaos.worker_group import WorkerGroup
from tests.engine.drawing import line, node
from tests.engine.world import World
from tests.unit.mail.smtp_server import Mailbox, smtp_server

CONFIG = {"to": ["{{ trigger.new.email }}"], "subject": "Hello", "text": "Hello"}


@pytest.mark.parametrize("on_unknown", ["retry", "fail"])
@pytest.mark.parametrize("answered", [False, True], ids=["before the answer", "with the answer"])
async def test_killed_with_the_mail_in_the_servers_hands(
    world: World, group: WorkerGroup, on_unknown: str, answered: bool
) -> None:
    mailbox = Mailbox()
    killed = asyncio.Event()

    async def kill_the_first() -> None:
        if killed.is_set():
            return
        killed.set()
        worker = group.started[0]
        if answered:
            # Stopped, so that the answer that now goes out is never read.
            worker.send(signal.SIGSTOP)
        else:
            await worker.kill()

    mailbox.on_data = kill_the_first
    await world.automation(line(node("mail", "action-email", CONFIG, on_unknown=on_unknown)))
    async with smtp_server(mailbox) as port:
        first = await group.start(smtp_port=port)
        lead = await world.lead(email="ada@example.com")
        async with asyncio.timeout(40):
            await killed.wait()
        await first.kill()
        await group.start(smtp_port=port)
        run = await world.ended(lead)

    ids = [got.message["Message-ID"] for got in mailbox.received]
    assert len(set(ids)) == 1
    if on_unknown == "retry":
        assert (run["status"], len(ids), run["nodes_executed"][1]["attempt"]) == ("completed", 2, 2)
    else:
        assert (run["status"], len(ids)) == ("failed", 1)
        assert "not known" in run["error"]
