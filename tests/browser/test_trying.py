"""A draft is tried on a change that has happened, on a record and on an example; nothing of it stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.drawing import Canvas
from tests.browser.flows import follows_up, greets
from tests.browser.person import Person

pytestmark = pytest.mark.full


def test_a_draft_is_tried_on_whatever_there_is(person: Person) -> None:
    account = person.account
    # Changes are on record where something could have started.
    account.live("Something else", *greets())
    lead = account.lead("Grace Hopper", stage="new")
    account.post("/conversations", {"agent_id": account.agent(), "lead_id": lead, "channel": "email"})
    account.patch(f"/leads/{lead}", {"stage": "qualified"})
    made = account.draft("Follow up", *follows_up("nobody@acme.example"))
    person.goes_to(f"automations/{made}")
    person.clicks("Test")
    dialog = person.dialog("Test")
    expect(dialog).to_contain_text("Would start it")
    for way in ("A record", "An example", "A past run", "A past change"):
        person.picks(way, dialog)
        person.waits_for_what_loads()
        assert axe.findings(person.page) == [], way
    person.prefers("dark")
    assert axe.findings(person.page) == []
    person.clicks("Run the test", dialog)
    expect(dialog).to_have_count(0)
    result = person.page.get_by_role("region", name="Result of the test")
    expect(result).to_contain_text("The test ran through")
    assert axe.findings(person.page) == []
    person.clicks("Test again", result)
    expect(result).to_contain_text("The test ran through")
    card = Canvas(person).card
    expect(card("Tell the owner")).to_contain_text("Done")
    expect(card("Send a message")).to_contain_text("Not reached")
    expect(result).to_contain_text("3 of 4 steps ran")
    # The other way, which only the outside world could take.
    person.clicks("Test")
    person.picks("No reply in time", dialog)
    person.takes_a_picture("test-dialog")
    assert axe.findings(person.page) == []
    person.clicks("Run the test", dialog)
    expect(card("Send a message")).to_contain_text("Done")
    expect(card("Tell the owner")).to_contain_text("Not reached")
    person.clicks("Clear the result", result)
    expect(result).to_have_count(0)
    # What was chosen is still chosen.
    person.clicks("Test")
    expect(dialog.get_by_role("radio", name="No reply in time")).to_be_checked()
    person.clicks("Cancel", dialog)
    assert account.get("/messages")["items"] == []
    assert person.server.world.mails_to("nobody@acme.example") == []
