"""Every page, in light and dark, on a desk and on a tablet: axe finds nothing serious, and nothing is cut off."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.person import Person, Scheme
from tests.browser.server import Server

TABLET: ViewportSize = {"width": 820, "height": 1180}
DESK: ViewportSize = {"width": 1440, "height": 900}

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


def is_fit(one: Person) -> None:
    """For everybody, in both schemes and on a tablet."""
    found = []
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        one.prefers(scheme)
        found += [f"{scheme}: {line}" for line in axe.findings(one.page)]
    one.page.set_viewport_size(TABLET)
    found += [f"tablet: {line}" for line in axe.findings(one.page)]
    assert not found, "\n".join([one.page.url, *found])
    wide = one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} px are outside of a tablet"


@pytest.mark.parametrize("of", ["the demo", "somebody new"])
def test_every_page_is_fit_for_everybody(running_server: Server, somebody: Newcomers, of: str) -> None:
    account = running_server.demo_account if of == "the demo" else running_server.account()
    one = somebody(account, reduced_motion="reduce")
    one.signs_in()
    links = one.page.get_by_role("navigation", name="Main navigation").get_by_role("list").get_by_role("link")
    paths = [link.get_attribute("href") for link in links.all()]
    assert {"/automations", "/runs"} <= set(paths)
    for path in paths:
        one.page.set_viewport_size(DESK)
        one.page.goto(f"{running_server.address}{path}")
        expect(one.page.get_by_role("heading", level=1)).to_be_visible()
        one.waits_for_what_loads()
        is_fit(one)


def test_whoever_is_not_signed_in_can_sign_in(running_server: Server, somebody: Newcomers) -> None:
    one = somebody(running_server.demo_account, reduced_motion="reduce")
    one.goes_to("sign-in")
    one.sees("With a token")
    is_fit(one)
    one.goes_to("join#code=x")
    one.sees("Join a team")
    is_fit(one)
