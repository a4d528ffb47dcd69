"""Signatures of Standard Webhooks, against the library that others use."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from automations.errors import StepError
from automations.flow.standard_webhooks import keys_of, sign, verify, verify_head

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
BODY = json.dumps({"name": "Zoë"}, ensure_ascii=False).encode()


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), SECRET.rstrip("="), f" {OTHER}  {SECRET} "])
def test_the_library_verifies_what_we_sign(secret: str) -> None:
    headers = sign(secret, "msg-1", now(), BODY)
    assert Webhook(SECRET).verify(BODY, headers) == {"name": "Zoë"}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", headers)
    assert len(headers["webhook-signature"].split()) == len(secret.split())


def test_what_the_library_signs_is_right_and_anything_else_is_wrong() -> None:
    moment = now()
    headers = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": "v1a,abc " + Webhook(SECRET).sign("msg_2", moment, BODY.decode()),
    }
    keys = keys_of(f"{OTHER} {SECRET}")
    assert verify_head(headers, moment, 300) == "right"
    assert verify(keys, headers, BODY) == "right"
    for changed, body in (
        (headers, BODY + b" "),
        ({**headers, "webhook-id": "msg_3"}, BODY),
        ({**headers, "webhook-timestamp": str(int(moment.timestamp()) + 1)}, BODY),
        ({**headers, "webhook-signature": "v1,"}, BODY),
        ({**headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, BODY),
        ({**headers, "webhook-signature": "ü é , ,, v1"}, BODY),
    ):
        assert verify(keys, changed, body) == "wrong"
    assert verify(keys_of(OTHER), headers, BODY) == "wrong"


@pytest.mark.parametrize(
    ("timestamp", "verdict"),
    [("", "missing"), ("soon", "malformed"), ("-5", "malformed"), ("9" * 400, "malformed"), ("²", "malformed")],
)
def test_timestamps_that_are_none(timestamp: str, verdict: str) -> None:
    headers = {"webhook-id": "a", "webhook-timestamp": timestamp, "webhook-signature": "v1,a"}
    assert verify_head(headers, now(), 300) == verdict


@pytest.mark.parametrize("away", [-301, 301, -10_000_000])
def test_a_timestamp_that_is_too_far_away_is_stale(away: int) -> None:
    moment = now()
    headers = sign(SECRET, "a", moment + timedelta(seconds=away), BODY)
    assert verify_head(headers, moment, 300) == "stale"
    assert verify_head(sign(SECRET, "a", moment + timedelta(seconds=299 * away / abs(away)), BODY), moment, 300) == (
        "right"
    )


@pytest.mark.parametrize("secret", ["", "password", "whsec_", "whsec_ü", "not base64!", "whsec_AAAA", "a b c d e f"])
def test_a_secret_that_cannot_be_one_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(StepError) as refused:
        keys_of(secret)
    assert refused.value.code == "bad_secret"
    assert "openssl rand -base64 32" in str(refused.value.hint)
    assert not secret or secret not in refused.value.message


def test_keys_of_every_length_that_is_safe() -> None:
    for length in (16, 17, 24, 64):
        key = os.urandom(length)
        assert keys_of("whsec_" + base64.b64encode(key).decode()) == [key]
