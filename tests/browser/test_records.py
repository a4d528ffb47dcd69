"""Leads and conversations: found, opened, run on; who changed what, and why something did not start."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.browser import axe
from tests.browser.drawing import Canvas
from tests.browser.flows import edge, follows_up, greets, node
from tests.browser.person import Person
from tests.browser.server import Account
from tests.e2e.conftest import until

pytestmark = pytest.mark.full


def offers() -> tuple[list[Any], list[Any]]:
    """By hand on a lead, with one question."""
    asked = {"type": "object", "properties": {"text": {"type": "string", "title": "Offer"}}, "required": ["text"]}
    nodes = [
        node("start", "trigger-manual", "By hand", record="lead", input_schema=asked),
        node("write", "action-send-message", "Send the offer", body="{{ trigger.input.text }}"),
        node("note", "action-update-record", "Note it", table="leads", values={"stage": "offer sent"}),
    ]
    return nodes, [edge("start", "write"), edge("write", "note")]


def timeline(person: Person) -> Locator:
    return person.page.get_by_role("region", name="Timeline").get_by_role("listitem")


def goes_to_lead(person: Person, name: str) -> None:
    person.follows("Leads")
    person.sees_heading("Leads")
    person.follows(name)
    person.sees_heading(name)


def test_a_lead_is_found_and_an_automation_is_run_on_it(person: Person) -> None:
    account = person.account
    account.live("Send an offer", *offers())
    ada = account.lead("Ada Lovelace", email="ada@example.com", stage="qualified")
    account.lead("Grace Hopper", email="grace@navy.example", stage="new")
    talk = {"agent_id": account.agent(), "lead_id": ada, "channel": "email"}
    account.post("/conversations", talk)
    person.follows("Leads")
    rows = person.page.get_by_role("row").filter(has=person.page.get_by_role("cell"))
    expect(rows).to_have_count(2)
    person.fills("Search by name, e-mail or phone", "navy")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Grace Hopper")
    person.fills("Search by name, e-mail or phone", "nobody of that name")
    person.sees("No lead matches")
    person.fills("Search by name, e-mail or phone", "")
    person.chooses("Stage", "qualified")
    expect(rows).to_have_count(1)
    person.follows("Ada Lovelace")
    person.sees_heading("Ada Lovelace")
    person.clicks("Run an automation on this")
    dialog = person.dialog("Run an automation on this")
    expect(dialog.get_by_role("combobox", name="Automation")).to_have_value("Send an offer")
    person.clicks("Start the run", dialog)
    expect(person.field("Offer", dialog)).to_have_accessible_description(re.compile("Fill this in"))
    person.fills("Offer", "Ten per cent until Friday.", dialog)
    assert axe.findings(person.page) == []
    person.clicks("Start the run", dialog)
    expect(dialog.get_by_role("status")).to_contain_text("The run has started")
    dialog.get_by_role("link", name="Show it").click()
    expect(Canvas(person).card("Note it")).to_contain_text("Done")
    assert account.get(f"/leads/{ada}")["stage"] == "offer sent"
    # And back at the lead it is told who did what.
    goes_to_lead(person, "Ada Lovelace")
    expect(timeline(person).filter(has_text="sent a message")).to_contain_text("Ten per cent until Friday.")
    expect(timeline(person).filter(has_text="qualified → offer sent")).to_contain_text("A run of “Send an offer”")


def test_a_lead_has_an_owner_who_is_chosen_by_name(person: Person) -> None:
    """Whoever makes it at first; and the message of an automation can begin a conversation with it."""
    account, agent = person.account, person.account.agent()
    # What nobody listens to, no timeline tells.
    account.live("Follow up", *follows_up())
    person.follows("Leads")
    person.button("New lead").first.click()
    dialog = person.page.get_by_role("dialog")
    person.fills("Name", "Hedy Lamarr", dialog)
    expect(dialog.get_by_role("combobox", name="Owner")).to_have_value("You")
    person.clicks("Make the lead", dialog)
    person.sees_heading("Hedy Lamarr")
    (made,) = account.get("/leads")["items"]
    assert (made["owner_id"], made["agent_id"]) == (account.user, agent)
    about = person.page.get_by_role("region", name="About")
    person.chooses("Owner", "Nobody", about)
    person.clicks("Save", about)
    expect(timeline(person).filter(has_text="owner:")).to_contain_text("You → nothing")
    assert account.get(f"/leads/{made['id']}")["owner_id"] is None


def test_a_timeline_says_who_and_what_changed_a_lead(person: Person) -> None:
    account = person.account
    account.live("Welcome new leads", *welcomes())
    account.live("Follow up a qualified lead", *follows_up("sales@acme.example"))
    account.live("Send an offer", *offers())
    ada = makes_a_lead(person)
    changed_by_a_person(person)
    written_to(account, ada)
    # Another program, which has not signed in as anybody.
    account.server.sql(f"update public.leads set score = 80, phone = '+44 20 7946 0018' where id = '{ada}'")
    person.page.reload()
    told = {
        "You made this lead": None,
        "You set": "new → qualified",
        "Your application, or another program,": "80",
        "A run of “Welcome new leads”": "welcomed",
        "The lead wrote": "Thursday suits me.",
        "“Follow up a qualified lead” ran": "Completed",
        "“Welcome new leads” ran": "Completed",
    }
    for words, more in told.items():
        entry = timeline(person).filter(has_text=words).first
        expect(entry).to_be_visible()
        if more is not None:
            expect(timeline(person).filter(has_text=words).filter(has_text=more).first).to_be_visible()
    # What a change started stands above it.
    entries = " ".join(timeline(person).all_inner_texts())
    assert entries.index("“Follow up a qualified lead” ran") < entries.index("You set")
    assert axe.findings(person.page) == []
    person.takes_a_picture("lead-timeline")
    person.prefers("dark")
    assert axe.findings(person.page) == []
    # A run that changed something is one click away.
    timeline(person).get_by_role("link", name="A run of “Welcome new leads”").first.click()
    expect(Canvas(person).card("Greet")).to_contain_text("Done")


def welcomes() -> tuple[list[Any], list[Any]]:
    nodes = [
        node("trigger", "trigger-event", "A lead comes", event_source="lead", event_type="INSERT"),
        node("greet", "action-update-record", "Greet", table="leads", tags={"add": ["welcomed"]}),
    ]
    return nodes, [edge("trigger", "greet")]


def makes_a_lead(person: Person) -> str:
    person.follows("Leads")
    person.page.get_by_role("button", name="New lead").first.click()
    dialog = person.dialog("New lead")
    person.clicks("Make the lead", dialog)
    expect(person.field("Name", dialog)).to_have_accessible_description("Give a name or an e-mail address.")
    person.fills("Name", "Ada Lovelace", dialog)
    person.fills("E-mail", "ada@example.com", dialog)
    dialog.get_by_role("combobox", name="Stage").or_(person.field("Stage", dialog)).fill("new")
    person.clicks("Make the lead", dialog)
    person.sees_heading("Ada Lovelace")
    # The run that its making starts is seen as it happens.
    expect(timeline(person).filter(has_text="“Welcome new leads” ran")).to_contain_text("Completed")
    return person.page.url.rsplit("/", 1)[1]


def changed_by_a_person(person: Person) -> None:
    person.clicks("Begin a conversation")
    person.sees("Write as the lead")
    person.page.go_back()
    stage = person.page.get_by_role("combobox", name="Stage").or_(person.field("Stage"))
    stage.fill("qualified")
    person.clicks("Save")
    expect(timeline(person).filter(has_text="“Follow up a qualified lead” is waiting")).to_contain_text("Waiting")


def written_to(account: Account, lead: str) -> None:
    """An offer goes out, the answer comes in, and what has waited for it ends."""
    (offer,) = [one["id"] for one in account.get("/automations")["items"] if one["name"] == "Send an offer"]
    account.ended(account.starts(offer, lead, text="Hello Ada, shall we talk on Thursday?"))
    (talk,) = account.get(f"/conversations?lead_id={lead}")["items"]
    about = {"conversation_id": talk["id"], "lead_id": lead}
    account.post("/messages", {**about, "direction": "inbound", "body": "Thursday suits me."})
    runs = f"/executions?lead_id={lead}"
    until(lambda: all(run["completed_at"] for run in account.get(runs)["items"]))


@pytest.mark.parametrize(
    ("name", "words", "advice"),
    [
        ("By hand", "It is started by hand, not by a change.", "Give it the trigger “Record event”"),
        ("A tool", "It is started by a language model, as an AI tool, not by a change.", "Give it the trigger"),
        ("Of others", "Its condition is false", "Change the record so that the condition holds"),
        ("Switched off", "It is not enabled", "Switch it on"),
        ("Greets", "It listens to new records, and this one was changed.", "Let its trigger listen"),
    ],
)
def test_why_it_did_not_fire(person: Person, name: str, words: str, advice: str) -> None:
    account = person.account
    flows = {
        "By hand": offers(),
        "A tool": tool(),
        "Of others": follows_up(),
        "Switched off": greets(),
        "Greets": greets(),
    }
    made = account.live(name, *flows[name])
    if name == "Switched off":
        account.post(f"/automations/{made}/disable")
    lead = account.lead("Ada Lovelace", stage="new")
    account.patch(f"/leads/{lead}", {"stage": "won"})
    goes_to_lead(person, "Ada Lovelace")
    person.clicks("Why did it not fire?")
    dialog = person.dialog("Why did it not fire?")
    person.chooses("Automation", name, dialog)
    expect(dialog).to_contain_text("Did not start")
    expect(dialog).to_contain_text(words)
    expect(dialog).to_contain_text(advice)
    expect(dialog).not_to_contain_text("ai_tool")
    assert axe.findings(person.page) == []


def test_what_has_not_changed_is_no_error(person: Person) -> None:
    account = person.account
    lead = account.lead("Ada Lovelace")
    account.live("Greets", *greets())
    person.goes_to(f"leads/{lead}")
    person.clicks("Why did it not fire?")
    dialog = person.dialog("Why did it not fire?")
    with person.expecting(404):
        person.chooses("Automation", "Greets", dialog)
        expect(dialog).to_contain_text("No change of this is on record yet")
    expect(dialog.get_by_role("alert")).to_have_count(0)


def tool() -> tuple[list[Any], list[Any]]:
    about = {"tool_name": "find_lead", "description": "Finds a lead by its name."}
    nodes = [node("call", "trigger-ai-tool", "A call", **about), node("end", "logic-stop", "End")]
    return nodes, [edge("call", "end")]


def test_what_fired_says_so(person: Person) -> None:
    account = person.account
    account.live("Greets", *greets())
    account.lead("Ada Lovelace")
    goes_to_lead(person, "Ada Lovelace")
    person.clicks("Why did it not fire?")
    dialog = person.dialog("Why did it not fire?")
    person.chooses("Automation", "Greets", dialog)
    expect(dialog).to_contain_text("It started")
    dialog.get_by_role("link", name="Show the run").click()
    expect(Canvas(person).card("Qualify")).to_contain_text("Done")


def test_a_conversation_is_opened_answered_and_run_on(person: Person) -> None:
    account = person.account
    hands_over = [
        node("start", "trigger-manual", "By hand", record="conversation"),
        node("close", "action-update-record", "Close it", table="conversations", values={"status": "closed"}),
    ]
    account.live("Close the conversation", hands_over, [edge("start", "close")])
    follow_up = account.live("Follow up a qualified lead", *follows_up("team@acme.example"))
    lead = account.lead("Ada Lovelace", email="ada@example.com", stage="new")
    begun = {"agent_id": account.agent(), "lead_id": lead, "channel": "email", "status": "open"}
    talk = account.post("/conversations", begun)["id"]
    other = account.lead("Grace Hopper")
    account.post("/conversations", {**begun, "lead_id": other, "channel": "chat", "status": "waiting"})
    account.patch(f"/leads/{lead}", {"stage": "qualified"})
    person.follows("Conversations")
    rows = person.page.get_by_role("row").filter(has=person.page.get_by_role("cell"))
    expect(rows).to_have_count(2)
    person.chooses("Status", "open")
    expect(rows).to_have_count(1)
    person.follows("Ada Lovelace")
    person.sees("Conversation by email")
    # What the lead could have written lets the run go on that waits for a reply.
    person.fills("Write as the lead", "Thursday suits me.")
    person.clicks("Add the message")
    expect(timeline(person).filter(has_text="The lead wrote")).to_contain_text("Thursday suits me.")
    assert account.ended(account.runs(follow_up)[0]["id"])["status"] == "completed"
    expect(timeline(person).filter(has_text="“Follow up a qualified lead” ran")).to_contain_text("Completed")
    person.clicks("Run an automation on this")
    dialog = person.dialog("Run an automation on this")
    person.clicks("Start the run", dialog)
    dialog.get_by_role("link", name="Show it").click()
    expect(Canvas(person).card("Close it")).to_contain_text("Done")
    person.goes_to(f"conversations/{talk}")
    change = timeline(person).filter(has_text="open → closed")
    expect(change).to_contain_text("A run of “Close the conversation”")
    assert axe.findings(person.page) == []
