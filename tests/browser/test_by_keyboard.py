"""Without a mouse: from the link that signs in to an automation that runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.flows import edge, node
from tests.browser.server import Account
from tests.e2e.conftest import until

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


def test_a_step_is_added_configured_published_and_switched_on(somebody: Newcomers, account: Account) -> None:
    nodes = [
        node("trigger", "trigger-event", "A lead comes", event_source="lead", event_type="INSERT"),
        node("greeting", "transform-set-variable", "Greeting", variables={"text": "Hello"}),
    ]
    made = account.draft("Welcome", nodes, [edge("trigger", "greeting")])
    one = somebody(account)
    one.signs_in()
    page, canvas = one.page, Canvas(one)

    # To the automation, and past the navigation to its canvas.
    one.tabs_to(page.get_by_role("link", name="Welcome"))
    one.presses("Enter")
    one.sees_heading("Welcome")
    one.tabs_to(canvas.step("A lead comes"))
    one.presses("ArrowDown")
    expect(canvas.step("Greeting")).to_be_focused()

    # A step after it.
    one.presses("+")
    expect(one.dialog("Choose a step").get_by_role("searchbox", name="Search steps")).to_be_focused()
    one.types("update rec")
    one.presses("Enter")
    expect(canvas.step("Update record")).to_be_focused()

    # What it does.
    one.presses("Enter")
    one.tabs_to(canvas.panel.get_by_role("combobox", name="Table"))
    one.types("leads")
    expect(page.get_by_role("option", name="Leads")).to_be_visible()
    one.presses("ArrowDown", "Enter")
    one.tabs_to(one.button(re.compile("^Add a row"), canvas.panel))
    one.presses("Enter")
    expect(canvas.panel.get_by_role("combobox", name="Name of row 1 of Values")).to_be_focused()
    one.types("stage")
    one.tabs_to(canvas.panel.get_by_role("textbox", name=re.compile("^Value of stage")))
    one.types("qualified")
    one.presses("Escape")
    expect(canvas.step("Update record")).to_be_focused()
    expect(canvas.card("Update record")).to_contain_text("Set stage of leads")
    canvas.is_saved()

    # Published, with a note, and off for now.
    one.tabs_to(one.button("Publish"), "Shift+Tab")
    one.presses("Enter")
    dialog = one.dialog("Publish")
    expect(one.field("Note", dialog)).to_be_focused()
    expect(dialog).to_contain_text("Everything that can be checked beforehand is in order.")
    one.types("New leads are qualified")
    one.tabs_to(dialog.get_by_role("switch", name="Switch it on"))
    one.presses("Space")
    one.tabs_to(one.button("Publish", dialog))
    one.presses("Enter")
    one.sees("Version 1 is published")
    expect(dialog).to_have_count(0)
    # Whoever closed it is where they were.
    expect(one.button("Publish")).to_be_focused()
    assert account.get(f"/automations/{made}")["enabled"] is False
    (version,) = account.get(f"/automations/{made}/versions")["items"]
    assert version["note"] == "New leads are qualified"

    # Switched on.
    one.tabs_to(page.get_by_role("switch", name="Switch it on"), "Shift+Tab")
    one.presses("Space")
    expect(page.get_by_role("switch", name="Switch it off")).to_be_checked()
    expect(page.get_by_role("switch", name="Switch it off")).to_be_focused()
    lead = account.lead("Ada Lovelace")
    until(lambda: account.get(f"/leads/{lead}")["stage"] == "qualified")
