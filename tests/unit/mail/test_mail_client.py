"""The mail client against real servers: every kind of refusal, connections that break, addresses that are forbidden."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.unit.mail.delivering import ACCOUNT, MESSAGE, deliver, failure
from tests.unit.mail.smtp_server import USER, Mailbox, answering, scripted_server, smtp_server

from automations.errors import StepError
from automations.flow.mail_server import MailServer
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.integrations.mail_client import MailClient


async def test_a_wrong_password_is_the_authors_matter(mailbox: Mailbox) -> None:
    async with smtp_server(mailbox, login=True) as port:
        failed = await failure(port, login=True, password="wrong password")
    assert (failed.code, failed.retryable) == ("mail_login", False)
    assert "535" in failed.message
    assert mailbox.logins == [USER], "asked once: a second try would lock accounts"
    assert "wrong password" not in f"{failed.message}{failed.hint}"
    assert base64.b64encode(b"wrong password").decode() not in failed.message


@pytest.mark.parametrize(
    ("answers", "code", "retryable", "said"),
    [
        ({"EHLO": "250 mail.test"}, "mail_login", False, "offers no login"),
        ({"EHLO": "250-mail.test\r\n250 AUTH GSSAPI"}, "mail_login", False, "offers no login"),
        ({"EHLO": "250-mail.test\r\n250 AUTH PLAIN", "AUTH": "454 try later"}, "mail_login", True, "454 try later"),
        ({"EHLO": "250-mail.test\r\n250 AUTH CRAM-MD5", "AUTH": "334 abcde"}, "mail_login", False, "Invalid CRAM-MD5"),
        (
            {"EHLO": "250-mail.test\r\n250 AUTH CRAM-MD5 LOGIN", "AUTH": "535 no"},
            "mail_login",
            False,
            "refuses the login: 535 no",
        ),
        ({"EHLO": "250-mail.test\r\n250 AUTH PLAIN", "AUTH": None}, "connect", True, "broke"),
    ],
)
async def test_logins_that_fail_otherwise(answers: Any, code: str, retryable: bool, said: str) -> None:
    async with scripted_server(answering(answers)) as port:
        failed = await failure(port, login=True)
    assert (failed.code, failed.retryable, said in failed.message) == (code, retryable, True), failed.message


THREE = replace(MESSAGE, to=("a@example.com", "b@example.com"), bcc=("c@example.com",))


async def test_what_the_server_takes_for_some_is_sent_and_the_others_are_told(mailbox: Mailbox) -> None:
    mailbox.rcpt = {"a@example.com": "550 5.1.1 no such user", "c@example.com": "452 4.2.2 mailbox full"}
    async with smtp_server(mailbox) as port:
        receipt = await deliver(port, message=THREE)
    assert receipt.accepted == ("b@example.com",)
    assert receipt.refused == {
        "a@example.com": "550 5.1.1 no such user",
        "c@example.com": "452 4.2.2 mailbox full",
    }
    assert [got.recipients for got in mailbox.received] == [["b@example.com"]]


@pytest.mark.parametrize(
    ("answers", "code", "retryable"),
    [
        (("550 no", "551 no", "553 no"), "mail_refused", False),
        (("450 later", "451 later", "452 later"), "mail_deferred", True),
        (("550 no", "450 greylisted", "550 no"), "mail_deferred", True),
    ],
)
async def test_taken_for_none_it_was_not_sent(
    mailbox: Mailbox, answers: tuple[str, str, str], code: str, retryable: bool
) -> None:
    mailbox.rcpt = dict(zip(("a@example.com", "b@example.com", "c@example.com"), answers, strict=True))
    async with smtp_server(mailbox) as port:
        failed = await failure(port, message=THREE)
    assert (failed.code, failed.retryable) == (code, retryable)
    assert all(answer in failed.message for answer in answers)
    assert mailbox.received == []


@pytest.mark.parametrize(
    ("step", "answer", "code", "retryable"),
    [
        ("mail", "550 not from you", "mail_refused", False),
        ("mail", "451 later", "mail_deferred", True),
        ("data", "554 spam", "mail_refused", False),
        ("data", "451 later", "mail_deferred", True),
        ("data", "552 too big", "mail_refused", False),
    ],
)
async def test_refusals_of_sender_and_content(
    mailbox: Mailbox, step: str, answer: str, code: str, retryable: bool
) -> None:
    setattr(mailbox, step, [answer])
    async with smtp_server(mailbox) as port:
        failed = await failure(port)
    assert (failed.code, failed.retryable, answer in failed.message) == (code, retryable, True)


@pytest.mark.parametrize(
    ("greeting", "answers", "code", "retryable"),
    [
        ("421 too busy", {}, "mail_deferred", True),
        ("554 no service here", {}, "mail_refused", False),
        ("HTTP/1.1 400 Bad Request", {}, "mail_refused", False),
        ("220 mail.test", {"EHLO": "421 too busy"}, "mail_deferred", True),
        ("220 mail.test", {"RCPT": "421 closing"}, "mail_deferred", True),
        ("220 mail.test", {"DATA": "451 not now"}, "mail_deferred", True),
        ("220 mail.test", {"DATA": "554 no"}, "mail_refused", False),
    ],
)
async def test_other_answers(greeting: str, answers: Any, code: str, retryable: bool) -> None:
    async with scripted_server(answering(answers, greeting=greeting)) as port:
        failed = await failure(port)
    assert (failed.code, failed.retryable) == (code, retryable)
    assert failed.message.isprintable()


@pytest.mark.parametrize("word", ["EHLO", "MAIL", "RCPT"])
async def test_broken_off_before_the_content_it_is_known_that_nothing_was_sent(word: str) -> None:
    async with scripted_server(answering({word: None})) as port:
        failed = await failure(port)
    assert (failed.code, failed.retryable) == ("connect", True)


@pytest.mark.parametrize("word", ["DATA", "DATA."])
async def test_broken_off_after_that_nobody_knows(word: str) -> None:
    async with scripted_server(answering({word: None})) as port:
        failed = await failure(port)
    assert (failed.code, failed.retryable) == ("mail_unknown", True)
    assert "same Message-ID" in (failed.hint or "")


async def test_a_server_that_hangs_holds_its_mail_up_and_no_other(mailbox: Mailbox) -> None:
    hanging = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hanging.set()
        await asyncio.sleep(60)

    client = MailClient()
    short = replace(MESSAGE, timeout_seconds=1)

    async def send(port: int, message: MailMessage) -> MailReceipt:
        server = MailServer("127.0.0.1", port, "plain")
        return await client.deliver(message, account=ACCOUNT, server=server, sender="a@b.example", guarded=False)

    async with scripted_server(hang) as slow, smtp_server(mailbox) as port:
        stuck = [asyncio.create_task(send(slow, short)) for _ in range(30)]
        await hanging.wait()
        await send(port, MESSAGE)
        assert not any(task.done() and task.exception() is None for task in stuck)
        failed = await asyncio.gather(*stuck, return_exceptions=True)
    assert {(error.code, error.retryable) for error in failed if isinstance(error, StepError)} == {("timeout", True)}
    assert len(mailbox.received) == 1


async def test_hanging_at_the_content_the_outcome_is_unknown(mailbox: Mailbox) -> None:
    mailbox.on_data = asyncio.Event().wait
    async with smtp_server(mailbox) as port:
        failed = await failure(port, message=replace(MESSAGE, timeout_seconds=1))
    assert (failed.code, failed.retryable, len(mailbox.received)) == ("mail_unknown", True, 1)


async def test_once_the_server_has_it_a_goodbye_that_is_never_answered_changes_nothing() -> None:
    async with scripted_server(answering({"QUIT": None})) as port:
        receipt = await deliver(port)
    assert receipt.accepted == ("ada@example.com",)


async def test_a_server_says_how_much_it_takes(mailbox: Mailbox) -> None:
    async with smtp_server(mailbox, size=2_000) as port:
        failed = await failure(port, message=replace(MESSAGE, text="x" * 3_000))
        assert (failed.code, failed.retryable) == ("mail_too_large", False)
        assert "at most 2,000 bytes" in failed.message
        assert (await deliver(port)).accepted


async def test_letters_beyond_ascii_before_the_at_need_a_server_that_knows_them(mailbox: Mailbox) -> None:
    message = replace(MESSAGE, to=("Jürgen <jürgen@exämple.com>",))
    async with smtp_server(mailbox, international=False) as port:
        failed = await failure(port, message=message)
        assert (failed.code, failed.retryable) == ("bad_address", False)
        # The domain alone needs nothing.
        await deliver(port, message=replace(MESSAGE, to=("Jürgen <jurgen@exämple.com>",)))
    async with smtp_server(mailbox) as port:
        assert (await deliver(port, message=message)).accepted == ("jürgen@xn--exmple-cua.com",)
    assert [got.recipients for got in mailbox.received] == [
        ["jurgen@xn--exmple-cua.com"],
        ["jürgen@xn--exmple-cua.com"],
    ]
    assert "jürgen@xn--exmple-cua.com".encode() in mailbox.received[1].raw


async def test_an_accounts_server_inside_of_the_network_is_not_reached(mailbox: Mailbox) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with smtp_server(mailbox) as port:
        for host in ("127.0.0.1", "mail.example.com", "169.254.169.254", "::1"):
            failed = await failure(port, host=host, guarded=True, lookup=lookup)
            assert (failed.code, failed.retryable) == ("blocked_address", False)
        assert mailbox.connections == 0
        await deliver(port, host="mail.example.com", guarded=True, lookup=lookup, allowed=[f"mail.example.com:{port}"])
    assert mailbox.connections == 1


async def test_the_address_that_was_judged_is_the_one_that_is_reached(mailbox: Mailbox) -> None:
    """A name that answers differently the second time is asked once."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]

    async def lookup(host: str, port: int) -> list[str]:
        return answers.pop(0)

    async with smtp_server(mailbox) as port:
        failed = await failure(
            port, host="mail.example.com", guarded=True, lookup=lookup, message=replace(MESSAGE, timeout_seconds=1)
        )
    assert failed.code in ("timeout", "connect")
    assert (mailbox.connections, len(answers)) == (0, 1)


