"""Forms help: with values that are there already, with steps found by what they do, with what would be lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.drawing import Canvas
from tests.browser.flows import edge, follows_up, node
from tests.browser.person import Person

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


def test_a_trigger_offers_the_values_that_are_there(person: Person) -> None:
    person.account.lead("Ada", stage="qualified")
    person.account.lead("Bob", stage="new")
    becomes = {"field": "new.stage", "operator": "changed", "to": "new"}
    event = {"event_source": "lead", "event_type": "UPDATE", "watch": ["stage"], "conditions": becomes}
    made = person.account.draft("Follow up", [node("start", "trigger-event", "Stage changes", **event)], [])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    panel = canvas.opens("Stage changes")
    to = panel.get_by_role("combobox", name="To", exact=True).or_(panel.get_by_role("textbox", name="To", exact=True))
    to.fill("")
    expect(person.page.get_by_role("option")).to_have_text(["new", "qualified"])
    to.fill("Qualified")
    to.press("Tab")
    person.clicks("Use “qualified”", panel)
    expect(to).to_have_value("qualified")
    expect(canvas.card("Stage changes")).to_contain_text("stage becomes qualified")


def test_values_that_are_there_are_offered_where_one_is_written_or_compared(person: Person) -> None:
    person.account.lead("Ada", stage="qualified")
    person.account.lead("Bob", stage="new")
    compares = {"field": "trigger.new.stage", "operator": "equals", "value": ""}
    nodes = [
        node("start", "trigger-event", "A lead comes", event_source="lead", event_type="INSERT"),
        node("write", "action-update-record", "Write", table="leads", values={"stage": ""}),
        node("check", "logic-condition", "Check", condition=compares),
    ]
    made = person.account.draft("Follow up", nodes, [edge("start", "write"), edge("write", "check")])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    offers = person.page.get_by_role("listbox", name="In use").get_by_role("option")
    value = canvas.opens("Write").get_by_role("textbox", name="Value of stage in Values")
    value.click()
    expect(offers).to_have_text(["new", "qualified"])
    # Nobody has to take one of them.
    value.fill("qual")
    person.presses("Enter")
    expect(offers).to_have_count(0)
    expect(value).to_have_value("qual")
    value.fill("qu")
    person.presses("ArrowDown", "Enter")
    expect(value).to_have_value("qualified")
    value.fill("{{ ")
    expect(person.page.get_by_role("listbox", name="Variables")).to_be_visible()
    compared = canvas.opens("Check").get_by_role("textbox", name="Value", exact=True)
    compared.click()
    offers.filter(has_text="new").click()
    expect(compared).to_have_value("new")
    expect(canvas.card("Check")).to_contain_text("stage is new")


def test_steps_are_found_by_what_they_do(person: Person) -> None:
    made = person.account.draft("Follow up", *follows_up())
    person.goes_to(f"automations/{made}")
    palette = Canvas(person).palette
    for words, step in (("tell", "Send email"), ("unless", "Wait until"), ("slack", "HTTP request")):
        palette.get_by_role("searchbox", name="Search steps").fill(words)
        expect(palette.get_by_role("button", name=step)).to_be_visible()
    palette.get_by_role("searchbox", name="Search steps").fill("bicycle")
    expect(palette).to_contain_text("Clear the search to see all")


def test_settings_that_are_not_saved_are_not_lost_unasked(person: Person) -> None:
    made = person.account.draft("Follow up", *follows_up())
    person.goes_to(f"automations/{made}/settings")
    person.fills("Description", "Two hours to reply")
    person.page.get_by_role("tab", name="Runs").click()
    dialog = person.dialog("Leave without saving?")
    person.clicks("Cancel", dialog)
    expect(person.field("Description")).to_have_value("Two hours to reply")
    person.page.get_by_role("tab", name="Runs").click()
    person.clicks("Leave it as it was", dialog)
    expect(person.field("Description")).to_have_count(0)


def test_the_browser_asks_before_settings_are_lost(person: Person) -> None:
    made = person.account.draft("Follow up", *follows_up())
    person.goes_to(f"automations/{made}/settings")
    person.fills("Description", "Two hours to reply")
    with person.page.expect_event("dialog") as asked:
        person.page.reload()
    assert asked.value.type == "beforeunload"
    questions: list[str] = []
    person.page.on("dialog", lambda one: questions.append(one.type))
    expect(person.field("Description")).to_have_value("")
    person.page.reload()
    expect(person.field("Description")).to_have_value("")
    assert questions == []


def test_cards_and_searches_speak_as_people_do(person: Person) -> None:
    nodes, edges = follows_up()
    nodes[0]["data"]["config"] = {"event_source": "lead"}
    made = person.account.draft("Follow up", nodes, edges)
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)
    expect(canvas.card("Lead is qualified")).to_contain_text("Choose what happens to a lead")
    expect(canvas.card("Tell the owner")).to_contain_text("“[lead’s name] has replied” to owner@acme.example")
    panel = canvas.opens("Send a message")
    person.clicks("Insert a variable into Text", panel)
    person.page.get_by_role("combobox", name="Search variables and values").fill("name")
    expect(person.page.get_by_role("option").filter(has_text="lead’s name").first).to_be_visible()
    person.presses("Escape")
    for words in ("owner", "notify", "email somebody"):
        person.fills("Search steps", words, canvas.palette)
        expect(canvas.palette.get_by_role("button").filter(has_text="S").first).to_contain_text("Send email")


def test_the_text_of_a_reply_is_found_by_what_people_call_it(person: Person) -> None:
    nodes, edges = follows_up()
    nodes[3]["data"]["config"]["text"] = ""
    made = person.account.draft("Follow up", nodes, edges)
    person.goes_to(f"automations/{made}")
    panel = Canvas(person).opens("Tell the owner")
    for words in ("reply", "message"):
        person.clicks("Insert a variable into Text", panel)
        person.page.get_by_role("combobox", name="Search variables and values").fill(words)
        expect(person.page.get_by_role("option").first).to_contain_text("text of the reply")
        person.presses("Enter")
    inserted = "{{ steps.reply.record.body }}"
    expect(panel.get_by_role("textbox", name="Text", exact=True)).to_have_value(inserted + inserted)


def test_a_form_stands_still_under_the_hand(person: Person) -> None:
    nodes = [
        node("start", "trigger-event", "A lead comes", event_source="lead", event_type="INSERT"),
        node("write", "action-update-record", "Write", table="leads", values={"": ""}),
        node("mail", "action-email", "Mail"),
    ]
    made = person.account.draft("Follow up", nodes, [edge("start", "write"), edge("write", "mail")])
    person.goes_to(f"automations/{made}")
    canvas = Canvas(person)

    panel = canvas.opens("Write")
    person.clicks("Add a row: Values", panel)
    column = panel.get_by_label("Name of row 1 of Values")
    column.fill("stag")
    expect(person.page.get_by_role("option")).to_have_text(["stage"])
    person.presses("Enter")
    expect(column).to_have_value("stage")
    expect(person.page.get_by_role("option")).to_have_count(0)

    panel = canvas.opens("Mail")
    to = panel.get_by_role("textbox", name="To", exact=True)
    subject = panel.get_by_role("textbox", name="Subject", exact=True)
    expect(to).to_have_accessible_description(re.compile("Still to fill in"))
    place = subject.bounding_box()
    to.press_sequentially("{{ tri")
    expect(person.page.get_by_role("option").first).to_be_visible()
    canvas.is_saved()
    expect(canvas.card("Mail")).to_contain_text("2 fields still to fill in")
    expect(to).not_to_have_attribute("aria-invalid", "true")
    person.presses("Escape")
    to.fill("ada@acme.example")
    expect(canvas.card("Mail")).to_contain_text("1 field still to fill in")
    assert subject.bounding_box() == place
    to.fill("{{ tri")
    subject.focus()
    expect(to).to_have_attribute("aria-invalid", "true")
