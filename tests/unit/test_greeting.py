"""What `up` says of signing in."""

from __future__ import annotations

from automations.cli.up.greeting import greeting

FACTS: dict[str, object] = {
    "data_dir": None,
    "schema": "1",
    "migrated": [],
    "echo": "http://127.0.0.1:1",
    "mail_kept_in": None,
    "http": "http://127.0.0.1:2",
    "http_port_taken": None,
    "seconds": 0.1,
}


def said(**facts: object) -> list[str]:
    lines = greeting({**FACTS, **facts}).splitlines()
    return [line for line in lines if "sign" in line or "one of" in line]


def test_a_link_works_once() -> None:
    link = "http://127.0.0.1:2/sign-in?code=x"
    assert said(sign_in=link, signs_in_here=True) == [f"sign in   {link}"]


def test_of_several_accounts_one_has_to_be_named() -> None:
    first, second = said(sign_in=None, signs_in_here=True)
    assert first.endswith("automations sign-in --account <id>")
    assert "select distinct user_id from agents" in second


def test_where_people_sign_in_elsewhere_nothing_is_said() -> None:
    assert said(sign_in=None, signs_in_here=False) == []
