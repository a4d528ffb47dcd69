"""The panel of a step: every type of step has one that everybody can use, and variables are put in by choosing them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.flows import edge, follows_up, node
from tests.browser.person import Person
from tests.browser.server import Account

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

PANEL = "What the step does"


def test_the_panel_of_every_type_of_step_is_fit_for_everybody(somebody: Newcomers, account: Account) -> None:
    types = [one["type"] for one in account.get("/node-types")["items"]]
    assert len(types) > 20
    one = somebody(account, reduced_motion="reduce")
    one.signs_in()
    found = []
    # A webhook that is not drawn to its end has no address yet.
    with one.expecting(409):
        for kind in types:
            first = node("start", kind if kind.startswith("trigger") else "trigger-manual", "Start")
            second = [] if kind.startswith("trigger") else [node("step", kind, "Step")]
            made = account.draft(kind, [first, *second], [edge("start", "step")] if second else [])
            one.goes_to(f"automations/{made}")
            one.page.locator(".react-flow__node").filter(has_text="Step" if second else "Start").click()
            panel = one.page.get_by_role("complementary", name=PANEL)
            for tab in ("Setup", "Settings", "Output"):
                section = panel.get_by_role("tab", name=tab)
                if section.count():
                    section.click()
                    one.waits_for_what_loads()
                    found += [f"{kind}, {tab}: {line}" for line in axe.findings(one.page)]
    one.prefers("dark")
    found += [f"dark: {line}" for line in axe.findings(one.page)]
    assert not found, "\n".join(found)
    expect(one.page.get_by_role("complementary", name=PANEL)).to_be_visible()


def test_a_variable_is_put_in_by_choosing_it(person: Person) -> None:
    made = person.account.draft("Follow up", *follows_up())
    person.goes_to(f"automations/{made}")
    person.page.locator(".react-flow__node").filter(has_text="Send a message").click()
    panel = person.page.get_by_role("complementary", name=PANEL)
    text = panel.get_by_role("textbox", name="Text")
    text.fill("Hello , shall we talk?")
    text.press("Home")
    for _ in "Hello ":
        text.press("ArrowRight")
    person.clicks("Insert a variable into Text", panel)
    person.page.get_by_role("combobox", name="Search variables and values").fill("ada")
    assert axe.findings(person.page) == []
    person.takes_a_picture("config-with-variables")
    person.prefers("dark")
    assert axe.findings(person.page) == []
    person.presses("Escape")
    text.press("{")
    text.press("{")
    person.page.get_by_role("listbox", name="Variables").get_by_role("option", name="name Ada Lovelace").last.click()
    expect(text).to_have_value("Hello {{ trigger.new.name }}, shall we talk?")
    expect(panel).to_contain_text("Hello Ada Lovelace, shall we talk?")
