"""A real server on a loopback port, a real client, and rows of one account behind them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx2
import jwt
import pytest
from fastapi import FastAPI

if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World, new_world

from automations.api.app import create_app
from automations.api.request_scope import Api
from automations.api.server import WebServer
from automations.api.tokens import SharedSecret, TokenReader
from automations.cli.outside_world import OutsideTests, build_outside_world
from automations.db.connection import connect
from automations.db.pool import Pool
from automations.errors import StepError
from automations.integrations.secret_box import SecretBox, new_key, read_keys
from automations.services.draft_test import DraftTests
from automations.services.live_feed import LiveFeed
from automations.services.manual_starts import ManualStarts
from automations.services.needs import Installation
from automations.services.run_answers import RunAnswers
from automations.services.webhooks import Webhooks
from automations.settings import Settings
from automations.testing.flow_run import installed_nodes

if TYPE_CHECKING:
    from tests.conftest import Factory

HOOK = {"event_source": "webhook", "event_type": "RECEIVED"}


@dataclass
class MemorySecrets:
    """By account and name."""

    values: dict[tuple[uuid.UUID, str], str] = field(default_factory=dict)

    async def reveal(self, account: uuid.UUID, names: Collection[str]) -> dict[str, str]:
        try:
            return {name: self.values[account, name] for name in names}
        except KeyError as missing:
            raise StepError(f"there is no secret {missing}", code="missing_secret") from None


@dataclass
class Hooks:
    """`await hooks.make(auth)`: the path of a new webhook of the account; `call` it with `client`."""

    world: World
    server: WebServer
    secrets: MemorySecrets
    client: httpx2.AsyncClient
    app: Any

    async def make(self, auth: Any = None, *, nodes: Any = (), edges: Any = (), **config: Any) -> str:
        config = {**HOOK, "auth": auth or {"type": "none"}, **config}
        columns = {"account": self.world.account, "agent": self.world.agent}
        trigger = {"id": "trigger", "type": "trigger-webhook", "data": {"label": "Hook", "config": config}}
        automation = await self.world.make.automation(
            columns["account"], columns["agent"], trigger_config=config, nodes=[trigger, *nodes], edges=list(edges)
        )
        return f"/webhooks/{automation}"

    def secret(self, name: str, value: str, account: uuid.UUID | None = None) -> str:
        self.secrets.values[account or self.world.account, name] = value
        return "{{ secrets." + name + " }}"

    async def runs(self) -> list[Any]:
        return list(await self.world.db.fetch("select * from automation_executions order by seq"))

    async def raw(self, *pieces: bytes, pause: float = 0.0, to_its_end: bool = False) -> bytes:
        """The answer to bytes as they are; `to_its_end`: all that comes until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        answer = asyncio.create_task(_all(reader) if to_its_end else _one_answer(reader))
        try:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    if pause:
                        await asyncio.wait({answer}, timeout=pause)
                    if answer.done():
                        break
            async with asyncio.timeout(30):
                return await answer
        finally:
            writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    found = bytearray()
    # A server that has had enough may leave with a reset.
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65_536):
            found += piece
    return bytes(found)


async def _one_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
    return head + await reader.readexactly(int(length))


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that was answered."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    told: dict[str, Any] = answer.json()
    assert (told["code"], told["status"], bool(told["detail"]), bool(told["hint"])) == (code, status, True, True)
    assert "Traceback" not in answer.text
    return told


@pytest.fixture
async def world(database: asyncpg.Connection, make: Factory) -> World:
    return await new_world(database, make)


@pytest.fixture
async def workers(database_url: str) -> AsyncIterator[Workers]:
    group = Workers(database_url, Probes())
    yield group
    await group.close()


BOX = SecretBox(read_keys(new_key(), "tests"))
SECRET = "a secret of the tests that nobody else knows, 48 bytes"


def token(user: uuid.UUID | None, **claims: Any) -> str:
    """As Supabase issues it, for an hour; None: for a server."""
    role = "service_role" if user is None else "authenticated"
    content = {"role": role, "aud": "authenticated", "exp": int(time.time()) + 3600, **claims}
    if user is not None:
        content.setdefault("sub", str(user))
    return jwt.encode({name: value for name, value in content.items() if value is not None}, SECRET, "HS256")


def served_api(
    pool: Pool,
    engine_pool: Pool,
    draft_tests: DraftTests,
    answers: RunAnswers,
    live: LiveFeed,
    tokens: TokenReader | None = None,
) -> Api:
    reader = tokens or TokenReader(SharedSecret(SECRET), audience="authenticated", issuer=None)
    starts = ManualStarts(pool)
    return Api(
        pool,
        engine_pool,
        reader,
        installed_nodes(),
        Installation(),
        draft_tests,
        answers,
        starts,
        live,
        secret_box=lambda: BOX,
    )


@asynccontextmanager
async def serving(
    dsn: str, secrets: MemorySecrets, pool: Pool | None = None, **changes: Any
) -> AsyncIterator[tuple[WebServer, FastAPI]]:
    """`changes`: fields of `Api`."""
    used = pool or Pool(lambda: connect(dsn, role="service_role"))
    engine_pool = Pool(lambda: connect(dsn, role="service_role"), 2)
    tests = OutsideTests(dsn, lambda: build_outside_world(dsn, Settings()))
    answers = RunAnswers(used)
    live = LiveFeed(lambda: connect(dsn, role="service_role"))
    api = replace(served_api(used, engine_pool, tests, answers, live), **changes)
    app = create_app(Webhooks(used, secrets, answers), api)

    async def close() -> None:
        await live.aclose()
        await engine_pool.close()
        await used.close()

    def end_waiting() -> None:
        live.end()
        answers.end()

    server = WebServer(lambda: app, close, end_waiting)
    server.bind("127.0.0.1", 0)
    task = asyncio.create_task(server.serve())
    try:
        yield server, app
    finally:
        server.stop()
        async with asyncio.timeout(20):
            await task
        await tests.close()


@pytest.fixture
async def hooks(database_url: str, world: World) -> AsyncIterator[Hooks]:
    secrets = MemorySecrets()
    async with (
        serving(database_url, secrets) as (server, app),
        httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        yield Hooks(world, server, secrets, client, app)


@dataclass
class Client:
    """Calls the API as `user`; None: as a server. `Client.anonymous` as nobody."""

    http: httpx2.AsyncClient
    headers: dict[str, str]

    async def __call__(self, method: str, path: str, **given: Any) -> httpx2.Response:
        headers = {**self.headers, **given.pop("headers", {})}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **given)

    async def ok(self, method: str, path: str, **given: Any) -> Any:
        answer = await self(method, path, **given)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


@dataclass
class ApiServer:
    http: httpx2.AsyncClient

    def signed_in(self, user: uuid.UUID | None, **claims: Any) -> Client:
        return Client(self.http, {"Authorization": f"Bearer {token(user, **claims)}"})

    def bearer(self, text: str | None) -> Client:
        return Client(self.http, {} if text is None else {"Authorization": f"Bearer {text}"})


@pytest.fixture
async def api(hooks: Hooks) -> ApiServer:
    return ApiServer(hooks.client)
