"""Whose tokens are believed: a fixed algorithm, a time, an audience, a role; keys that are rotated."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.api.conftest import SECRET, ApiServer, refused, token

from automations.api.tokens import Caller, KeySet, NotSignedIn, SharedSecret, TokenReader
from automations.errors import ConfigurationError

USER = uuid.uuid4()
NOW = int(time.time())
CLAIMS = {"sub": str(USER), "role": "authenticated", "aud": "authenticated", "exp": NOW + 3_600, "iss": "https://a"}


def signed(claims: Any = None, key: Any = SECRET, algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode({**CLAIMS, **(claims or {})}, key, algorithm, headers=headers or None)


def without(name: str) -> str:
    return jwt.encode({key: value for key, value in CLAIMS.items() if key != name}, SECRET, "HS256")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        "x" * 10_000,
        jwt.encode(CLAIMS, "", algorithm="none"),
        signed(key="another secret that is long enough for it, 48 b"),
        signed({"exp": NOW - 120}),
        signed({"nbf": NOW + 3_600}),
        signed({"aud": "somebody else"}),
        signed({"role": "anon"}),
        signed({"role": "postgres"}),
        signed({"role": "service_role", "aud": "somebody else"}),
        signed({"sub": "ada"}),
        signed({"iss": "https://b"}),
        without("exp"),
        without("aud"),
        without("sub"),
        without("role"),
        without("iss"),
    ],
)
async def test_what_is_no_proof(text: str) -> None:
    reader = TokenReader(SharedSecret(SECRET), audience="authenticated", issuer="https://a")
    with pytest.raises(NotSignedIn):
        await reader.read(text)


async def test_who_it_is() -> None:
    reader = TokenReader(SharedSecret(SECRET), audience="authenticated", issuer="https://a")
    assert await reader.read(signed()) == Caller("authenticated", USER)
    assert await reader.read(signed({"aud": ["x", "authenticated"]})) == Caller("authenticated", USER)
    server = jwt.encode({"role": "service_role", "exp": NOW + 3_600, "iss": "https://a"}, SECRET, "HS256")
    assert await reader.read(server) == Caller("service_role", None)


async def test_keys_are_rotated_and_forgeries_ask_for_none() -> None:
    fetched = 0
    keys: dict[str, Any] = {
        "one": rsa.generate_private_key(65537, 2048),
        "two": ec.generate_private_key(ec.SECP256R1()),
    }
    published = ["one"]

    async def fetch() -> dict[str, Any]:
        nonlocal fetched
        fetched += 1
        shown = []
        for name in published:
            public: Any = keys[name].public_key()
            kind: Any = jwt.algorithms.RSAAlgorithm if name == "one" else jwt.algorithms.ECAlgorithm
            shown.append({**kind.to_jwk(public, as_dict=True), "kid": name, "use": "sig"})
        return {"keys": shown}

    key_set = KeySet(fetch)
    reader = TokenReader(key_set, audience="authenticated", issuer=None)
    assert await reader.read(signed(key=keys["one"], algorithm="RS256", kid="one")) == Caller("authenticated", USER)
    second = signed(key=keys["two"], algorithm="ES256", kid="two")
    for _ in range(5):
        with pytest.raises(NotSignedIn, match="not known"):
            await reader.read(second)
    assert fetched == 1
    published.append("two")
    key_set._fetched -= 60
    assert await reader.read(second) == Caller("authenticated", USER)
    assert fetched == 2
    # A public key is no secret: what is signed with it as one is no token.
    public_text = keys["one"].public_key().public_numbers().n.to_bytes(256, "big").hex()
    for forged in (
        signed(key=public_text, kid="one"),
        signed(kid="one"),
        jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": "one"}),
    ):
        with pytest.raises(NotSignedIn):
            await reader.read(forged)


async def test_a_key_of_another_kind_than_the_token_says_is_no_error_of_ours() -> None:
    keys: dict[str, Any] = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "ec": ec.generate_private_key(ec.SECP256R1()),
        "larger": ec.generate_private_key(ec.SECP384R1()),
    }

    async def fetch() -> dict[str, Any]:
        kinds: dict[str, Any] = {"rsa": jwt.algorithms.RSAAlgorithm}
        return {
            "keys": [
                {**kinds.get(name, jwt.algorithms.ECAlgorithm).to_jwk(key.public_key(), as_dict=True), "kid": name}
                for name, key in keys.items()
            ]
        }

    reader = TokenReader(KeySet(fetch), audience="authenticated", issuer=None)
    body = signed().split(".")[1]
    for kid in keys:
        for algorithm in ("RS256", "ES256", "EdDSA"):
            head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": kid}).encode()).decode().rstrip("=")
            with pytest.raises(NotSignedIn):
                await reader.read(f"{head}.{body}.{'A' * 86}")


async def test_an_address_of_keys_that_does_not_answer_is_not_asked_by_everybody() -> None:
    asked = 0

    async def fetch() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        raise ValueError("no")

    reader = TokenReader(KeySet(fetch), audience="authenticated", issuer=None)
    for _ in range(5):
        with pytest.raises(ConfigurationError, match="cannot be had"):
            await reader.read(signed(key=rsa.generate_private_key(65537, 2048), algorithm="RS256", kid="one"))
    assert asked == 1


async def test_over_http(api: ApiServer) -> None:
    for client in (api.bearer(None), api.bearer("x"), api.signed_in(USER, exp=NOW - 900), api.signed_in(USER, aud="x")):
        answer = await client("GET", "/automations")
        refused(answer, 401, "not_signed_in")
        assert answer.headers["www-authenticate"] == "Bearer"
    twice = await api.http.get(
        "/api/v1/automations", headers=[("Authorization", f"Bearer {token(USER)}"), ("Authorization", "Bearer x")]
    )
    refused(twice, 401, "not_signed_in")
    assert (await api.signed_in(USER)("GET", "/automations")).status_code == 200
    document = (await api.http.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert (await api.http.get("/api/docs")).status_code == 200
    refused(await api.http.get("/api/v1/nothing"), 404, "not_found")
    refused(await api.http.patch("/api/v1/automations", headers=api.signed_in(USER).headers), 405, "wrong_method")
