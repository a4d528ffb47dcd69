"""Secrets sealed, opened, kept in a key file, and taken out of what steps leave."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.recording import MASK
from automations.engine.scrubbing import Scrubber
from automations.errors import ConfigurationError, Conflict
from automations.flow.outcomes import Continue, Fail, Wait
from automations.integrations.secret_box import SecretBox, new_key, read_keys
from automations.integrations.secret_keys import SecretKeys

OLD, NEW = read_keys(f"{new_key()}, {new_key()}", "test")
ROW = uuid4()


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()), st.uuids())
def test_what_is_sealed_opens_with_its_key_in_its_row(value: str, row: UUID) -> None:
    box = SecretBox([OLD])
    key_id, nonce, sealed = box.seal(value, row)
    assert (key_id, len(nonce), len(sealed)) == (box.key_id, 12, len(value.encode()) + 16)
    assert box.open(key_id, nonce, sealed, row) == value
    assert box.seal(value, row)[1] != nonce


def test_what_was_moved_or_changed_does_not_open() -> None:
    box = SecretBox([OLD])
    key_id, nonce, sealed = box.seal("a secret", ROW)
    for wrong in ((nonce, sealed, uuid4()), (bytes(12), sealed, ROW), (nonce, sealed[:-1] + b"\0", ROW)):
        with pytest.raises(ConfigurationError, match="changed, or is another one's"):
            box.open(key_id, *wrong)


def test_older_keys_open_and_the_first_seals() -> None:
    sealed = SecretBox([OLD]).seal("a secret", ROW)
    both = SecretBox([NEW, OLD])
    assert both.open(*sealed, ROW) == "a secret"
    assert both.seal("x", ROW)[0] == SecretBox([NEW]).key_id != sealed[0]
    with pytest.raises(ConfigurationError, match=f"sealed with the key {sealed[0]}, which is not here"):
        SecretBox([NEW]).open(*sealed, ROW)


@pytest.mark.parametrize("text", ["", "abc", base64.b64encode(b"short").decode(), "# only a note", "ä"])
def test_a_key_that_is_none_is_refused_without_naming_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="FILE: key 1 is not 32 bytes in base64") as refused:
        read_keys(text, "FILE")
    assert text not in refused.value.message or not text


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    keys = SecretKeys(None, tmp_path / "secret.key")
    with pytest.raises(ConfigurationError, match="does not exist"):
        keys.box()
    assert (keys.make(), keys.make()) == (True, False)
    assert keys.path.stat().st_mode & 0o777 == 0o600
    first = keys.box()
    sealed = first.seal("a secret", ROW)
    second = keys.add()
    assert second.key_id != first.key_id
    assert keys.box().open(*sealed, ROW) == "a secret"
    assert (keys.path.stat().st_mode & 0o777, [path.name for path in tmp_path.iterdir()]) == (0o600, ["secret.key"])
    keys.path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="may be read by others"):
        keys.box()


def test_keys_of_the_environment_are_not_written(tmp_path: Path) -> None:
    keys = SecretKeys(new_key(), tmp_path / "secret.key")
    assert keys.make() is False
    keys.box()
    with pytest.raises(Conflict, match="AUTOMATIONS_SECRET_KEY"):
        keys.add()
    assert list(tmp_path.iterdir()) == []


SECRET = 'p+ss/w"rd ü?=&0123456789'


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        f"Bearer {SECRET}!",
        json.dumps({"token": SECRET}),
        json.dumps({"token": SECRET}, ensure_ascii=False),
        f"https://example.com/?key={quote(SECRET, safe='')}&x",
        f"https://example.com/{quote(SECRET)}",
        f"key={quote_plus(SECRET)}",
        SECRET.encode().hex(),
        *(base64.b64encode(b"user"[:size] + b":" + SECRET.encode() + b"tail"[:size]).decode() for size in range(5)),
        base64.urlsafe_b64encode(b"x" + SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_taken_out_in_whatever_form_it_comes_back(shown: str) -> None:
    hidden = Scrubber([SECRET])
    value: Any = {"a": [shown, {shown: 1}], "b": 7}
    text = json.dumps(hidden.scrub(value), ensure_ascii=False)
    assert MASK in text
    for form in ('w"rd', "0123456789", quote('w"rd'), SECRET[4:].encode().hex()[:20]):
        assert form not in text
    assert value["a"][0] == shown
    # Nothing of it can be read from what base64 leaves, either.
    assert base64.b64encode(SECRET.encode()).decode()[4:-4] not in text


def test_outcomes_are_scrubbed_whole_and_others_are_left_alone() -> None:
    hidden = Scrubber(["hunter22"])
    assert hidden.scrub_outcome(Continue({"a": "hunter22"}, "out", {"v": ["xhunter22"]})) == Continue(
        {"a": MASK}, "out", {"v": [f"x{MASK}"]}
    )
    assert hidden.scrub_outcome(Fail("no hunter22", code="http", output="hunter22")) == Fail(
        f"no {MASK}", code="http", output=MASK
    )
    wait = Wait(signal="go", note={"k": "hunter22"})
    assert hidden.scrub_outcome(wait) == Wait(signal="go", note={"k": MASK})
    outcome = Continue({"a": "hunter22"})
    assert Scrubber([]).scrub_outcome(outcome) is outcome


def test_a_secret_that_is_read_one_byte_a_letter_is_found() -> None:
    secret = "Schlüssel-44ü"
    echoed = secret.encode().decode("latin-1")
    scrubbed = Scrubber([secret]).scrub({"headers": {"x": f"was {echoed}"}})
    assert "Schl" not in str(scrubbed)
