"""What a webhook was sent, as a value, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from automations.errors import WebhookRefused
from automations.services.webhook_body import parse_body

JSON = "application/json"


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"", JSON, None),
        (b"", "", None),
        (b'{"a": [1, 2.5, null, "\\u0000"]}', JSON, {"a": [1, 2.5, None, "\0"]}),
        (b"[1]", "application/vnd.x+json; charset=utf-8", [1]),
        (b'"x"', JSON, "x"),
        (b"123456789012345678901234567890", JSON, 123456789012345678901234567890),
        (b"a=1&b=x+y&a=2&c=", "application/x-www-form-urlencoded", {"a": ["1", "2"], "b": "x y", "c": ""}),
        ("Zoë".encode(), "text/plain", "Zoë"),
        ("Zoë".encode("latin-1"), "text/plain; charset=latin-1", "Zoë"),
        (b"<a/>", "application/xml", "<a/>"),
        (b'{"a": 1}', "text/plain", '{"a": 1}'),
        (b'{"a": 1}', "", {"a": 1}),
        (b" [1]", "", [1]),
        (b"{a", "", "{a"),
        (b"7", "", "7"),
    ],
)
def test_values(content: bytes, content_type: str, expected: Any) -> None:
    assert parse_body(content, content_type, "") == expected


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{", JSON, "bad_body"),
        (b"\xff\xfe", JSON, "bad_body"),
        (b"\xff", "text/plain", "bad_body"),
        (b"a", "text/plain; charset=nonsense", "bad_body"),
        (b"a-" * 100_000, "text/plain; charset=punycode", "bad_body"),
        (b"a", "text/plain; charset=undefined", "bad_body"),
        (b"a", "text/plain; charset*=utf-8''a%00b", "bad_body"),
        (b"[1e999]", JSON, "bad_body"),
        (b"[-1e999]", "", "bad_body"),
        (b"[NaN]", JSON, "bad_body"),
        (b"[Infinity]", JSON, "bad_body"),
        (b"9" * 5_000, JSON, "bad_body"),
        (b"[" * 65 + b"]" * 65, JSON, "bad_body"),
        (b"[" * 500_000, JSON, "bad_body"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON, "bad_body"),
        (b"a=%ff", "application/x-www-form-urlencoded", "bad_body"),
        (b"&".join(b"a=1" for _ in range(1_001)), "application/x-www-form-urlencoded", "bad_body"),
        (b"x", "multipart/form-data; boundary=x", "unsupported_body"),
        (b"x", "image/png", "unsupported_body"),
    ],
    ids=range(19),
)
def test_what_is_refused(content: bytes, content_type: str, code: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        parse_body(content, content_type, "")
    assert (refused.value.code, bool(refused.value.hint), len(refused.value.message) < 200) == (code, True, True)


def test_a_compressed_body_is_not_opened() -> None:
    with pytest.raises(WebhookRefused) as refused:
        parse_body(b"x", JSON, "gzip")
    assert refused.value.code == "unsupported_body"
    assert parse_body(b"1", JSON, "Identity") == 1
