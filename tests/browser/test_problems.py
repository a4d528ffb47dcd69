"""What is still missing is no mistake until somebody has been there; problems are told once, in words of the form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.drawing import Canvas
from tests.browser.flows import edge, node
from tests.browser.person import Person

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


def test_what_is_missing_is_told_once_somebody_was_there_or_wants_to_publish(person: Person) -> None:
    made = person.account.draft("Mails", [node("start", "trigger-manual", "Start", record="lead")], [])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    canvas.adds_after("Start", "Send email")
    problems = person.page.get_by_role("region", name="Problems")
    expect(problems).to_contain_text("2 fields still to fill in")
    to = canvas.panel.get_by_role("textbox", name="To")
    expect(canvas.panel.get_by_text("Still to fill in.", exact=True)).to_have_count(2)
    expect(canvas.panel.get_by_text("Fill this in.")).to_have_count(0)

    to.focus()
    to.blur()
    expect(canvas.panel.get_by_text("Fill this in.", exact=True)).to_have_count(1)
    expect(problems).to_contain_text("1 problem, 1 field still to fill in")

    person.clicks("Publish")
    dialog = person.dialog("Publish")
    told = dialog.get_by_role("list", name="Problems").get_by_role("button")
    expect(told).to_have_text(["Send email To: Fill this in.", "Send email Subject: Fill this in."])
    expect(person.button("Publish", dialog)).to_be_disabled()
    told.last.click()
    expect(dialog).to_have_count(0)
    expect(canvas.panel.get_by_role("textbox", name="Subject")).to_be_focused()


def test_what_is_needed_for_a_choice_is_as_quiet_as_what_is_needed_anyhow(person: Person) -> None:
    nodes = [
        node("start", "trigger-manual", "Start", record="lead"),
        node("pause", "logic-delay", "Pause"),
        node("mail", "action-email", "Mail", to="ada@acme.example", subject="Hello"),
    ]
    made = person.account.draft("Pauses", nodes, [edge("start", "pause"), edge("pause", "mail")])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    problems = person.page.get_by_role("region", name="Problems")
    expect(problems).to_contain_text("2 fields still to fill in")
    panel = canvas.opens("Mail")
    text = panel.get_by_role("textbox", name="Text", exact=True)
    expect(text).to_have_accessible_description(re.compile("Still to fill in"))
    expect(panel.locator("label").filter(has_text="Text")).to_contain_text("*")
    panel.get_by_role("textbox", name="HTML").fill("<p>Hello</p>")
    expect(problems).to_contain_text("1 field still to fill in")

    panel = canvas.opens("Pause")
    amount = panel.get_by_role("textbox", name="For")
    expect(amount).to_have_accessible_description(re.compile("Still to fill in"))
    for useless in ("0", "-3"):
        amount.fill(useless)
        expect(amount).to_have_accessible_description(re.compile("^More than 0, and at most 43 920 hours."))
        expect(problems).to_contain_text("1 problem")
    person.chooses("Unit", "Weeks", panel)
    expect(amount).to_have_accessible_description(re.compile("^More than 0, and at most 261 weeks."))
    person.chooses("Unit", "Hours", panel)
    amount.fill("2")
    expect(canvas.card("Pause")).to_contain_text("Wait 2 hours")
    expect(problems).to_contain_text("No problems")


def test_an_empty_canvas_is_not_called_fine(person: Person) -> None:
    made = person.account.draft("Empty", [], [])
    person.goes_to(f"automations/{made}")
    problems = person.page.get_by_role("region", name="Problems")
    expect(problems).to_contain_text("Nothing to check yet")
    person.clicks("Publish")
    expect(person.button("Publish", person.dialog("Publish"))).to_be_disabled()
