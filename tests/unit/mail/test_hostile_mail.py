"""Mails that are made to take long or much: they cost their own account its time, and nobody else's."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from tests.unit.mail.delivering import MESSAGE
from tests.unit.mail.smtp_server import Mailbox, smtp_server

from automations.errors import StepError
from automations.flow.mail_server import MailServer
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.integrations import mail_message
from automations.integrations.html_as_text import LONGEST, html_as_text
from automations.integrations.mail_client import MailClient
from automations.integrations.mail_message import Composed, compose

ENDLESS = (
    "<a x='", '<a x="', "<a ", "<a href=", "<a x =", '</x a=">"', "</a ", "<a\"'=", "<!", "<?", "<!--", "</", "<",
    "<script>", "</script", "<style></style", "<title>", "&#9", "&", "&#x9", "<a href='",
)  # fmt: skip
CLOSED = (
    "<a>", "<a href='http://x'>", "<a href=http://x>x</a>", "<a ='>", "<p>", "<li>", "<a b c=d e='f'>", "</p>",
    "<script></script>", "<!-- -->", "&amp;", " \t", "\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", [*ENDLESS, *CLOSED])
def test_no_html_takes_longer_than_its_length_is_worth(piece: str) -> None:
    html = (piece * LONGEST)[:LONGEST]
    begun = time.thread_time()
    text = html_as_text(html)
    # Some hundredths of a second; what is looked at again at every `<` takes minutes.
    assert time.thread_time() - begun < 10
    assert len(text) <= LONGEST + 1


@pytest.mark.parametrize(
    "html",
    [
        "<a " + "x= " * LONGEST,
        "<a " + " " * LONGEST + ">",
        "&#" + "9" * LONGEST + ";",
        "<a href='http://" + "a" * 90 + "b'>" + "a" * LONGEST,
    ],
    ids=["attributes", "blanks", "a number", "an address that is almost the text"],
)
def test_nor_does_one_tag_or_one_word(html: str) -> None:
    begun = time.thread_time()
    html_as_text(html[:LONGEST])
    html_as_text(html)
    assert time.thread_time() - begun < 10


def test_of_much_html_the_beginning_is_read() -> None:
    whole = "<p>word</p>" * (LONGEST // 11)
    assert html_as_text(whole).endswith("word\n")
    cut = html_as_text(whole + "<p>" * LONGEST + "the end")
    assert cut == html_as_text(whole).rstrip() + "\n\n…\n"
    # Nothing of a tag that the cut goes through.
    assert html_as_text("x" * (LONGEST - 2) + "<a href='https://example.com'>") == "x" * (LONGEST - 2) + "\n\n…\n"


class Sending:
    """Mails of accounts by number, by one client, to one server."""

    def __init__(self, port: int, at_once: int = 4) -> None:
        self._client = MailClient(at_once=at_once)
        self._server = MailServer("127.0.0.1", port, "plain")

    def begin(self, account: int, message: MailMessage = MESSAGE) -> asyncio.Task[MailReceipt]:
        return asyncio.create_task(
            self._client.deliver(
                message, account=UUID(int=account), server=self._server, sender="a@b.example", guarded=False
            )
        )


class HeldUp:
    """Composes mails with `held` as their subject no sooner than `released`; `begun` counts all."""

    def __init__(self) -> None:
        self.begun = 0
        self.released = threading.Event()

    def __call__(self, message: MailMessage, sender: str) -> Composed:
        self.begun += 1
        if message.subject == "held":
            assert self.released.wait(60)
        return compose(message, sender)


@pytest.fixture
def composing(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldUp]:
    held = HeldUp()
    monkeypatch.setattr(mail_message, "compose", held)
    yield held
    held.released.set()


HELD = replace(MESSAGE, subject="held", timeout_seconds=1)


async def test_html_that_never_ends_delays_nobody(mailbox: Mailbox) -> None:
    hostile = replace(MESSAGE, text=None, html="<a x='" * 10_000)
    async with asyncio.timeout(20), smtp_server(mailbox) as port:
        sending = Sending(port)
        mails = [*(sending.begin(1, hostile) for _ in range(6)), sending.begin(2)]
        await asyncio.gather(*mails)
    assert len(mailbox.received) == 7


async def test_only_mails_whose_turn_has_come_are_put_together(mailbox: Mailbox, composing: HeldUp) -> None:
    release = asyncio.Event()
    mailbox.on_data = release.wait
    async with smtp_server(mailbox) as port:
        sending = Sending(port)
        mails = [sending.begin(1) for _ in range(10)]
        while len(mailbox.received) < 2:
            await asyncio.sleep(0.01)
        mails.append(sending.begin(2))
        while len(mailbox.received) < 3:
            await asyncio.sleep(0.01)
        assert composing.begun == 3
        release.set()
        await asyncio.gather(*mails)
    assert composing.begun == len(mailbox.received) == 11


async def test_a_mail_that_takes_long_to_put_together_is_out_of_time(mailbox: Mailbox, composing: HeldUp) -> None:
    async with asyncio.timeout(20), smtp_server(mailbox) as port:
        with pytest.raises(StepError) as failed:
            await Sending(port).begin(1, HELD)
    assert (failed.value.code, failed.value.retryable) == ("timeout", True)
    assert mailbox.connections == 0


async def test_meanwhile_another_accounts_mail_is_sent(mailbox: Mailbox, composing: HeldUp) -> None:
    async with asyncio.timeout(20), smtp_server(mailbox) as port:
        sending = Sending(port)
        held = [sending.begin(1, replace(HELD, timeout_seconds=60)) for _ in range(10)]
        while not composing.begun:
            await asyncio.sleep(0.01)
        await sending.begin(2)
        assert (composing.begun, not any(mail.done() for mail in held)) == (2, True), "one after another"
        composing.released.set()
        await asyncio.gather(*held)


async def test_the_threads_of_the_loop_are_left_to_others(mailbox: Mailbox, composing: HeldUp) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, composing.released.wait, 60)
    async with asyncio.timeout(20), smtp_server(mailbox) as port:
        await Sending(port).begin(1)
    composing.released.set()
    await busy
