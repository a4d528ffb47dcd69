"""Dark and light, without motion, on a tablet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, ViewportSize, expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.flows import greets
from tests.browser.person import Person
from tests.browser.server import Account
from tests.e2e.conftest import until

pytestmark = pytest.mark.full

TABLET: ViewportSize = {"width": 820, "height": 1180}
SCHEME = "document.documentElement.dataset.mantineColorScheme"
# Also those that wait for their turn; what has no duration is no motion.
MOVING = """() => document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().activeDuration > 1)
  .map((one) => `${one.effect.target?.outerHTML.slice(0, 200)} ${one.animationName ?? one.transitionProperty}`)"""

# Words of badges, buttons and headings that do not fit into what they stand in.
CUT = """() => [...document.querySelectorAll("h1, .mantine-Badge-label, .mantine-Button-label, .mantine-Tabs-tabLabel")]
  .filter((one) => one.offsetParent !== null && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent)"""
# What can be pressed, and badges, beyond the right edge of the window; what moves with the canvas is elsewhere.
OUTSIDE = """() => [...document.querySelectorAll("button, input, a, .mantine-Badge-root")]
  .filter((one) => one.closest(".react-flow, .mantine-VisuallyHidden-root") === null && one.offsetParent !== null)
  .filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 200))"""
EMPTY = """() => {
  const { left, top, width, height } = document.querySelector(".react-flow__pane").getBoundingClientRect();
  for (let y = top + 80; y < top + height - 80; y += 20)
    for (let x = left + width - 80; x > left + 80; x -= 20)
      if (document.elementFromPoint(x, y)?.classList.contains("react-flow__pane")) return [x, y];
}"""

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


def test_on_a_tablet_names_and_badges_are_whole_and_the_canvas_has_room(somebody: Newcomers, account: Account) -> None:
    made = account.live("Welcome every new lead", *greets())
    account.ended(account_run(account, made))
    one = somebody(account, viewport=TABLET)
    one.signs_in()
    one.goes_to("runs")
    one.sees("Ada Lovelace")
    assert one.page.evaluate(CUT) == []
    one.goes_to(f"automations/{made}")
    one.sees_heading("Welcome every new lead")
    canvas = Canvas(one)
    canvas.opens("Qualify")
    assert one.page.evaluate(CUT) == []
    assert width(canvas.flow) > 400
    # The steps to add lie over the canvas, for one choice.
    one.clicks("Show the steps to add")
    expect(canvas.palette).to_be_visible()
    assert width(canvas.flow) > 400
    one.clicks(re.compile("^Delay"), canvas.palette)
    expect(canvas.palette).to_have_count(0)
    expect(canvas.step("Delay")).to_be_in_viewport(ratio=1)
    one.clicks("Show the steps to add")
    one.page.mouse.click(*one.page.evaluate(EMPTY))
    expect(canvas.palette).to_have_count(0)
    assert axe.findings(one.page) == []


@pytest.mark.parametrize("width", [820, 1440])
def test_a_name_without_a_blank_pushes_nothing_out_of_sight(somebody: Newcomers, account: Account, width: int) -> None:
    name = "x" * 200
    made = account.live(name, *greets())
    lead = account.lead(name)
    account.ended(until(lambda: account.runs(made))[0]["id"])
    one = somebody(account, viewport={"width": width, "height": 1100})
    one.signs_in()
    pages = ("automations", "runs", "leads", f"leads/{lead}", f"automations/{made}", f"automations/{made}/runs")
    for path in (*pages, f"automations/{made}/settings", "ai-tools"):
        one.goes_to(path)
        one.waits_for_what_loads()
        if path in ("automations", "runs", "leads"):
            expect(one.page.get_by_role("row")).to_have_count(2)
        assert one.page.evaluate(OUTSIDE) == [], path
    one.goes_to("automations")
    one.page.get_by_role("button", name=re.compile("^More about")).click()
    expect(one.page.get_by_role("menuitem", name="Delete")).to_be_in_viewport(ratio=1)


def account_run(account: Account, automation: str) -> str:
    """Of a lead that has just come."""
    account.lead("Ada Lovelace")
    (run,) = until(lambda: account.runs(automation))
    return str(run["id"])


def width(of: Locator) -> float:
    box = of.bounding_box()
    assert box is not None
    return box["width"]
