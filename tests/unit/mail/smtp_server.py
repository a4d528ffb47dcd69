"""Real mail servers on loopback ports: aiosmtpd with answers as told, and one that is scripted line by line."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "ada", "p+ss/w0rd=7f3a"


@dataclass(frozen=True)
class Received:
    """`raw`: the bytes as they came."""

    sender: str
    recipients: list[str]
    raw: bytes
    user: str | None
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)


@dataclass
class Mailbox:
    """What arrived; `rcpt` and `data` are other answers than yes, by address and in order."""

    received: list[Received] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    on_data: Callable[[], Awaitable[Any]] | None = None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail:
            return self.mail.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        login = session.auth_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append(
            Received(
                envelope.mail_from or "",
                [*envelope.rcpt_tos],
                content,
                login.login.decode() if isinstance(login, LoginPassword) else None,
                server.transport.get_extra_info("sslcontext") is not None,
            )
        )
        if self.on_data is not None:
            await self.on_data()
        return self.data.pop(0) if self.data else "250 OK"

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        self.logins.append(login.login.decode())
        good = (login.login, login.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False, auth_data=login if good else None)


@dataclass(frozen=True)
class Certificate:
    """For `localhost` and 127.0.0.1; `trusted` is a client's context that knows it."""

    serving: ssl.SSLContext
    trusted: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "certificate.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, private)
    return Certificate(serving, ssl.create_default_context(cafile=str(chain)))


@contextlib.asynccontextmanager
async def smtp_server(
    mailbox: Mailbox,
    *,
    security: str = "plain",
    certificate: Certificate | None = None,
    login: bool = False,
    size: int | None = None,
    international: bool = True,
) -> AsyncIterator[int]:
    """Its port on 127.0.0.1. `login`: nobody may send who has not logged in."""
    connections: list[SMTP] = []

    def serve() -> SMTP:
        mailbox.connections += 1
        with warnings.catch_warnings():
            # It warns of logins without encryption, which are what some tests are about.
            warnings.simplefilter("ignore", UserWarning)
            made = SMTP(
                mailbox,
                hostname="mail.test",
                data_size_limit=size,
                enable_SMTPUTF8=international,
                tls_context=certificate.serving if security == "starttls" and certificate is not None else None,
                require_starttls=security == "starttls",
                auth_required=login,
                auth_require_tls=False,
                authenticator=mailbox.authenticate if login else None,
                loop=asyncio.get_running_loop(),
            )
        connections.append(made)
        return made

    tls = certificate.serving if security == "tls" and certificate is not None else None
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in connections:
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        await server.wait_closed()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def scripted_server(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that says what `script` says; its port. `tls`: encrypted from the start."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def answering(
    answers: dict[str, str | None], heard: list[str] | None = None, greeting: str = "220 mail.test"
) -> Script:
    """Answers by the first word of a command (`DATA.` is the end of the content); None: breaks off."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{greeting}\r\n".encode())
        content = False
        while line := (await reader.readline()).decode():
            if heard is not None and not content:
                heard.append(line.strip())
            if content and line != ".\r\n":
                continue
            word = "DATA." if content else line.split()[0].upper()
            content = word == "DATA" and answers.get("DATA", "354 go on") == "354 go on"
            usual = {"DATA": "354 go on", "EHLO": "250 mail.test", "QUIT": "221 bye"}
            answer = answers.get(word, usual.get(word, "250 OK"))
            if answer is None:
                return
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()

    return script
