"""Mail addresses as people write them, `a@b` or `Name <a@b>`, read strictly: they stand in headers and commands.

Text from outside ends up in names and addresses. A line break in one would begin a header of its own, and a comma would
add a recipient; neither gets past here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

LONGEST: Final = 1_000
"""Characters of one address with its name."""

_PERSON: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAMED: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATOM: Final = r"""[^\s"(),:;<>@\[\]\\.]+"""
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
# Where the encoding of Python's standard library names another domain than today's registries do.
_AMBIGUOUS: Final = re.compile("[ßς\u200c\u200d]")


class AddressError(ValueError):
    """The text is no mail address: says what is wrong with it, for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class MailAddress:
    """`domain` is in ASCII (`xn--…`), `local` may be beyond it; `name` is for people and may be empty."""

    local: str
    domain: str
    name: str = ""

    @property
    def spec(self) -> str:
        """`a@b`: what a mail server is told."""
        return f"{self.local}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        return self.local.isascii()


def read_address(text: str) -> MailAddress:
    """One address; commas in its name are part of the name. Raises `AddressError`."""
    written = one_line(text.strip(), "an address")
    if len(written) > LONGEST:
        raise AddressError(f"an address has at most {LONGEST:,} characters, this one {len(written):,}")
    named = _NAMED.fullmatch(written)
    name = "" if named is None else _plain_name(named["name"].strip())
    return _read_spec(written if named is None else named["address"].strip(), written, name)


def read_addresses(given: str | Iterable[str | None] | None) -> tuple[MailAddress, ...]:
    """Addresses separated by commas, or one an item of a list; what is empty is left out. Raises `AddressError`.

    An item is one address, whatever commas are in it: data from outside cannot add a recipient there.
    """
    if given is None:
        return ()
    texts = split_addresses(given) if isinstance(given, str) else given
    return tuple(read_address(text) for text in texts if text is not None and text.strip())


def read_person(text: str) -> UUID | None:
    """Of one who is written to by id instead of by address, such as the owner of a lead; None: it is no such id."""
    written = text.strip()
    return UUID(written) if _PERSON.fullmatch(written) else None


def split_addresses(text: str) -> list[str]:
    """At commas (and semicolons) that are not in quotes or between `<` and `>`."""
    found: list[str] = []
    begun = position = 0
    bracket, quotes = False, True
    while position < len(text):
        character = text[position]
        if character == '"' and quotes:
            quoted = _QUOTED.match(text, position)
            # One that is never closed is looked for once: again at each further quote would take for ever.
            quotes = quoted is not None
            position = position + 1 if quoted is None else quoted.end()
            continue
        if character in "<>":
            bracket = character == "<"
        elif character in ",;" and not bracket:
            found.append(text[begun:position])
            begun = position + 1
        position += 1
    return [*found, text[begun:]]


def one_line(text: str, what: str) -> str:
    """`text` itself. Raises `AddressError` where it holds a line break or another control character."""
    if _CONTROL.search(text):
        raise AddressError(f"{what} holds a line break or another control character: {_shown(text)}")
    return text


def on_one_line(text: str) -> str:
    """`text` with a blank for each character that `one_line` refuses."""
    return _CONTROL.sub(" ", text)


def _plain_name(name: str) -> str:
    if _QUOTED.fullmatch(name):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _read_spec(spec: str, written: str, name: str) -> MailAddress:
    local, at, domain = spec.rpartition("@")
    if not at:
        raise AddressError(f"{_shown(written)} is not a mail address: there is no @ in it")
    if _LOCAL.fullmatch(local) is None or len(local.encode()) > 64:
        raise AddressError(f"{_shown(written)} is not a mail address: look at what is before the @")
    return MailAddress(local, _ascii_domain(domain, written), name)


def _ascii_domain(domain: str, written: str) -> str:
    if _AMBIGUOUS.search(domain):
        raise AddressError(f"the domain of {_shown(written)} is ambiguous; write it in its xn-- form")
    try:
        encoded = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        encoded = ""
    if len(encoded) > 253 or not all(_LABEL.fullmatch(label) for label in encoded.split(".")):
        raise AddressError(f"{_shown(written)} is not a mail address: look at what is after the @")
    return encoded


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:99]}…")
