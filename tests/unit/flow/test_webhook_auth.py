"""Deliveries as their senders sign them, and everything that is not one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from automations.flow.standard_webhooks import sign
from automations.flow.webhook_auth import delivery_id, judge_body, judge_head, private_headers
from automations.flow.webhook_config import WebhookAuth, secret_name

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = str(int(NOW.timestamp()))
BODY = b'{"a": 1}'
SECRET = "It's a Secret to Everybody"
NAMED = "{{ secrets.HOOK }}"


def auth(**config: Any) -> WebhookAuth:
    found: WebhookAuth = TypeAdapter(WebhookAuth).validate_python({"secret": NAMED, **config})
    return found


def verdict(how: WebhookAuth, headers: dict[str, str], body: bytes = BODY, secret: str = SECRET) -> str:
    head = judge_head(how, secret, headers, NOW, 300)
    return head if head != "right" else judge_body(how, secret, headers, body)


def mac(signed: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).digest()


def test_the_sample_of_github() -> None:
    """From its documentation: the secret, the payload, and the header that come of them."""
    how = auth(type="hmac", header="X-Hub-Signature-256", prefix="sha256=", id_header="X-GitHub-Delivery")
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": signature, "x-github-delivery": "72d3162e"}
    assert verdict(how, headers, b"Hello, World!") == "right"
    assert delivery_id(how, SECRET, headers, b"Hello, World!") == "72d3162e"
    assert verdict(how, headers, b"Hello, World") == "wrong"
    assert verdict(how, {**headers, "x-hub-signature-256": signature[7:]}, b"Hello, World!") == "wrong"
    assert verdict(how, headers, b"Hello, World!", "another") == "wrong"
    assert verdict(how, {"x-hub-signature-256": signature}, b"Hello, World!") == "missing"


def test_base64_and_an_id_that_is_the_signature() -> None:
    how = auth(type="hmac", header="X-Shopify-Hmac-Sha256", encoding="base64")
    headers = {"x-shopify-hmac-sha256": base64.b64encode(mac(BODY)).decode()}
    assert verdict(how, headers) == "right"
    assert delivery_id(how, SECRET, headers, BODY) == mac(BODY).hex()
    assert private_headers(how) == {"x-shopify-hmac-sha256"}


def test_timestamp_and_signature_in_one_header() -> None:
    how = auth(type="hmac", header="Stripe-Signature", prefix="v1=", timestamp_header="stripe-signature")
    right = mac(f"{SECONDS}.".encode() + BODY).hex()

    def told(timestamp: str = SECONDS, signature: str = right) -> dict[str, str]:
        return {"stripe-signature": f"t={timestamp},v1={'0' * 64},v1={signature},v0=xyz"}

    assert verdict(how, told()) == "right"
    assert verdict(how, told(signature="zz")) == "wrong"
    assert verdict(how, told(str(int(SECONDS) - 1))) == "wrong"
    assert verdict(how, told(str(int(SECONDS) - 301))) == "stale"
    assert verdict(how, told("now")) == "malformed"
    assert verdict(how, {"stripe-signature": f"v1={right}"}) == "missing"
    # A copy with other letters or more beside it is the same delivery.
    ids = {delivery_id(how, SECRET, headers, BODY) for headers in (told(), told(signature=right.upper()))}
    assert len(ids) == 1


def test_a_timestamp_in_a_header_of_its_own() -> None:
    how = auth(type="hmac", header="X-Signature", timestamp_header="X-Timestamp")
    headers = {"x-signature": mac(f"{SECONDS}.".encode() + BODY).hex(), "x-timestamp": SECONDS}
    assert verdict(how, headers) == "right"
    assert verdict(how, {**headers, "x-timestamp": str(int(SECONDS) + 1)}) == "wrong"
    assert verdict(how, {"x-signature": headers["x-signature"]}) == "missing"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-webhook-key": SECRET}, "right"),
        ({"x-webhook-key": SECRET + " "}, "wrong"),
        ({"x-webhook-key": ""}, "missing"),
        ({"authorization": SECRET}, "missing"),
        ({"x-webhook-key": f"Bearer {SECRET}"}, "wrong"),
    ],
)
def test_a_key_in_a_header(headers: dict[str, str], expected: str) -> None:
    assert verdict(auth(type="header"), headers) == expected


def test_a_key_in_authorization_may_be_called_bearer() -> None:
    how = auth(type="header", name="Authorization")
    for value, expected in ((SECRET, "right"), (f"Bearer {SECRET}", "right"), (f"bearer  {SECRET}", "right")):
        assert verdict(how, {"authorization": value}) == expected
    assert verdict(how, {"authorization": "Bearer "}) == "missing"
    assert delivery_id(how, SECRET, {"authorization": SECRET}, BODY) is None
    assert delivery_id(how, SECRET, {"idempotency-key": "k"}, BODY) == "k"


def test_standard_webhooks() -> None:
    how = auth(type="signature")
    secret = "whsec_" + base64.b64encode(b"x" * 24).decode()
    headers = sign(secret, "msg_1", NOW, BODY)
    assert verdict(how, headers, secret=secret) == "right"
    assert verdict(how, headers, BODY + b"\n", secret) == "wrong"
    assert verdict(how, {**headers, "webhook-signature": ""}, secret=secret) == "missing"
    assert delivery_id(how, secret, headers, BODY) == "msg_1"
    long = {**headers, "webhook-id": "x" * 5_000}
    assert len(delivery_id(how, secret, long, BODY) or "") < 80


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        (NAMED, "HOOK"),
        (" {{secrets.a_1}} ", "a_1"),
        ("hunter2", None),
        ("{{ secrets.A }}x", None),
        ("{{ secrets.A | upper }}", None),
        ("{{ vars.A }}", None),
    ],
)
def test_the_name_of_a_secret(secret: str, name: str | None) -> None:
    assert secret_name(auth(type="signature", secret=secret)) == name
