"""What is said to a mail server once it is reached, and what its answers mean for the step."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import Final

import aiosmtplib
from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException, SMTPServerDisconnected

from automations.errors import StepError
from automations.flow.mail_server import MailServer
from automations.flow.outside_ports import MailReceipt
from automations.integrations.mail_message import Composed

LONGEST_ANSWER: Final = 300
# Offered, but not meant: another method may work.
_UNKNOWN_METHOD: Final = frozenset({500, 501, 502, 504})
_UNREADABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(slots=True)
class Progress:
    """How far it went: what a broken connection means depends on it."""

    content_sent: bool = False
    refused: dict[str, str] = field(default_factory=dict)


async def secure(smtp: SMTP, server: MailServer, tls: ssl.SSLContext | None) -> None:
    """Encrypt a connection that has just begun in the clear. Raises `StepError` `tls`: never goes on without."""
    if server.security != "starttls":
        return
    await smtp.ehlo()
    if not smtp.supports_extension("starttls"):
        raise StepError(
            f"{server.host} does not offer STARTTLS, so nothing was sent to it",
            code="tls",
            hint="Use smtps:// where it encrypts from the start. If it always did before, somebody may be in between.",
        )
    try:
        await smtp.starttls(tls_context=tls)
    except SMTPResponseException as error:
        raise StepError(
            f"{server.host} does not begin STARTTLS: {said(error)}", code="tls", retryable=is_temporary(error)
        ) from None


async def log_in(smtp: SMTP, server: MailServer) -> None:
    """Raises `StepError` `mail_login`, retryable where the server says that it will pass."""
    if server.user is None:
        return
    hint = "Check mail-user and the secret of mail-password-secret, or the user and password in AUTOMATIONS_SMTP_URL."
    try:
        await _log_in(smtp, server.user, server.password or "")
    except SMTPAuthenticationError as error:
        raise StepError(
            f"{server.host} refuses the login: {said(error)}",
            code="mail_login",
            hint=hint,
            retryable=is_temporary(error),
        ) from None
    except (SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, SMTPResponseException):
        raise
    except (SMTPException, ValueError):
        raise StepError(f"{server.host} offers no login that can be used", code="mail_login", hint=hint) from None


async def _log_in(smtp: SMTP, user: str, password: str) -> None:
    """Not `smtp.login`, which tries a refused password again by every other method: that locks accounts."""
    await _greet(smtp)
    methods = {"cram-md5": smtp.auth_crammd5, "plain": smtp.auth_plain, "login": smtp.auth_login}
    offered = [method for name, method in methods.items() if name in smtp.server_auth_methods]
    unknown: SMTPAuthenticationError | None = None
    for method in offered:
        try:
            await method(user, password)
        except SMTPAuthenticationError as error:
            if error.code not in _UNKNOWN_METHOD:
                raise
            unknown = error
        else:
            return
    raise unknown or SMTPException("no method")


async def _greet(smtp: SMTP) -> None:
    if smtp.is_ehlo_or_helo_needed:
        await smtp.ehlo()


async def hand_over(smtp: SMTP, server: MailServer, mail: Composed, progress: Progress) -> MailReceipt:
    """The message itself. Raises `StepError`: `mail_refused`, `mail_deferred`, `mail_too_large`, `bad_address`."""
    await _greet(smtp)
    await _announce(smtp, server, mail)
    accepted, last = [], None
    encoding = "utf-8" if mail.international else "ascii"
    for recipient in mail.recipients:
        try:
            await smtp.rcpt(recipient, encoding=encoding)
        except SMTPResponseException as error:
            progress.refused[recipient] = said(error)
            last = error if last is None or is_temporary(error) else last
            if not smtp.is_connected:
                raise
        else:
            accepted.append(recipient)
    if not accepted and last is not None:
        raise _refusal(f"{server.host} takes the mail for none of its addresses", last, progress.refused)
    progress.content_sent = True
    try:
        await smtp.data(mail.content)
    except SMTPResponseException as error:
        progress.content_sent = False
        raise _refusal(f"{server.host} does not take the mail", error, {}) from None
    return MailReceipt(mail.message_id, tuple(accepted), dict(progress.refused))


async def _announce(smtp: SMTP, server: MailServer, mail: Composed) -> None:
    limit = smtp.esmtp_extensions.get("size", "").split(" ")[0]
    if limit.isascii() and limit.isdigit() and 0 < int(limit[:18]) < len(mail.content):
        raise StepError(
            f"{server.host} takes mails of at most {int(limit[:18]):,} bytes, this one has {len(mail.content):,}",
            code="mail_too_large",
        )
    options = [f"SIZE={len(mail.content)}"] if smtp.supports_extension("size") else []
    if mail.international:
        if not smtp.supports_extension("smtputf8"):
            raise StepError(
                f"{server.host} cannot send to addresses with other letters than a to z before the @",
                code="bad_address",
            )
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    try:
        encoding = "utf-8" if mail.international else "ascii"
        await smtp.mail(mail.sender.spec, options=options, encoding=encoding)
    except SMTPResponseException as error:
        raise _refusal(f"{server.host} does not take mail from {mail.sender.spec}", error, {}) from None


def unexpected(server: MailServer, error: SMTPResponseException) -> StepError:
    """An answer to something else than the message."""
    return _refusal(f"{server.host} ended the conversation", error, {})


def _refusal(what: str, error: SMTPResponseException, each: dict[str, str]) -> StepError:
    shown = "; ".join(f"{address}: {text}" for address, text in list(each.items())[:5]) or said(error)
    more = f"; and {len(each) - 5} more" if len(each) > 5 else ""
    temporary = is_temporary(error)
    return StepError(
        f"{what}: {shown}{more}", code="mail_deferred" if temporary else "mail_refused", retryable=temporary
    )


def is_temporary(error: SMTPResponseException) -> bool:
    return 400 <= error.code < 500


def said(error: SMTPResponseException) -> str:
    """Code and text of an answer on one line, cut."""
    text = _UNREADABLE.sub(" ", error.message).strip()
    whole = f"{error.code} {text}" if error.code > 0 else f"an answer that is none of a mail server: {text}"
    return whole if len(whole) <= LONGEST_ANSWER else whole[: LONGEST_ANSWER - 1] + "…"
