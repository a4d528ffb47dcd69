"""(g) A manual start over HTTP that is answered with the finished result: four nodes, by 1 and by 16 clients.

`automations up` serves, with its worker, as on a laptop. The clients are one process that keeps its connections and
does no more than HTTP needs. Beside it, in the same rounds, the bare loop: INSERT pending, UPDATE running, UPDATE
completed, a commit each, on one connection (benches/bare_loop.py).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_urlsafe
from statistics import median
from typing import Any
from uuid import UUID

from benches.bare_loop import BARE_TABLE, bare_lives
from benches.flows import ANSWER_EDGES, ANSWER_NODES
from benches.lab import Lab, connected
from benches.report import Figure, percentiles, spread

CLIENTS = (1, 16)
START_SECONDS = 30.0


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_g")
    seconds, rounds = (1.5, 2) if quick else (4.0, 5)
    figures: list[Figure] = []
    with served(dsn, lab) as (port, token):
        async with connected(dsn) as connection:
            await connection.execute(BARE_TABLE)
            automation = await published(connection, port, token)
        await answered(port, token, automation, 4, 1.0)
        bares: list[float] = []
        for clients in CLIENTS:
            ours: list[float] = []
            bare: list[float] = []
            waits: list[float] = []
            for _ in range(rounds):
                rate, took = await answered(port, token, automation, clients, seconds)
                ours.append(rate)
                waits += took
                bare.append(await bare_of(dsn, seconds))
            ratios = [one / other for one, other in zip(ours, bare, strict=True)]
            p50, p95, p99 = percentiles(waits)
            target = 300 if clients == 1 else 600
            who = f"{clients} client{'s' if clients > 1 else ''}"
            figures += [
                Figure(
                    "g answers", f"{who}: answered with the result", median(ours), "/s", spread(ours), f">= {target}"
                ),
                Figure("g answers", f"{who}: ours : bare loop", median(ratios), "x", spread(ratios, 2), ">= 0.3"),
                Figure("g answers", f"{who}: p50", p50, "ms", f"p95 {p95:.1f}, p99 {p99:.1f}"),
            ]
            bares += bare
        figures.append(Figure("g answers", "bare loop, one connection", median(bares), "/s", spread(bares)))
    return figures


@contextmanager
def served(dsn: str, lab: Lab) -> Iterator[tuple[int, str]]:
    """`automations up` on that database; its port, and the token of the demo's owner."""
    environment = {
        **os.environ,
        "AUTOMATIONS_DATABASE_URL": dsn,
        "AUTOMATIONS_DATA_DIR": str(lab.directory / "data"),
        "AUTOMATIONS_JWT_SECRET": token_urlsafe(48),
        "AUTOMATIONS_HTTP_PORT": "0",
        "AUTOMATIONS_ECHO_PORT": "0",
        "AUTOMATIONS_LOG_LEVEL": "error",
    }
    program = [sys.executable, "-m", "automations.cli.main"]
    process = subprocess.Popen([*program, "up", "--json"], stdout=subprocess.PIPE, env=environment, text=True)
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        said = subprocess.run([*program, "token"], capture_output=True, text=True, env=environment, check=True)
        yield int(facts["http"].rpartition(":")[2]), said.stdout.strip()
    finally:
        process.terminate()
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


async def published(connection: Any, port: int, token: str) -> UUID:
    agent = await connection.fetchval("select id from agents order by created_at limit 1")
    client = await Http.to(port, token)
    body = {"agent_id": str(agent), "name": "Answer", "nodes": ANSWER_NODES, "edges": ANSWER_EDGES}
    made = await client.call("POST", "/api/v1/automations", body)
    path = f"/api/v1/automations/{made['id']}"
    await client.call("POST", f"{path}/publish", {})
    await client.call("POST", f"{path}/enable", {})
    client.close()
    return UUID(made["id"])


async def answered(port: int, token: str, automation: UUID, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Answers a second, and how long each took in ms. Anything but a finished result is an error."""
    took: list[float] = []
    begun = time.perf_counter()

    async def one(number: int) -> None:
        client = await Http.to(port, token)
        asked = 0
        while time.perf_counter() - begun < seconds:
            asked += 1
            at = time.perf_counter()
            name = f"{number}-{asked}"
            answer = await client.call(
                "POST", f"/api/v1/automations/{automation}/executions?wait=30", {"input": {"name": name, "score": 80}}
            )
            if answer["output"] != f"Hello {name}, you are hot":
                raise AssertionError(answer)
            took.append((time.perf_counter() - at) * 1000)
        client.close()

    await asyncio.gather(*(one(number) for number in range(clients)))
    return len(took) / (time.perf_counter() - begun), took


async def bare_of(dsn: str, seconds: float) -> float:
    rates: list[float] = []
    begun = time.perf_counter()
    async with connected(dsn) as connection:
        while time.perf_counter() - begun < seconds:
            rates.append(await bare_lives(connection, 200))
    return median(rates)


class Http:
    """One kept connection, and nothing that a client would do besides: what is measured is the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._token = token

    @classmethod
    async def to(cls, port: int, token: str) -> Http:
        return cls(*await asyncio.open_connection("127.0.0.1", port), token)

    async def call(self, method: str, path: str, body: Any) -> Any:
        content = json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self._writer.write(head.encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.partition("content-length: ")[2].partition("\r\n")[0])
        found = json.loads(await self._reader.readexactly(length))
        if not answer.startswith("http/1.1 2"):
            raise AssertionError((answer, found))
        return found

    def close(self) -> None:
        self._writer.close()
