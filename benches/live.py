"""(i) Live events: 1,000 clients of one process, until all have each change; what they cost in memory over many rounds;
and what the triggers cost events while nobody watches, against the same with the triggers disabled.

The clients are bare sockets in this process: they look for the id of a run and do nothing else.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from statistics import median
from typing import cast
from uuid import UUID, uuid4

from automations.db.connection import Connection
from benches.flows import FIVE_EDGES, FIVE_NODES
from benches.lab import (
    Lab,
    all_finished,
    connected,
    insert_leads,
    new_account,
    new_automation,
    require_recorded,
    worker,
)
from benches.processes import Quietness, cpu_seconds, pss_mb, tree
from benches.report import Figure, percentiles, spread
from benches.served import served, token_for

CLIENTS = 1_000
MEMBERS = 25
# Of the clients, after each round: who leaves, and others who come.
RECONNECT = 200
# Rounds until connections, caches and the allocator have what they keep.
WARM_ROUNDS = 3
CONNECT_AT_ONCE = 50
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 2.0
NAME = "i live events"
TABLES = ("public.automation_executions", "public.automations", "automations.approvals")


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_i")
    async with connected(dsn) as connection:
        figures = await _unwatched(lab, connection, dsn, quick=quick)
        with served(dsn, files=2 * CLIENTS) as (pid, port):
            return figures + await _watched(lab, connection, pid, port, quick=quick)


async def _unwatched(lab: Lab, connection: Connection, dsn: str, *, quick: bool) -> list[Figure]:
    """In pairs, the other way round each time, for whatever else goes on on the machine."""
    leads, pairs = (1_000, 3) if quick else (2_000, 7)
    account = await new_account(connection)
    await new_automation(connection, account, FIVE_NODES, FIVE_EDGES)
    rates: dict[str, list[float]] = {"enable": [], "disable": []}
    busy = {"enable": 0.0, "disable": 0.0}
    with worker(dsn) as process:
        await insert_leads(connection, account, leads)
        await all_finished(connection)
        quietness = Quietness((lab.server.pid, process.pid))
        for pair in range(pairs):
            for triggers in ("enable", "disable") if pair % 2 else ("disable", "enable"):
                await _switch(connection, triggers)
                busy[triggers] -= cpu_seconds(tree(lab.server.pid))
                begun = time.perf_counter()
                await insert_leads(connection, account, leads)
                await all_finished(connection)
                busy[triggers] += cpu_seconds(tree(lab.server.pid))
                rates[triggers].append(leads / (time.perf_counter() - begun))
        others = quietness.others()
    await _switch(connection, "enable")
    await require_recorded(connection, leads * (1 + 2 * pairs), len(FIVE_NODES))
    ratios = [with_it / without for with_it, without in zip(rates["enable"], rates["disable"], strict=True)]
    what = f"{leads:,} leads in one INSERT, 5 nodes, nobody watches"
    return [
        Figure(NAME, what, median(rates["enable"]), "rows/s", spread(rates["enable"]), others=others),
        Figure(NAME, "with the triggers : without", median(ratios), "x", spread(ratios, 2), ">= 0.95"),
        Figure(NAME, "PostgreSQL's processor time, likewise", busy["enable"] / busy["disable"], "x", "", "< 1.05"),
    ]


async def _switch(connection: Connection, triggers: str) -> None:
    for table in TABLES:
        names = await connection.fetch(
            "select tgname from pg_trigger where tgrelid = $1::text::regclass and tgname ~ '_live_'", table
        )
        for row in names:
            await connection.execute(f"alter table {table} {triggers} trigger {row['tgname']}")


@dataclass
class Crowd:
    """Who watches, and what all of them wait for. `took`: seconds from an INSERT until it was there, of each client."""

    port: int
    wanted: bytes = b"-"
    begun: float = 0.0
    missing: int = 0
    took: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    clients: list[Client] = field(default_factory=list)
    ended: int = 0

    async def come(self, users: list[UUID], count: int) -> None:
        gate = asyncio.Semaphore(CONNECT_AT_ONCE)

        async def one(user: UUID) -> Client:
            async with gate:
                _, client = await asyncio.get_running_loop().create_connection(
                    lambda: Client(self, user), "127.0.0.1", self.port
                )
                await asyncio.wait_for(client.ready, PATIENCE_SECONDS)
                return client

        self.clients += await asyncio.gather(*(one(users[i % len(users)]) for i in range(count)))

    async def leave(self, count: int) -> list[UUID]:
        gone, self.clients = self.clients[:count], self.clients[count:]
        for client in gone:
            client.leave()
        await asyncio.gather(*(client.left for client in gone))
        return [client.user for client in gone]

    def came(self) -> None:
        self.took.append(time.perf_counter() - self.begun)
        self.missing -= 1
        if not self.missing:
            self.done.set()

    async def all_have(self, connection: Connection, automation: UUID) -> None:
        run = uuid4()
        self.wanted = str(run).encode()
        self.missing = len(self.clients)
        self.done.clear()
        self.begun = time.perf_counter()
        await connection.execute(
            "insert into automation_executions (id, automation_id, trigger_type) values ($1, $2, 'manual')",
            run,
            automation,
        )
        await asyncio.wait_for(self.done.wait(), PATIENCE_SECONDS)


class Client(asyncio.Protocol):
    def __init__(self, crowd: Crowd, user: UUID) -> None:
        self.crowd = crowd
        self.user = user
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.left: asyncio.Future[None] = loop.create_future()
        self._leaving = False
        # What came before it in case what is looked for came in two pieces.
        self._tail = b""
        self._had = b"-"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(
            f"GET /api/v1/live HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token_for(self.user)}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        seen = self._tail + data
        self._tail = seen[-100:]
        if not self.ready.done():
            if b"event: ready" in seen:
                self.ready.set_result(None)
            elif not seen.startswith(b"HTTP/1.1 200"[: len(seen)]):
                self.ready.set_exception(RuntimeError(f"a client was refused: {seen!r}"))
        elif self._had != self.crowd.wanted and self.crowd.wanted in seen:
            self._had = self.crowd.wanted
            self.crowd.came()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._leaving:
            self.crowd.ended += 1
        if not self.ready.done():
            self.ready.set_exception(RuntimeError("a client was hung up on"))
        self.left.set_result(None)

    def leave(self) -> None:
        self._leaving = True
        self._transport.close()


async def _watched(lab: Lab, connection: Connection, pid: int, port: int, *, quick: bool) -> list[Figure]:
    rounds, events = (6, 10) if quick else (12, 40)
    account = await new_account(connection)
    automation = await new_automation(connection, account, [], [])
    users = [uuid4() for _ in range(MEMBERS)]
    await connection.execute(
        "insert into team_members (owner_id, member_id, role) select $1, unnest($2::uuid[]), 'viewer'",
        account.id,
        users,
    )
    crowd = Crowd(port)
    await crowd.come(users, 1)
    alone = await _memory(pid)
    quietness = Quietness((lab.server.pid, pid))
    begun = time.perf_counter()
    await crowd.come(users, CLIENTS - 1)
    connecting = time.perf_counter() - begun
    memory = [await _memory(pid)]
    until_all: list[float] = []
    busy = 0.0
    for _ in range(rounds):
        busy -= cpu_seconds([pid])
        for _ in range(events):
            before = len(crowd.took)
            await crowd.all_have(connection, automation)
            until_all.append(max(crowd.took[before:]) * 1_000)
        busy += cpu_seconds([pid])
        await crowd.come(await crowd.leave(RECONNECT), RECONNECT)
        memory.append(await _memory(pid))
    others = quietness.others()
    listening = await connection.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name ~ ' live$'"
    )
    if crowd.ended or listening != 1:
        raise AssertionError(f"{crowd.ended} streams ended by themselves; {listening} connections read changes")
    await crowd.leave(len(crowd.clients))
    left = await _memory(pid)
    p50, _, p99 = percentiles([one * 1_000 for one in crowd.took])
    all50, _, _ = percentiles(until_all)
    told = f"{len(until_all)} changes to {CLIENTS:,} clients"
    return [
        Figure(NAME, f"{CLIENTS:,} clients come, {CONNECT_AT_ONCE} at once", connecting, "s"),
        Figure(NAME, f"{told}: from the INSERT to one, p50", p50, "ms", f"p99 {p99:.0f}", others=others),
        Figure(NAME, "from the INSERT until all have it, p50", all50, "ms", spread(until_all)),
        Figure(NAME, "the slowest of them", max(until_all), "ms", "", "< 1000"),
        Figure(NAME, "processor time of a change, of the process", busy * 1_000 / len(until_all), "ms"),
        Figure(NAME, "the process with one client", alone, "MB PSS"),
        Figure(NAME, "a client more", (memory[0] - alone) / (CLIENTS - 1) * 1_024, "kB PSS"),
        Figure(NAME, f"with {CLIENTS:,}, before and after each round", median(memory), "MB PSS", spread(memory, 1)),
        Figure(
            NAME,
            f"after round {rounds} : after round {WARM_ROUNDS}",
            memory[-1] / memory[WARM_ROUNDS],
            "x",
            "",
            "< 1.1",
        ),
        Figure(NAME, "once they have left", left, "MB PSS"),
    ]


async def _memory(pid: int) -> float:
    await asyncio.sleep(SETTLE_SECONDS)
    return pss_mb(tree(pid))
