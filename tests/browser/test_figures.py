"""Numbers and lengths of time in the forms of steps: what is shown is stored, and what cannot be used is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.drawing import Canvas
from tests.browser.flows import edge, node
from tests.browser.person import Person

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


def test_a_length_of_time_is_stored_as_it_is_shown(person: Person) -> None:
    made, panel = opens_a_wait(person)
    amount, unit = (
        panel.get_by_role("textbox", name="At most: amount"),
        panel.get_by_role("combobox", name="At most: unit"),
    )
    expect(unit).to_have_value("Hours")
    amount.press_sequentially("30")
    expect(unit).to_have_value("Hours")
    stored(person, made, {"amount": 30, "unit": "hours"})
    person.chooses("At most: unit", "Days")
    amount.fill("1.5")
    stored(person, made, {"amount": 1.5, "unit": "days"})

    amount.fill("-5")
    amount.blur()
    expect(amount).to_have_value("-5")
    expect(amount).to_have_accessible_description(re.compile("^More than 0"))
    stored(person, made, {"amount": -5, "unit": "days"})
    amount.fill("99999999999999")
    expect(amount).to_have_accessible_description("Not more than 1830 days, which are five years.")
    # More than a wait may take, less than a number may be: it is told in the list as well, which leads back there.
    amount.fill("9999")
    expect(amount).to_have_accessible_description("Not more than 1830 days, which are five years.")
    problems = person.page.get_by_role("region", name="Problems")
    problems.get_by_role("button", name=re.compile("1 problem")).click()
    told = re.compile("9,999 days are more than five years. Use at most 1,830 days.")
    problems.get_by_role("button", name=told).click()
    expect(amount).to_be_focused()
    amount.fill("1,500")
    amount.blur()
    expect(amount).to_have_value("1,500")
    expect(amount).to_have_accessible_description(re.compile("no number that can be read"))
    # It is no number for the server either: so nobody publishes it unseen.
    expect(person.page.get_by_role("region", name="Problems")).to_contain_text("1 problem")
    person.page.reload()
    Canvas(person).opens("Wait")
    expect(amount).to_have_value("1,500")

    amount.fill("")
    expect(unit).to_have_value("Days")
    stored(person, made, None)
    amount.fill("2")
    stored(person, made, {"amount": 2, "unit": "days"})


def test_a_number_out_of_its_range_stays_and_is_told(person: Person) -> None:
    _, panel = opens_a_wait(person)
    panel.get_by_role("tab", name="Settings").click()
    timeout = panel.get_by_role("textbox", name="Time-out")
    for typed, told in (
        ("90000", re.compile("^More than 0. Not more than 86 400.")),
        ("-1", re.compile("^More than 0. Not more than 86 400.")),
        ("soon", re.compile("no number that can be read")),
    ):
        timeout.fill(typed)
        timeout.blur()
        expect(timeout).to_have_accessible_description(told)
    expect(timeout).to_have_value("soon")
    timeout.fill("90")
    timeout.press("ArrowUp")
    expect(timeout).to_have_value("91")
    expect(panel.get_by_text("no number that can be read")).to_have_count(0)


def opens_a_wait(person: Person) -> tuple[str, Locator]:
    nodes = [
        node("start", "trigger-manual", "Start", record="lead"),
        node("wait", "logic-wait", "Wait", wait_for="reply"),
    ]
    made = person.account.draft("Waits", nodes, [edge("start", "wait")])
    person.goes_to(f"automations/{made}")
    return made, Canvas(person).opens("Wait")


def stored(person: Person, automation: str, expected: Any) -> None:
    """As the API has it, once the editor says that it is saved."""
    Canvas(person).is_saved()
    _, wait = person.account.get(f"/automations/{automation}")["nodes"]
    assert wait["data"]["config"].get("max_wait") == expected
