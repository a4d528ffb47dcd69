"""A small HTTP endpoint on 127.0.0.1 that answers with what it was sent: something for the demo's HTTP step to call.

Not a web server: one request a connection, bodies by Content-Length up to a megabyte, nothing kept.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

HOST = "127.0.0.1"
LONGEST_HEAD = 32_768
LONGEST_BODY = 1_048_576
PATIENCE_SECONDS = 10.0
_REASONS = {200: "OK", 400: "Bad Request", 411: "Length Required", 413: "Content Too Large"}


class Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class EchoServer:
    """`await start(port)`, then `url`; `await close()`. `heard` is told of every request: method, path, status."""

    def __init__(self, heard: Callable[[str, str, int], None] | None = None) -> None:
        self._heard = heard
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def start(self, *ports: int) -> None:
        """On the first of `ports` that is free, else on any."""
        for port in (*ports, 0):
            with contextlib.suppress(OSError):
                self._server = await asyncio.start_server(self._serve, HOST, port, limit=LONGEST_HEAD)
                self.port = self._server.sockets[0].getsockname()[1]
                return
        raise OSError(f"no port of {HOST} is free")

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import orjson

        method, path, answer, status = "?", "?", {}, 400
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                try:
                    method, path, headers = await _read_head(reader)
                    body = await _read_body(reader, headers)
                    answer, status = {"method": method, "path": path, "headers": headers, "body": _value(body)}, 200
                except Refused as error:
                    answer, status = {"error": str(error)}, error.status
                content = orjson.dumps(answer)
                head = (
                    f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode("ascii") + (b"" if method == "HEAD" else content))
                await writer.drain()
        except (TimeoutError, OSError):
            return
        finally:
            writer.close()
        if self._heard is not None:
            self._heard(method, path, status)


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        raise Refused(400, "the request ends within its head") from None
    except asyncio.LimitOverrunError:
        raise Refused(413, "the head of the request is too long") from None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise Refused(400, "this is not an HTTP/1 request")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return parts[0], parts[1], headers


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise Refused(411, "send the body with a Content-Length")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise Refused(400, "Content-Length is no number")
    if len(length) > 9 or int(length) > LONGEST_BODY:
        raise Refused(413, f"the body is longer than {LONGEST_BODY} bytes")
    try:
        return await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise Refused(400, "the request ends within its body") from None


def _value(body: bytes) -> Any:
    import orjson

    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
