"""One connection in the PostgreSQL protocol over a Unix socket: the only proof that a server takes connections.

Blocking and tiny on purpose: it needs no driver and works inside a running event loop.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from automations.errors import EmbeddedPostgresError

SUPERUSER = "postgres"
DATABASE = "postgres"

_PROTOCOL_3_0 = 196608
_LONGEST_MESSAGE = 1_000_000
_AUTHORIZATION_CLASS = "28"
# Starting up, shutting down, in recovery, being terminated.
_NOT_NOW = {"57P01", "57P02", "57P03"}


class NotAcceptingError(Exception):
    """Nothing answers there, or it answers that it does not take connections now."""


@dataclass(frozen=True)
class Answer:
    """`version` is "" when the server answered but had no place for us; `peer_pid` is 0 where it cannot be known."""

    version: str
    peer_pid: int


def socket_path(socket_dir: Path, port: int) -> Path:
    return socket_dir / f".s.PGSQL.{port}"


def shake_hands(socket_dir: Path, port: int, *, timeout: float = 2) -> Answer:
    """NotAcceptingError when no connection can be made now; EmbeddedPostgresError when we shall never be let in."""
    if sys.platform == "win32":
        raise NotAcceptingError("no Unix sockets")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(socket_path(socket_dir, port)))
            peer = _peer_pid(connection)
            text = f"user\0{SUPERUSER}\0database\0{DATABASE}\0application_name\0automations\0\0".encode()
            connection.sendall(struct.pack("!ii", len(text) + 8, _PROTOCOL_3_0) + text)
            version = _read_until_ready(connection)
        except OSError as error:
            raise NotAcceptingError(str(error)) from error
        # After a refusal the server has hung up already.
        with contextlib.suppress(OSError):
            connection.sendall(b"X\0\0\0\4")
        return Answer(version, peer)


def _peer_pid(connection: socket.socket) -> int:
    if sys.platform != "linux":
        return 0
    return int(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])


def _read_until_ready(connection: socket.socket) -> str:
    version = ""
    while True:
        kind, body = _read_message(connection)
        if kind == b"E":
            _judge_refusal(body)
            return version
        if kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
            raise EmbeddedPostgresError(
                "The local PostgreSQL asks for a password on its Unix socket",
                hint="Its pg_hba.conf was changed; put `local all all trust` back (the socket's directory is private).",
            )
        if kind == b"S":
            name, value = body.split(b"\0")[:2]
            if name == b"server_version":
                version = value.decode(errors="replace").split()[0]
        if kind == b"Z":
            return version


def _judge_refusal(body: bytes) -> None:
    fields = {field[:1].decode(): field[1:].decode(errors="replace") for field in body.split(b"\0") if field}
    code, message = fields.get("C", ""), fields.get("M", "")
    if code in _NOT_NOW:
        raise NotAcceptingError(message)
    if code.startswith(_AUTHORIZATION_CLASS):
        raise EmbeddedPostgresError(
            f"The local PostgreSQL does not let user {SUPERUSER!r} in: {message}",
            hint="The data directory was made or changed by another program; choose another one, or use its DSN.",
        )
    # Any other refusal (too many connections, the database was dropped) comes from a server that is up.


def _read_message(connection: socket.socket) -> tuple[bytes, bytes]:
    head = _read_exactly(connection, 5)
    length = struct.unpack("!i", head[1:])[0] - 4
    if not 0 <= length <= _LONGEST_MESSAGE:
        raise NotAcceptingError("what answers there is not PostgreSQL")
    return head[:1], _read_exactly(connection, length)


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise NotAcceptingError("the connection was closed")
        data += part
    return data
