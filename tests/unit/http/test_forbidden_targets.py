"""Server-side request forgery, end to end: no spelling, redirect or name server leads to where nobody may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore2
import pytest

from automations.errors import BlockedAddress, StepError
from automations.flow.ports import HttpRequest
from automations.integrations.http_client import HttpClient

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer


async def refused(client: HttpClient, url: str, **request: Any) -> StepError:
    with pytest.raises(StepError) as failed:
        await client.send(HttpRequest("GET", url, **request))
    return failed.value


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("plain", "127.0.0.1"),
        ("decimal", "2130706433"),
        ("octal", "0177.0.0.1"),
        ("hex", "0x7f.1"),
        ("hex, whole", "0x7f000001"),
        ("short", "127.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("0", "0"),
        ("another loopback address", "127.9.9.9"),
        ("IPv6 loopback", "[::1]"),
        ("IPv6 unspecified", "[::]"),
        ("IPv6-mapped", "[::ffff:127.0.0.1]"),
        ("IPv6-mapped, upper-case hex", "[::FFFF:7F00:1]"),
        ("localhost", "localhost"),
        ("localhost, upper case", "LOCALHOST"),
        ("localhost with a dot", "localhost."),
        ("address with a dot", "127.0.0.1."),
        ("subdomain of localhost", "x.localhost"),
        ("IDNA full stops", "127。0。0。1"),
        ("IDNA full-width digits", "１２７.0.0.1"),
        ("IDNA circled letters", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"),
        ("userinfo", "example.com@127.0.0.1"),
        ("userinfo with a password", "user:secret@127.0.0.1"),
        ("empty userinfo", "@127.0.0.1"),
        ("userinfo, two at signs", "a@b@127.0.0.1"),
        ("backslash", "example.com\\@127.0.0.1"),
        ("backslash behind", "127.0.0.1\\.example.com"),
        ("percent-encoded", "%31%32%37.0.0.1"),
        ("with a zone", "[fe80::1%25lo]"),
        ("line break", "127.0.0.1\r\nX: y"),
        ("tab inside", "127.0.\t0.1"),
    ],
)
async def test_no_spelling_of_this_machine_is_reached(other: LocalServer, name: str, host: str) -> None:
    client = HttpClient()
    error = await refused(client, f"http://{host}:{other.port}/")
    assert error.code in ("blocked_address", "bad_url", "connect"), name
    assert (other.connections, other.requests) == (0, [])
    await client.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://168.63.129.16/machine?comp=goalstate",
        "http://100.100.100.200/latest/meta-data/",
        "http://[64:ff9b::169.254.169.254]/",
        "http://2852039166/latest/meta-data/",
        "http://169.254.1/",
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "https://172.16.0.1/",
    ],
)
async def test_metadata_and_private_networks_are_blocked(url: str) -> None:
    client = HttpClient()
    assert type(await refused(client, url)) is BlockedAddress
    await client.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.com/", "the address must start with http:// or https://"),
        ("file:///etc/passwd", "the address must start with http:// or https://"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "the address must start with http:// or https://"),
        ("example.com", "the address must start with http:// or https://"),
        ("", "the address must start with http:// or https://"),
        ("http://", "the address names no host that can be reached"),
        ("http:///path", "the address names no host that can be reached"),
        ("http://exa mple.com/", "the address names no host that can be reached"),
        ("http://example.com:0/", "0 is not a port"),
        ("http://example.com:65536/", "65536 is not a port"),
        ("http://example.com:http/", "the address cannot be read"),
        ("http://[::1/", "the address cannot be read"),
        ("http://example.com/\r\nHost: x", "the address cannot be read"),
        ("http://" + "a" * 70_000, "the address cannot be read"),
        ("https://me:pw@example.com/", "the address holds a user name or password, which would end up in logs"),
    ],
)
async def test_what_is_no_web_address_is_refused(url: str, message: str) -> None:
    client = HttpClient()
    error = await refused(client, url)
    assert (error.code, error.message, error.retryable) == ("bad_url", message, False)
    await client.close()


async def test_a_redirect_to_a_forbidden_address_is_not_followed(
    server: LocalServer, other: LocalServer, client: HttpClient
) -> None:
    for target in (other.url("/admin"), f"http://localhost:{server.port}/", "http://169.254.169.254/"):
        url = server.reply("/go", "302 Found", Location=target)
        assert type(await refused(client, url, follow_redirects=True)) is BlockedAddress
    assert other.connections == 0


async def test_every_hop_passes_the_guard(server: LocalServer, client: HttpClient) -> None:
    url = server.reply("/1", "302 Found", Location="/2")
    server.reply("/2", "307 Temporary Redirect", Location="http://2130706433/")
    error = await refused(client, url, follow_redirects=True)
    assert (error.code, [request.target for request in server.requests]) == ("blocked_address", ["/1", "/2"])


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "http://user:pw@example.com/", "http://example.com:99999/", "http://[/", "http://[::1/x"],
)
async def test_a_redirect_to_no_address_fails(server: LocalServer, client: HttpClient, location: str) -> None:
    url = server.reply("/", "302 Found", Location=location)
    error = await refused(client, url, follow_redirects=True)
    assert (error.code, error.message) == ("bad_redirect", "127.0.0.1 redirects to what is no web address")


class Connections:
    """Stands where the network begins: notes which address is connected to, and leads it to a local server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server: LocalServer) -> None:
        self.addresses: list[str] = []
        connect = httpcore2.AnyIOBackend.connect_tcp

        async def note(
            backend: httpcore2.AnyIOBackend, host: str, port: int, *rest: Any
        ) -> httpcore2.AsyncNetworkStream:
            self.addresses.append(host)
            return await connect(backend, server.host, server.port, *rest)

        monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", note)


async def test_a_name_that_changes_between_check_and_connect_changes_nothing(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = Connections(monkeypatch, server)
    server.reply("/", body=b"public", Connection="close")
    lookups: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        lookups.append(host)
        return ["93.184.215.14"] if len(lookups) == 1 else ["127.0.0.1"]

    client = HttpClient(lookup=rebinding)
    response = await client.send(HttpRequest("GET", "http://rebind.example.com/"))
    assert (response.content, lookups, connections.addresses) == (b"public", ["rebind.example.com"], ["93.184.215.14"])
    assert server.requests[0].headers["host"] == "rebind.example.com"

    assert type(await refused(client, "http://rebind.example.com/")) is BlockedAddress
    assert (lookups, connections.addresses) == (["rebind.example.com"] * 2, ["93.184.215.14"])
    await client.close()


async def test_the_next_address_is_tried_when_the_first_does_not_answer(server: LocalServer) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    server.reply("/", body=b"second")
    client = HttpClient(allowed=[f"two.example.com:{server.port}"], lookup=lookup)
    response = await client.send(HttpRequest("GET", f"http://two.example.com:{server.port}/"))
    assert response.content == b"second"
    await client.close()
