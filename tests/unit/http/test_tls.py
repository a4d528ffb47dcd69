"""TLS: the certificate is checked against the host name of the URL, although an address is connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automations.errors import StepError
from automations.flow.ports import HttpRequest
from automations.integrations.http_client import HttpClient

if TYPE_CHECKING:
    import ssl

    from tests.unit.http.conftest import SecureServer


def client_for(secure: SecureServer, trust: ssl.SSLContext | None) -> HttpClient:
    async def lookup(host: str, port: int) -> list[str]:
        return [secure.server.host]

    names = ("good.example.com", "bad.example.com")
    return HttpClient(allowed=[f"{name}:{secure.server.port}" for name in names], lookup=lookup, tls=trust)


async def test_a_certificate_for_the_name_is_accepted(secure: SecureServer) -> None:
    secure.server.reply("/", body=b"secret")
    client = client_for(secure, secure.trust)
    response = await client.send(HttpRequest("GET", f"https://good.example.com:{secure.server.port}/"))
    assert response.content == b"secret"
    assert secure.server.requests[0].headers["host"] == f"good.example.com:{secure.server.port}"
    await client.close()


@pytest.mark.parametrize(
    ("host", "trusted", "reason"),
    [
        ("bad.example.com", True, "Hostname mismatch, certificate is not valid for 'bad.example.com'."),
        ("good.example.com", False, "self-signed certificate"),
    ],
)
async def test_another_certificate_is_not(secure: SecureServer, host: str, trusted: bool, reason: str) -> None:
    client = client_for(secure, secure.trust if trusted else None)
    with pytest.raises(StepError) as failed:
        await client.send(HttpRequest("GET", f"https://{host}:{secure.server.port}/"))
    assert (failed.value.code, failed.value.retryable) == ("tls", False)
    assert failed.value.message == f"the server's certificate is not trusted: {reason}"
    assert secure.server.requests == []
    await client.close()


async def test_a_server_without_tls_may_be_tried_again(secure: SecureServer) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return [secure.server.host]

    client = HttpClient(allowed=[f"good.example.com:{secure.server.port}"], lookup=lookup)
    with pytest.raises(StepError) as failed:
        await client.send(HttpRequest("GET", f"http://good.example.com:{secure.server.port}/"))
    assert (failed.value.code, failed.value.retryable) == ("protocol", True)
    await client.close()
