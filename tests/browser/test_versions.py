"""Versions of an automation compared and gone back to, and its settings."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.flows import greets
from tests.browser.person import Person

pytestmark = pytest.mark.full


def test_two_versions_are_compared_and_the_old_one_comes_back(person: Person) -> None:
    account = person.account
    nodes, edges = greets()
    made = account.live("Welcome", nodes, edges)
    nodes[1]["data"]["config"]["variables"]["text"] = "Good morning"
    account.put(f"/automations/{made}", {"name": "Welcome", "nodes": nodes[:2], "edges": edges[:1]})
    account.post(f"/automations/{made}/publish", {"note": "Shorter"})
    person.goes_to(f"automations/{made}/versions")
    person.sees("Shorter")
    words = person.page.get_by_role("complementary", name="What differs")
    expect(words).to_contain_text("1 step changed, 1 step removed")
    expect(words).to_contain_text("Hello {{ trigger.new.name }}")
    expect(words).to_contain_text("Good morning")
    assert axe.findings(person.page) == []
    person.takes_a_picture("versions-diff")
    person.follows("Version 1")
    person.sees("This is the first version")
    person.clicks("Roll back to this")
    dialog = person.dialog("Roll back to version 1?")
    expect(dialog).to_contain_text("Runs that are open are not touched")
    person.clicks("Roll back", dialog)
    person.sees_heading("Version 3")
    expect(words).to_contain_text("1 new step, 1 step changed")
    assert [node["id"] for node in account.get(f"/automations/{made}")["nodes"]] == ["trigger", "greeting", "qualify"]


def test_settings_are_saved_and_limits_are_part_of_the_draft(person: Person) -> None:
    made = person.account.live("Welcome", *greets())
    person.goes_to(f"automations/{made}/settings")
    person.fills("Name", "Welcome, new lead")
    person.page.get_by_role("radio", name="Teal").click()
    assert axe.findings(person.page) == []
    person.clicks("Save")
    person.sees("Saved")
    person.sees_heading("Welcome, new lead")
    shown = person.account.get(f"/automations/{made}")
    assert (shown["name"], shown["color"], shown["draft_is_published"]) == ("Welcome, new lead", "teal", True)
    person.fills("Starts per hour", "50")
    person.page.get_by_role("tab", name="Versions").click()
    person.follows("Draft")
    expect(person.page.get_by_role("complementary", name="What differs")).to_contain_text("Starts per hour")
