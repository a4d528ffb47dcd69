"""Drawing: by keyboard alone, by mouse, with undo and the clipboard, and on a flow of 300 steps."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.flows import chain, edge, follows_up, greets
from tests.browser.person import Person
from tests.browser.server import Account

pytestmark = pytest.mark.full

MANY = 300
PLACE = "() => document.querySelector('.react-flow__viewport').style.transform"
MOVED = "(before) => document.querySelector('.react-flow__viewport').style.transform !== before"
EMPTY = """() => {
  const { left, top, width, height } = document.querySelector(".react-flow__pane").getBoundingClientRect();
  for (let y = top + 80; y < top + height - 80; y += 20)
    for (let x = left + 80; x < left + width - 80; x += 20)
      if (document.elementFromPoint(x, y)?.classList.contains("react-flow__pane")) return [x, y];
}"""

# What is seen at the corners of the card with this title, and is no part of it.
LIES_OVER = """(title) => {
  const card = [...document.querySelectorAll(".react-flow__node")].find((one) => one.innerText.startsWith(title));
  const { left, right, top, bottom } = card.getBoundingClientRect();
  const seen = [left + 12, right - 12].flatMap((x) => [
    document.elementFromPoint(x, top + 12),
    document.elementFromPoint(x, bottom - 12),
  ]);
  return seen.filter((one) => !card.contains(one)).map((one) => `${one?.tagName} ${one?.getAttribute("class")}`);
}"""


def test_a_flow_is_drawn_and_tried_without_a_mouse(person: Person) -> None:
    page, keys, canvas = person.page, person.page.keyboard, Canvas(person)
    person.account.lead("Ada Lovelace")
    person.tabs_to(person.button("New automation"))
    person.presses("Enter")
    person.tabs_to(person.dialog("New automation").get_by_role("button", name=re.compile("^Empty canvas")))
    person.presses("Enter")
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    keys.type("By keyboard")
    person.presses("Enter")
    person.sees_heading("By keyboard")
    person.sees("What should start it?")
    person.presses("/")
    keys.type("record ev")
    person.presses("Enter")
    expect(canvas.step("Record event")).to_be_focused()
    person.presses("Enter")
    person.tabs_to(canvas.panel.get_by_role("combobox", name="Record"))
    person.presses("ArrowDown")
    expect(page.get_by_role("option", name="Lead")).to_be_visible()
    keys.type("Lea")
    person.presses("Enter")
    person.tabs_to(canvas.panel.get_by_role("radio").first)
    person.presses("Space")
    person.presses("Escape")
    expect(canvas.card("Record event")).to_contain_text("When a lead is created")
    expect(canvas.step("Record event")).to_be_focused()
    person.presses("+")
    keys.type("send message")
    person.presses("Enter")
    expect(canvas.step("Send message")).to_be_focused()
    person.presses("ArrowUp")
    expect(canvas.step("Record event")).to_be_focused()
    person.presses("ArrowDown", "F2")
    keys.type("Write to them")
    person.presses("Escape")
    expect(canvas.step("Write to them")).to_be_visible()
    person.presses("Delete")
    expect(canvas.step("Write to them")).to_have_count(0)
    person.presses("Control+z")
    expect(canvas.step("Write to them")).to_be_visible()
    person.presses("?")
    expect(person.dialog("Keyboard shortcuts")).to_be_visible()
    assert axe.findings(page) == []
    person.presses("Escape")


def test_steps_are_copied_moved_and_taken_back(person: Person) -> None:
    canvas = Canvas(person)
    made = person.account.draft("Welcome", *greets())
    person.goes_to(f"automations/{made}")
    canvas.opens("Greeting")
    person.presses("Control+d")
    expect(canvas.flow.get_by_role("button", name=re.compile("^Greeting.*, step"))).to_have_count(2)
    person.clicks("Undo")
    expect(canvas.flow.get_by_role("button", name=re.compile("^Greeting.*, step"))).to_have_count(1)
    person.clicks("Redo")
    expect(canvas.flow.get_by_role("button", name=re.compile("^Greeting.*, step"))).to_have_count(2)
    person.clicks("Undo")
    canvas.inserts_between("A lead comes", "Greeting", "Delay")
    expect(canvas.step("Delay")).to_be_visible()
    assert axe.findings(person.page) == []
    before = canvas.card("Delay").bounding_box()
    assert before is not None
    canvas.drags("Delay", right=-90, down=30)
    after = canvas.card("Delay").bounding_box()
    assert after is not None
    assert after["x"] < before["x"] - 50
    person.prefers("dark")
    assert axe.findings(person.page) == []


def test_a_flow_of_300_steps_is_moved_zoomed_and_drawn_on(person: Person) -> None:
    canvas = Canvas(person)
    made = person.account.draft("Three hundred", *chain(MANY))
    begun = time.monotonic()
    person.goes_to(f"automations/{made}")
    expect(canvas.step("Step 2")).to_be_visible()
    assert time.monotonic() - begun < 15
    x, y = person.page.evaluate(EMPTY)
    place = person.page.evaluate(PLACE)
    person.page.mouse.move(x, y)
    person.page.mouse.down()
    person.page.mouse.move(x + 60, y - 120, steps=10)
    person.page.mouse.up()
    assert person.page.evaluate(PLACE) != place
    place = person.page.evaluate(PLACE)
    person.page.mouse.move(x, y)
    person.page.mouse.wheel(0, 300)
    person.page.wait_for_function(MOVED, arg=place)
    canvas.opens("Step 2")
    person.fills("Name", "The second", canvas.panel)
    expect(canvas.step("The second")).to_be_visible()
    canvas.inserts_between("The second", "Step 3", "Delay")
    expect(canvas.step("Delay")).to_be_visible()
    person.clicks("Undo")
    expect(canvas.step("Delay")).to_have_count(0)


def test_a_click_on_one_of_several_means_that_one_and_no_save_moves_the_tabs(person: Person) -> None:
    canvas = Canvas(person)
    made = person.account.live("Welcome", *greets())
    person.goes_to(f"automations/{made}")
    canvas.opens("Greeting")
    person.presses("Escape", "Control+a")
    person.sees("3 steps selected")
    tab = person.page.get_by_role("tab", name="Runs")
    before = tab.bounding_box()
    panel = canvas.opens("Qualify")
    person.sees_no("3 steps selected")
    person.fills("Name", "Rate them", panel)
    person.sees("Not saved yet")
    assert tab.bounding_box() == before
    canvas.is_saved()
    person.sees("Live · changes not published")
    assert tab.bounding_box() == before


def test_a_new_step_is_seen_whole_whatever_lies_over_the_canvas(person: Person) -> None:
    made = person.account.draft("Follow up", *follows_up())
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    before = {"left": "Tell the owner", "right": "Send a message"}
    for side, kind in (
        ("right", "Delay"),
        ("left", "Code"),
        ("right", "Set variable"),
        ("left", "Stop"),
        ("right", "Loop"),
    ):
        canvas.adds_after(before[side], kind)
        # It has the keyboard, so it has come into sight.
        expect(canvas.step(kind)).to_be_focused()
        expect(canvas.card(kind)).to_be_in_viewport(ratio=1)
        assert person.page.evaluate(LIES_OVER, kind) == []
        before[side] = kind


def test_on_a_small_screen_a_second_branch_and_a_test_are_seen_whole(somebody: Newcomers, account: Account) -> None:
    person = somebody(account, viewport={"width": 1366, "height": 768})
    person.signs_in()
    nodes, edges = follows_up()
    made = account.draft("Follow up", nodes[:3], edges[:2])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    canvas.adds_after("Wait for a reply", "Stop", "They replied")
    titles = ["Lead is qualified", "Wait for a reply", "Send a message", "Stop"]
    for title in titles:
        expect(canvas.card(title)).to_be_in_viewport(ratio=0.99)
    # Nothing lies over it.
    person.button("Add a step after Send a message", canvas.flow).click(trial=True)

    for _ in range(4):
        person.clicks("Zoom in")
    expect(canvas.card("Stop")).not_to_be_in_viewport(ratio=0.99)
    person.clicks("Test")
    person.picks("An example", person.dialog("Test"))
    person.clicks("Run the test", person.dialog("Test"))
    expect(person.page.get_by_role("region", name="Result of the test")).to_be_visible()
    for title in titles:
        expect(canvas.card(title)).to_be_in_viewport(ratio=0.99)


def test_the_point_for_failures_is_shown_where_it_is_used_or_pointed_at(person: Person) -> None:
    nodes, edges = follows_up()
    made = person.account.draft("Follow up", nodes, [*edges[:2], edge("reply", "tell", "error")])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    spare, used = (
        canvas.card(title).locator("[data-handleid=error]") for title in ("Send a message", "Wait for a reply")
    )
    expect(used).to_have_css("opacity", "1")
    expect(spare).to_have_css("opacity", "0")
    canvas.step("Send a message").hover()
    expect(spare).to_have_css("opacity", "1")
    expect(spare).to_have_attribute("title", "What follows when this step fails: drag a line from here")


def test_undo_outlives_a_reload_but_not_a_change_by_somebody_else(person: Person) -> None:
    nodes, edges = greets()
    made = person.account.draft("Welcome", nodes, edges)
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    canvas.renames("Greeting", "Hello")
    canvas.is_saved()
    person.page.reload()
    expect(canvas.step("Hello")).to_be_visible()
    person.clicks("Undo")
    expect(canvas.step("Greeting")).to_be_visible()
    canvas.is_saved()
    person.goes_to("automations")
    nodes[1]["data"]["label"] = "Good morning"
    person.account.put(f"/automations/{made}", {"name": "Welcome", "nodes": nodes, "edges": edges})
    person.goes_to(f"automations/{made}")
    expect(canvas.step("Good morning")).to_be_visible()
    expect(person.button("Undo")).to_be_disabled()
