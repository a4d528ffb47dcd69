"""From a link to the list of automations."""

from __future__ import annotations

from tests.browser.conftest import Newcomers
from tests.browser.server import Server


def test_a_link_leads_to_the_automations_once(running_server: Server, somebody: Newcomers) -> None:
    account = running_server.demo_account
    link = account.link()
    one = somebody(account)
    one.page.goto(link)
    for words in ("Your account", "4 in this account, 4 live", "Qualify new leads", "When a lead is created"):
        one.sees(words)
    # It signs in once; and nobody else is let in by it.
    another = somebody(account)
    with another.expecting(401):
        another.page.goto(link)
        another.sees("This link does not sign in")
    another.sees_no("Qualify new leads")
    another.goes_to("runs")
    another.sees("With a token")
