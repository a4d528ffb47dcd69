"""Keys and bodies do not follow a redirect to another server, whatever it makes of them; nor are keys ever shown."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlencode

import pytest

from automations.errors import StepError
from automations.flow.outcomes import Continue, Fail
from automations.flow.ports import HttpRequest
from automations.integrations.http_client import HttpClient
from automations.integrations.outgoing_request import Hop, first_hop, redirected
from automations.nodes.action_http import ActionHttp
from automations.testing import run_node

if TYPE_CHECKING:
    from tests.unit.http.conftest import LocalServer

    from automations.flow.outcomes import JsonObject

KEY = "SECRET12345"
ODD = "s/e c&r+e=t%41ü"
HOME = "https://api.example.com/list"


def often(text: str, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


def addresses_with(key: str) -> dict[str, str]:
    """What a server may make of an address with `key` in it."""
    own = f"{HOME}?{urlencode([('api_key', key)])}"
    inner = f"https://x.example/?return_to={quote(own, safe='')}"
    packed = base64.b64encode(f"{HOME}?api_key={key}".encode()).decode()
    return {
        "a parameter": f"?id=7&{urlencode([('k', key)])}",
        "its name": f"?{quote_plus(key)}=1",
        "another separator": f"?a=1;api_key={quote_plus(key)}",
        "an address in a parameter": f"?return_to={quote(own, safe='')}",
        "an address in an address": f"?to={quote(inner, safe='')}",
        "five times": f"?to={often(own, 5)}",
        "more often than anybody does": f"?to={often(own, 15)}",
        "the path": f"x;api_key={quote(key, safe='')}/y",
        "the path with slashes": f"x/{quote(key)}/y",
        "every letter encoded": "?k=" + "".join(f"%{byte:02x}" for byte in key.encode()),
        "the fragment": f"#k={quote(key, safe='')}",
        "base64": f"?state={quote(packed)}",
        "hex": f"?state={key.encode().hex()}",
    }


CASES = [
    pytest.param(key, address, id=f"{what}, {key}")
    for key in (KEY, ODD)
    for what, address in addresses_with(key).items()
]


def hop(key: str = KEY, **request: Any) -> Hop:
    given: dict[str, Any] = {"hidden_query": [("api_key", key)], **request}
    return first_hop(HttpRequest(given.pop("method", "GET"), HOME, **given))


def refusal(asked: Hop, status: int, location: str) -> str:
    with pytest.raises(StepError) as failed:
        redirected(asked, status, location)
    assert failed.value.code == "bad_redirect"
    return failed.value.message


@pytest.mark.parametrize(("key", "address"), CASES)
def test_no_address_of_another_server_may_hold_the_key(key: str, address: str) -> None:
    for asked in (hop(key), hop(key, hidden_query=(), hidden=[key])):
        message = refusal(asked, 302, f"https://login.example.net/{address}")
        assert message == "api.example.com redirects to another server, with the key of this step"


@pytest.mark.parametrize(("key", "address"), CASES)
def test_an_address_is_never_shown_with_the_key(key: str, address: str) -> None:
    shown = redirected(hop(key), 302, f"/{address}").shown_url
    assert shown.startswith("https://api.example.com/")
    assert key not in shown
    assert hop(key).hidden.within(shown) is False


def test_the_rest_of_an_address_is_shown() -> None:
    assert hop(query=[("a", "1")]).shown_url == f"{HOME}?a=1"
    following = redirected(hop(), 302, f"/v2/x;k={KEY}/y?a=1&to={KEY}x&b=#top")
    assert following.shown_url == "https://api.example.com/v2/•••/y?a=1&b="
    assert redirected(hop(), 302, "/v2?a=b+c#top").shown_url == "https://api.example.com/v2?a=b+c#top"
    assert redirected(hop(), 302, f"/{'x' * 20_000}?k={KEY}").shown_url == "https://api.example.com/"


def test_a_key_in_the_name_of_a_server() -> None:
    refusal(hop(), 302, f"https://{KEY}.example.net/")


@pytest.mark.parametrize("location", ["https://login.example.net/?key=SECRET1234", "https://login.example.net/?n=712"])
def test_other_addresses_are_followed(location: str) -> None:
    assert str(redirected(hop(), 302, location).url) == location
    # A key of a letter or two is one only where it is a whole value.
    assert str(redirected(hop("7"), 302, location).url) == location


def test_a_key_of_a_letter_is_found_as_a_value() -> None:
    refusal(hop("7"), 302, f"https://login.example.net/?to={quote('https://api.example.com/?api_key=7', safe='')}")


def test_a_header_that_others_may_see_stays_behind_with_a_secret_in_it() -> None:
    asked = first_hop(HttpRequest("GET", HOME, headers={"User-Agent": f"me {KEY}", "Accept": "*/*"}, hidden=[KEY]))
    following = redirected(asked, 302, "https://other.example.net/")
    assert following.headers == ((b"Accept", b"*/*"), (b"Accept-Encoding", b"gzip, deflate"))


KEEPING = [(307, "POST"), (308, "POST"), (301, "PUT"), (302, "PATCH")]
SHOWS_WHO: list[dict[str, Any]] = [
    {"hidden_query": [("api_key", KEY)]},
    {"hidden": [KEY]},
    {"headers": {"Authorization": "Bearer x"}},
    {"headers": {"X-Api-Key": "x"}},
    {"headers": {"Webhook-Signature": "v1,x"}},
    {"headers": {"Cookie": "x=1"}},
]


@pytest.mark.parametrize(("status", "method"), KEEPING)
@pytest.mark.parametrize("request_", SHOWS_WHO, ids=str)
def test_a_body_stays_behind_where_the_request_shows_who_it_is(
    status: int, method: str, request_: dict[str, Any]
) -> None:
    asked = first_hop(HttpRequest(method, HOME, content=b"body", **request_))
    message = refusal(asked, status, "https://other.example.net/")
    assert message == "api.example.com redirects to another server, which would get the body of this step"
    # To the same server, and without a body, it goes on.
    assert redirected(asked, status, "/there").content == b"body"
    bare = first_hop(HttpRequest("DELETE", HOME, **request_))
    assert redirected(bare, status, "https://other.example.net/").method == "DELETE"


@pytest.mark.parametrize(("status", "method"), KEEPING)
def test_a_body_goes_on_where_it_does_not(status: int, method: str) -> None:
    headers = {"X-Request-Source": "automations", "Idempotency-Key": "i", "Content-Type": "text/plain"}
    asked = first_hop(HttpRequest(method, HOME, content=b"body", headers=headers))
    following = redirected(asked, status, "https://other.example.net/")
    assert (following.method, following.content) == (method, b"body")


def test_where_it_becomes_a_get_the_body_is_gone_anyway() -> None:
    following = redirected(hop(method="POST", content=b"body"), 303, "https://other.example.net/")
    assert (following.method, following.content) == ("GET", None)


AUTHS: list[JsonObject] = [
    {"type": "bearer", "token": KEY},
    {"type": "basic", "username": "me", "password": KEY},
    {"type": "basic", "username": KEY, "password": ""},
    {"type": "header", "name": "X-Plain", "value": KEY},
    {"type": "query", "name": "api_key", "value": KEY},
    {"type": "signature", "secret": "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()},
]


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: str(auth["type"]))
async def test_whatever_the_step_shows_who_it_is_with(
    server: LocalServer, other: LocalServer, auth: JsonObject
) -> None:
    client = HttpClient(allowed=[server.address, other.address])
    key = str(auth.get("secret", KEY))
    back = quote(server.url(f"/?api_key={quote(key)}"), safe="")
    base: dict[str, Any] = {"auth": auth, "follow_redirects": True}
    url = server.reply("/login", "302 Found", Location=other.url(f"/?return_to={back}"))
    told = await run_node(ActionHttp(), {"url": url, **base}, http=client)
    url = server.reply("/moved", "307 Temporary Redirect", Location=other.url("/"))
    sent: dict[str, Any] = {"method": "POST", "body_type": "json", "body": {"a": 1}}
    moved = await run_node(ActionHttp(), {"url": url, **base, **sent}, http=client)
    other.reply("/")
    bare = await run_node(ActionHttp(), {"url": url, "follow_redirects": True, **sent}, http=client)
    await client.close()
    assert isinstance(told, Fail)
    assert isinstance(moved, Fail)
    assert (told.code, moved.code, key in f"{told}{moved}") == ("bad_redirect", "bad_redirect", False)
    assert isinstance(bare, Continue)
    assert [request.body for request in other.requests] == [b'{"a":1}']
