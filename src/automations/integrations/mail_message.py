"""A message as it goes over the wire: headers that nothing from outside can break out of, and the envelope beside it.

The headers with people's text in them are written here. `email` of the standard library folds long names with special
and non-ASCII characters differently from release to release, and some of those forms name other addresses than were
meant. It makes the body.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import uuid4

from automations.errors import StepError
from automations.flow.mail_address import AddressError, MailAddress, one_line, read_address, read_addresses
from automations.flow.outside_ports import MailAttachment, MailMessage
from automations.integrations.html_as_text import html_as_text

MOST_RECIPIENTS: Final = 100
MOST_ATTACHMENTS: Final = 50
LARGEST: Final = 10_485_760
"""Bytes of a message, attachments in base64 included."""

_POLICY: Final = policy.SMTP.clone(cte_type="7bit")
_SIMPLE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]{1,60}")
_SUBJECT: Final = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e]{0,58}[\x21-\x7e])?)?")
_QUOTABLE: Final = re.compile(r"[\x20-\x7e]{1,60}")
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_CONTENT_TYPE: Final = re.compile(
    r"(?P<main>[a-z0-9][a-z0-9!#$&^_.+-]*)/(?P<sub>[a-z0-9][a-z0-9!#$&^_.+-]*)"
    r"(?:\s*;\s*charset=\"?(?P<charset>[a-z0-9_.-]+)\"?)?",
    re.IGNORECASE,
)
# A word in base64 with its frame stays below the 75 characters that one may have.
_BYTES_OF_A_WORD: Final = 45


@dataclass(frozen=True, slots=True)
class Composed:
    """`message_id` without angle brackets. `international`: an address is not ASCII; the server must know SMTPUTF8."""

    content: bytes = field(repr=False)
    sender: MailAddress
    recipients: tuple[str, ...]
    message_id: str
    international: bool


def compose(message: MailMessage, sender: str) -> Composed:
    """`sender`: the account's. Raises `StepError`: `bad_address`, `bad_header`, `bad_attachment`, `mail_too_large`."""
    author = _author(sender, message.from_name)
    to, cc, bcc = (_addresses(given, what) for given, what in _lists(message))
    recipients = tuple(dict.fromkeys(address.spec for address in (*to, *cc, *bcc)))
    if not to:
        raise StepError("the mail has nobody to go to", code="bad_address", hint="Check what `to` came out as.")
    if len(recipients) > MOST_RECIPIENTS:
        raise StepError(
            f"a mail goes to at most {MOST_RECIPIENTS} addresses, this one to {len(recipients)}",
            code="bad_address",
            hint="Send it in a loop.",
        )
    reply_to = _addresses(message.reply_to, "reply_to")
    message_id = f"{_usable_id(message.message_id)}@{author.domain}"
    headers = [
        ("From", _address_lines([author])),
        ("To", _address_lines(to)),
        *([("Cc", _address_lines(cc))] if cc else []),
        *([("Reply-To", _address_lines(reply_to))] if reply_to else []),
        ("Subject", _subject(message.subject)),
        ("Date", format_datetime(message.date or datetime.now(UTC))),
        ("Message-ID", f"<{message_id}>"),
        # Keeps holiday notices and other programs from answering.
        ("Auto-Submitted", "auto-generated"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    # Bcc is not among them: those who get a blind copy stand in the envelope only.
    content = head + _body(message)
    if len(content) > LARGEST:
        raise _too_large(len(content))
    named = (author, *to, *cc, *bcc, *reply_to)
    return Composed(content, author, recipients, message_id, not all(address.is_ascii for address in named))


def _lists(message: MailMessage) -> Iterable[tuple[Sequence[str], str]]:
    return (message.to, "to"), (message.cc, "cc"), (message.bcc, "bcc")


def _author(sender: str, name: str | None) -> MailAddress:
    try:
        author = read_address(sender)
    except AddressError as error:
        raise StepError(
            f"the sender cannot be used: {error}",
            code="bad_address",
            hint="`automations account set mail-from`, or AUTOMATIONS_MAIL_FROM.",
        ) from None
    return author if not name else replace(author, name=_header_text(name, "the name of the sender").strip())


def _addresses(given: Sequence[str] | str | None, what: str) -> tuple[MailAddress, ...]:
    try:
        return read_addresses(given)
    except AddressError as error:
        raise StepError(f"{what}: {error}", code="bad_address") from None


def _header_text(text: str, what: str) -> str:
    try:
        return one_line(text, what)
    except AddressError as error:
        raise StepError(
            str(error), code="bad_header", hint="A header is one line; take the line breaks out, as with `| replace`."
        ) from None


def _usable_id(given: str) -> str:
    if not given:
        return uuid4().hex
    if len(given) > 200 or _MESSAGE_ID.fullmatch(given) is None:
        raise StepError("the message id cannot be used", code="bad_header")
    return given


def _subject(text: str) -> str:
    text = _header_text(text, "the subject")
    return text if _SUBJECT.fullmatch(text) is not None and "=?" not in text else _words(text)


def _address_lines(addresses: Sequence[MailAddress]) -> str:
    return ",\r\n ".join(_address_text(address) for address in addresses)


def _address_text(address: MailAddress) -> str:
    name = " ".join(address.name.split())
    if not name:
        return address.spec
    if _SIMPLE.fullmatch(name) is not None and "=?" not in name:
        return f"{name} <{address.spec}>"
    if _QUOTABLE.fullmatch(name) is not None and "=?" not in name:
        escaped = re.sub(r'(["\\])', r"\\\1", name)
        return f'"{escaped}" <{address.spec}>'
    return f"{_words(name)}\r\n <{address.spec}>"


def _words(text: str) -> str:
    """In encoded words (RFC 2047), one a line."""
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _BYTES_OF_A_WORD:
            words.append(_word(chunk))
            chunk = b""
        chunk += encoded
    return "\r\n ".join([*words, _word(chunk)])


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="


def _body(message: MailMessage) -> bytes:
    """The headers of the content, an empty line, the content."""
    if len(message.attachments) > MOST_ATTACHMENTS:
        raise StepError(
            f"a mail has at most {MOST_ATTACHMENTS} attachments, this one {len(message.attachments)}",
            code="bad_attachment",
        )
    raw = sum(len(part.content) for part in message.attachments) + len(message.text or "") + len(message.html or "")
    if raw > LARGEST:
        raise _too_large(raw)
    text = _clean(message.text if message.text is not None else html_as_text(message.html or ""))
    body = EmailMessage(policy=_POLICY)
    body.set_content(text)
    if message.html is not None:
        body.add_alternative(_clean(message.html), subtype="html")
    for part in message.attachments:
        _attach(body, part)
    return body.as_bytes()


def _attach(body: EmailMessage, part: MailAttachment) -> None:
    name = _attachment_name(part.name)
    kind = _CONTENT_TYPE.fullmatch(part.content_type.strip())
    if kind is None or kind["main"].lower() in ("multipart", "message"):
        raise StepError(
            f"attachment {name!r}: {part.content_type[:100]!r} is no content type of a file",
            code="bad_attachment",
            hint="Write one such as text/csv or application/pdf, or leave it out.",
        )
    charset = {} if kind["charset"] is None else {"charset": kind["charset"].lower()}
    body.add_attachment(
        part.content, maintype=kind["main"].lower(), subtype=kind["sub"].lower(), filename=name, params=charset
    )


def _attachment_name(name: str) -> str:
    try:
        one_line(name, "the name of an attachment")
    except AddressError as error:
        raise StepError(str(error), code="bad_attachment") from None
    # A receiver's program must not be led to another folder.
    name = name.strip().replace("/", "_").replace("\\", "_").lstrip(".")
    if not name or len(name) > 200:
        raise StepError("an attachment needs a name of 1 to 200 characters", code="bad_attachment")
    return name


def _clean(text: str) -> str:
    """Without what UTF-8 or a mail cannot hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _too_large(size: int) -> StepError:
    return StepError(
        f"the mail has {size:,} bytes; at most {LARGEST:,} are sent",
        code="mail_too_large",
        hint="Put large files where they can be fetched, and send their address.",
    )
