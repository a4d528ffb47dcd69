"""The schema is migrated by a newer release while a worker of this one is at work."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.engine.drawing import add_message, line, probe
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, eventually, statuses

from automations.db import migrate as of_migrate
from automations.db.migrate import migrate
from automations.db.schema_files import SchemaFile, schema_files
from automations.errors import SchemaTooNew
from automations.flow.outcomes import Continue
from automations.flow.ports import Context

NEWER = SchemaFile(
    "migrations/99990101000000_tomorrow.sql",
    "alter table public.automation_executions add column tomorrow text;\n"
    "alter table automations.steps add column tomorrow text;\n",
    "0" * 64,
)


async def test_it_ends_what_it_holds_and_begins_nothing_more(
    world: World, workers: Workers, probes: Probes, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()
    calls: list[Any] = []

    async def until_released(value: Any, ctx: Context) -> Any:
        calls.append(value)
        await release.wait()
        return Continue(output=value)

    probes.on("call", until_released)
    monkeypatch.setattr("automations.engine.housekeeping.LISTEN_CHECK_SECONDS", 0.0)
    conversation = str(await world.conversation())
    # Twice would be worse than never: a worker that just dropped its run would leave it failed.
    call = probe("call", "external", "call", "{{ trigger.new.name }}", on_unknown="fail")
    await world.automation(line(call, add_message("note", "{{ trigger.new.name }}", conversation)))
    worker = await workers.start(drain_seconds=30)
    first = await world.lead(name="first")

    async def called() -> bool:
        return bool(calls)

    await eventually(called)
    monkeypatch.setattr(of_migrate, "schema_files", lambda: (*schema_files(), NEWER))
    assert NEWER.name in (await migrate(database_url)).applied

    async def stopping() -> bool:
        return worker.worker._stopping.is_set()

    await eventually(stopping)
    second = await world.lead(name="second")
    release.set()
    with pytest.raises(SchemaTooNew, match="99990101000000") as caught:
        await worker.task
    assert "this worker knows" in caught.value.message
    assert "newer automations" in (caught.value.hint or "")

    run = await world.run_of(first)
    assert run["status"] in ("completed", "running")
    assert calls == ["first"]
    waiting = await world.run_of(second)
    assert (waiting["status"], waiting["owner"]) == ("pending", None)

    # A worker of the newer release takes up whatever is open.
    monkeypatch.setattr("automations.engine.schema_check.LATEST", "99990101000000")
    await workers.start()
    assert await world.all_ended() == {"completed": 2}
    assert statuses(await world.run_of(first)) == {"trigger": "completed", "call": "completed", "note": "completed"}
    assert (calls, await world.bodies()) == (["first", "second"], ["first", "second"])
