"""Sends mail: one connection a message, to the installation's server or, behind the guard, to an account's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar, cast
from uuid import UUID
from weakref import WeakValueDictionary

from automations.errors import StepError
from automations.flow.mail_server import MailServer
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.integrations.address_guard import AddressGuard
from automations.integrations.name_lookup import Lookup, NameLookup

if TYPE_CHECKING:
    from aiosmtplib import SMTP

    from automations.integrations.mail_dialogue import Progress
    from automations.integrations.mail_message import Composed

T = TypeVar("T")

# Threads of our own: those of the loop are shared with everything else, and a flood of mail would hold that up.
THREADS: Final = 2


class MailClient:
    """`allowed`: host:port of accounts' servers that may be reached although they are not public. `tls`: for an
    installation with its own certificate authority, and for tests.

    A server gets `at_once` connections at a time, half of them for one account: another's mail has room beside a flood.
    A message is put together when its turn has come, so that those that wait take no memory for it, and an account's
    one after another.
    """

    def __init__(
        self,
        *,
        allowed: Collection[str] = (),
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
        at_once: int = 10,
    ) -> None:
        self._lookup = lookup or NameLookup()
        self._guard = AddressGuard(allowed, lookup=self._lookup)
        self._tls = tls
        self._at_once = at_once
        self._turns: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()
        self._preparing = asyncio.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="automations-mail")

    async def deliver(
        self, message: MailMessage, *, account: UUID, server: MailServer, sender: str, guarded: bool
    ) -> MailReceipt:
        """Hand `message` to `server`. `guarded`: only if it is a public address, or one that was allowed.

        Raises `StepError`; `Mail` of `flow.outside_ports` lists the codes.
        """
        progress: Progress | None = None
        try:
            async with asyncio.timeout(message.timeout_seconds):
                tls = await self._context()
                from automations.integrations.mail_dialogue import Progress  # noqa: PLC0415

                progress = Progress()
                async with (
                    self._turn((account, server.host_and_port), max(1, self._at_once // 2)),
                    self._turn(server.host_and_port, self._at_once),
                ):
                    async with self._turn(("composing", account), 1):
                        composed = await self._in_thread(lambda: _compose(message, sender))
                    return await self._exchange(composed, server, tls, progress, message.timeout_seconds, guarded)
        except TimeoutError:
            if progress is not None and progress.content_sent:
                raise _unknown(server) from None
            raise StepError(
                f"{server.host} did not take the mail within {message.timeout_seconds:g} seconds",
                code="timeout",
                retryable=True,
            ) from None

    async def compose(self, message: MailMessage, *, account: UUID, sender: str) -> MailReceipt:
        """As if a server had taken it. Raises the `StepError` of a message that cannot be sent as it is."""
        async with self._turn(("composing", account), 1):
            composed = await self._in_thread(lambda: _compose(message, sender))
        return MailReceipt(composed.message_id, composed.recipients)

    async def _context(self) -> ssl.SSLContext:
        async with self._preparing:
            if self._tls is None:
                self._tls = await self._in_thread(_usual_context)
            return self._tls

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """For what takes long enough to be felt by others: imports, the list of authorities, a large message."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def _turn(self, whose: Hashable, places: int) -> AsyncIterator[None]:
        turns = self._turns.get(whose)
        if turns is None:
            turns = self._turns[whose] = asyncio.Semaphore(places)
        async with turns:
            yield

    async def _exchange(
        self,
        mail: Composed,
        server: MailServer,
        tls: ssl.SSLContext,
        progress: Progress,
        seconds: float,
        guarded: bool,
    ) -> MailReceipt:
        import aiosmtplib  # noqa: PLC0415

        from automations.integrations.mail_dialogue import hand_over, log_in, secure, unexpected  # noqa: PLC0415

        connection = await self._connect(server, seconds, guarded)
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            sock=connection,
            # Not the name of this machine, which is nobody's business, least of all an account's server's.
            local_hostname=mail.sender.domain,
            timeout=seconds,
            use_tls=server.security == "tls",
            start_tls=False,
            tls_context=tls,
        )
        in_step = True
        try:
            await smtp.connect()
            await secure(smtp, server, tls)
            await log_in(smtp, server)
            return await hand_over(smtp, server, mail, progress)
        except StepError:
            raise
        except aiosmtplib.SMTPResponseException as error:
            raise unexpected(server, error) from None
        except aiosmtplib.SMTPTimeoutError:
            in_step = False
            raise TimeoutError from None
        except (aiosmtplib.SMTPException, OSError) as error:
            in_step = False
            raise _broken(server, error, progress) from None
        except BaseException:
            in_step = False
            raise
        finally:
            _leave(smtp, with_a_word=in_step)

    async def _connect(self, server: MailServer, seconds: float, guarded: bool) -> socket.socket:
        """To an address that was judged, not to a name that would be looked up once more."""
        if guarded:
            addresses = await self._guard.addresses(server.host, server.port)
        else:
            try:
                addresses = list(dict.fromkeys(await self._lookup(server.host, server.port)))
            except OSError:
                addresses = []
        loop = asyncio.get_running_loop()
        # A share each, so that a first address that swallows packets leaves time for the second.
        share = seconds / max(1, len(addresses))
        for address in addresses:
            opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            opened.setblocking(False)
            try:
                async with asyncio.timeout(share):
                    await loop.sock_connect(opened, (address, server.port))
            except OSError:  # a time-out is one, too
                opened.close()
            except BaseException:
                opened.close()
                raise
            else:
                return opened
        raise StepError(
            f"no connection could be made to the mail server {server.host_and_port}", code="connect", retryable=True
        )


def _compose(message: MailMessage, sender: str) -> Composed:
    from automations.integrations.mail_message import compose  # noqa: PLC0415

    return compose(message, sender)


def _usual_context() -> ssl.SSLContext:
    """The same authorities as for HTTP."""
    import httpx2  # noqa: PLC0415

    from automations.integrations import mail_dialogue  # noqa: F401, PLC0415 - imported here, away from the loop

    return httpx2.create_ssl_context(trust_env=False)


def _leave(smtp: SMTP, *, with_a_word: bool) -> None:
    """Does not wait for an answer: once the server has the mail, nothing may make the step fail. `with_a_word` False:
    in the middle of a mail, of which a QUIT would become a part."""
    transport = cast("asyncio.WriteTransport | None", smtp.transport)
    if transport is not None and not with_a_word:
        transport.abort()
    elif transport is not None and not transport.is_closing():
        transport.write(b"QUIT\r\n")
    smtp.close()


def _broken(server: MailServer, error: Exception, progress: Progress) -> StepError:
    """What to tell the author; never the address that was tried."""
    if progress.content_sent:
        return _unknown(server)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return StepError(
                f"the certificate of {server.host} is not trusted: {cause.verify_message}",
                code="tls",
                hint="The certificate must be valid for this host name; this machine needs the usual ca-certificates.",
            )
        if isinstance(cause, ssl.SSLError):
            return StepError(
                f"no encrypted connection could be made to {server.host_and_port}: {cause.reason or 'TLS failed'}",
                code="tls",
                hint="smtps:// encrypts from the start (port 465), smtp:// by STARTTLS (port 587).",
            )
        cause = cause.__cause__ or cause.__context__
    return StepError(
        f"the connection to {server.host} broke before the mail was handed over", code="connect", retryable=True
    )


def _unknown(server: MailServer) -> StepError:
    return StepError(
        f"the connection to {server.host} broke before it said whether it took the mail",
        code="mail_unknown",
        hint="If it is sent again, then with the same Message-ID, by which servers know a repetition.",
        retryable=True,
    )
