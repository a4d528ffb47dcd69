"""The client against a real server: answers of every shape, limits, lost connections, keep-alive."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import pytest

from automations.errors import StepError
from automations.flow.ports import HttpRequest, HttpResponse
from automations.integrations.http_client import HttpClient

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer, Received


def failure(error: StepError) -> tuple[str, str, bool]:
    return error.code, error.message, error.retryable


async def refusal(client: HttpClient, request: HttpRequest) -> tuple[str, str, bool]:
    with pytest.raises(StepError) as failed:
        await client.send(request)
    return failure(failed.value)


async def test_a_request_arrives_as_it_was_written_and_nothing_else(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/leads", "201 Created", b"made", X_Id="7", Set_Cookie="a=1")
    response = await client.send(
        HttpRequest(
            "POST",
            f"{url}?a=1",
            headers={"X-Name": " Zoë\t", "Content-Type": "text/plain"},
            query=[("b", "x y&z"), ("b", "ü")],
            content=b"body",
        )
    )
    final = f"{url}?a=1&b=x+y%26z&b=%C3%BC"
    assert response == HttpResponse(201, {"x-id": "7", "set-cookie": "a=1", "content-length": "4"}, b"made", final)
    (received,) = server.requests
    assert (received.method, received.target, received.body) == ("POST", "/leads?a=1&b=x+y%26z&b=%C3%BC", b"body")
    assert received.headers == {
        "host": server.address,
        "content-length": "4",
        "x-name": "Zoë",
        "content-type": "text/plain",
        "accept-encoding": "gzip, deflate",
    }


async def test_cookies_of_one_answer_are_not_sent_with_the_next_request(
    server: LocalServer, client: HttpClient
) -> None:
    url = server.reply("/", Set_Cookie="session=secret; Path=/")
    await client.send(HttpRequest("GET", url))
    await client.send(HttpRequest("GET", url))
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


async def test_one_connection_serves_request_after_request(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", body=b"hi")
    for _ in range(3):
        await client.send(HttpRequest("GET", url))
    assert (server.connections, len(server.requests)) == (1, 3)


async def test_an_answer_in_chunks_is_put_together(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", body=b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", Transfer_Encoding="chunked")
    assert (await client.send(HttpRequest("GET", url))).content == b"abcdefg"


async def test_an_answer_may_end_with_the_connection(server: LocalServer, client: HttpClient) -> None:
    async def until_close(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        writer.close()

    assert (await client.send(HttpRequest("GET", server.on("/", until_close)))).content == b"all of it"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", gzip.compress(b"text " * 100, mtime=0)),
        ("x-gzip", gzip.compress(b"text " * 100, mtime=0)),
        ("deflate", zlib.compress(b"text " * 100)),
        ("deflate", zlib.compress(b"text " * 100, wbits=-15)),
        ("identity", b"text " * 100),
    ],
)
async def test_compressed_answers_are_read(server: LocalServer, client: HttpClient, name: str, body: bytes) -> None:
    url = server.reply("/", body=body, Content_Encoding=name)
    assert (await client.send(HttpRequest("GET", url))).content == b"text " * 100


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("br", b"x", ("the answer is compressed as 'br', which cannot be read", False)),
        ("gzip, gzip", b"x", ("the answer is compressed as 'gzip, gzip', which cannot be read", False)),
        ("gzip", b"this is not gzip", ("the answer is damaged: it cannot be decompressed", False)),
        ("gzip", gzip.compress(b"text " * 100, mtime=0)[:-9], ("the answer ended before it was complete", True)),
    ],
)
async def test_what_cannot_be_decompressed_fails(
    client: HttpClient, server: LocalServer, name: str, body: bytes, expected: tuple[str, bool]
) -> None:
    url = server.reply("/", body=body, Content_Encoding=name)
    assert await refusal(client, HttpRequest("GET", url)) == ("protocol", *expected)


async def test_a_long_answer_is_cut_at_the_limit(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/", body=b"0123456789")
    exact = await client.send(HttpRequest("GET", url, max_response_bytes=10))
    cut = await client.send(HttpRequest("GET", url, max_response_bytes=9))
    assert (exact.content, exact.truncated) == (b"0123456789", False)
    assert (cut.content, cut.truncated) == (b"012345678", True)


async def test_an_endless_answer_is_cut_at_the_limit(server: LocalServer, client: HttpClient) -> None:
    async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    response = await client.send(HttpRequest("GET", server.on("/", endless), max_response_bytes=100_000))
    assert (response.content, response.truncated) == (b"x" * 100_000, True)


async def test_a_decompression_bomb_never_unfolds(server: LocalServer, client: HttpClient) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(bomb.compress(bytes(1_000_000)) for _ in range(200)) + bomb.flush()
    url = server.reply("/", body=body, Content_Encoding="gzip")
    response = await client.send(HttpRequest("GET", url, max_response_bytes=1000))
    assert (response.content, response.truncated) == (bytes(1000), True)


@pytest.mark.parametrize("kind", ["before the head", "inside the head", "inside the body"])
async def test_a_slow_answer_ends_with_the_time_out(server: LocalServer, client: HttpClient, kind: str) -> None:
    async def slow(_: Received, writer: asyncio.StreamWriter) -> None:
        if kind == "inside the head":
            writer.write(b"HTTP/1.1 200 OK\r\n")
        if kind == "inside the body":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            # Always something new: a limit between two reads would never strike.
            writer.write(b"x" if kind == "inside the body" else b"a: b\r\n" if kind == "inside the head" else b"")
            await asyncio.sleep(0.01)

    request = HttpRequest("GET", server.on("/", slow), timeout_seconds=0.2)
    assert await refusal(client, request) == ("timeout", "no complete answer within 0.2 seconds", True)


async def test_a_time_out_covers_a_slow_name_server() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    client = HttpClient(lookup=lookup)
    request = HttpRequest("GET", "http://slow.example.com/", timeout_seconds=0.05)
    assert await refusal(client, request) == ("timeout", "no complete answer within 0.05 seconds", True)
    await client.close()


async def test_a_lost_connection_may_be_tried_again(server: LocalServer, client: HttpClient) -> None:
    async def reset(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def half(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async def nonsense(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        writer.close()

    broke = ("protocol", "the connection broke before the answer was complete", True)
    for path, handler in (("/reset", reset), ("/half", half), ("/nonsense", nonsense)):
        assert await refusal(client, HttpRequest("GET", server.on(path, handler))) == broke, path


async def test_headers_without_end_break_the_connection(server: LocalServer, client: HttpClient) -> None:
    async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"a: " + b"b" * 4096 + b"\r\n")
            await writer.drain()

    code, _, retryable = await refusal(client, HttpRequest("GET", server.on("/", endless)))
    assert (code, retryable) == ("protocol", True)


async def test_nobody_listening_may_be_tried_again(unused_tcp_port: int) -> None:
    client = HttpClient(allowed=[f"127.0.0.1:{unused_tcp_port}"])
    request = HttpRequest("GET", f"http://127.0.0.1:{unused_tcp_port}/")
    assert await refusal(client, request) == ("connect", "no connection could be made", True)
    await client.close()


async def test_a_cancelled_request_leaves_a_working_client(server: LocalServer, client: HttpClient) -> None:
    begun = asyncio.Event()

    async def never(_: Received, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(client.send(HttpRequest("GET", server.on("/never", never))))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await client.send(HttpRequest("GET", server.reply("/", body=b"on")))).content == b"on"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-A": "1\r\nX-B: 2"}, "the value of header X-A holds a line break or another control character"),
        ({"X-A": "1\n"}, "the value of header X-A holds a line break or another control character"),
        ({"X-A": "1\x00"}, "the value of header X-A holds a line break or another control character"),
        ({"X-A\r\nX-B": "1"}, "'X-A\\r\\nX-B' is not a header name"),
        ({"": "1"}, "'' is not a header name"),
        ({"X A": "1"}, "'X A' is not a header name"),
        ({"X-A": "\ud800"}, "the value of header X-A holds broken characters"),
        ({"Host": "internal"}, "header Host is set for you and cannot be chosen"),
        ({"content-length": "0"}, "header content-length is set for you and cannot be chosen"),
        ({"Transfer-Encoding": "chunked"}, "header Transfer-Encoding is set for you and cannot be chosen"),
        ({"Connection": "upgrade"}, "header Connection is set for you and cannot be chosen"),
    ],
)
async def test_headers_that_break_out_are_refused(
    server: LocalServer, client: HttpClient, headers: dict[str, str], message: str
) -> None:
    assert await refusal(client, HttpRequest("GET", server.url(), headers=headers)) == ("bad_header", message, False)
    assert server.requests == []


async def test_the_client_library_is_not_loaded_before_the_first_request() -> None:
    program = (
        "import sys, automations.integrations.http_client as c; c.HttpClient();"
        "print(sorted({'httpx2', 'httpcore2', 'anyio', 'h11'} & set(sys.modules)))"
    )
    process = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("[]\n", "")
