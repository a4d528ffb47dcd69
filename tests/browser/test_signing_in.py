"""From a link to the list of automations."""

from __future__ import annotations

import json
import re

import pytest
from tests.browser.conftest import Newcomers
from tests.browser.server import Server


def test_a_link_leads_to_the_automations_once(running_server: Server, somebody: Newcomers) -> None:
    account = running_server.demo_account
    link = account.link()
    one = somebody(account)
    one.page.goto(link)
    # Those who came before may have made some, too.
    for words in (
        "Mary Ward",
        re.compile(r"\d in this account, \d live"),
        "Qualify new leads",
        "When a lead is created",
    ):
        one.sees(words)
    # Another link in the same tab, and the first one again: who is signed in stays so.
    for again in (account.link(), link):
        with one.expecting(401):
            one.page.goto(again)
            one.sees("Qualify new leads")
    assert "code=" not in one.page.url
    # It signs in once; and nobody else is let in by it.
    another = somebody(account)
    with another.expecting(401):
        another.page.goto(link)
        another.sees("This link does not sign in")
    another.sees_no("Qualify new leads")
    another.goes_to("runs")
    another.sees("With a token")


@pytest.mark.full
def test_a_token_is_renewed_before_it_ends_and_one_that_has_ended_asks_to_sign_in(
    running_server: Server, somebody: Newcomers
) -> None:
    account = running_server.demo_account
    # The shortest that there is: 36 seconds, renewed after 18.
    short = running_server.cli.ok("token", "--hours", "0.01", "--user", account.user).out.strip()
    one = somebody(account)
    one.goes_to("sign-in")
    one.fills("Access token or API key", short)
    one.clicks("Sign in")
    one.sees("Qualify new leads")
    with one.page.expect_response("**/api/v1/sign-in/renew", timeout=40_000) as renewed:
        assert renewed.value.status == 200
    held = one.page.evaluate("sessionStorage.getItem('automations.token')")
    assert held == json.loads(renewed.value.text())["token"] != short
    # Nothing was lost of the page on the way.
    one.sees("Qualify new leads")
    one.page.evaluate("token => sessionStorage.setItem('automations.token', token)", short)
    one.page.clock.install()
    one.page.clock.set_fixed_time(2**41)
    with one.expecting(401):
        one.goes_to("runs")
        one.sees("Your session has ended")
