"""One account with an agent, its automations and leads, and workers of this process that run them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from tests.engine.drawing import LEAD_INSERT, Drawing
from tests.engine.probe_nodes import Probes

from automations.engine.flow_versions import FlowVersions
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.engine.worker import Worker, WorkerOptions
from automations.flow.ports import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from tests.conftest import Factory

PATIENCE = 40.0
OPEN = "status in ('pending', 'running')"


async def eventually(check: Callable[[], Awaitable[Any]], *, within: float = PATIENCE, every: float = 0.02) -> Any:
    """The first true answer of `check`; polling, because nothing may depend on how fast the machine is."""
    deadline = time.monotonic() + within
    while True:
        answer = await check()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {within:g} s"
        await asyncio.sleep(every)


class UpperCaseRenderer:
    """Stands for the template engine: every template that needs one comes out as its source in capitals."""

    async def render(self, sources: Iterable[str], scope: Mapping[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {source: source.upper() for source in sources}


class NoHttp:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("no test of the engine sends HTTP")

    def rehearse(self, request: HttpRequest) -> None:
        raise AssertionError("no test of the engine sends HTTP")


def step_runner(outside: Outside | None = None) -> StepRunner:
    return StepRunner(
        outside=outside or Outside(http=NoHttp()), renderer=UpperCaseRenderer(), clock=lambda: datetime.now(UTC)
    )


@dataclass
class RunningWorker:
    worker: Worker
    task: asyncio.Task[None]

    async def stop(self, *, within: float = 20) -> None:
        self.worker.stop()
        async with asyncio.timeout(within):
            await self.task


@dataclass
class Workers:
    dsn: str
    probes: Probes
    started: list[RunningWorker] = field(default_factory=list)

    async def start(self, **options: Any) -> RunningWorker:
        """A worker of this process, ready. Options are those of `WorkerOptions`."""
        given: dict[str, Any] = {"poll_seconds": 0.2, "drain_seconds": 3.0, "reconnect_seconds": 0.05, **options}
        if isinstance(given.get("lease"), int | float):
            given["lease"] = timedelta(seconds=given["lease"])
        worker = Worker(WorkerOptions(dsn=self.dsn, **given), FlowVersions(self.probes.registry), step_runner())
        running = RunningWorker(worker, asyncio.create_task(worker.run()))
        self.started.append(running)
        ready = asyncio.create_task(worker.ready.wait())
        await asyncio.wait({ready, running.task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if running.task.done():
            ready.cancel()
            running.task.result()
        assert worker.ready.is_set()
        return running

    async def stop_all(self) -> None:
        for running in self.started:
            if not running.task.done():
                await running.stop()

    async def close(self) -> None:
        for running in self.started:
            running.worker.stop()
        for running in self.started:
            if not running.task.done():
                await asyncio.wait({running.task}, timeout=20)
            if not running.task.done():
                running.task.cancel()
        await asyncio.gather(*(running.task for running in self.started), return_exceptions=True)


@dataclass
class World:
    """Rows of one account; `db` is a connection as the owner of the schema."""

    db: asyncpg.Connection
    make: Factory
    account: uuid.UUID
    agent: uuid.UUID

    async def automation(
        self, drawing: Drawing, *, config: Mapping[str, Any] | None = None, **columns: Any
    ) -> uuid.UUID:
        """`config` is added to the trigger's."""
        own = drawing.nodes[0]["data"]["config"]
        return await self.make.automation(
            columns.pop("account", self.account),
            columns.pop("agent", self.agent),
            trigger_config={**own, **(config or {})},
            nodes=drawing.nodes,
            edges=drawing.edges,
            **columns,
        )

    async def lead(self, **columns: Any) -> uuid.UUID:
        return await self.make.lead(columns.pop("account", self.account), **columns)

    async def leads(self, count: int, *, account: uuid.UUID | None = None) -> list[uuid.UUID]:
        """In one statement."""
        rows = await self.db.fetch(
            "insert into leads (user_id, name, score) select $1, 'Lead ' || i, i from generate_series(1, $2) i "
            "returning id",
            account or self.account,
            count,
        )
        return [row["id"] for row in rows]

    async def conversation(self, **columns: Any) -> uuid.UUID:
        return await self.make.conversation(columns.pop("agent", self.agent), **columns)

    async def run_of(self, lead: uuid.UUID) -> asyncpg.Record:
        """The only run that is about this lead."""
        rows = await self.db.fetch("select * from automation_executions where lead_id = $1", lead)
        assert len(rows) == 1, f"{len(rows)} runs of one lead"
        return rows[0]

    async def run(self, run_id: uuid.UUID) -> Any:
        return await self.db.fetchrow("select * from automation_executions where id = $1", run_id)

    async def count(self, condition: str = "true", *values: Any) -> int:
        found: int = await self.db.fetchval(f"select count(*) from automation_executions where {condition}", *values)
        return found

    async def ended(self, lead: uuid.UUID, *, within: float = PATIENCE) -> asyncpg.Record:
        """The run of the lead, once it has ended."""

        async def final() -> bool:
            return await self.count(f"lead_id = $1 and not {OPEN}", lead) > 0

        await eventually(final, within=within)
        return await self.run_of(lead)

    async def final(self, run_id: uuid.UUID, *, within: float = PATIENCE) -> Any:
        async def is_final() -> bool:
            return await self.count(f"id = $1 and not {OPEN}", run_id) > 0

        await eventually(is_final, within=within)
        return await self.run(run_id)

    async def all_ended(self, *, within: float = PATIENCE) -> dict[str, int]:
        """Once no run is open: how many there are of each status."""

        async def none_open() -> bool:
            return await self.count(OPEN) == 0

        await eventually(none_open, within=within)
        rows = await self.db.fetch("select status, count(*) as runs from automation_executions group by status")
        return {row["status"]: row["runs"] for row in rows}

    async def bodies(self) -> list[str]:
        return [row["body"] for row in await self.db.fetch("select body from messages order by body")]


async def new_world(db: asyncpg.Connection, make: Factory) -> World:
    account = uuid.uuid4()
    return World(db, make, account, await make.agent(account))


def outline(run: Any) -> list[tuple[Any, ...]]:
    """What happened at each node of a run: id, status, handle, error."""
    return [(entry["node_id"], entry["status"], entry["handle"], entry["error"]) for entry in run["nodes_executed"]]


def statuses(run: Any) -> dict[str, str]:
    return {entry["node_id"]: entry["status"] for entry in run["nodes_executed"]}


__all__ = ["LEAD_INSERT", "Workers", "World", "eventually", "new_world", "outline", "statuses", "step_runner"]
