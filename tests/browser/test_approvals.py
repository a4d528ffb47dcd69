"""What runs ask people: counted, listed, filled in, approved, rejected, and decided by somebody else meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.flows import DISCOUNT, asks
from tests.browser.person import Person
from tests.browser.server import Account

pytestmark = pytest.mark.full

TITLE = "Give Ada Lovelace a discount?"
MESSAGE = """She has been with us for six years, and asks for 25 % on the yearly plan.

Last year she had 10 %."""


def asked(account: Account) -> tuple[str, str, str]:
    """Automation, run and lead; it stands at its question."""
    question = asks("Give {{ trigger.new.name }} a discount?", MESSAGE, DISCOUNT)
    made = account.live("Discounts", *question)
    lead = account.lead("Ada Lovelace", email="ada@example.com", stage="negotiation")
    return made, account.starts(made, lead), lead


def opens_the_question(person: Person) -> Locator:
    person.follows(re.compile("^Approvals"))
    person.sees_heading("Approvals")
    person.clicks(TITLE)
    drawer = person.dialog(TITLE)
    expect(drawer).to_contain_text("Last year she had 10 %.")
    return drawer


def test_a_run_asks_and_goes_on_with_what_was_filled_in(person: Person) -> None:
    account = person.account
    _, run, lead = asked(account)
    expect(person.page.get_by_label("1 open")).to_be_visible()
    drawer = opens_the_question(person)
    labels = drawer.locator("label").all_inner_texts()
    assert [label.rstrip(" *") for label in labels] == [
        *("Discount in %", "Reason", "Valid until", "Send it to", "Terms", "Call them first", "Comment")
    ]
    # Nothing yet.
    person.clicks("Approve", drawer)
    expect(person.field("Discount in %", drawer)).to_have_accessible_description(re.compile("Fill this in"))
    assert axe.findings(person.page) == []
    # Too much, and no choice.
    person.fills("Discount in %", "90", drawer)
    person.clicks("Approve", drawer)
    expect(person.field("Discount in %", drawer)).to_have_accessible_description(re.compile("Not more than 30"))
    # What only the server sees.
    person.fills("Discount in %", "15", drawer)
    person.chooses("Reason", "Loyal customer", drawer)
    person.fills("Valid until", "2027-01-31", drawer)
    person.fills("Send it to", "nobody", drawer)
    with person.expecting(422):
        person.clicks("Approve", drawer)
        expect(drawer.get_by_role("alert")).to_contain_text("send_to")
    person.fills("Send it to", "ada@example.com", drawer)
    person.adds("yearly", "Terms", drawer)
    person.fills("Comment", "As last year, and a little more.", drawer)
    person.clicks("Approve", drawer)
    person.sees("Approved: the run goes on")
    expect(drawer).to_have_count(0)
    assert account.ended(run)["status"] == "completed"
    found = account.get(f"/leads/{lead}")
    assert (found["stage"], found["score"], found["tags"]) == ("granted", 15, ["yearly"])
    # It is counted and listed no longer, and told among all.
    person.sees("Nothing waits for a decision")
    expect(person.page.get_by_label("1 open")).to_have_count(0)
    person.picks("All")
    person.clicks(TITLE)
    answer = person.dialog(TITLE).get_by_role("region", name="What was answered")
    expect(answer.get_by_role("definition")).to_have_text(
        ["15", "Loyal customer", "2027-01-31", "ada@example.com", "yearly", "No"]
    )
    expect(person.dialog(TITLE)).to_contain_text("As last year, and a little more.")
    assert axe.findings(person.page) == []


def test_what_is_rejected_goes_the_other_way(person: Person) -> None:
    _, run, lead = asked(person.account)
    drawer = opens_the_question(person)
    # No form has to be filled in for that.
    person.fills("Comment", "Not this year.", drawer)
    person.clicks("Reject", drawer)
    person.sees("Rejected: the run goes on by its other way")
    steps = {step["node_id"]: step for step in person.account.ended(run)["nodes_executed"]}
    assert (steps["decline"]["status"], steps["grant"]["status"]) == ("completed", "skipped")
    assert steps["ask"]["output"]["comment"] == "Not this year."
    assert person.account.get(f"/leads/{lead}")["stage"] == "declined"


def test_who_comes_second_is_told_who_was_first(person: Person, somebody: Newcomers) -> None:
    asked(person.account)
    colleague = somebody(person.account.colleague("member"))
    colleague.signs_in()
    colleague.switches_to(person.account)
    theirs, mine = opens_the_question(colleague), opens_the_question(person)
    colleague.fills("Discount in %", "30", theirs)
    person.fills("Discount in %", "10", mine)
    person.chooses("Reason", "Large order", mine)
    person.clicks("Approve", mine)
    expect(theirs.get_by_role("status")).to_contain_text("It is decided already")
    expect(theirs).to_contain_text("Decided by")
    expect(theirs.get_by_role("definition").first).to_have_text("10")
    expect(theirs.get_by_role("button", name="Approve")).to_have_count(0)
    assert axe.findings(colleague.page) == []


def test_the_step_of_a_run_leads_to_its_question(person: Person) -> None:
    made, run, _ = asked(person.account)
    person.goes_to(f"automations/{made}/runs/{run}")
    canvas = Canvas(person)
    expect(canvas.card("Ask")).to_contain_text("for an approval")
    canvas.step("Ask").click()
    person.follows("Open the approval")
    drawer = person.dialog(TITLE)
    expect(drawer).to_be_visible()
    person.clicks("Reject", drawer)
    person.sees("Rejected")
    person.page.go_back()
    expect(canvas.card("Decline it")).to_contain_text("Done")


def test_the_inbox_has_what_waits_for_people(person: Person) -> None:
    account = person.account
    question = asks(
        "Send the answer that the model wrote to {{ trigger.new.name }}?", "It has not been read by anybody."
    )
    for name, lead in (("Answers by mail", "Grace Hopper"), ("Answers by mail", "Alan Turing")):
        account.starts(account.live(name, *question), account.lead(lead))
    refund = asks("Refund {{ trigger.new.name }} 480 €?", "The parcel came back unopened.")
    account.starts(account.live("Refunds", *refund), account.lead("Katherine Johnson"))
    asked(account)
    expect(person.page.get_by_label("4 open")).to_be_visible()
    drawer = opens_the_question(person)
    person.fills("Discount in %", "15", drawer)
    person.chooses("Reason", "Loyal customer", drawer)
    person.fills("Valid until", "2027-01-31", drawer)
    person.fills("Send it to", "ada@example.com", drawer)
    person.adds("yearly plan", "Terms", drawer)
    drawer.get_by_role("heading", name=TITLE).scroll_into_view_if_needed()
    person.takes_a_picture("approvals")
    person.prefers("dark")
    assert axe.findings(person.page) == []
