"""A real HTTP server on a loopback port, scripted byte by byte, and clients that are allowed to reach it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from automations.integrations.http_client import HttpClient


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


class LocalServer:
    def __init__(self, host: str) -> None:
        self.host = host
        self.port = 0
        self.connections = 0
        self.requests: list[Received] = []
        self._routes: dict[str, Handler] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.address}{path}"

    def on(self, path: str, handler: Handler) -> str:
        """Answer `path` however the handler likes; returns its URL."""
        self._routes[path] = handler
        return self.url(path)

    def reply(self, path: str, status: str = "200 OK", body: bytes = b"", **headers: str) -> str:
        """Answer `path` with this; `Content_Type="x"` becomes the header `Content-Type: x`. Returns its URL."""
        lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        if "Transfer_Encoding" not in headers:
            lines.append(f"content-length: {len(body)}")
        answer = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

        async def write(_: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            await writer.drain()

        return self.on(path, write)

    async def start(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, self.host, 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                request = await self._read(reader)
                self.requests.append(request)
                handler = self._routes.get(request.target.partition("?")[0])
                if handler is None:
                    writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                else:
                    await handler(request, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Received(method, target, headers, body)


@contextlib.asynccontextmanager
async def running(tls: ssl.SSLContext | None = None) -> AsyncIterator[LocalServer]:
    local = LocalServer("127.0.0.1")
    server = await local.start(tls)
    try:
        yield local
    finally:
        server.close()
        await local.stop()
        await server.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    async with running() as local:
        yield local


@pytest.fixture
async def other() -> AsyncIterator[LocalServer]:
    """A second server, which no client is allowed to reach."""
    async with running() as local:
        yield local


@pytest.fixture
async def client(server: LocalServer) -> AsyncIterator[HttpClient]:
    client = HttpClient(allowed=[server.address])
    yield client
    await client.close()


@dataclass(frozen=True)
class SecureServer:
    """A server with a certificate for `good.example.com`, and a client's context that trusts it."""

    server: LocalServer
    trust: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(key), "-out", str(certificate)),
            *("-subj", "/CN=test", "-addext", "subjectAltName=DNS:good.example.com"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
async def secure(certificate: tuple[Path, Path]) -> AsyncIterator[SecureServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    async with running(tls) as local:
        yield SecureServer(local, ssl.create_default_context(cafile=str(certificate[0])))
