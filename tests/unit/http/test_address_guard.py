"""The corpus of forbidden addresses, by name, and the operator's exceptions."""

from __future__ import annotations

import pytest

from automations.errors import BlockedAddress, ConfigurationError, StepError
from automations.integrations.address_guard import AddressGuard, is_public
from automations.integrations.name_lookup import Lookup


def answers(*addresses: str) -> Lookup:
    async def lookup(host: str, port: int) -> list[str]:
        return list(addresses)

    return lookup


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "100.63.255.255",
        "100.128.0.0",
        "168.63.129.15",
        "172.15.255.255",
        "172.32.0.0",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450:4001:81b::200e",
    ],
)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("this host", "0.0.0.0"),
        ("this network", "0.1.2.3"),
        ("private", "10.0.0.1"),
        ("private", "172.16.0.1"),
        ("private", "172.31.255.255"),
        ("private", "192.168.1.1"),
        ("carrier-grade NAT", "100.64.0.1"),
        ("Alibaba metadata", "100.100.100.200"),
        ("loopback", "127.0.0.1"),
        ("loopback, another", "127.255.255.254"),
        ("Azure metadata", "168.63.129.16"),
        ("link-local", "169.254.0.1"),
        ("AWS, GCP, Azure metadata", "169.254.169.254"),
        ("AWS container credentials", "169.254.170.2"),
        ("Oracle metadata", "192.0.0.192"),
        ("documentation", "192.0.2.1"),
        ("6to4 relay", "192.88.99.1"),
        ("benchmarks", "198.18.0.1"),
        ("documentation", "198.51.100.1"),
        ("documentation", "203.0.113.1"),
        ("multicast", "224.0.0.1"),
        ("reserved", "240.0.0.1"),
        ("broadcast", "255.255.255.255"),
        ("unspecified", "::"),
        ("loopback", "::1"),
        ("IPv4-compatible", "::7f00:1"),
        ("IPv4-mapped", "::ffff:127.0.0.1"),
        ("IPv4-mapped, hex", "::ffff:7f00:1"),
        ("IPv4-mapped of a public address", "::ffff:8.8.8.8"),
        ("IPv4-translated", "::ffff:0:127.0.0.1"),
        ("NAT64", "64:ff9b::7f00:1"),
        ("NAT64, local", "64:ff9b:1::a9fe:a9fe"),
        ("discard", "100::1"),
        ("Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
        ("benchmarks", "2001:2::1"),
        ("ORCHID", "2001:10::1"),
        ("documentation", "2001:db8::1"),
        ("documentation", "3fff::1"),
        ("6to4 of 127.0.0.1", "2002:7f00:1::1"),
        ("ISATAP of 127.0.0.1", "2606:4700::5efe:7f00:1"),
        ("ISATAP, universal bit", "2606:4700::200:5efe:a9fe:a9fe"),
        ("unique local", "fc00::1"),
        ("AWS metadata", "fd00:ec2::254"),
        ("GCP metadata", "fd20:ce::254"),
        ("link-local", "fe80::1"),
        ("link-local with a zone", "fe80::1%eth0"),
        ("public with a zone", "2606:4700:4700::1111%eth0"),
        ("site-local", "fec0::1"),
        ("multicast", "ff02::1"),
        ("not an address", "localhost"),
    ],
)
def test_other_addresses_may_not(name: str, address: str) -> None:
    assert not is_public(address), name


@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.1", "127.0.0.1", "::1", "localhost"]
)
async def test_every_spelling_of_this_machine_is_blocked(host: str) -> None:
    with pytest.raises(BlockedAddress):
        await AddressGuard().addresses(host, 80)


async def test_a_name_with_good_addresses_only_gives_them_in_order_and_once() -> None:
    guard = AddressGuard(lookup=answers("2606:4700:4700::1111", "1.1.1.1", "1.1.1.1"))
    assert await guard.addresses("example.com", 443) == ["2606:4700:4700::1111", "1.1.1.1"]


@pytest.mark.parametrize("addresses", [("1.1.1.1", "10.0.0.1"), ("10.0.0.1", "1.1.1.1")])
async def test_a_name_with_a_good_and_a_bad_address_is_blocked(addresses: tuple[str, ...]) -> None:
    with pytest.raises(BlockedAddress):
        await AddressGuard(lookup=answers(*addresses)).addresses("example.com", 443)


async def test_the_text_tells_no_more_than_the_author_wrote() -> None:
    with pytest.raises(BlockedAddress) as blocked:
        await AddressGuard(lookup=answers("10.20.30.40")).addresses("db.example.com", 443)
    error = blocked.value
    assert (error.message, error.hint, error.code, error.retryable) == (
        "db.example.com is not on the public internet, so nothing was sent to it",
        "Whoever runs this installation can allow exactly db.example.com:443.",
        "blocked_address",
        False,
    )


async def test_a_name_without_an_address_may_be_tried_again() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    for guard in (AddressGuard(lookup=lookup), AddressGuard(lookup=answers())):
        with pytest.raises(StepError) as failed:
            await guard.addresses("example.com", 80)
        assert (failed.value.message, failed.value.code, failed.value.retryable) == (
            "example.com cannot be found",
            "connect",
            True,
        )


async def test_the_operator_allows_exactly_one_host_and_port() -> None:
    guard = AddressGuard(["Echo.internal:8080", "[::1]:9000"], lookup=answers("10.0.0.1"))
    assert await guard.addresses("ECHO.internal", 8080) == ["10.0.0.1"]
    assert await guard.addresses("::1", 9000) == ["10.0.0.1"]
    for host, port in (
        ("echo.internal", 8081),
        ("echo.internal.", 8080),
        ("x.echo.internal", 8080),
        ("10.0.0.1", 8080),
    ):
        with pytest.raises(BlockedAddress):
            await guard.addresses(host, port)


@pytest.mark.parametrize(
    "entry", ["echo", "echo:", ":80", "*:80", "*.internal:80", "echo:http", "::1:80", "http://a:80"]
)
def test_what_is_not_a_host_and_port_is_refused_at_start(entry: str) -> None:
    with pytest.raises(ConfigurationError):
        AddressGuard([entry])
