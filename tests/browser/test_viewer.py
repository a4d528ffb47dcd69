"""A viewer of somebody's account sees all of it and changes none of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.conftest import Newcomers
from tests.browser.flows import asks, edge, greets, node
from tests.browser.person import Person
from tests.browser.server import Account, Server
from tests.e2e.conftest import until

pytestmark = pytest.mark.full

CHANGES = re.compile(
    r"^(new|create|add|import|save|set|replace|delete|remove|publish|invite|take back|revoke|approve|reject|cancel run|"
    r"run again|run an|run from|run now|roll back|take as|start with|rename|switch|begin|put it in|try|test|tidy|undo|"
    r"redo)\b",
    re.IGNORECASE,
)
# What one searches by, and what chooses between lists, changes nothing.
LOOKS = re.compile(r"^any |search|status|stage|trigger|sort|role of|which|compare|automation", re.IGNORECASE)


@dataclass(frozen=True)
class Home:
    """What there is to see in an account."""

    owner: Account
    automation: str
    run: str
    lead: str
    conversation: str
    approval: str


@pytest.fixture
def home(running_server: Server) -> Home:
    owner = running_server.account()
    made = owner.live("Welcome", *greets())
    owner.post(f"/automations/{made}/publish", {"note": "The second one"})
    lead = owner.lead("Ada Lovelace")
    talk = owner.post("/conversations", {"agent_id": owner.agent(), "lead_id": lead, "channel": "email"})["id"]
    owner.ended(owner.runs(made)[0]["id"])
    owner.starts(owner.live("Discounts", *asks("Give {{ trigger.new.name }} a discount?", "Ten per cent.")), lead)
    about = {"tool_name": "greet_lead", "description": "Greets somebody by name."}
    call = [node("call", "trigger-ai-tool", "A call", **about), node("end", "logic-stop", "End")]
    owner.live("Greet", call, [edge("call", "end")])
    owner.put(f"/secrets/CRM_TOKEN?account={owner.user}", {"value": "hidden"})
    waits = until_asked(owner)
    return Home(owner, made, owner.runs(made)[0]["id"], lead, talk, waits)


def until_asked(owner: Account) -> str:
    return str(until(lambda: owner.get(f"/approvals?account={owner.user}")["items"])[0]["id"])


@pytest.fixture
def viewer(home: Home, running_server: Server, somebody: Newcomers) -> Person:
    """Somebody who has nothing of their own."""
    code = home.owner.post("/invitations", {"role": "viewer"})["code"]
    one = somebody(running_server.account())
    one.signs_in()
    one.goes_to(f"join#code={code}")
    one.clicks("Join the team")
    one.sees("Welcome")
    one.sees("viewer")
    return one


def test_a_viewer_sees_everything_and_changes_nothing(home: Home, viewer: Person) -> None:
    expect(viewer.page.get_by_role("switch").first).to_be_disabled()
    pages = {
        "automations": "Welcome",
        f"automations/{home.automation}": "Qualify",
        f"automations/{home.automation}/settings": "Name",
        f"automations/{home.automation}/runs/{home.run}": "Qualify",
        f"automations/{home.automation}/versions/1": "The second one",
        "runs": "Welcome",
        "approvals": "Give Ada Lovelace a discount?",
        f"approvals?approval={home.approval}": "Your role in this account only allows reading.",
        "leads": "Ada Lovelace",
        f"leads/{home.lead}": "Ada Lovelace",
        "conversations": "Ada Lovelace",
        f"conversations/{home.conversation}": "Conversation",
        "ai-tools": "Greets somebody by name.",
        "secrets": "CRM_TOKEN",
        "api-keys": "Keys are for owners and admins",
        "team": "Owners and admins see who was invited.",
        "settings": "Owners and admins of this account change its settings.",
    }
    offered = {}
    for path, words in pages.items():
        viewer.goes_to(path)
        viewer.sees(words)
        viewer.waits_for_what_loads()
        offered[path] = changes_offered(viewer)
    # Nothing but what is their own.
    assert {path: names for path, names in offered.items() if names} == {"settings": ["Your name", "Your mail address"]}


def test_what_a_viewer_is_not_offered_the_owner_is(home: Home, somebody: Newcomers) -> None:
    owner = somebody(home.owner)
    owner.signs_in()
    pages = {
        f"automations/{home.automation}/settings": "Name",
        f"automations/{home.automation}/versions/1": "Roll back to this",
        f"leads/{home.lead}": "Run an automation on this",
        "secrets": "New secret",
    }
    for path, change in pages.items():
        owner.goes_to(path)
        owner.sees(change)
        owner.waits_for_what_loads()
        assert change in changes_offered(owner), path


def test_what_a_viewer_may_not_do_says_why(viewer: Person) -> None:
    whys = {
        "secrets": ("New secret", "Your role in this account only allows reading"),
        "ai-tools": ("Try greet_lead", "Your role in this account only allows reading"),
        "api-keys": ("New key", "Only owners and admins manage keys"),
        "team": ("Invite somebody", "Only owners and admins manage the team"),
    }
    for path, (name, why) in whys.items():
        viewer.goes_to(path)
        expect(viewer.button(name)).to_be_disabled()
        # A disabled button hears nothing, what it stands in does.
        viewer.button(name).hover(force=True)
        viewer.sees(why)


def test_a_viewer_may_look_behind_a_row_and_leave_the_team(home: Home, viewer: Person) -> None:
    viewer.page.get_by_role("button", name=re.compile("Welcome")).first.click()
    offered = viewer.page.get_by_role("menuitem").all_inner_texts()
    assert [name for name in offered if CHANGES.search(name) or name.startswith("Duplicate")] == []
    viewer.goes_to("team")
    viewer.clicks("Leave")
    viewer.clicks("Leave", viewer.dialog("Leave this team?"))
    viewer.sees("You have left the team")
    viewer.sees("Your account")
    viewer.sees_no("Welcome")
    with viewer.expecting(403, 404):
        viewer.goes_to(f"leads/{home.lead}")
        expect(viewer.page.get_by_role("alert").first).to_be_visible()
    viewer.sees_no("Ada Lovelace")


def changes_offered(viewer: Person) -> list[str]:
    """Names of what could be pressed or filled in to change something."""
    page = viewer.page
    # A step is a button, too, called what its author called it.
    buttons = page.get_by_role("button").and_(page.locator(":not([data-step])"))
    pressed = [name for one in buttons.all() if one.is_enabled() and CHANGES.search(name := name_of(one))]
    fields = page.get_by_role("textbox").or_(page.get_by_role("combobox")).or_(page.get_by_role("switch"))
    filled = [name for one in fields.all() if one.is_editable() and not LOOKS.search(name := name_of(one))]
    return pressed + filled


def name_of(one: Locator) -> str:
    name: str = one.evaluate(
        """(element) => element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText
          ?? (element.innerText.trim() || element.placeholder || element.outerHTML.slice(0, 200))"""
    )
    return name.removesuffix("*").strip()
