"""The five minutes of somebody who has never seen the product: from the link of `up` to a run that has ended."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.person import Person
from tests.browser.server import Account, Server

NAME = "Follow up a qualified lead"


def test_build_try_publish_and_watch(running_server: Server, somebody: Newcomers) -> None:
    account = running_server.demo_account
    # What has changed before somebody comes to automate it: the past that the draft is tried on.
    grace = changed(account, "Grace Hopper", "qualified")
    one = somebody(account)
    one.page.goto(running_server.sign_in)
    one.sees_heading("Automations")
    one.takes_a_picture("list")
    begins(one)
    draws(one, Canvas(one))
    tries(one, Canvas(one))
    publishes(one)
    watches(one, Canvas(one), grace)
    ends_at_the_runs_of_all(one)


def begins(one: Person) -> None:
    one.clicks("New automation")
    dialog = one.dialog("New automation")
    dialog.get_by_role("button", name=re.compile("^Empty canvas")).click()
    one.fills("Name", NAME)
    one.clicks("Create draft")
    one.sees_heading(NAME)
    one.sees("What should start it?")
    one.takes_a_picture("empty-canvas")


def draws(one: Person, canvas: Canvas) -> None:
    """A lead's stage becomes qualified: wait two hours, unless they reply send a message, else tell the owner."""
    canvas.begins_with("Record event")
    panel = canvas.opens("Record event")
    one.chooses("Record", "Lead", panel)
    one.picks("Changed", panel)
    panel.get_by_role("combobox", name="Column").fill("stage")
    one.presses("Enter")
    panel.get_by_role("combobox", name="To").fill("qualified")
    one.presses("Tab")
    canvas.adds_after("Record event", "Wait until")
    one.chooses("Wait for", re.compile("reply", re.IGNORECASE), panel)
    one.fills("At most: amount", "2", panel)
    one.chooses("At most: unit", "Hours", panel)
    canvas.adds_after("Wait until", "Send message", "No reply in time")
    one.fills("Text", "Hello {{ trigger.new.name }}, shall we talk?", panel)
    canvas.adds_after("Wait until", "Send email", "They replied")
    one.clicks("Choose who", panel)
    one.clicks(re.compile("^The lead’s owner"))
    one.fills("Subject", "{{ trigger.new.name }} has replied", panel)
    one.fills("Text", "They said: {{ steps.wait_until.record.body }}", panel)
    expect(canvas.card("Wait until")).to_contain_text("Until they reply, at most 2 hours")
    expect(one.page.get_by_text("Saved", exact=True)).to_be_visible()
    one.clicks("Show all")
    one.takes_a_picture("built-flow")


def tries(one: Person, canvas: Canvas) -> None:
    """On a change that has happened; waits do not wait, and no mail goes out."""
    one.clicks("Test")
    dialog = one.dialog("Test")
    dialog.get_by_role("radio", name=re.compile("Grace Hopper.*Would start it")).check()
    one.clicks("Run the test", dialog)
    one.sees("The test ran through")
    expect(canvas.card("Send email")).to_contain_text("Done")
    expect(canvas.card("Send message")).to_contain_text("Not reached")
    one.clicks("Show all")
    one.takes_a_picture("test-run")
    assert one.server.world.mails_to("mary@example.com") == []


def publishes(one: Person) -> None:
    expect(one.page.get_by_text("Saved", exact=True)).to_be_visible()
    one.clicks("Publish")
    dialog = one.dialog("Publish")
    expect(dialog).to_contain_text("Everything that can be checked beforehand is in order.")
    one.fills("Note", "The first one", dialog)
    one.takes_a_picture("publish")
    one.clicks("Publish", dialog)
    one.sees("Version 1 is published")


def watches(one: Person, canvas: Canvas, grace: str) -> None:
    """A lead changes; its run comes, waits, and goes on with the reply, all by itself."""
    one.follows("Watch its runs")
    expect(one.page.get_by_role("tab", name="Runs")).to_have_attribute("aria-selected", "true")
    alan = changed(one.account, "Alan Turing", "qualified")
    assert alan != grace
    one.follows("Alan Turing")
    expect(canvas.card("Wait until")).to_contain_text("Waiting")
    one.takes_a_picture("live-run")
    talk = one.account.post("/conversations", {"agent_id": one.account.agent(), "lead_id": alan, "channel": "email"})[
        "id"
    ]
    one.account.post("/messages", {"conversation_id": talk, "direction": "inbound", "body": "Tomorrow at ten."})
    expect(canvas.card("Wait until")).to_contain_text("Done")
    expect(canvas.card("Send email")).to_contain_text("Done")
    (mail,) = one.server.world.mails_to("mary@example.com")
    assert mail["subject"] == "Alan Turing has replied"


def ends_at_the_runs_of_all(one: Person) -> None:
    one.page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Runs").click()
    row = one.page.get_by_role("row").filter(has_text=NAME).filter(has_not_text="Test")
    expect(row).to_contain_text("Completed")


def changed(account: Account, name: str, stage: str) -> str:
    """As another program does it. The lead's id."""
    lead = next(one["id"] for one in account.get("/leads?limit=50")["items"] if one["name"] == name)
    account.patch(f"/leads/{lead}", {"stage": "contacted"})
    account.patch(f"/leads/{lead}", {"stage": stage})
    return str(lead)
