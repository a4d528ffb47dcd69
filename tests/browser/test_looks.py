"""Dark and light, without motion, on a tablet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import ViewportSize, expect
from tests.browser.conftest import Newcomers
from tests.browser.flows import greets
from tests.browser.person import Person
from tests.browser.server import Account

pytestmark = pytest.mark.full

TABLET: ViewportSize = {"width": 820, "height": 1180}
SCHEME = "document.documentElement.dataset.mantineColorScheme"
# Also those that wait for their turn; what has no duration is no motion.
MOVING = """() => document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().activeDuration > 1)
  .map((one) => `${one.effect.target?.outerHTML.slice(0, 200)} ${one.animationName ?? one.transitionProperty}`)"""

# A ring on what has the focus, or on what stands for it where that is a hidden input.
FOCUS = """() => {
  const one = document.activeElement;
  const hasRing = (what) => {
    const { outlineStyle, boxShadow } = getComputedStyle(what);
    return outlineStyle !== "none" || boxShadow !== "none";
  };
  const shown = [one, one.parentElement, one.nextElementSibling, one.parentElement?.querySelector("span, label")];
  return [one.outerHTML.slice(0, 200), one === document.body || shown.some((what) => what && hasRing(what))];
}"""


def test_dark_is_chosen_kept_and_there_from_the_first_moment(person: Person) -> None:
    page = person.page
    assert page.evaluate(SCHEME) == "light"
    person.prefers("dark")
    person.prefers("light")
    person.picks("Dark", page.get_by_role("radiogroup", name="Colours"))
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    # Before anything of the editor has been loaded.
    page.goto(f"{person.server.address}/runs", wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.evaluate(SCHEME) == "dark"
    person.sees_heading("Runs")


def test_nothing_moves_where_no_motion_is_wanted(somebody: Newcomers, account: Account) -> None:
    account.live("Welcome", *greets())
    one = somebody(account, reduced_motion="reduce")
    one.signs_in()
    one.sees("Welcome")
    one.waits_for_what_loads()
    assert one.page.evaluate(MOVING) == []
    one.clicks("New automation")
    dialog = one.dialog("New automation")
    # It is a part of its own, which is loaded first: a key that comes before it closes nothing.
    expect(dialog.get_by_role("button", name=re.compile("^Empty canvas"))).to_be_focused()
    one.waits_for_what_loads()
    assert one.page.evaluate(MOVING) == []
    one.presses("Escape")
    expect(dialog).to_have_count(0)
    expect(one.button("New automation")).to_be_focused()
    one.follows("Welcome")
    one.sees_heading("Welcome")
    one.waits_for_what_loads()
    assert one.page.evaluate(MOVING) == []


def test_on_a_tablet_the_navigation_opens_and_goes_away_again(somebody: Newcomers, account: Account) -> None:
    one = somebody(account, viewport=TABLET, has_touch=True)
    one.signs_in()
    runs = one.page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Runs")
    expect(runs).not_to_be_in_viewport()
    one.page.get_by_role("button", name="Open or close the navigation").tap()
    runs.tap()
    one.sees_heading("Runs")
    expect(runs).not_to_be_in_viewport()


def test_by_keyboard_alone_one_skips_to_the_content_and_sees_where_one_is(person: Person) -> None:
    page = person.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    unseen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        where, is_shown = page.evaluate(FOCUS)
        if not is_shown:
            unseen.append(where)
    assert unseen == []
