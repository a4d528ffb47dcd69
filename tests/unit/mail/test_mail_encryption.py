"""Every way of encryption against real servers; nothing is sent in the clear that was not meant to be."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.unit.mail.delivering import MESSAGE, deliver, failure
from tests.unit.mail.smtp_server import (
    PASSWORD,
    USER,
    Certificate,
    Mailbox,
    answering,
    scripted_server,
    smtp_server,
)

from automations.flow.mail_server import Security
from automations.flow.outside_ports import MailReceipt


@pytest.mark.parametrize("login", [False, True])
@pytest.mark.parametrize("security", ["plain", "starttls", "tls"])
async def test_a_mail_arrives_whole(
    mailbox: Mailbox, certificate: Certificate, security: Security, login: bool
) -> None:
    async with smtp_server(mailbox, security=security, certificate=certificate, login=login) as port:
        receipt = await deliver(port, security, tls=certificate.trusted, login=login)
    assert receipt == MailReceipt("run-1@shop.example", ("ada@example.com",), {})
    (got,) = mailbox.received
    assert (got.sender, got.recipients) == ("sales@shop.example", ["ada@example.com"])
    assert (got.user, got.encrypted) == (USER if login else None, security != "plain")
    assert got.raw == (
        b"From: Sales <sales@shop.example>\r\n"
        b"To: Ada <ada@example.com>\r\n"
        b"Subject: Hello\r\n"
        b"Date: Thu, 26 Nov 2026 09:00:00 +0000\r\n"
        b"Message-ID: <run-1@shop.example>\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"MIME-Version: 1.0\r\n"
        b"\r\n"
        b"Hello Ada\r\n.\r\n..two dots\r\n"
    )


async def test_with_the_usual_authorities_a_certificate_of_nobody_is_refused(
    mailbox: Mailbox, certificate: Certificate
) -> None:
    for security in ("starttls", "tls"):
        async with smtp_server(mailbox, security=security, certificate=certificate, login=True) as port:
            failed = await failure(port, security, login=True)
        assert (failed.code, failed.retryable) == ("tls", False)
        assert "certificate of 127.0.0.1 is not trusted" in failed.message
    assert mailbox.received == []
    assert mailbox.logins == []


async def test_a_certificate_for_another_name_is_refused(mailbox: Mailbox, certificate: Certificate) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    for security in ("starttls", "tls"):
        async with smtp_server(mailbox, security=security, certificate=certificate) as port:
            failed = await failure(port, security, tls=certificate.trusted, host="mail.example.com", lookup=lookup)
        assert (failed.code, "certificate of mail.example.com" in failed.message) == ("tls", True)
    assert mailbox.received == []


async def test_without_starttls_nothing_is_sent_in_the_clear(certificate: Certificate) -> None:
    heard: list[str] = []
    async with scripted_server(answering({"EHLO": "250-mail.test\r\n250 AUTH PLAIN"}, heard)) as port:
        failed = await failure(port, "starttls", tls=certificate.trusted, login=True)
    assert (failed.code, failed.retryable) == ("tls", False)
    assert "does not offer STARTTLS" in failed.message
    assert [line.split()[0] for line in heard] in (["EHLO"], ["EHLO", "QUIT"])


@pytest.mark.parametrize(("answer", "retryable"), [("454 no TLS just now", True), ("502 no", False)])
async def test_starttls_that_is_refused_is_no_reason_to_go_on(
    certificate: Certificate, answer: str, retryable: bool
) -> None:
    heard: list[str] = []
    script = answering({"EHLO": "250-mail.test\r\n250 STARTTLS", "STARTTLS": answer}, heard)
    async with scripted_server(script) as port:
        failed = await failure(port, "starttls", tls=certificate.trusted, login=True)
    assert (failed.code, failed.retryable, answer in failed.message) == ("tls", retryable, True)
    assert not [line for line in heard if line.startswith(("AUTH", "MAIL"))]


async def test_what_is_said_before_encryption_does_not_count(certificate: Certificate) -> None:
    """Somebody in between who answers ahead, in one packet with the 220: not the server."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        await reader.readline()
        writer.write(b"250-mail.test\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n250-mail.test\r\n250 AUTH PLAIN\r\n")
        await writer.drain()
        await writer.start_tls(certificate.serving)
        await reader.readline()
        writer.write(b"250 mail.test\r\n")
        await reader.readline()

    async with scripted_server(script) as port:
        failed = await failure(port, "starttls", tls=certificate.trusted, login=True)
    assert failed.code in ("mail_login", "tls")
    assert PASSWORD not in failed.message


async def test_tls_where_there_is_none_and_none_where_there_is(mailbox: Mailbox, certificate: Certificate) -> None:
    async with smtp_server(mailbox) as port:
        failed = await failure(port, "tls", tls=certificate.trusted)
    assert (failed.code, failed.retryable) == ("tls", False)
    async with smtp_server(mailbox, security="tls", certificate=certificate) as port:
        failed = await failure(port, "plain", message=replace(MESSAGE, timeout_seconds=1))
    assert (failed.code, failed.retryable) in (("timeout", True), ("connect", True))
    assert mailbox.received == []