async def test_where_nobody_listens_and_where_no_name_is(mailbox: Mailbox) -> None:
    async def nothing(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    async with smtp_server(mailbox) as port:
        pass
    failed = await failure(port)
    assert (failed.code, failed.retryable) == ("connect", True)
    failed = await failure(25, host="nowhere.example", lookup=nothing)
    assert (failed.code, failed.retryable, "nowhere.example" in failed.message) == ("connect", True, True)


async def test_a_second_address_is_tried(mailbox: Mailbox) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with smtp_server(mailbox) as port:
        assert (await deliver(port, host="mail.example.com", lookup=lookup)).accepted


async def test_one_account_leaves_room_for_another(mailbox: Mailbox) -> None:
    release, most, inside = asyncio.Event(), [0], [0]

    async def hold() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        await release.wait()
        inside[0] -= 1

    mailbox.on_data = hold
    client = MailClient(at_once=4)
    async with smtp_server(mailbox) as port:
        server = MailServer("127.0.0.1", port, "plain")

        def send(account: int) -> asyncio.Task[MailReceipt]:
            return asyncio.create_task(
                client.deliver(MESSAGE, account=UUID(int=account), server=server, sender="a@b.example", guarded=False)
            )

        flood = [send(1) for _ in range(10)]
        while inside[0] < 2:
            await asyncio.sleep(0.01)
        other = send(2)
        while inside[0] < 3:
            await asyncio.sleep(0.01)
        assert len(mailbox.received) == 3
        release.set()
        await asyncio.gather(other, *flood)
    assert (len(mailbox.received), most[0] <= 4) == (11, True)
