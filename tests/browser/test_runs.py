"""Runs of an automation on its canvas: one that waits and goes on before one's eyes, one that failed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect
from tests.browser import axe
from tests.browser.flows import edge, fails, follows_up, node
from tests.browser.person import Person
from tests.browser.server import Server

pytestmark = pytest.mark.full


def card(person: Person, name: str) -> Locator:
    return person.page.get_by_role("application").locator(".react-flow__node").filter(has_text=name)


def test_a_run_waits_and_goes_on_before_ones_eyes(running_server: Server, person: Person) -> None:
    account = person.account
    made = account.live("Follow up a qualified lead", *follows_up("watched@acme.example"))
    lead = account.lead("Ada Lovelace", email="ada@example.com", stage="new")
    talk = account.post("/conversations", {"agent_id": account.agent(), "lead_id": lead, "channel": "email"})["id"]
    person.goes_to(f"automations/{made}/runs")
    person.sees("It has not run yet")
    assert axe.findings(person.page) == []
    account.patch(f"/leads/{lead}", {"stage": "qualified"})
    person.follows("Ada Lovelace")
    expect(card(person, "Wait for a reply")).to_contain_text("Waiting")
    expect(card(person, "Send a message")).to_contain_text("Send a message")
    account.post("/messages", {"conversation_id": talk, "direction": "inbound", "body": "Tomorrow at ten, please."})
    expect(card(person, "Tell the owner")).to_contain_text("Done")
    expect(card(person, "Wait for a reply")).to_contain_text("Done")
    expect(card(person, "Send a message")).to_contain_text("Not reached")
    (mail,) = running_server.world.mails_to("watched@acme.example")
    assert mail["subject"] == "Ada Lovelace has replied"
    card(person, "Tell the owner").click()
    what = person.page.get_by_role("complementary", name="What “Tell the owner” did")
    expect(what).to_contain_text("They said: Tomorrow at ten, please.")
    assert axe.findings(person.page) == []
    person.prefers("dark")
    assert axe.findings(person.page) == []
    person.takes_a_picture("dark-mode")


def test_what_failed_comes_first_and_goes_on_once_it_is_mended(person: Person) -> None:
    account = person.account
    made = account.live("Copy the score", *fails())
    lead = account.lead("Grace Hopper")
    run = account.post(f"/automations/{made}/executions", {"input": {}, "lead_id": lead})["id"]
    account.ended(run)
    person.goes_to(f"automations/{made}/runs/{run}")
    person.sees("It failed at “Write”")
    expect(card(person, "Write")).to_contain_text("Failed")
    assert axe.findings(person.page) == []
    person.takes_a_picture("failed-run")
    account.patch(f"/leads/{lead}", {"name": "42"})
    person.clicks("Run again")
    expect(person.page.get_by_role("region", name="Runs of this automation").get_by_role("listitem")).to_have_count(2)
    person.follows("Runs")
    person.sees(re.compile("Copy the score"))
    person.sees("Failed")


def test_what_was_mended_goes_on_without_waiting_anew(person: Person) -> None:
    """The reply was there when the step behind it failed: nobody asks for it a second time."""
    account = person.account
    nodes, edges = follows_up()
    nodes[3], mended = (
        node("tell", "action-update-record", "Note it", table="leads", values={"score": score})
        for score in ("{{ trigger.new.name }}", 7)
    )
    made = account.live("Note who replied", nodes, edges)
    lead = account.lead("Barbara Liskov", stage="new")
    talk = account.post("/conversations", {"agent_id": account.agent(), "lead_id": lead, "channel": "email"})["id"]
    account.patch(f"/leads/{lead}", {"stage": "qualified"})
    account.post("/messages", {"conversation_id": talk, "direction": "inbound", "body": "Yes, please."})
    run = account.runs(made)[0]["id"]
    account.ended(run)
    account.publishes(made, [*nodes[:3], mended], edges)
    person.goes_to(f"automations/{made}/runs/{run}")
    person.sees("It failed at “Note it”")
    bar = person.page.get_by_role("main")
    person.button("Run again", bar).focus()
    person.sees(re.compile("From the start, with version 2: .* waits wait anew"))
    assert axe.findings(person.page) == []
    person.button("Go on from what failed", bar).click()
    person.page.get_by_role("menuitem", name=re.compile("^With version 2, published now")).click()
    person.sees("Version 2")
    expect(card(person, "Note it")).to_contain_text("Done")
    expect(card(person, "Wait for a reply")).to_contain_text("from the run before")
    assert account.get(f"/leads/{lead}")["score"] == 7
    # What it was before is told where it failed, and in the list.
    went_on = person.page.url
    person.goes_to(f"automations/{made}/runs/{run}")
    failed = person.page.get_by_role("region", name="Runs of this automation").get_by_role("listitem").last
    expect(failed).to_contain_text("run again")
    person.follows("Went on in a later run")
    expect(person.page).to_have_url(went_on)

    # With another step before what is done it would not be that run any more.
    first = node("first", "transform-set-variable", "First", variables={"a": 1})
    new_edges = [edge("qualified", "first"), edge("first", "reply"), *edges[1:]]
    account.publishes(made, [*nodes[:3], mended, first], new_edges)
    person.goes_to(f"automations/{made}/runs/{run}")
    person.button("Go on from what failed", bar).click()
    with person.expecting(409):
        person.page.get_by_role("menuitem", name=re.compile("^With version 3, published now")).click()
        person.sees("Version 3 differs at 'reply', which the run has done, or before it.")
        person.sees(re.compile("Go on with version 1, which it ran"))


def test_all_that_failed_go_on_with_what_was_mended(person: Person) -> None:
    account = person.account
    nodes, edges = fails()
    made = account.live("Copy many scores", nodes, edges)
    leads = [account.lead("Alan Turing"), account.lead("Kurt Gödel")]
    for lead in leads:
        account.ended(account.starts(made, lead))
    mended = node("write", "action-update-record", "Write", table="leads", values={"score": 8})
    account.publishes(made, [nodes[0], mended], edges)
    person.goes_to(f"automations/{made}/runs")
    person.clicks("All that match")
    person.page.get_by_role("menuitem", name="Go on with version 2, with all failed ones …").click()
    dialog = person.dialog("Go on with 2 runs?")
    expect(dialog).to_contain_text("What is done is kept, and the rest is done as it is published now.")
    person.clicks("Go on", dialog)
    listed = person.page.get_by_role("region", name="Runs of this automation").get_by_role("listitem")
    expect(listed.filter(has_text="Completed")).to_have_count(2)
    assert [account.get(f"/leads/{lead}")["score"] for lead in leads] == [8, 8]


def test_a_long_wait_says_until_when_in_full(person: Person) -> None:
    """Neither the year nor the end of the words is left to be guessed."""
    account = person.account
    nodes, edges = follows_up()
    nodes[1]["data"]["config"]["max_wait"] = {"amount": 1_500, "unit": "days"}
    made = account.live("Follow up in years", nodes, edges)
    lead = account.lead("Edsger Dijkstra", stage="new")
    account.patch(f"/leads/{lead}", {"stage": "qualified"})
    person.goes_to(f"automations/{made}/runs")
    person.follows("Edsger Dijkstra")
    chip = card(person, "Wait for a reply").get_by_text(re.compile("^Waiting · "))
    until = datetime.now(UTC) + timedelta(days=1_500)
    expect(chip).to_contain_text(re.compile(rf"for a reply, until \d+ \w+ {until.year}"))
    assert chip.evaluate("(it) => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight")
