"""What is still missing is no mistake until somebody has been there; problems are told once, in words of the form."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.drawing import Canvas
from tests.browser.flows import node
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


def test_an_empty_canvas_is_not_called_fine(person: Person) -> None:
    made = person.account.draft("Empty", [], [])
    person.goes_to(f"automations/{made}")
    problems = person.page.get_by_role("region", name="Problems")
    expect(problems).to_contain_text("Nothing to check yet")
    person.clicks("Publish")
    expect(person.button("Publish", person.dialog("Publish"))).to_be_disabled()
