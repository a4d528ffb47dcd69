"""The mail of an approval, whatever its title is: titles are made from what leads wrote."""

from __future__ import annotations

import uuid
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.db.approval_store import Notice
from automations.engine.approval_notices import notice_mail
from automations.integrations.mail_message import compose


def notice(title: str) -> Notice:
    approval = {
        "id": str(uuid.UUID(int=7)),
        "title": title,
        "message": None,
        "form": None,
        "deadline": None,
        "automation": "Discounts",
        "open": True,
    }
    return Notice(1, uuid.UUID(int=1), "boss@example.com", b"", 1, approval)


def subject_of(title: str) -> str:
    mail = notice_mail(notice(title), "token", None)
    return str(message_from_bytes(compose(mail, "a@b.example").content, policy=default)["subject"])


@pytest.mark.parametrize(
    "character", ["\t", "\n", "\r", "\v", "\f", "\0", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029"], ids=ascii
)
def test_a_character_that_no_header_may_hold_becomes_a_blank(character: str) -> None:
    assert subject_of(f"Discount{character}for Ada?") == "Discount for Ada?"


@given(st.text(max_size=300))
def test_any_title_is_sent(title: str) -> None:
    assert len(notice_mail(notice(title), "token", None).subject) <= 200
    subject_of(title)


def test_who_can_reach_the_installation_gets_a_link_whose_token_no_server_sees() -> None:
    text = notice_mail(notice("Discount?"), "TOKEN", "https://flows.example.com/a/").text or ""
    assert "\n  https://flows.example.com/a/approve#TOKEN\n" in text
    assert "approve --token TOKEN" in text
    assert "/approve#" not in (notice_mail(notice("Discount?"), "TOKEN", None).text or "")
