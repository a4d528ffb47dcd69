"""Which addresses an outgoing request may reach: public ones, and what the operator allows by exact host and port.

Requests are written by the users of an installation and sent from inside its network. Without this guard they would
reach its databases, its admin pages and the metadata service of its cloud, which hands out credentials.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from automations.errors import BlockedAddress, ConfigurationError, StepError
from automations.integrations.name_lookup import Lookup, NameLookup

# Listed here, not taken from `is_global`: what that says differs between patch releases of Python.
_BLOCKED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's metadata service, on a public address
        "169.254.0.0/16",  # link-local; metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

# Everything outside is loopback, local, multicast, reserved, or an IPv4 address in disguise: mapped ::ffff:0:0/96,
# compatible ::/96, NAT64 64:ff9b::/96 and 64:ff9b:1::/48.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_BLOCKED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo 2001::/32 carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})


def is_public(address: str) -> bool:
    """Whether `address`, an IP address in text, belongs to the public internet. False for what is not an address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _BLOCKED_V4)
    if parsed.scope_id is not None or parsed not in _PUBLIC_V6:
        return False
    if any(parsed in network for network in _BLOCKED_V6):
        return False
    # ISATAP: the lower half is 0000:5efe or 0200:5efe and then an IPv4 address.
    return (int(parsed) >> 32) & 0xFFFF_FFFF not in _ISATAP


class AddressGuard:
    """Says where a request to a host may connect.

    `allowed` are exact `host:port` pairs (`[::1]:8080` for IPv6) that are reached whatever their address is; they are
    compared with what the URL says, never with what it resolves to.
    """

    def __init__(self, allowed: Collection[str] = (), *, lookup: Lookup | None = None) -> None:
        self._allowed = frozenset(_host_and_port(entry) for entry in allowed)
        self._lookup = lookup or NameLookup()

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of `host` that may be connected to, in order, at least one.

        Raises `BlockedAddress` if one of them is not public: a name with a good and a bad address is an attack or a
        mistake, and to pick the good one would hide it. Raises `StepError` (retryable) if the name has no address.
        """
        try:
            found = await self._lookup(host, port)
        except OSError:
            found = []
        if not found:
            raise StepError(
                f"{host} cannot be found", code="connect", retryable=True, hint="Check the spelling of the host name."
            )
        addresses = list(dict.fromkeys(found))
        if (host.lower(), port) in self._allowed or all(map(is_public, addresses)):
            return addresses
        # Never the address itself: it would map the network behind us for whoever drew the flow.
        shown = f"[{host}]" if ":" in host else host
        raise BlockedAddress(
            f"{shown} is not on the public internet, so nothing was sent to it",
            hint=f"Whoever runs this installation can allow exactly {shown}:{port}.",
        )


def _host_and_port(entry: str) -> tuple[str, int]:
    host, _, port = entry.strip().lower().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bracketed) or not (port.isascii() and port.isdigit()) or "*" in host:
        raise ConfigurationError(
            f"{entry!r} is not an exact host and port", hint="Write it as host:port, such as echo.internal:8080."
        )
    return host.strip("[]"), int(port)
