"""What may be sent: address, headers and redirects of an outgoing request, checked in the author's terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

import httpx2

from automations.errors import StepError
from automations.flow.ports import HttpRequest
from automations.integrations.content_decoding import ACCEPTED
from automations.integrations.hidden_values import HiddenValues

Headers = tuple[tuple[bytes, bytes], ...]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")

# They frame the message or choose the server; set by hand they smuggle a second request past a proxy.
_OURS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# What another server may see after a redirect. A list of what to keep: nobody knows all names of headers with secrets.
_HARMLESS = frozenset(
    {b"accept", b"accept-encoding", b"accept-language", b"content-type", b"idempotency-key", b"user-agent"}
)
# Characters of an address that is gone through part by part for what to hide.
LONGEST_SHOWN = 16_384
# Names of headers by which a request shows who it is.
_TELLING = re.compile(rb"auth|cookie|key|password|secret|signature|token")


@dataclass(frozen=True, slots=True)
class Hop:
    """One request on the wire; a redirect makes another."""

    method: str
    url: httpx2.URL = field(repr=False)
    headers: Headers = field(repr=False)
    content: bytes | None = field(repr=False)
    hidden: HiddenValues = field(default_factory=HiddenValues)

    @property
    def shown_url(self) -> str:
        """The address without what is hidden, in whatever place and encoding a redirect has put it."""
        url = str(self.url)
        if not self.hidden.within(url):
            return url
        server = f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"
        if len(url) > LONGEST_SHOWN:
            return f"{server}/"
        parts = self.url.raw_path.decode("ascii").partition("?")[0].split("/")
        shown = server + "/".join("•••" if self.hidden.within(part) else part for part in parts)
        pairs = parse_qsl(self.url.query.decode("ascii"), keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if not self.hidden.within(urlencode([(name, value)]))]
        shown = f"{shown}?{urlencode(kept)}" if kept else shown
        # One with a slash in it may be in no part alone.
        return f"{server}/" if self.hidden.within(shown) else shown

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port; what keep-alive and secrets belong to."""
        return self.url.scheme, self.url.host, self.url.port or (443 if self.url.scheme == "https" else 80)


def first_hop(request: HttpRequest) -> Hop:
    """`request` as it goes out. Raises `StepError` for an address or header that cannot or may not be sent."""
    url = usable_url(request.url)
    query = (*request.query, *request.hidden_query)
    if query:
        joined = b"&".join(part for part in (url.query, urlencode(query).encode()) if part)
        url = url.copy_with(query=joined)
    headers = usable_headers(request.headers)
    if b"accept-encoding" not in {name.lower() for name, _ in headers}:
        headers = (*headers, (b"Accept-Encoding", ACCEPTED.encode()))
    hidden = HiddenValues((*request.hidden, *(value for _, value in request.hidden_query)))
    return Hop(request.method, url, headers, request.content, hidden)


def redirected(hop: Hop, status: int, location: str) -> Hop:
    """The request that a redirect asks for, as browsers understand it; headers that may be secret stay behind.

    Raises `StepError` for a redirect to something that is no address, from https to http, or to another server with a
    key of ours in the address, or with the body of a request that shows who it is: whoever may read that is for the
    author to say, not for the server.
    """
    try:
        url = usable_url(str(hop.url.join(location)))
    except (httpx2.InvalidURL, ValueError, StepError):
        raise StepError(f"{hop.url.host} redirects to what is no web address", code="bad_redirect") from None
    if hop.url.scheme == "https" and url.scheme == "http":
        raise StepError(f"{hop.url.host} redirects to an address without encryption", code="bad_redirect")
    following = replace(hop, url=url)
    if (status == 303 and hop.method != "HEAD") or (status in (301, 302) and hop.method == "POST"):
        headers = tuple((name, value) for name, value in hop.headers if name.lower() != b"content-type")
        following = replace(following, method="GET", content=None, headers=headers)
    upgraded = ("https", hop.url.host, 443)
    if following.origin != hop.origin and (following.origin != upgraded or hop.origin != ("http", hop.url.host, 80)):
        if hop.hidden.within(location) or hop.hidden.within(str(url)):
            raise StepError(
                f"{hop.url.host} redirects to another server, with the key of this step", code="bad_redirect"
            )
        if following.content and _has_credentials(hop):
            raise StepError(
                f"{hop.url.host} redirects to another server, which would get the body of this step",
                code="bad_redirect",
                hint="Name the new address in the step, if that server is to have it.",
            )
        headers = tuple((name, value) for name, value in following.headers if _may_follow(name, value, hop.hidden))
        following = replace(following, headers=headers)
    return following


def _has_credentials(hop: Hop) -> bool:
    names = (name.lower() for name, _ in hop.headers)
    return bool(hop.hidden) or any(_TELLING.search(name) for name in names if name not in _HARMLESS)


def _may_follow(name: bytes, value: bytes, hidden: HiddenValues) -> bool:
    """To another server."""
    return name.lower() in _HARMLESS and not hidden.within(value.decode("utf-8"))


def usable_url(text: str) -> httpx2.URL:
    """`text` as an address of a web server. Raises `StepError` code `bad_url` that says what is wrong with it."""
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, ValueError):
        raise StepError("the address cannot be read", code="bad_url", hint="Check the URL of this step.") from None
    if url.scheme not in ("http", "https"):
        raise StepError("the address must start with http:// or https://", code="bad_url")
    if url.userinfo:
        raise StepError(
            "the address holds a user name or password, which would end up in logs",
            code="bad_url",
            hint="Send them in an Authorization header.",
        )
    host = url.raw_host.decode("ascii")
    if not _HOST.fullmatch(host):
        raise StepError("the address names no host that can be reached", code="bad_url")
    if url.port is not None and not 0 < url.port < 65_536:
        raise StepError(f"{url.port} is not a port", code="bad_url", hint="Ports go from 1 to 65535.")
    return url


def usable_headers(headers: Mapping[str, str]) -> Headers:
    """Headers as bytes. Raises `StepError` code `bad_header` for one that would break out of its line, or is ours."""
    return tuple(_usable_header(name, value) for name, value in headers.items())


def _usable_header(name: str, value: str) -> tuple[bytes, bytes]:
    if not _HEADER_NAME.fullmatch(name):
        raise StepError(f"{name[:100]!r} is not a header name", code="bad_header")
    if name.lower() in _OURS:
        raise StepError(f"header {name} is set for you and cannot be chosen", code="bad_header")
    if _CONTROL.search(value):
        raise StepError(
            f"the value of header {name} holds a line break or another control character", code="bad_header"
        )
    try:
        return name.encode("ascii"), value.strip(" \t").encode("utf-8")
    except UnicodeEncodeError:
        raise StepError(f"the value of header {name} holds broken characters", code="bad_header") from None


def received_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Response headers by lower-case name; what came several times is joined by a comma."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(_text(value))
    return {name: ", ".join(values) for name, values in found.items()}


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def wire_headers(hop: Hop) -> Sequence[tuple[bytes, bytes]]:
    """All headers of `hop`, with those that frame the message."""
    framing: list[tuple[bytes, bytes]] = [(b"Host", hop.url.netloc)]
    if hop.content is not None or hop.method in ("POST", "PUT", "PATCH"):
        framing.append((b"Content-Length", str(len(hop.content or b"")).encode()))
    return [*framing, *hop.headers]
