"""What no sender should send: too much, too slow, too deep, not quite HTTP. Each has a clear end, and others go on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.api.conftest import Hooks, refused

from automations.api import uvicorn_server
from automations.api.routes import webhooks as webhook_routes

JSON = {"content-type": "application/json"}


def parted(answer: bytes) -> tuple[int, dict[str, Any]]:
    """Status and problem of an answer as it came."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    return int(head.split()[1]), json.loads(body)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_routes, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(uvicorn_server, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(uvicorn_server, "REST_SECONDS", 0.5)


async def still_works(hooks: Hooks) -> None:
    assert (await hooks.client.post(await hooks.make(), json={})).status_code == 202
    assert (await hooks.client.get("/health")).status_code == 200


async def test_five_megabytes_are_refused_before_they_are_read(hooks: Hooks) -> None:
    path = await hooks.make()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {5 * 1_048_576}\r\n\r\n".encode()
    # Not one byte of the body is sent.
    status, problem = parted(await hooks.raw(head))
    assert (status, problem["code"]) == (413, "too_large")
    refused(await hooks.client.post(path, content=b"x" * 1_048_577), 413, "too_large")
    assert (await hooks.client.post(path, content=b"x" * 1_048_576)).status_code == 202
    for length in ("9" * 500, "-1", "1e3", "7, 8"):
        answer = await hooks.raw(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert parted(answer)[0] in (400, 413)
    await still_works(hooks)


async def test_a_body_in_pieces_without_end_is_cut_off(hooks: Hooks) -> None:
    path = await hooks.make()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    status, problem = parted(await hooks.raw(head, *[piece] * 17))
    assert (status, problem["code"]) == (413, "too_large")
    await still_works(hooks)


@pytest.mark.usefixtures("impatient")
async def test_strangers_cannot_make_us_read(hooks: Hooks) -> None:
    path = await hooks.make({"type": "header", "secret": hooks.secret("KEY", "key-4711")})
    for target in (path, "/webhooks/nothing"):
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\n\r\n".encode()
        status, problem = parted(await hooks.raw(head))
        assert (status, problem["code"]) in ((401, "unauthorized"), (404, "not_found"))
        # What comes all the same is passed over for a while, then the connection ends.
        answer = await hooks.raw(head, *[b"x" * 65_536] * 10_000, pause=0.001, to_its_end=True)
        assert answer.count(b"HTTP/1.1") == 1
        assert (await hooks.client.post(target, content=b"x" * 500_000)).status_code == status


@pytest.mark.usefixtures("impatient")
async def test_a_body_byte_by_byte(hooks: Hooks) -> None:
    path = await hooks.make()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
    status, problem = parted(await hooks.raw(head, *[b"x"] * 8, pause=0.1))
    assert (status, problem["code"]) == (408, "too_slow")
    assert await hooks.runs() == []
    await still_works(hooks)


@pytest.mark.usefixtures("impatient")
async def test_a_head_byte_by_byte(hooks: Hooks) -> None:
    assert await hooks.raw(b"", to_its_end=True) == b""
    pieces = [bytes([byte]) for byte in b"POST /webhooks"]
    reader, writer = await asyncio.open_connection("127.0.0.1", hooks.server.port)

    async def drip() -> None:
        for piece in pieces * 100:
            writer.write(piece)
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    dripping.cancel()
    writer.close()
    await still_works(hooks)


async def test_a_sender_that_leaves_in_the_middle(hooks: Hooks) -> None:
    path = await hooks.make()
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", hooks.server.port)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf".encode())
        await writer.drain()
        writer.transport.abort()
    await still_works(hooks)
    assert len(await hooks.runs()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b"[" * 100 + b"]" * 100,
        b'{"a":' * 150_000,
        b"[1e999]",
        b"[NaN]",
        b"1" * 100_000,
        b"\xff\xfe\x00",
        b'"\xed\xa0\x80"',
        b'{"a": "\n"}',
        b"\x00",
    ],
    ids=range(10),
)
async def test_json_that_is_none_or_too_much(hooks: Hooks, body: bytes) -> None:
    path = await hooks.make()
    refused(await hooks.client.post(path, content=body, headers=JSON), 400, "bad_body")
    assert await hooks.runs() == []


async def test_characters_that_postgres_does_not_take_are_replaced(hooks: Hooks) -> None:
    path = await hooks.make()
    body = b'{"nul\\u0000": "a\\u0000b", "half": "\\ud800", "big": 123456789012345678901234567890}'
    assert (await hooks.client.post(path, content=body, headers=JSON)).status_code == 202
    plain = {"content-type": "text/plain"}
    assert (await hooks.client.post(f"{path}?a=%00&b=%ff", content=b"x\x00", headers=plain)).status_code == 202
    first, second = [run["trigger_data"] for run in await hooks.runs()]
    assert {**first["body"], "big": None} == {"nul\ufffd": "a\ufffdb", "half": "\ufffd", "big": None}
    kept = "select trigger_data #>> '{body,big}' from automation_executions order by seq limit 1"
    assert await hooks.world.db.fetchval(kept) == "123456789012345678901234567890"
    assert (second["body"], second["query"]) == ("x\ufffd", {"a": "\ufffd", "b": "\ufffd"})


@pytest.mark.parametrize("headers", [101, 2_000])
async def test_many_headers(hooks: Hooks, headers: int) -> None:
    path = await hooks.make()
    lines = "".join(f"X-{number}: y\r\n" for number in range(headers))
    status, problem = parted(await hooks.raw(f"POST {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode()))
    assert (status, problem["code"]) == (431, "too_many_headers")
    await still_works(hooks)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 100_000,
        b"GET /" + b"x" * 100_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET \xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=range(10),
)
async def test_what_is_no_http(hooks: Hooks, request_bytes: bytes) -> None:
    status, problem = parted(await hooks.raw(request_bytes))
    assert (status, problem["code"]) == (400, "bad_request")
    await still_works(hooks)


async def test_requests_one_behind_the_other_are_answered_in_order(hooks: Hooks) -> None:
    path = await hooks.make()
    one = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n".encode()
    last = one.replace(b"Host: x", b"Host: x\r\nConnection: close")
    answer = await hooks.raw(
        b"".join([*(one + str(number).encode() for number in range(5)), last + b"5"]), to_its_end=True
    )
    assert answer.count(b"HTTP/1.1 202 Accepted") == 6
    assert [run["trigger_data"]["body"] for run in await hooks.runs()] == [0, 1, 2, 3, 4, 5]


async def test_many_parameters(hooks: Hooks) -> None:
    path = await hooks.make()
    assert (await hooks.client.post(f"{path}?{'a=1&' * 200}")).status_code == 400
    assert (await hooks.client.post(f"{path}?{'a=1&' * 199}a=1")).status_code == 202


async def test_a_server_that_ends_lets_go_of_its_port_and_of_silent_callers(hooks: Hooks) -> None:
    path = await hooks.make(answer="last_step", answer_within_seconds=60)
    waiting = asyncio.create_task(hooks.client.post(path, json={}))
    _, silent = await asyncio.open_connection("127.0.0.1", hooks.server.port)
    while not await hooks.runs():
        await asyncio.sleep(0.02)
    hooks.server.stop()
    await asyncio.wait({waiting}, timeout=20)
    assert waiting.done()
    waiting.exception()
    silent.close()
